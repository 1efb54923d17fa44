package dml

import (
	"context"
	"strconv"
	"strings"
	"time"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/record"
)

// fillDefaults gives what the drafts left open: default values, the owner, and the times and names of the change.
func fillDefaults(_ context.Context, b *Batch) error {
	if b.Insert {
		b.fillFields()
		b.fillOwner()
	}
	b.stamp()
	return nil
}

// fillFields fills the fields that have a default. An explicit null stays, unless the field may not be empty.
func (b *Batch) fillFields() {
	for _, d := range b.form.defaults {
		for _, r := range b.Rows {
			if r.new[d.at].IsNull() && (!r.given[d.at] || d.any) {
				r.new[d.at] = d.value
			}
		}
	}
}

// defaultOf returns the value of a new record's field that nobody set.
func defaultOf(f *catalog.Field) (record.Value, bool) {
	switch {
	case f.Type.Kind == record.Bool:
		return record.OfBool(f.Default.Bool()), true
	case !f.Default.IsNull():
		v, err := coerce(f, f.Default, &Options{})
		return v, err == nil
	case f.Type.Picklist:
		v := record.OfText(defaultPick(f))
		return v, !v.IsNull()
	default:
		return record.Value{}, false
	}
}

func (b *Batch) fillOwner() {
	if b.form.owner < 0 || b.opt.Seed {
		return
	}
	for _, r := range b.Rows {
		if r.new[b.form.owner].IsNull() {
			r.new[b.form.owner] = record.OfID(b.Env.User)
		}
	}
}

// stamp says when and by whom. An import brings its own times; SystemModstamp is always the store's.
func (b *Batch) stamp() {
	now, user := record.OfInstant(b.Tx.Now()), record.OfID(b.Env.User)
	l := b.form
	for _, r := range b.Rows {
		put := func(at int, v record.Value) {
			if at >= 0 && !(r.given[at] && !r.new[at].IsNull()) {
				r.new[at] = v
			}
		}
		at, by := now, user
		if b.Insert {
			put(l.created, now)
			put(l.createdBy, user)
			if l.created >= 0 && r.given[l.created] {
				at = r.new[l.created]
			}
			if l.createdBy >= 0 && r.given[l.createdBy] {
				by = r.new[l.createdBy]
			}
		}
		put(l.modified, at)
		put(l.modifiedBy, by)
		put(l.stamp, now)
	}
}

// identify gives new records their ids and auto-numbers.
func identify(ctx context.Context, b *Batch) error {
	if !b.Insert {
		return nil
	}
	var without []*Row
	for _, r := range b.Rows {
		switch {
		case r.ID == "":
			without = append(without, r)
		case b.Object.KeyPrefix != "" && r.ID.Prefix() != b.Object.KeyPrefix:
			r.Fail(fault.New(fault.MalformedID, "%s ID: id value of incorrect type: %s", b.Object.Label, r.ID).On("Id"))
		}
	}
	if len(without) > 0 {
		if b.Object.KeyPrefix == "" {
			for _, r := range without {
				r.Fail(fault.New(fault.InsufficientAccess, "entity type cannot be inserted: %s", b.Object.Label))
			}
			return nil
		}
		ids, err := b.Tx.NewIDs(ctx, b.Object.KeyPrefix, len(without))
		if err != nil {
			return err
		}
		for i, r := range without {
			r.ID = ids[i]
		}
	}
	b.drop()
	for _, r := range b.Rows {
		r.new[b.form.id] = record.OfID(r.ID)
	}
	if b.opt.Seed {
		return nil
	}
	if err := b.number(ctx); err != nil {
		return err
	}
	b.nameByID()
	return nil
}

// number fills the auto-number fields.
func (b *Batch) number(ctx context.Context) error {
	for _, i := range b.form.numbered {
		f := b.form.fields[i]
		var rows []*Row
		for _, r := range b.Rows {
			if r.new[i].IsNull() {
				rows = append(rows, r)
			}
		}
		if len(rows) == 0 {
			continue
		}
		n, err := b.Tx.NewNumbers(ctx, b.Object.Name+"."+f.Name, len(rows))
		if err != nil {
			return err
		}
		for k, r := range rows {
			r.new[i] = record.OfText(autoNumber(f.DisplayFormat, n+int64(k), b.Tx.Now()))
		}
	}
	return nil
}

// autoNumber renders a number in a display format such as PMT-{00000} or {YYYY}-{000}; "" means eight digits.
func autoNumber(format string, n int64, now time.Time) string {
	if format == "" {
		format = "{00000000}"
	}
	var b strings.Builder
	for {
		open := strings.IndexByte(format, '{')
		end := strings.IndexByte(format, '}')
		if open < 0 || end < open {
			return b.String() + format
		}
		b.WriteString(format[:open])
		switch part := format[open+1 : end]; part {
		case "YYYY":
			b.WriteString(now.Format("2006"))
		case "YY":
			b.WriteString(now.Format("06"))
		case "MM":
			b.WriteString(now.Format("01"))
		case "DD":
			b.WriteString(now.Format("02"))
		default:
			digits := strconv.FormatInt(n, 10)
			b.WriteString(strings.Repeat("0", max(0, len(part)-len(digits))))
			b.WriteString(digits)
		}
		format = format[end+1:]
	}
}

// nameByID names records of custom objects after their id where nobody named them.
func (b *Batch) nameByID() {
	f := b.Object.NameField
	if f == nil || !b.Object.Custom || f.Type.Kind != record.Text || f.AutoNumber || f.Required {
		return
	}
	i, ok := b.form.at[f]
	if !ok {
		return
	}
	for _, r := range b.Rows {
		if r.new[i].IsNull() {
			r.new[i] = record.OfText(string(r.ID))
		}
	}
}
