package community

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"

	"stoa/internal/app"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// Why a post waits for a moderator.
const (
	whyFirst    = "first"    // of a new member
	whyLinks    = "links"    // more of them than answers need
	whyMany     = "many"     // too many in an hour
	whyNetwork  = "network"  // a flood from one network
	whyReported = "reported" // public, but somebody says it should not be
)

// What members may do unseen. Sources: the new-user limits of the forums that Stoa is measured by.
const (
	trusted      = 3  // published posts after which one is no new member
	linksNew     = 0  // in a post of a new member, who is held anyway
	linksTrusted = 3  // in any other
	hourly       = 10 // posts of one member
	networkly    = 20 // posts from one network in an hour, of whoever it is
)

// holds returns why a draft must wait, "" where it need not.
func holds(ctx context.Context, tx *org.Tx, d Draft) (string, error) {
	a := tx.Actor()
	if !a.External() {
		return "", nil
	}
	// Posts of one network are counted one after the other: of a hundred at once each would see none of the others.
	for _, who := range []string{d.Network, string(a.User)} {
		if who == "" {
			continue
		}
		if err := tx.Turn(ctx, "post "+who); err != nil {
			return "", err
		}
	}
	since := tx.Now().Add(-hour)
	recent, before := 0, 0
	for _, q := range []struct{ object, where string }{{"FeedItem", "Type = 'QuestionPost' AND "}, {"FeedComment", ""}} {
		if d.Network != "" {
			n, err := tally(ctx, tx, "SELECT COUNT(Id) n FROM "+q.object+" WHERE "+q.where+"Network__c = ? AND CreatedDate > ?", d.Network, since)
			if err != nil {
				return "", err
			}
			if recent += n; recent >= networkly {
				return whyNetwork, nil
			}
		}
		n, err := tally(ctx, tx, "SELECT COUNT(Id) n FROM "+q.object+" WHERE "+q.where+"CreatedById = ? AND Status = 'Published'", a.User)
		if err != nil {
			return "", err
		}
		before += n
	}
	mine := 0
	for _, object := range []string{"FeedItem", "FeedComment"} {
		n, err := tally(ctx, tx, "SELECT COUNT(Id) n FROM "+object+" WHERE CreatedById = ? AND CreatedDate > ?", a.User, since)
		if err != nil {
			return "", err
		}
		mine += n
	}
	n := links(d.Title + " " + d.Body)
	switch {
	case mine >= hourly:
		return whyMany, nil
	case before < trusted && n > linksNew, n > linksTrusted:
		return whyLinks, nil
	case before < trusted:
		return whyFirst, nil
	default:
		return "", nil
	}
}

func tally(ctx context.Context, r app.Reader, soql string, args ...any) (int, error) {
	res, err := app.Query(ctx, r, soql, args...)
	if err != nil || res.Len() == 0 {
		return 0, err
	}
	return whole(res.Get(0, "n")), nil
}

// networkOf is what is kept of where a post came from: a /24 of IPv4, a /56 of IPv6, "" for this machine.
func networkOf(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	a, err := netip.ParseAddr(host)
	if err != nil || a.IsLoopback() {
		return ""
	}
	a = a.Unmap().WithZone("")
	bits := 24
	if a.Is6() {
		bits = 56
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return ""
	}
	return p.String()
}

// A holding is a post on its way to the moderators.
type holding struct {
	post, question, author record.ID
	why, network           string
}

// The states of a Moderation_Case__c.
const (
	stateWaiting    = "Waiting"
	statePublished  = "Published"
	stateHidden     = "Hidden"
	stateAppealed   = "Appealed"
	stateUpheld     = "Upheld"
	stateOverturned = "Overturned"
)

// hold lays a post before the moderators. One that was decided on before waits again.
func hold(ctx context.Context, tx *org.Tx, h holding) error {
	d := app.Changes("Moderation_Case__c", "", "Key__c", string(h.post), "Question__c", h.question, "Author__c", h.author, "State__c", stateWaiting, "Why__c", h.why,
		"Rule__c", record.Value{}, "Words__c", record.Value{}, "Decided_By__c", record.Value{}, "Decided_At__c", record.Value{}, "Appeal__c", record.Value{}, "Appealed_At__c", record.Value{})
	if h.network != "" {
		d.Set("Network__c", record.OfText(h.network))
	}
	if h.post.Prefix() == answerPrefix {
		d.Set("Answer__c", record.OfID(h.post))
	}
	ids, err := org.Must(tx.Upsert(ctx, "Key__c", []record.Draft{d}, org.WriteOptions{}))
	if err != nil {
		return err
	}
	return enter(ctx, tx, ids[0], "held."+h.why, "", "")
}

