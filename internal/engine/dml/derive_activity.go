package dml

import (
	"context"

	"stoa/internal/record"
)

// deriveTask follows status and priority, and finds the account that a task belongs to.
func deriveTask(ctx context.Context, b *Batch) error {
	if b.anyChanged("Status") {
		closing, err := statuses(ctx, b, "TaskStatus", "IsClosed")
		if err != nil {
			return err
		}
		status := b.Field("Status")
		for _, r := range b.Rows {
			if !r.Changed(status) {
				continue
			}
			closed := closes(closing, r.Get(status), "completed")
			r.set("IsClosed", record.OfBool(closed))
			switch {
			case !closed:
				r.set("CompletedDateTime", record.Value{})
			case r.get("CompletedDateTime").IsNull():
				r.set("CompletedDateTime", record.OfInstant(b.Tx.Now()))
			}
		}
	}
	for _, r := range b.Rows {
		r.set("IsHighPriority", record.OfBool(record.Fold(r.get("Priority").Text()) == "high"))
	}
	return activityAccounts(ctx, b)
}

// deriveEvent keeps start, end and length of an event in agreement; the end wins over the length where both are given.
func deriveEvent(ctx context.Context, b *Batch) error {
	for _, r := range b.Rows {
		start, end, minutes := r.get("ActivityDateTime"), r.get("EndDateTime"), r.get("DurationInMinutes")
		if start.IsNull() {
			start = r.get("StartDateTime")
		}
		if start.IsNull() {
			continue
		}
		r.set("StartDateTime", start)
		if r.get("ActivityDateTime").IsNull() {
			r.set("ActivityDateTime", start)
		}
		if r.get("ActivityDate").IsNull() || r.Changed(b.Object.Field("ActivityDateTime")) {
			r.set("ActivityDate", record.OfDay(start.Instant()))
		}
		switch {
		case !end.IsNull() && (r.says("EndDateTime") || minutes.IsNull()):
			r.set("DurationInMinutes", record.OfInt((end.Seconds()-start.Seconds())/60))
		case !minutes.IsNull():
			r.set("EndDateTime", record.OfDateTime(start.Seconds()+minutes.Int()*60))
		}
	}
	return activityAccounts(ctx, b)
}

// activityAccounts fills AccountId from what an activity is about: the account itself, or that of the contact, case or opportunity.
func activityAccounts(ctx context.Context, b *Batch) error {
	if b.Field("AccountId") == nil || !b.anyChanged("WhatId", "WhoId") {
		return nil
	}
	found := map[record.ID]record.ID{}
	for _, p := range []struct{ reference, object string }{{"WhoId", "Contact"}, {"WhatId", "Case"}, {"WhatId", "Opportunity"}} {
		values, err := b.parentValues(ctx, b.Rows, p.reference, p.object, "AccountId")
		if err != nil {
			return err
		}
		for id, v := range values {
			found[id] = v.ID()
		}
	}
	account := b.Env.Snapshot.Object("Account")
	for _, r := range b.Rows {
		what, who := r.get("WhatId").ID(), r.get("WhoId").ID()
		switch {
		case what != "" && account != nil && what.Prefix() == account.KeyPrefix:
			r.set("AccountId", record.OfID(what))
		case found[what] != "":
			r.set("AccountId", record.OfID(found[what]))
		default:
			r.set("AccountId", record.OfID(found[who]))
		}
	}
	return nil
}
