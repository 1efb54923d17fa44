package difftest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"stoa/internal/engine/catalog"
	"stoa/internal/record"
	"stoa/internal/store"
)

// A sort of field that an object can have.
type fieldSort struct {
	name string
	kind kind
	typ  *catalog.Type
	set  func(*catalog.Field)
}

var fieldSorts = []fieldSort{
	{"Text__c", text, &catalog.Text, nil},
	{"Folded__c", text, &catalog.Text, func(f *catalog.Field) { f.ExternalID = true }},
	{"Exact__c", exactText, &catalog.Text, func(f *catalog.Field) { f.Unique, f.CaseSensitive = true, true }},
	{"Area__c", text, &catalog.TextArea, nil},
	{"Long__c", longText, &catalog.LongTextArea, nil},
	{"Email__c", text, &catalog.Email, nil},
	{"Amount__c", number, &catalog.Currency, func(f *catalog.Field) { f.Scale = 2 }},
	{"Number__c", number, &catalog.Number, func(f *catalog.Field) { f.Scale = 4 }},
	{"Whole__c", number, &catalog.Number, nil},
	{"Percent__c", number, &catalog.Percent, func(f *catalog.Field) { f.Scale = 1 }},
	{"Int__c", number, &catalog.Int, nil},
	{"Date__c", date, &catalog.Date, nil},
	{"Other__c", date, &catalog.Date, nil},
	{"When__c", datetime, &catalog.DateTime, nil},
	{"Clock__c", clock, &catalog.Time, nil},
	{"Flag__c", boolean, &catalog.Boolean, nil},
	{"Done__c", boolean, &catalog.Boolean, nil},
	{"Status__c", picklist, &catalog.Picklist, nil},
	{"Colours__c", multi, &catalog.MultiPicklist, nil},
}

// statuses and colours are value sets whose order is not the alphabet's.
var (
	statuses = []value{{"New", "Fresh"}, {"closed", "Over and done"}, {"Escalated", "Élevé"}, {"Ärger", "new"}, {"A B", "A B"}}
	colours  = []value{{"Red", "Rot"}, {"Amber", "Gelb"}, {"Blue", "Blau"}, {"Dark Blue", "Dunkelblau"}, {"50%", "Half"}}
)

