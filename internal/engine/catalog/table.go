package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"stoa/internal/record"
	"stoa/internal/store"
)

// Kept reports whether o has a table of its own.
func (o *Object) Kept() bool { return o.Table != "" && !o.alias }

// Table returns the table that keeps o's rows, with the indexes that queries
// and checks lean on: few, since every insert pays for each.
func Table(o *Object) store.Table {
	t := store.Table{Name: o.Table, Columns: make([]store.Column, 0, len(o.Fields)), Searched: o.Searchable}
	for _, f := range o.Fields {
		if f.Column == "" {
			continue
		}
		c := f.StoreColumn()
		if f.Type == &ID && f.Name == store.IDColumn {
			t.Columns = append([]store.Column{c}, t.Columns...)
			continue
		}
		t.Columns = append(t.Columns, c)
	}
	live := o.Field(store.DeletedColumn) != nil
	for _, f := range o.Fields {
		t.Indexes = append(t.Indexes, f.indexes(live)...)
	}
	for _, l := range worklists[o.Name] {
		if i, ok := l.index(o); ok {
			t.Indexes = append(t.Indexes, i)
		}
	}
	for _, d := range o.Indexes {
		if i := d.index(o); !slices.ContainsFunc(t.Indexes, func(have store.Index) bool { return store.IndexName(o.Table, have) == store.IndexName(o.Table, i) }) {
			t.Indexes = append(t.Indexes, i)
		}
	}
	return t
}

// A worklist is an index behind lists that people work from: the live records in the order of a date or a name, within
// each value of a picklist or lookup where there is one, and only those that are open where open names the field that says so.
type worklist struct{ by, date, open string }

// worklists are what keeps lists and boards of open work quick however much is closed, and lists of staff however many
// citizens there are. Each one costs every insert.
var worklists = map[string][]worklist{
	"Case": {{date: "ClosedDate"}, {"", "CreatedDate", "IsClosed"}, {"Status", "CreatedDate", ""}, {"Status", "CreatedDate", "IsClosed"},
		{"OwnerId", "CreatedDate", "IsClosed"}},
	"Lead":        {{"", "CreatedDate", "IsConverted"}, {"Status", "CreatedDate", ""}},
	"Opportunity": {{date: "CloseDate"}, {"", "CloseDate", "IsClosed"}, {"StageName", "CloseDate", ""}, {"StageName", "CloseDate", "IsClosed"}},
	"Task":        {{"", "ActivityDate", "IsClosed"}, {"Status", "CreatedDate", ""}, {"Status", "ActivityDate", "IsClosed"}},
	"User":        {{"UserType", "Name", ""}},
	"FeedItem":    {{"CreatedById", "CreatedDate", ""}},
	"FeedComment": {{"CreatedById", "CreatedDate", ""}},
}

// index returns the index of l, if o has its fields.
func (l worklist) index(o *Object) (store.Index, bool) {
	i := store.Index{Live: o.Field(store.DeletedColumn) != nil}
	for _, name := range []string{l.by, l.date} {
		if name == "" {
			continue
		}
		f := o.Field(name)
		if f == nil || f.Column == "" {
			return i, false
		}
		i.Columns = append(i.Columns, store.IndexColumn{Name: f.Column, Folded: f.Folded()})
	}
	if l.open != "" {
		f := o.Field(l.open)
		if f == nil || f.Column == "" {
			return i, false
		}
		i.False = f.Column
	}
	return i, true
}

