package dml

import (
	"context"
	"unicode/utf8"

	"stoa/internal/engine/catalog"
	"stoa/internal/record"
)

// maxHistory is how much of a text history keeps; of longer ones it keeps only that they changed.
const maxHistory = 255

// A past is the object that keeps an object's history, and its fields.
type past struct {
	object *catalog.Object
	parent *catalog.Field
}

// pastOf returns where an object's history is kept, ok is false where none is.
func pastOf(s *catalog.Snapshot, o *catalog.Object) (p past, ok bool) {
	if !o.History {
		return p, false
	}
	rel := o.Child("Histories")
	if rel == nil {
		return p, false
	}
	p.object = s.Object(rel.Object)
	if p.object == nil || p.object.Table == "" {
		return p, false
	}
	p.parent = p.object.Field(rel.Field)
	return p, p.parent != nil
}

// A mark is one line of history.
type mark struct {
	row           *Row
	field, kind   string
	before, after record.Value
}

// writeHistory notes the creation of records and every change of a tracked field.
func writeHistory(ctx context.Context, b *Batch) error {
	p, ok := pastOf(b.Env.Snapshot, b.Object)
	if !ok || b.opt.Seed || b.opt.KeepIDs {
		return nil
	}
	marks, err := b.marks(ctx)
	if err != nil || len(marks) == 0 {
		return err
	}
	ids, err := b.Tx.NewIDs(ctx, p.object.KeyPrefix, len(marks))
	if err != nil {
		return err
	}
	h := b.Env.form(p.object)
	now, user := record.OfInstant(b.Tx.Now()), record.OfID(b.Env.User)
	rows := make([][]record.Value, len(marks))
	cells := make([]record.Value, len(marks)*len(h.cols))
	for i, m := range marks {
		row := cells[i*len(h.cols) : (i+1)*len(h.cols)]
		for c, f := range h.fields {
			switch {
			case c == h.id:
				row[c] = record.OfID(ids[i])
			case f == p.parent:
				row[c] = record.OfID(m.row.ID)
			case f.Name == "Field":
				row[c] = record.OfText(m.field)
			case f.Name == "OldValue":
				row[c] = m.before
			case f.Name == "NewValue":
				row[c] = m.after
			case f.Name == "DataType":
				row[c] = record.OfText(m.kind)
			case c == h.created, c == h.modified, c == h.stamp:
				row[c] = now
			case c == h.createdBy, c == h.modifiedBy:
				row[c] = user
			default:
				row[c] = null(f)
			}
		}
		rows[i] = row
	}
	return b.Tx.Insert(ctx, p.object.Table, h.cols, rows)
}

func (b *Batch) marks(ctx context.Context) ([]mark, error) {
	var marks []mark
	if b.Insert {
		for _, r := range b.Rows {
			marks = append(marks, mark{row: r, field: "created", kind: "Text"})
		}
		return marks, nil
	}
	names, err := b.trackedNames(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range b.Rows {
		for i, f := range b.form.fields {
			if !f.TrackHistory || !r.changed(i) {
				continue
			}
			before, after := r.old[i], r.new[i]
			m := mark{row: r, field: historyName(f), kind: historyType(f)}
			if f.Type.Kind == record.Ref {
				// References leave two lines: the names for people, the ids for programs.
				n := m
				n.kind = "Text"
				n.before, n.after = names[before.ID()], names[after.ID()]
				marks = append(marks, n)
			}
			if short(before) && short(after) {
				m.before, m.after = textOf(before), textOf(after)
			}
			marks = append(marks, m)
		}
	}
	return marks, nil
}

// historyName is what history calls a field: standard references go by their relationship.
func historyName(f *catalog.Field) string {
	if f.Type.Kind == record.Ref && !f.Custom && f.RelationshipName != "" {
		return f.RelationshipName
	}
	return f.Name
}

// historyType is the DataType of a field's lines.
func historyType(f *catalog.Field) string {
	switch f.Type.Kind {
	case record.Ref:
		return "EntityId"
	case record.Bool:
		return "Boolean"
	case record.Number:
		return "Double"
	case record.Date:
		return "DateOnly"
	case record.DateTime:
		return "DateTime"
	case record.Time:
		return "Time"
	case record.Null, record.Text, record.Bytes:
		return "Text"
	default:
		return "Text"
	}
}

func short(v record.Value) bool {
	return v.Kind() != record.Text || utf8.RuneCountInString(v.Text()) <= maxHistory
}

func textOf(v record.Value) record.Value { return record.OfText(v.String()) }

// trackedNames reads the names of all records that tracked references left or now point to.
func (b *Batch) trackedNames(ctx context.Context) (map[record.ID]record.Value, error) {
	by := map[*catalog.Object][]record.ID{}
	for i, f := range b.form.fields {
		if f.Type.Kind != record.Ref || !f.TrackHistory {
			continue
		}
		for _, r := range b.Rows {
			if !r.changed(i) {
				continue
			}
			for _, id := range []record.ID{r.old[i].ID(), r.new[i].ID()} {
				if o := b.Env.Snapshot.Of(id); id != "" && o != nil && o.NameField != nil && o.NameField.Column != "" && o.Table != "" {
					by[o] = append(by[o], id)
				}
			}
		}
	}
	names := map[record.ID]record.Value{}
	for o, ids := range by {
		values, err := valuesOf(ctx, b.Tx, o, o.NameField, distinct(ids))
		if err != nil {
			return nil, err
		}
		for id, v := range values {
			names[id] = v
		}
	}
	return names, nil
}
