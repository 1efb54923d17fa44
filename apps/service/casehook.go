package service

import (
	"context"

	"stoa/internal/org"
	"stoa/internal/record"
)

// beforeCase gives new cases their reference, their place and their promises, and moves the promises of those that change.
func (m *memory) beforeCase(ctx context.Context, tx *org.Tx, b *org.Batch) error {
	if !b.Insert {
		return m.beforeCaseChanges(ctx, tx, b)
	}
	d, err := m.desk(ctx, tx)
	if err != nil {
		return err
	}
	if err := d.refer(ctx, b); err != nil || b.Imported() {
		return err
	}
	for _, r := range b.Rows {
		to := d.route(r)
		if to.queue.id != "" && !r.Given("OwnerId") {
			r.Put("OwnerId", record.OfID(to.queue.id))
		}
		if to.priority != "" && !r.Given("Priority") {
			r.Put("Priority", record.OfText(to.priority))
		}
		d.promise(r, tx.Now())
		r.Put("Thread_Version__c", record.OfInt(0))
		if about := r.Text("Description"); about != "" {
			r.Put("Last_Message_At__c", record.OfInstant(tx.Now()))
			r.Put("Last_From__c", record.OfText("Citizen"))
			r.Put("Snippet__c", record.OfText(snippet(about)))
		}
	}
	return nil
}

// refer gives cases without a reference one, imported ones too.
func (d *desk) refer(ctx context.Context, b *org.Batch) error {
	var without []*org.Row
	for _, r := range b.Rows {
		if r.Text("Reference__c") == "" {
			without = append(without, r)
		}
	}
	if len(without) == 0 {
		return nil
	}
	refs, err := references(ctx, d.tx, d.setting.prefix, len(without))
	if err != nil {
		return err
	}
	for i, r := range without {
		r.Put("Reference__c", record.OfText(refs[i]))
	}
	return nil
}

func (m *memory) beforeCaseChanges(ctx context.Context, tx *org.Tx, b *org.Batch) error {
	var d *desk
	for _, r := range b.Rows {
		if !r.Changes("Status") && !r.Changes("Service__c") {
			continue
		}
		if d == nil {
			var err error
			if d, err = m.desk(ctx, tx); err != nil {
				return err
			}
		}
		d.follow(r, tx.Now())
	}
	return nil
}

// told are the fields of which a change is a line in the case.
var told = [...]struct{ field, kind string }{
	{"Status", eventStatus}, {"OwnerId", eventOwner}, {"Priority", eventPriority}, {"Service__c", eventService},
}

// afterCase writes the rows that follow from a case: milestones, lines, and the watch over its promises.
func (m *memory) afterCase(ctx context.Context, tx *org.Tx, b *org.Batch) error {
	if b.Imported() {
		return nil
	}
	d, err := m.desk(ctx, tx)
	if err != nil {
		return err
	}
	if err := d.keepMilestones(ctx, b); err != nil {
		return err
	}
	if b.Insert {
		return d.welcome(ctx, b)
	}
	return d.record(ctx, b)
}

// welcome writes the first lines of new cases and has their promises watched.
func (d *desk) welcome(ctx context.Context, b *org.Batch) error {
	var lines []line
	for _, r := range b.Rows {
		lines = append(lines, line{r.ID, eventMade, true, []any{"origin", r.Text("Origin")}})
		// The same answer as before the save: neither the case nor the rules have changed since.
		to := d.route(r)
		if to.queue.id != "" && to.queue.id == r.Value("OwnerId").ID() {
			lines = append(lines, line{r.ID, eventRouted, false, to.why})
		}
		if err := d.watch(ctx, r); err != nil {
			return err
		}
		d.announce(r)
	}
	return tell(ctx, d.tx, lines...)
}

// record writes a line for each change that people ask about later.
func (d *desk) record(ctx context.Context, b *org.Batch) error {
	var lines []line
	for _, r := range b.Rows {
		changed := false
		for _, t := range told {
			if !r.Changes(t.field) {
				continue
			}
			changed = true
			from, to, err := d.names(ctx, t.field, r)
			if err != nil {
				return err
			}
			lines = append(lines, line{r.ID, t.kind, t.kind == eventStatus, []any{"from", from, "to", to}})
		}
		for _, p := range promises() {
			changed = changed || r.Changes(p.due) || r.Changes(p.kept)
		}
		if !changed {
			continue
		}
		if err := d.watch(ctx, r); err != nil {
			return err
		}
		d.tx.Announce(TopicCase(r.ID), SaysStatus)
		d.announce(r)
	}
	if len(lines) == 0 {
		return nil
	}
	return tell(ctx, d.tx, lines...)
}

// names returns what people call the old and the new value of a field.
func (d *desk) names(ctx context.Context, field string, r *org.Row) (from, to string, err error) {
	from, to = text(r.Was(field)), r.Text(field)
	switch field {
	case "OwnerId":
		if from, err = d.owner(ctx, record.ID(from)); err == nil {
			to, err = d.owner(ctx, record.ID(to))
		}
	case "Service__c":
		from, to = d.offer(record.ID(from)).name, d.offer(record.ID(to)).name
	}
	return from, to, err
}

// owner returns the name of a user or a queue.
func (d *desk) owner(ctx context.Context, id record.ID) (string, error) {
	object := "User"
	if id.Prefix() == "00G" {
		object = "Group"
	}
	res, err := query(ctx, d.tx, "SELECT Name FROM "+object+" WHERE Id = ?", id)
	if err != nil || res.Len() == 0 {
		return "", err
	}
	return text(res.Get(0, "Name")), nil
}

// announce tells those who look at lists: of all cases, or of a queue.
func (d *desk) announce(r *org.Row) {
	d.tx.Announce(TopicCases, string(r.ID))
	for _, owner := range [...]record.Value{r.Value("OwnerId"), r.Was("OwnerId")} {
		if id := owner.ID(); id.Prefix() == "00G" {
			d.tx.Announce(TopicQueue(id), string(r.ID))
		}
	}
}