// indexes returns the indexes that f needs by default. Deleted rows stay in
// those of references, since their parents' undelete and purge look for them.
func (f *Field) indexes(live bool) []store.Index {
	if f.Column == "" || f.Type == &ID {
		return nil
	}
	exact := []store.IndexColumn{{Name: f.Column}}
	folded := []store.IndexColumn{{Name: f.Column, Folded: true}}
	switch {
	case f.Unique && f.Folded() && f.CaseSensitive:
		return []store.Index{{Columns: exact, Unique: true, Live: live}, {Columns: folded, Live: live}}
	case f.Unique && f.Folded():
		return []store.Index{{Columns: folded, Unique: true, Live: live}}
	case f.Unique:
		return []store.Index{{Columns: exact, Unique: true, Live: live}}
	case f.IsName && f.AutoNumber && f.Object.beneath():
		return nil
	case f.Folded():
		return []store.Index{{Columns: folded, Live: live, Sparse: f.Nillable && !f.IsName}}
	case f.ExternalID:
		return []store.Index{{Columns: exact, Live: live, Sparse: true}}
	case f.Name == "CreatedDate" && !f.Object.Setup && !f.Object.beneath():
		return []store.Index{{Columns: exact, Live: live}}
	case f.Type == &Reference && !unindexed[f.Name]:
		return []store.Index{{Columns: exact, Sparse: f.Nillable}}
	case f.Name == "SystemModstamp" && !f.Object.Setup:
		return []store.Index{{Columns: exact}}
	default:
		return nil
	}
}

// Ordered reports whether an index has all live rows in f's order, or all those in which a Bool field is false
// of which isFalse says that only such rows count.
func (f *Field) Ordered(isFalse func(field string) bool) bool {
	if f.Type == &Reference {
		return false // sorted as the ids are written, which is not as they are kept
	}
	for _, i := range f.indexes(true) {
		if !i.Sparse && i.Columns[0].Folded == f.Folded() {
			return true
		}
	}
	return slices.ContainsFunc(worklists[f.Object.Name], func(l worklist) bool {
		return l.by == "" && l.date == f.Name && (l.open == "" || isFalse(l.open))
	}) || slices.ContainsFunc(f.Object.Indexes, func(d *IndexDef) bool { return Fold(d.Fields[0].Name) == Fold(f.Name) })
}

// unindexed are references that too many rows share for an index to help.
var unindexed = map[string]bool{
	"CreatedById": true, "LastModifiedById": true, "RecordTypeId": true, "InsertedById": true, "LastEditById": true,
	"BusinessHoursId": true, "MilestoneTypeId": true,
}

// beneath reports whether o's records are only met beneath others, such as the milestones of a case: nobody
// searches for them or lists them by number or age. Programs that copy them go by SystemModstamp.
func (o *Object) beneath() bool { return !o.Searchable && o.Field("SystemModstamp") != nil }

// convert turns a value of an older definition of a field into one of f, null where it has no such form.
func (f *Field) convert(v record.Value) record.Value {
	kind := f.Type.Kind
	switch {
	case v.IsNull():
		return v
	case kind == record.Text:
		return record.OfText(v.String())
	case kind == record.Number && v.Kind() == record.Number:
		n, scale := v.Decimal()
		n, ok := record.Rescale(n, scale, uint8(f.Scale))
		if !ok {
			return record.Value{}
		}
		return record.OfDecimal(n, uint8(f.Scale))
	case kind == record.Date && v.Kind() == record.DateTime:
		return record.OfDate(floorDiv(v.Seconds(), 86400))
	case kind == record.DateTime && v.Kind() == record.Date:
		return record.OfDateTime(v.Days() * 86400)
	case kind == v.Kind():
		return v
	default:
		return record.Value{}
	}
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Fingerprint returns a text that changes whenever the tables of s do. Kept
// beside the tables, it tells a newer server that they are an older one's.
func Fingerprint(s *Snapshot) string {
	h := sha256.New()
	for _, o := range s.objects {
		if !o.Kept() {
			continue
		}
		t := Table(o)
		fmt.Fprintln(h, t.Name)
		for _, c := range t.Columns {
			fmt.Fprintln(h, c.Name, c.Class, c.Scale, c.Folded, c.NotNull)
		}
		for _, i := range t.Indexes {
			fmt.Fprintln(h, i.Columns, i.Unique, i.Live, i.Sparse, i.False)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}