// enter writes a line into the log of moderation.
func enter(ctx context.Context, tx *org.Tx, on record.ID, kind, rule, words string) error {
	_, err := org.Must(tx.Insert(ctx, []record.Draft{app.Draft("Moderation_Entry__c", "Moderation_Case__c", on, "Kind__c", kind, "Rule__c", rule, "Words__c", words)}, org.WriteOptions{}))
	return err
}

// The rules that a decision stands on; their words are portal.rule.<code>.
var rules = []string{"kind", "private", "advert", "topic", "danger", "twice"}

func knownRule(code string) bool {
	for _, r := range rules {
		if r == code {
			return true
		}
	}
	return false
}

// A Decision is what a moderator says about a post.
type Decision struct {
	Publish bool
	Rule    string // code, of one that is hidden
	Words   string // to the author
}

// Decide publishes or hides a post that waits, is reported or whose author has
// appealed. An appeal is decided by somebody else than the first time.
func Decide(ctx context.Context, s *org.Session, id record.ID, d Decision) error {
	if !d.Publish && !knownRule(d.Rule) {
		return fault.New(fault.RequiredFieldMissing, "Choose the rule that the decision stands on.").On("Rule__c")
	}
	return s.Do(ctx, func(ctx context.Context, tx *org.Tx) error { return decideIn(ctx, tx, id, d) })
}

func decideIn(ctx context.Context, tx *org.Tx, id record.ID, d Decision) error {
	sys := tx.System()
	if err := sys.Lock(ctx, id); err != nil {
		return err
	}
	res, err := app.Query(ctx, sys, "SELECT Key__c, Question__c, Author__c, State__c, Decided_By__c FROM Moderation_Case__c WHERE Id = ?", id)
	if err != nil {
		return err
	}
	if res.Len() == 0 {
		return fault.New(fault.NotFound, "There is no such post.")
	}
	state, me := app.Text(res.Get(0, "State__c")), tx.Actor().User
	next := statePublished
	switch {
	case state == stateAppealed && reference(res.Get(0, "Decided_By__c")) == me:
		return fault.New(fault.InsufficientAccess, "An appeal is decided by another moderator than the one who decided first.")
	case state == stateAppealed && d.Publish:
		next = stateOverturned
	case state == stateAppealed:
		next = stateUpheld
	case state != stateWaiting:
		return fault.New(fault.FieldIntegrity, "Somebody has decided on it already.")
	case !d.Publish:
		next = stateHidden
	}
	post, question := record.ID(app.Text(res.Get(0, "Key__c"))), reference(res.Get(0, "Question__c"))
	status := hidden
	if d.Publish {
		status = published
	}
	was, err := seePost(ctx, sys, post)
	if err != nil {
		return err
	}
	if err := set(ctx, sys, post, "Status", status); err != nil {
		return err
	}
	if _, err := org.Must(sys.Update(ctx, []record.Draft{app.Changes("Moderation_Case__c", id, "State__c", next, "Rule__c", d.Rule, "Words__c", app.Cut(d.Words, 4000),
		"Decided_By__c", me, "Decided_At__c", tx.Now(), "Network__c", record.Value{})}, org.WriteOptions{})); err != nil {
		return err
	}
	if err := enter(ctx, tx, id, next, d.Rule, d.Words); err != nil {
		return err
	}
	if post != question {
		if d.Publish && was.Status != published {
			err = answered(ctx, sys, question, post)
		} else {
			err = count(ctx, sys, question)
		}
	} else if d.Publish && was.Status != published {
		err = tellTopic(ctx, sys, post)
	}
	if err != nil {
		return err
	}
	return tellAuthor(ctx, sys, reference(res.Get(0, "Author__c")), was, next, d)
}