// newWorld makes a schema of several objects that refer to each other, and its catalog.
func newWorld(r *rand.Rand, seed uint64) (*world, *catalog.Snapshot, error) {
	w := &world{rows: map[record.ID]*row{}}
	n := 2 + r.IntN(3)
	for i := range n {
		w.objects = append(w.objects, &object{name: fmt.Sprintf("Thing%d%d__c", seed%1_000_000, i), prefix: fmt.Sprintf("a0%d", i)})
	}
	w.name = &object{name: "Name"}
	w.name.fields = []*field{{of: w.name, name: "Id", kind: id}, {of: w.name, name: "Name", kind: text}, {of: w.name, name: "Type", kind: text}}
	for _, o := range w.objects {
		w.name.fields[2].values = append(w.name.fields[2].values, value{name: o.name})
	}
	var objects []*catalog.Object
	for i, o := range w.objects {
		c := &catalog.Object{
			Name: o.name, Label: o.name, LabelPlural: o.name, KeyPrefix: o.prefix, Custom: true, SharingModel: "ReadWrite",
			Createable: true, Updateable: true, Deletable: true, Queryable: true, Searchable: true,
		}
		add := func(kind kind, cf *catalog.Field) *field {
			f := &field{of: o, name: cf.Name, kind: kind, scale: cf.Scale}
			switch kind {
			case picklist:
				f.values = statuses
			case multi:
				f.values = colours
			}
			for _, v := range f.values {
				cf.Values = append(cf.Values, catalog.PicklistValue{Value: v.name, Label: v.label, Active: true})
			}
			o.fields = append(o.fields, f)
			c.Fields = append(c.Fields, cf)
			return f
		}
		add(id, &catalog.Field{Name: "Id", Type: &catalog.ID})
		c.Fields = append(c.Fields, &catalog.Field{Name: "IsDeleted", Type: &catalog.Boolean})
		add(text, &catalog.Field{Name: "Name", Type: &catalog.Text, IsName: true, Nillable: true, Length: 80})
		for _, s := range fieldSorts {
			if r.IntN(5) == 0 {
				continue
			}
			cf := &catalog.Field{Name: s.name, Type: s.typ, Custom: true, Nillable: true, Precision: 18}
			if s.set != nil {
				s.set(cf)
			}
			add(s.kind, cf)
		}
		for j := range 1 + r.IntN(3) {
			to := w.objects[r.IntN(n)]
			f := add(reference, &catalog.Field{
				Name: fmt.Sprintf("Ref%d__c", j), Type: &catalog.Reference, Custom: true, Nillable: true, ReferenceTo: []string{to.name},
				RelationshipName: fmt.Sprintf("Ref%d__r", j), ChildRelationshipName: fmt.Sprintf("Kids%d%d__r", i, j),
			})
			f.to, f.relation, f.children = to, fmt.Sprintf("Ref%d__r", j), fmt.Sprintf("Kids%d%d__r", i, j)
		}
		if r.IntN(2) == 0 {
			f := add(reference, &catalog.Field{
				Name: "Any__c", Type: &catalog.Reference, Custom: true, Nillable: true, ReferenceTo: []string{w.objects[0].name, w.objects[1].name},
				RelationshipName: "Any__r", ChildRelationshipName: fmt.Sprintf("Any%d__r", i),
			})
			f.to, f.types, f.relation, f.children = w.name, w.objects[:2], "Any__r", fmt.Sprintf("Any%d__r", i)
		}
		objects = append(objects, c)
	}
	objects = append(objects, &catalog.Object{Name: "Name", Queryable: true, Setup: true, Fields: []*catalog.Field{
		{Name: "Id", Type: &catalog.ID}, {Name: "Name", Type: &catalog.Text, IsName: true, Nillable: true}, {Name: "Type", Type: &catalog.Text, Nillable: true},
	}})
	snap, err := catalog.New(objects)
	if err != nil {
		return nil, nil, err
	}
	for _, o := range append(w.objects, w.name) {
		for _, f := range o.fields {
			cf := snap.Object(o.name).Field(f.name)
			f.filterable, f.sortable, f.groupable, f.aggregatable = cf.Filterable, cf.Sortable, cf.Groupable, cf.Aggregatable
			f.summable, f.like = cf.Type.Summable && cf.Aggregatable, cf.Type.TextLike
		}
	}
	return w, snap, nil
}

// fill makes rows; ids are those of the store.
func (w *world) fill(ctx context.Context, tx store.Tx, r *rand.Rand, zone *time.Location) error {
	clear(w.rows)
	for _, o := range w.objects {
		ids, err := tx.NewIDs(ctx, o.prefix, r.IntN(40))
		if err != nil {
			return err
		}
		r.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
		o.rows = nil
		for _, id := range ids {
			row := &row{of: o, id: id, deleted: r.IntN(10) == 0, values: map[*field]record.Value{}}
			o.rows = append(o.rows, row)
			w.rows[id] = row
		}
	}
	for _, o := range w.objects {
		for _, row := range o.rows {
			for _, f := range o.fields {
				if v := randomValue(r, f, tx.Now(), zone); f.kind != id && !v.IsNull() && r.IntN(5) > 0 {
					row.values[f] = v
				}
			}
		}
	}
	return nil
}

// save writes the rows into tables of the snapshot.
func (w *world) save(ctx context.Context, tx store.Tx, snap *catalog.Snapshot) error {
	for _, o := range w.objects {
		co := snap.Object(o.name)
		t := store.Table{Name: co.Table}
		var fields []*field
		for _, cf := range co.Fields {
			t.Columns = append(t.Columns, cf.StoreColumn())
			fields = append(fields, o.field(cf.Name))
			if cf.Folded() {
				t.Indexes = append(t.Indexes, store.Index{Columns: []store.IndexColumn{{Name: cf.Column, Folded: true}}, Live: true})
			}
		}
		if err := tx.CreateTable(ctx, t); err != nil {
			return err
		}
		var rows [][]record.Value
		for _, r := range o.rows {
			line := make([]record.Value, len(fields))
			for i, f := range fields {
				if f == nil {
					line[i] = record.OfBool(r.deleted)
				} else {
					line[i] = r.value(f)
				}
			}
			rows = append(rows, line)
		}
		if len(rows) == 0 {
			continue
		}
		if err := tx.Insert(ctx, co.Table, t.Columns, rows); err != nil {
			return err
		}
	}
	return nil
}

