package service

import (
	"context"
	"encoding/json"
	"fmt"

	"stoa/internal/org"
	"stoa/internal/record"
)

// The kinds of lines that the desk writes into a case.
const (
	eventMade            = "made"
	eventRouted          = "routed"
	eventStatus          = "status"
	eventOwner           = "owner"
	eventPriority        = "priority"
	eventService         = "service"
	eventReplyWarning    = "reply.warning"
	eventReplyBreach     = "reply.breach"
	eventSolveWarning    = "solution.warning"
	eventSolveBreach     = "solution.breach"
	eventMerged          = "merged"   // into the case that Data names
	eventMergedFrom      = "absorbed" // the cases that Data names
	eventUnmerged        = "unmerged"
	eventSplit           = "split" // a message of this case became a case
	eventSplitFrom       = "split.from"
	eventUnsplit         = "unsplit"
	eventMovedTo         = "moved" // a message of this case is on another one
	eventMovedFrom       = "moved.from"
	eventLinked          = "linked"
	eventUnlinked        = "unlinked"
	eventRepliedAll      = "replied.all"
	eventPublicAsked     = "public.asked"
	eventPublicAgreed    = "public.agreed"
	eventPublicTold      = "public.told" // a colleague was told of the consent
	eventPublicDeclined  = "public.declined"
	eventPublicWithdrawn = "public.withdrawn"
	eventPublished       = "published"
	eventArticleDrafted  = "article.drafted"
	eventKeptHere        = "kept.here" // an unsure message is right on this case
	eventMacro           = "macro"
	eventUndone          = "undone"
	eventRepeatedMail    = "reopened"
)

// A line is one that goes into Case_Event__c.
type line struct {
	on     record.ID
	kind   string
	public bool
	pairs  []any // names and values of Data__c
}

// tell writes lines. Nobody changes them later.
func tell(ctx context.Context, tx *org.Tx, lines ...line) error {
	drafts := make([]record.Draft, len(lines))
	for i, l := range lines {
		data, err := json.Marshal(object(l.pairs))
		if err != nil {
			return fmt.Errorf("event %s: %w", l.kind, err)
		}
		drafts[i] = draft("Case_Event__c", "Case__c", l.on, "Kind__c", l.kind, "Data__c", string(data), "Public__c", l.public)
	}
	_, err := org.Must(tx.System().Insert(ctx, drafts, org.WriteOptions{AllOrNone: true}))
	return err
}

// object makes an object of names and values.
func object(pairs []any) map[string]any {
	m := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i].(string)] = pairs[i+1]
	}
	return m
}

// The topics on which the desk announces what happens: whoever shows a case, a queue or all of them listens.
const TopicCases = "cases"

// TopicCase and TopicQueue are the topics of a case, and of a queue.
func TopicCase(id record.ID) string  { return "case/" + string(id) }
func TopicQueue(id record.ID) string { return "queue/" + string(id) }

// What bodies of a case's topic say.
const (
	SaysMessage = "message" // a message or a note more, or one changed
	SaysStatus  = "status"  // another field
)
