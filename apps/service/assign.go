package service

import (
	"context"
	"strings"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// A routing says where a new case goes, and why.
type routing struct {
	queue    queue // with no id for nowhere
	priority string
	why      []any // name-value pairs of the event that explains it
}

// A rule is a row of Routing_Rule__c.
type rule struct{ name, field, operator, value, queue, priority string }

func loadRules(ctx context.Context, tx *org.Tx) ([]rule, error) {
	res, err := query(ctx, tx, "SELECT Name, Field__c, Operator__c, Value__c, Queue__c, Priority__c FROM Routing_Rule__c WHERE Active__c = true ORDER BY Order__c NULLS LAST, Name, Id")
	if err != nil {
		return nil, err
	}
	all := make([]rule, res.Len())
	for i := range all {
		get := func(name string) string { return text(res.Get(i, name)) }
		all[i] = rule{get("Name"), get("Field__c"), get("Operator__c"), get("Value__c"), get("Queue__c"), get("Priority__c")}
	}
	return all, nil
}

// fits reports whether a value is one that the rule is for, in any letter case.
func (r rule) fits(value string) bool {
	value = record.Fold(value)
	for want := range strings.SplitSeq(r.value, ";") {
		want = record.Fold(strings.TrimSpace(want))
		if want == "" {
			continue
		}
		switch r.operator {
		case "contains":
			if strings.Contains(value, want) {
				return true
			}
		case "starts":
			if strings.HasPrefix(value, want) {
				return true
			}
		default:
			if value == want {
				return true
			}
		}
	}
	return false
}

// byThemselves are the origins of cases that nobody of the staff makes: without a rule they go to the default queue.
var byThemselves = map[string]bool{"Email": true, "Web": true, "Chat": true, "Community": true}

// route decides where a case goes: by the first rule that fits, else by its
// service, else, where it came in by itself, to the default queue.
func (d *desk) route(row *org.Row) (to routing) {
	service := d.offer(row.Value("Service__c").ID())
	for _, r := range d.rules {
		value := row.Text(r.field)
		if record.Fold(r.field) == "service__c" {
			value = service.slug
		}
		if !r.fits(value) {
			continue
		}
		q, ok := d.queue(r.queue)
		if !ok && r.queue != "" {
			continue // its queue is gone
		}
		if to.priority == "" {
			to.priority = r.priority
		}
		if ok {
			to.queue, to.why = q, []any{"rule", r.name, "field", r.field, "value", r.value, "queue", q.name}
			return to
		}
	}
	for _, k := range []struct{ queue, by, name string }{{service.queue, "service", service.name}, {d.fallback(row), "default", ""}} {
		if q, ok := d.queue(k.queue); ok {
			to.queue, to.why = q, []any{k.by, k.name, "queue", q.name}
			return to
		}
	}
	return to
}

func (d *desk) fallback(row *org.Row) string {
	if byThemselves[row.Text("Origin")] {
		return d.setting.queue
	}
	return ""
}

// checkRules refuses routing rules that could not be followed.
func checkRules(ctx context.Context, tx *org.Tx, b *org.Batch) error {
	for _, r := range b.Rows {
		if f := tx.Catalog().Object("Case").Field(r.Text("Field__c")); f == nil && r.Changes("Field__c") {
			r.Fail(fault.New(fault.InvalidField, "Case has no field %s.", r.Text("Field__c")).On("Field__c"))
		}
	}
	return checkQueues(ctx, tx, b)
}

// checkQueues refuses services and rules whose queue does not exist.
func checkQueues(ctx context.Context, tx *org.Tx, b *org.Batch) error {
	var queues map[string]queue
	for _, r := range b.Rows {
		name := r.Text("Queue__c")
		if name == "" || !r.Changes("Queue__c") {
			continue
		}
		if queues == nil {
			var err error
			if queues, err = loadQueues(ctx, tx); err != nil {
				return err
			}
		}
		if _, ok := queues[record.Fold(name)]; !ok {
			r.Fail(fault.New(fault.InvalidCrossReferenceKey, "There is no queue with the developer name %s.", name).On("Queue__c"))
		}
	}
	return nil
}