var words = []string{
	"alpha", "Alpha", "ALPHA", "beta", "Beta", "Élan", "élan", "elan", "Zoe", "zoe", "ß", "ss", "Straße", "100%", "100x", "a_b", "axb", "a%b", "A%B",
	`a\b`, "O'Neil", "ΣΑΣ", "σας", "σασ", "😀", "😀x", "z", "日本", "İ", "ı", "i", "I", "a", "A", "b", "ab", "AB", "a b", "b a", "1", "10", "9", "line\nbreak", `"q"`,
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// randomValue returns a value that f may hold, often one that others hold too or that lies at an edge.
func randomValue(r *rand.Rand, f *field, now time.Time, zone *time.Location) record.Value {
	switch f.kind {
	case text, exactText, longText:
		if f.values != nil {
			return record.OfText(pick(r, f.values).name)
		}
		return record.OfText(pick(r, words))
	case number:
		c := int64(r.IntN(9) - 4)
		if r.IntN(2) == 0 {
			c = int64(r.IntN(2001) - 1000)
		}
		if r.IntN(30) == 0 {
			c *= 1_000_000_000
		}
		if f.scale == 0 {
			return record.OfInt(c)
		}
		return record.OfDecimal(c, uint8(r.IntN(f.scale+1)))
	case date:
		return record.OfDay(randomDay(r, now, zone))
	case datetime:
		return record.OfInstant(randomInstant(r, now, zone))
	case clock:
		return record.OfTime(int64(r.IntN(24))*3_600_000 + int64(r.IntN(3))*1001)
	case boolean:
		return record.OfBool(r.IntN(2) == 0)
	case picklist:
		return record.OfText(pick(r, f.values).name)
	case multi:
		s := ""
		for _, v := range f.values {
			if r.IntN(2) == 0 {
				s += ";" + v.name
			}
		}
		return record.OfText(s[min(1, len(s)):])
	case reference:
		to := f.to
		if f.types != nil {
			to = pick(r, f.types)
		}
		if len(to.rows) == 0 {
			return record.Value{}
		}
		return record.OfID(pick(r, to.rows).id)
	case id:
	}
	return record.Value{}
}

// randomDay returns midnight UTC of a day near the edges of the units around today.
func randomDay(r *rand.Rand, now time.Time, zone *time.Location) time.Time {
	y, m, d := now.In(zone).Date()
	switch r.IntN(5) {
	case 0:
		return civil(y, m, d+r.IntN(5)-2)
	case 1:
		return civil(y, m, d+r.IntN(31)-15)
	case 2:
		return civil(y, m+time.Month(r.IntN(9)-4), 1+r.IntN(3)-1)
	case 3:
		return civil(y+r.IntN(5)-2, 1+time.Month(r.IntN(12)), r.IntN(3))
	default:
		return civil(y, m, d+r.IntN(2001)-1000)
	}
}

func randomInstant(r *rand.Rand, now time.Time, zone *time.Location) time.Time {
	y, m, d := randomDay(r, now, zone).Date()
	switch r.IntN(3) {
	case 0:
		return time.Date(y, m, d, 0, 0, r.IntN(3)-1, 0, zone)
	case 1:
		return time.Date(y, m, d, 0, 0, r.IntN(3)-1, 0, time.UTC)
	default:
		return time.Date(y, m, d, r.IntN(24), r.IntN(60), r.IntN(60), 0, zone)
	}
}

// describe lists the rows, for the log of a difference.
func (w *world) describe(t *testing.T) {
	for _, o := range w.objects {
		for _, r := range o.rows {
			line := string(r.id)
			if r.deleted {
				line += " deleted"
			}
			for _, f := range o.fields {
				if v, ok := r.values[f]; ok {
					line += " " + f.name + "=" + literal(v)
				}
			}
			t.Log(line)
		}
	}
}
