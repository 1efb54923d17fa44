package recruit

import (
	"context"
	"slices"
	"time"

	"stoa/internal/app"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// maxMove is how many applications move at once. Source: what the write pipeline takes as one batch.
const maxMove = 200

// held is how long a letter waits before it is written, so that a move can be taken back before anybody reads of it.
const held = 15 * time.Second

// A Move brings applications to a stage.
type Move struct {
	Applications []record.ID
	To           string
	Reason       string // of Not selected, which needs one
	Template     string // of the letter, "" for none
}

// A Moved is an application that did move.
type Moved struct {
	ID   record.ID
	From string
}

// Moves carries out a move as one unit of work: all of the applications or none. Those that are where they are to go stay without a letter.
func Moves(ctx context.Context, s *org.Session, m Move) (done []Moved, err error) {
	switch {
	case len(m.Applications) == 0:
		return nil, fault.New(fault.MissingArgument, "No application is chosen.")
	case len(m.Applications) > maxMove:
		return nil, fault.New(fault.LimitExceeded, "At most %d applications move at once.", maxMove)
	case !slices.Contains(Stages[:], m.To):
		return nil, fault.New(fault.InvalidPicklistValue, "There is no stage %q.", m.To).On("Status__c")
	case m.To == StageRejected && m.Reason == "":
		return nil, fault.New(fault.RequiredFieldMissing, "Whoever is not selected is told why: choose a reason.").On("Reason__c")
	}
	err = s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		done, err = m.run(ctx, tx)
		return err
	})
	return done, err
}

func (m *Move) run(ctx context.Context, tx *org.Tx) (done []Moved, err error) {
	res, err := app.Query(ctx, tx, "SELECT Id, Status__c FROM Job_Application__c WHERE Id IN ?", m.Applications)
	if err != nil {
		return nil, err
	}
	var drafts []record.Draft
	for i := range res.Len() {
		id, from := res.Get(i, "Id").ID(), app.Text(res.Get(i, "Status__c"))
		if from == m.To {
			continue
		}
		done = append(done, Moved{id, from})
		d := app.Changes("Job_Application__c", id, "Status__c", m.To)
		if m.To == StageRejected || m.To == StageWithdrawn {
			d.Set("Reason__c", record.OfText(m.Reason))
		} else {
			d.Set("Reason__c", record.Value{})
		}
		drafts = append(drafts, d)
	}
	if _, err := org.Must(tx.Update(ctx, drafts, org.WriteOptions{AllOrNone: true})); err != nil || m.Template == "" {
		return done, err
	}
	for _, d := range done {
		j := letterJob{Application: d.ID, Template: m.Template, While: m.To}
		if err := j.enqueue(ctx, tx, held); err != nil {
			return nil, err
		}
	}
	return done, nil
}

// Unmove takes moves back where nobody has moved the applications since. Letters that still wait are not written.
func Unmove(ctx context.Context, s *org.Session, moved []Moved, to string) (n int, err error) {
	err = s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		n = 0
		var ids []record.ID
		from := map[record.ID]string{}
		for _, m := range moved {
			if slices.Contains(Stages[:], m.From) {
				ids, from[m.ID] = append(ids, m.ID), m.From
			}
		}
		res, err := app.Query(ctx, tx, "SELECT Id FROM Job_Application__c WHERE Id IN ? AND Status__c = ?", ids, to)
		if err != nil {
			return err
		}
		var drafts []record.Draft
		for i := range res.Len() {
			id := res.Get(i, "Id").ID()
			drafts = append(drafts, app.Changes("Job_Application__c", id, "Status__c", from[id], "Reason__c", nil))
		}
		n = len(drafts)
		_, err = org.Must(tx.Update(ctx, drafts, org.WriteOptions{AllOrNone: true}))
		return err
	})
	return n, err
}

// fillPosition closes a position once all of its openings are hired for.
func fillPosition(ctx context.Context, tx *org.Tx, b *org.Batch) error {
	if b.Imported() {
		return nil
	}
	var on []record.ID
	for _, r := range b.Rows {
		if id := r.Value("Position__c").ID(); (b.Insert || r.Changes("Status__c")) && r.Text("Status__c") == StageHired && !slices.Contains(on, id) {
			on = append(on, id)
		}
	}
	if len(on) == 0 {
		return nil
	}
	slices.Sort(on)
	res, err := app.Query(ctx, tx, "SELECT Id, Openings__c FROM Position__c WHERE Id IN ? AND Status__c IN ('Open', 'On Hold') ORDER BY Id", on)
	if err != nil {
		return err
	}
	var locks []record.Draft // two who hire at once must see each other's
	for i := range res.Len() {
		locks = append(locks, app.Changes("Position__c", res.Get(i, "Id").ID(), "Openings__c", res.Get(i, "Openings__c")))
	}
	if _, err := org.Must(tx.Update(ctx, locks, org.WriteOptions{AllOrNone: true, Seed: true})); err != nil {
		return err
	}
	hired, err := app.Query(ctx, tx, "SELECT Position__c FROM Job_Application__c WHERE Position__c IN ? AND Status__c = ?", on, StageHired)
	if err != nil {
		return err
	}
	have := map[record.ID]int{}
	for i := range hired.Len() {
		have[hired.Get(i, "Position__c").ID()]++
	}
	var drafts []record.Draft
	for i := range res.Len() {
		id, want := res.Get(i, "Id").ID(), 1
		if n := res.Get(i, "Openings__c"); !n.IsNull() {
			want = max(1, int(n.Int()))
		}
		if have[id] >= want {
			drafts = append(drafts, app.Changes("Position__c", id, "Status__c", "Filled"))
		}
	}
	_, err = org.Must(tx.Update(ctx, drafts, org.WriteOptions{AllOrNone: true}))
	return err
}
