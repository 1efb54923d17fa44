package service

import (
	"context"
	"strings"
	"time"

	"stoa/internal/hours"
	"stoa/internal/org"
	"stoa/internal/record"
)

// A promise is something that a citizen is told a time for. Its row is a
// CaseMilestone; the case's own fields have the same times, so that lists and
// cases show one number.
//
// The time of a promise is so many minutes of business hours after the case
// was made, and later by the business time during which the case was stopped:
// while it waited or was on hold, and while it was closed before it was opened again.
type promise struct {
	milestone       string // name of the MilestoneType
	due, kept       string // fields of Case
	minutes         func(offer) int
	warning, breach string // kinds of events
}

func promises() [2]promise {
	return [2]promise{
		{"First Reply", "Reply_Due__c", "Replied_At__c", func(o offer) int { return o.reply }, eventReplyWarning, eventReplyBreach},
		{"Solution", "Solve_Due__c", "Solved_At__c", func(o offer) int { return o.solution }, eventSolveWarning, eventSolveBreach},
	}
}

// stopping reports whether promises stop while a case has a status that does not close it.
func stopping(status string) bool {
	s := strings.ToLower(status)
	return s == "waiting" || s == "on hold"
}

// deadline returns when a promise of some minutes ends. Where the calendar has no such moment there is none.
func deadline(c *hours.Calendar, start time.Time, minutes int, paused time.Duration) time.Time {
	at, ok := c.Add(start, time.Duration(minutes)*time.Minute+paused)
	if !ok {
		return time.Time{}
	}
	return at.Truncate(time.Second)
}

// promise sets what a new case is promised, before it is saved.
func (d *desk) promise(r *org.Row, now time.Time) {
	o, closed := d.offer(r.Value("Service__c").ID()), d.closes(r.Text("Status"))
	for _, p := range promises() {
		if !r.Given(p.due) {
			r.Put(p.due, moment(deadline(d.calendar, now, p.minutes(o), 0)))
		}
		if closed && !r.Given(p.kept) {
			r.Put(p.kept, moment(now))
		}
	}
	r.Put("Paused_Seconds__c", record.OfInt(0))
	if closed || stopping(r.Text("Status")) {
		r.Put("Paused_Since__c", moment(now))
	}
}

// follow moves the promises of a case whose status or service changes, before it is saved.
func (d *desk) follow(r *org.Row, now time.Time) {
	status, service := r.Changes("Status"), r.Changes("Service__c")
	if !status && !service {
		return
	}
	paused := time.Duration(r.Value("Paused_Seconds__c").Int()) * time.Second
	since := instant(r.Value("Paused_Since__c"))
	if status {
		closed := d.closes(r.Text("Status"))
		stopped := closed || stopping(r.Text("Status"))
		switch {
		case stopped && since.IsZero():
			r.Put("Paused_Since__c", moment(now))
		case !stopped && !since.IsZero():
			paused += d.calendar.Between(since, now)
			r.Put("Paused_Since__c", record.Value{})
			r.Put("Paused_Seconds__c", record.OfInt(int64(paused/time.Second)))
		}
		for _, p := range promises() {
			if closed && r.Value(p.kept).IsNull() {
				r.Put(p.kept, moment(now))
			}
		}
		if !closed && d.closes(text(r.Was("Status"))) {
			r.Put("Solved_At__c", record.Value{})
		}
	}
	o := d.offer(r.Value("Service__c").ID())
	start := instant(r.Value("CreatedDate"))
	for _, p := range promises() {
		// A case that was never promised anything, such as an imported one, is not promised anything now.
		if r.Value(p.kept).IsNull() && !r.Value(p.due).IsNull() && r.Value("Paused_Since__c").IsNull() {
			r.Put(p.due, moment(deadline(d.calendar, start, p.minutes(o), paused)))
		}
	}
}

// keepMilestones writes the rows of the promises that changed, after the cases were saved.
func (d *desk) keepMilestones(ctx context.Context, b *org.Batch) error {
	var ids []record.ID
	for _, r := range b.Rows {
		for _, p := range promises() {
			if r.Changes(p.due) || r.Changes(p.kept) {
				ids = append(ids, r.ID)
				break
			}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	there := map[record.ID]map[record.ID]record.ID{} // by case and type
	if !b.Insert {
		res, err := query(ctx, d.tx, "SELECT Id, CaseId, MilestoneTypeId FROM CaseMilestone WHERE CaseId IN ?", ids)
		if err != nil {
			return err
		}
		for i := range res.Len() {
			on := res.Get(i, "CaseId").ID()
			if there[on] == nil {
				there[on] = map[record.ID]record.ID{}
			}
			there[on][res.Get(i, "MilestoneTypeId").ID()] = res.Get(i, "Id").ID()
		}
	}
	var made, changed []record.Draft
	for _, r := range b.Rows {
		for _, p := range promises() {
			if !r.Changes(p.due) && !r.Changes(p.kept) || r.Value(p.due).IsNull() {
				continue
			}
			kind := d.types[p.milestone]
			if kind == "" {
				continue // the org has done away with it
			}
			if id := there[r.ID][kind]; id != "" {
				changed = append(changed, changes("CaseMilestone", id, "TargetDate", r.Value(p.due), "CompletionDate", r.Value(p.kept),
					"IsCompleted", !r.Value(p.kept).IsNull(), "IsViolated", p.late(r, d.tx.Now())))
				continue
			}
			made = append(made, d.newMilestone(r, p, kind))
		}
	}
	// The platform makes these rows, not its users: they are written as its own.
	if _, err := org.Must(d.tx.Insert(ctx, made, org.WriteOptions{AllOrNone: true, Seed: true})); err != nil {
		return err
	}
	_, err := org.Must(d.tx.Update(ctx, changed, org.WriteOptions{AllOrNone: true, Seed: true}))
	return err
}

// late reports whether a promise was not kept in time. One that stands still is as late as it was.
func (p promise) late(r *org.Row, now time.Time) bool {
	at := now
	if kept := instant(r.Value(p.kept)); !kept.IsZero() {
		at = kept
	} else if since := instant(r.Value("Paused_Since__c")); !since.IsZero() {
		at = since
	}
	return at.After(instant(r.Value(p.due)))
}

func (d *desk) newMilestone(r *org.Row, p promise, kind record.ID) record.Draft {
	return draft("CaseMilestone", "CaseId", r.ID, "MilestoneTypeId", kind, "StartDate", r.Value("CreatedDate"), "TargetDate", r.Value(p.due),
		"CompletionDate", r.Value(p.kept), "IsCompleted", !r.Value(p.kept).IsNull(), "IsViolated", p.late(r, d.tx.Now()), "TargetResponseInMins", p.minutes(d.offer(r.Value("Service__c").ID())), "BusinessHoursId", d.hoursID)
}

// keptByHand lets a milestone that a client completes keep the case's promise too.
func keptByHand(ctx context.Context, tx *org.Tx, b *org.Batch) error {
	if b.Insert || b.Imported() {
		return nil
	}
	types, err := loadTypes(ctx, tx)
	if err != nil {
		return err
	}
	for _, r := range b.Rows {
		if !r.Changes("CompletionDate") {
			continue
		}
		for _, p := range promises() {
			if types[p.milestone] != r.Value("MilestoneTypeId").ID() {
				continue
			}
			change := changes("Case", r.Value("CaseId").ID(), p.kept, r.Value("CompletionDate"))
			if _, err := org.Must(tx.Update(ctx, []record.Draft{change}, org.WriteOptions{})); err != nil {
				return err
			}
		}
	}
	return nil
}