// Appeal lays a decision before another moderator.
func Appeal(ctx context.Context, s *org.Session, id record.ID, text string) error {
	return s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		sys := tx.System()
		if err := sys.Lock(ctx, id); err != nil {
			return err
		}
		res, err := app.Query(ctx, sys, "SELECT Id FROM Moderation_Case__c WHERE Id = ? AND Author__c = ? AND State__c = ?", id, tx.Actor().User, stateHidden)
		if err != nil {
			return err
		}
		if res.Len() == 0 {
			return fault.New(fault.NotFound, "There is no decision to appeal against.")
		}
		if _, err := org.Must(sys.Update(ctx, []record.Draft{app.Changes("Moderation_Case__c", id, "State__c", stateAppealed, "Appeal__c", app.Cut(text, 4000), "Appealed_At__c", tx.Now())}, org.WriteOptions{})); err != nil {
			return err
		}
		return enter(ctx, tx, id, stateAppealed, "", text)
	})
}

// Report says that a post should not be public; the post stays so until a moderator has looked.
func Report(ctx context.Context, s *org.Session, p Post, kind, note string) error {
	return s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		sys := tx.System()
		if _, err := org.Must(tx.Insert(ctx, []record.Draft{app.Draft("NetworkModeration", "EntityId", p.ID, "Note", app.Cut(note, 4000), "ModerationType", kind, "Visibility", "ModeratorsOnly")}, org.WriteOptions{})); err != nil {
			return err
		}
		res, err := app.Query(ctx, sys, "SELECT Id, State__c, Reports__c FROM Moderation_Case__c WHERE Key__c = ?", string(p.ID))
		if err != nil {
			return err
		}
		n := 1
		if res.Len() > 0 {
			n += whole(res.Get(0, "Reports__c"))
		}
		if res.Len() == 0 || app.Text(res.Get(0, "State__c")) != stateWaiting && app.Text(res.Get(0, "State__c")) != stateAppealed {
			if err := hold(ctx, sys, holding{post: p.ID, question: p.Question, author: p.By.ID, why: whyReported}); err != nil {
				return err
			}
		}
		_, err = org.Must(sys.Upsert(ctx, "Key__c", []record.Draft{app.Changes("Moderation_Case__c", "", "Key__c", string(p.ID), "Reports__c", n)}, org.WriteOptions{}))
		return err
	})
}

// jobClear hides what waits from one network.
const jobClear = "community.clear"

// A clearing is what one action of a moderator hides.
type clearing struct {
	Network   string
	Moderator record.ID
	Rule      string
}

// Clear hides everything that waits from a network, in the name of the session's actor; a job does it.
func Clear(ctx context.Context, s *org.Session, network, rule string) error {
	if network == "" || !knownRule(rule) {
		return fault.New(fault.RequiredFieldMissing, "Name the network and the rule.")
	}
	body, err := json.Marshal(clearing{network, s.Actor().User, rule})
	if err != nil {
		return fmt.Errorf("clear: %w", err)
	}
	return s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		return tx.Enqueue(ctx, org.Job{Kind: jobClear, Key: network, Body: body})
	})
}

// atOnce is how many posts one transaction hides.
const atOnce = 100

func clearNetwork(ctx context.Context, s *org.Session, body []byte) error {
	var c clearing
	if err := json.Unmarshal(body, &c); err != nil {
		return fmt.Errorf("clear: %w", err)
	}
	a, _, ok, err := s.Org().UserByID(ctx, c.Moderator)
	if err != nil || !ok {
		return err
	}
	mod, err := s.Org().Service(ctx, a, org.Console, why)
	if err != nil {
		return err
	}
	for {
		res, err := app.Query(ctx, mod, "SELECT Id FROM Moderation_Case__c WHERE State__c = 'Waiting' AND Network__c = ? ORDER BY CreatedDate, Id LIMIT ?", c.Network, atOnce)
		if err != nil || res.Len() == 0 {
			return err
		}
		err = mod.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
			for i := range res.Len() {
				if err := decideIn(ctx, tx, res.Get(i, "Id").ID(), Decision{Rule: c.Rule}); err != nil && fault.From(err).Code != fault.FieldIntegrity {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}
