package service

import (
	"context"
	"time"

	"stoa/internal/hours"
	"stoa/internal/org"
	"stoa/internal/record"
)

// jobPromise looks at the promises of one case when the next of them is near or broken.
const jobPromise = "service.promise"

// warnAt is the part of a promise's time after which people are warned, in percent. Source: Stoa's own.
const warnAt = 85

// jobSweep finds promises that nobody watches: of cases that were imported, or whose job was lost.
const (
	jobSweep   = "service.sweep"
	sweepEvery = 10 * time.Minute
	sweepMost  = 500 // cases a time; the next time has the rest
)

// undoKept is how long an undo stays that can no longer be used. Source: Stoa's own.
const undoKept = 7 * 24 * time.Hour

// sweep has the cases looked at whose promises are broken and who are not escalated, and removes undos that nobody can use.
func sweep(ctx context.Context, s *org.Session, _ []byte) error {
	err := s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		res, err := query(ctx, tx, "SELECT Id FROM Undo__c WHERE Until__c < ? ORDER BY Id LIMIT ?", tx.Now().Add(-undoKept), sweepMost)
		if err != nil || res.Len() == 0 {
			return err
		}
		var old []record.ID
		for i := range res.Len() {
			old = append(old, res.Get(i, "Id").ID())
		}
		_, err = org.Must(tx.Delete(ctx, old, org.WriteOptions{AllOrNone: true}))
		return err
	})
	if err != nil {
		return err
	}
	return s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		res, err := query(ctx, tx, `SELECT Id FROM Case WHERE IsClosed = false AND Paused_Since__c = null AND IsEscalated = false
			AND ((Replied_At__c = null AND Reply_Due__c <= ?) OR (Solved_At__c = null AND Solve_Due__c <= ?)) ORDER BY Id LIMIT ?`, tx.Now(), tx.Now(), sweepMost)
		if err != nil {
			return err
		}
		for i := range res.Len() {
			id := res.Get(i, "Id").ID()
			if err := tx.Enqueue(ctx, org.Job{Kind: jobPromise, Key: string(id), Body: []byte(id)}); err != nil {
				return err
			}
		}
		return nil
	})
}

// A mark is a moment at which something is said about a promise.
type mark struct {
	at   time.Time
	kind string // of the event
}

// marks returns when to warn of a promise of some minutes, and when it is broken.
func (p promise) marks(c *hours.Calendar, minutes int, due time.Time) [2]mark {
	left := time.Duration(minutes) * time.Minute * (100 - warnAt) / 100
	warn, ok := c.Add(due, -left)
	if !ok {
		warn = due
	}
	return [2]mark{{warn, p.warning}, {due, p.breach}}
}

// watch has somebody look at a case when its promises come near, unless they stand still.
func (d *desk) watch(ctx context.Context, r *org.Row) error {
	if !r.Value("Paused_Since__c").IsNull() {
		return nil
	}
	next := d.next(r.Value, func(string) bool { return false }, nil)
	if next.IsZero() {
		return nil
	}
	return d.look(ctx, r.ID, next)
}

func (d *desk) look(ctx context.Context, id record.ID, at time.Time) error {
	return d.tx.Enqueue(ctx, org.Job{Kind: jobPromise, Key: string(id), Due: at, Body: []byte(id)})
}

// next returns the first moment at which something is still to be said about a
// case, zero for none. What is to be said by now goes to say, or counts as next where say is nil.
func (d *desk) next(value func(string) record.Value, said func(kind string) bool, say func(p promise, m mark)) (next time.Time) {
	o := d.offer(value("Service__c").ID())
	now := d.tx.Now()
	for _, p := range promises() {
		due := instant(value(p.due))
		if due.IsZero() || !value(p.kept).IsNull() || said(p.breach) {
			continue
		}
		marks := p.marks(d.calendar, p.minutes(o), due)
		if say != nil && !due.After(now) {
			say(p, marks[1]) // too late for a warning
			continue
		}
		for _, m := range marks {
			switch {
			case said(m.kind):
			case say != nil && !m.at.After(now):
				say(p, m)
			case next.IsZero() || m.at.Before(next):
				next = m.at
			}
		}
	}
	return next
}

// lookAt is the job: it says of each promise once that it is near, and once
// that it is broken, and escalates the case then. It does nothing where the case stands still.
func (m *memory) lookAt(ctx context.Context, s *org.Session, body []byte) error {
	id := record.ID(body)
	return s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		if err := tx.Lock(ctx, id); err != nil {
			return err
		}
		res, err := query(ctx, tx, "SELECT Service__c, Reply_Due__c, Replied_At__c, Solve_Due__c, Solved_At__c FROM Case WHERE Id = ? AND IsClosed = false AND Paused_Since__c = null", id)
		if err != nil || res.Len() == 0 {
			return err
		}
		said, err := saidOf(ctx, tx, id)
		if err != nil {
			return err
		}
		d, err := m.desk(ctx, tx)
		if err != nil {
			return err
		}
		var lines []line
		var broken []record.ID // types of the milestones
		next := d.next(func(name string) record.Value { return res.Get(0, name) }, func(kind string) bool { return said[kind] }, func(p promise, m mark) {
			lines = append(lines, line{id, m.kind, false, []any{"due", instant(res.Get(0, p.due)).Format(time.RFC3339)}})
			if m.kind == p.breach {
				broken = append(broken, d.types[p.milestone])
			}
		})
		if len(broken) > 0 {
			if err := escalate(ctx, tx, id, broken); err != nil {
				return err
			}
		}
		if len(lines) > 0 {
			if err := tell(ctx, tx, lines...); err != nil {
				return err
			}
			tx.Announce(TopicCase(id), SaysStatus)
			tx.Announce(TopicCases, string(id))
		}
		if next.IsZero() {
			return nil
		}
		return d.look(ctx, id, next)
	})
}

// escalate marks a case whose promises are broken, and the milestones of some types.
func escalate(ctx context.Context, tx *org.Tx, id record.ID, types []record.ID) error {
	if err := change(ctx, tx, []record.ID{id}, "IsEscalated", record.OfBool(true)); err != nil {
		return err
	}
	res, err := query(ctx, tx, "SELECT Id FROM CaseMilestone WHERE CaseId = ? AND MilestoneTypeId IN ?", id, types)
	if err != nil {
		return err
	}
	var drafts []record.Draft
	for i := range res.Len() {
		drafts = append(drafts, changes("CaseMilestone", res.Get(i, "Id").ID(), "IsViolated", true))
	}
	return platformWrites(ctx, tx, drafts...)
}

// saidOf returns what was said of a case's promises already.
func saidOf(ctx context.Context, tx *org.Tx, id record.ID) (map[string]bool, error) {
	kinds := []string{eventReplyWarning, eventReplyBreach, eventSolveWarning, eventSolveBreach}
	res, err := query(ctx, tx, "SELECT Kind__c FROM Case_Event__c WHERE Case__c = ? AND Kind__c IN ?", id, kinds)
	if err != nil {
		return nil, err
	}
	said := map[string]bool{}
	for i := range res.Len() {
		said[text(res.Get(i, "Kind__c"))] = true
	}
	return said, nil
}
