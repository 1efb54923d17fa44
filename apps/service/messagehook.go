package service

import (
	"context"
	"strings"
	"time"

	"stoa/internal/mail"
	"stoa/internal/org"
	"stoa/internal/record"
)

// The values of EmailMessage.Status.
const (
	mailNew     = "0"
	mailRead    = "1"
	mailReplied = "2"
	mailSent    = "3"
	mailDraft   = "5"
)

// beforeMessage sends what citizens write to a case that was merged to the one that survives.
func beforeMessage(ctx context.Context, tx *org.Tx, b *org.Batch) error {
	if b.Imported() || !b.Insert {
		return nil
	}
	for _, r := range b.Rows {
		on := r.Value("ParentId").ID()
		if on.Prefix() != casePrefix || !r.Value("Incoming").Bool() {
			continue
		}
		survivor, err := survivorOf(ctx, tx, on)
		if err != nil {
			return err
		}
		if survivor != on {
			r.Put("ParentId", record.OfID(survivor))
			if r.Value("RelatedToId").ID() == on {
				r.Put("RelatedToId", record.OfID(survivor))
			}
		}
	}
	return nil
}

const casePrefix = "500"

// A said is something new on a case.
type said struct {
	at             time.Time
	public, staff  bool
	text           string
	counts, speaks bool // counts for the thread's version; speaks to the other side
}

// afterMessage keeps the case of a message: its thread's version, who wrote last, and the promise of a first reply.
func afterMessage(ctx context.Context, tx *org.Tx, b *org.Batch) error {
	if b.Imported() {
		return nil
	}
	return keepCases(ctx, tx, b, func(r *org.Row) said {
		public := r.Value("IsExternallyVisible").Bool() && r.Text("Status") != mailDraft
		return said{
			at: messageTime(r, tx.Now()), public: public, staff: !r.Value("Incoming").Bool(), text: mail.NewText(r.Text("TextBody")), counts: b.Insert,
			// One that was held back speaks when it goes out. What a program wrote speaks never.
			speaks: public && !r.Value("Automatic__c").Bool() && (b.Insert || text(r.Was("Status")) == mailDraft || !r.Was("IsExternallyVisible").Bool()),
		}
	})
}

// messageTime returns when a message of the present was written; one that says to be of the future is of now.
func messageTime(r *org.Row, now time.Time) time.Time {
	if at := instant(r.Value("MessageDate")); !at.IsZero() && at.Before(now) && r.Value("Incoming").Bool() {
		return at
	}
	return now
}

// afterComment is afterMessage for comments: published ones are public, all others notes of the staff.
func afterComment(ctx context.Context, tx *org.Tx, b *org.Batch) error {
	if b.Imported() {
		return nil
	}
	staff := !tx.Actor().External()
	return keepCases(ctx, tx, b, func(r *org.Row) said {
		public := r.Value("IsPublished").Bool()
		return said{at: tx.Now(), public: public, staff: staff, text: r.Text("CommentBody"), counts: b.Insert,
			speaks: public && (b.Insert || !r.Was("IsPublished").Bool())}
	})
}

// keepCases changes the cases of a batch of messages by what is new on them.
func keepCases(ctx context.Context, tx *org.Tx, b *org.Batch, what func(*org.Row) said) error {
	news := map[record.ID][]said{}
	var ids []record.ID
	for _, r := range b.Rows {
		on := r.Value("ParentId").ID()
		if on.Prefix() != casePrefix {
			continue
		}
		if n := what(r); n.counts || n.speaks {
			if news[on] == nil {
				ids = append(ids, on)
			}
			news[on] = append(news[on], n)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	if err := tx.Lock(ctx, ids...); err != nil {
		return err
	}
	res, err := query(ctx, tx, "SELECT Id, Status, IsClosed, Thread_Version__c, Replied_At__c, Last_Message_At__c FROM Case WHERE Id IN ? ORDER BY Id", ids)
	if err != nil {
		return err
	}
	drafts := make([]record.Draft, 0, res.Len())
	for i := range res.Len() {
		id := res.Get(i, "Id").ID()
		drafts = append(drafts, caseAfter(res, i, news[id]))
		tx.Announce(TopicCase(id), SaysMessage)
		tx.Announce(TopicCases, string(id))
	}
	_, err = org.Must(tx.Update(ctx, drafts, org.WriteOptions{AllOrNone: true}))
	return err
}

// caseAfter returns what becomes of a case after news.
func caseAfter(res *record.Result, i int, news []said) record.Draft {
	d := record.Draft{Object: "Case", ID: res.Get(i, "Id").ID()}
	version := res.Get(i, "Thread_Version__c").Int()
	last := instant(res.Get(i, "Last_Message_At__c"))
	replied := res.Get(i, "Replied_At__c")
	for _, n := range news {
		if n.counts {
			version++
		}
		if !n.speaks {
			continue
		}
		if !n.at.Before(last) {
			last = n.at
			from := "Citizen"
			if n.staff {
				from = "Staff"
			}
			d.Set("Last_Message_At__c", moment(n.at)).Set("Last_From__c", record.OfText(from)).Set("Snippet__c", record.OfText(snippet(n.text)))
		}
		if n.staff && replied.IsNull() {
			replied = moment(n.at)
			d.Set("Replied_At__c", replied)
		}
		if !n.staff && wakes(text(res.Get(i, "Status")), res.Get(i, "IsClosed").Bool()) {
			d.Set("Status", record.OfText("Open"))
		}
	}
	d.Set("Thread_Version__c", record.OfInt(version))
	return d
}

// wakes reports whether a citizen's message opens a case again.
func wakes(status string, closed bool) bool {
	return closed && !strings.EqualFold(status, "Merged") || strings.EqualFold(status, "Waiting")
}

// survivorOf follows merges to the case that is left.
func survivorOf(ctx context.Context, r reader, id record.ID) (record.ID, error) {
	for range 20 { // a merged case may be merged again; more than this is a circle that somebody made
		res, err := query(ctx, r, "SELECT Merged_Into__c FROM Case WHERE Id = ? AND Merged_Into__c != null", id)
		if err != nil || res.Len() == 0 {
			return id, err
		}
		id = res.Get(0, "Merged_Into__c").ID()
	}
	return id, nil
}
