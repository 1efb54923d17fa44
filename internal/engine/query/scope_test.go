package query

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/engine/catalog/standard"
	"stoa/internal/engine/purpose"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
	"stoa/internal/store/storetest"
)

// A scopeRow is a row of the oracle.
type scopeRow struct {
	id      record.ID
	object  string
	deleted bool
	values  map[string]record.Value
}

// A scopeWorld is a small random schema with rows and a scope, and the oracle that says what the scope shows.
type scopeWorld struct {
	r     *rand.Rand
	snap  *catalog.Snapshot
	names []string
	rows  []*scopeRow
	byID  map[record.ID]*scopeRow
	scope access.Scope
}

var scopeFields = []string{"Name", "Text__c", "Flag__c", "Number__c", "Must__c", "Day__c", "Stage__c", "Ref__c", "Poly__c"}

func newScopeWorld(t *testing.T, seed uint64, std []*catalog.Object) *scopeWorld {
	t.Helper()
	w := &scopeWorld{r: rand.New(rand.NewPCG(seed, 7)), byID: map[record.ID]*scopeRow{}}
	w.names = []string{"Ax__c", "Bx__c", "Cx__c"}
	objects := slices.Clone(std)
	for i, name := range w.names {
		custom := func(f *catalog.Field) *catalog.Field { f.Custom, f.Nillable, f.Label = true, true, f.Name; return f }
		two := w.r.Perm(3)[:2]
		objects = append(objects, &catalog.Object{
			Name: name, Label: name, LabelPlural: name, KeyPrefix: fmt.Sprintf("b0%d", i), Custom: true, Queryable: true, Searchable: true, SharingModel: "ReadWrite",
			Fields: []*catalog.Field{
				{Name: "Id", Label: "Record ID", Type: &catalog.ID},
				{Name: "IsDeleted", Label: "Deleted", Type: &catalog.Boolean},
				{Name: "Name", Label: "Name", Type: &catalog.Text, Length: 80, IsName: true, Nillable: true},
				custom(&catalog.Field{Name: "Text__c", Type: &catalog.Text, Length: 255}),
				custom(&catalog.Field{Name: "Flag__c", Type: &catalog.Boolean}),
				custom(&catalog.Field{Name: "Number__c", Type: &catalog.Number, Precision: 18, Scale: 2}),
				{Name: "Must__c", Label: "Must", Type: &catalog.Number, Precision: 18, Scale: 2, Custom: true, Required: true},
				custom(&catalog.Field{Name: "Day__c", Type: &catalog.Date}),
				custom(&catalog.Field{Name: "Stage__c", Type: &catalog.Picklist, Length: 255, Values: []catalog.PicklistValue{{Value: "New", Label: "New", Active: true}, {Value: "Old", Label: "Old", Active: true}}}),
				custom(&catalog.Field{Name: "Ref__c", Type: &catalog.Reference, ReferenceTo: []string{w.names[w.r.IntN(3)]}, RelationshipName: "Ref__r", ChildRelationshipName: "Kids" + name[:1] + "__r"}),
				custom(&catalog.Field{Name: "Poly__c", Type: &catalog.Reference, ReferenceTo: []string{w.names[two[0]], w.names[two[1]]}, RelationshipName: "Poly__r"}),
			},
		})
	}
	var err error
	if w.snap, err = catalog.New(objects); err != nil {
		t.Fatal(err)
	}
	for i, name := range w.names {
		for n := range 4 + w.r.IntN(8) {
			id, err := record.ParseID(fmt.Sprintf("b0%dSa0%09d", i, n+1))
			if err != nil {
				t.Fatal(err)
			}
			row := &scopeRow{id: id, object: name, deleted: w.r.IntN(8) == 0, values: map[string]record.Value{}}
			w.rows = append(w.rows, row)
			w.byID[id] = row
		}
	}
	for _, row := range w.rows {
		for _, f := range scopeFields {
			row.values[f] = w.value(w.snap.Object(row.object).Field(f))
		}
	}
	w.scope = w.randomScope()
	return w
}

// value returns a random value of a small domain, often null.
func (w *scopeWorld) value(f *catalog.Field) record.Value {
	if f.Nillable && f.Type.Kind != record.Bool && w.r.IntN(4) == 0 {
		return record.Value{}
	}
	switch f.Type.Kind {
	case record.Bool:
		return record.OfBool(w.r.IntN(2) == 0)
	case record.Number:
		return record.OfDecimal(int64(w.r.IntN(4))*50, 2)
	case record.Date:
		return record.OfDate(20000 + int64(w.r.IntN(4)))
	case record.Ref:
		var ids []record.ID
		for _, row := range w.rows {
			if slices.Contains(f.ReferenceTo, row.object) {
				ids = append(ids, row.id)
			}
		}
		return record.OfID(ids[w.r.IntN(len(ids))])
	default:
		if f.Type.Picklist {
			return record.OfText([]string{"New", "Old"}[w.r.IntN(2)])
		}
		return record.OfText([]string{"alpha", "Beta", "gamma delta", "ALPHA"}[w.r.IntN(4)])
	}
}

func (w *scopeWorld) randomScope() access.Scope {
	scope := access.Scope{}
	for _, name := range w.names {
		if w.r.IntN(5) == 0 {
			continue
		}
		var p access.Part
		if w.r.IntN(2) == 0 {
			p.Fields = []string{}
			for _, f := range scopeFields {
				if w.r.IntN(4) > 0 {
					p.Fields = append(p.Fields, f)
				}
			}
		}
		for range w.r.IntN(4) {
			g := access.Grant{}
			for range w.r.IntN(3) {
				g = append(g, w.cond(w.snap.Object(name)))
			}
			p.Rows = append(p.Rows, g)
		}
		scope[name] = p
	}
	return scope
}

func (w *scopeWorld) cond(o *catalog.Object) access.Cond {
	for {
		f := o.Field(scopeFields[w.r.IntN(len(scopeFields))])
		op := access.Op(w.r.IntN(int(access.Visible) + 1))
		ordered := f.Type.Kind == record.Number || f.Type.Kind == record.Date
		var n int
		switch op {
		case access.Visible:
			if f.Type.Kind != record.Ref {
				continue
			}
		case access.Before, access.After:
			if !ordered {
				continue
			}
			n = 1
		case access.Equal, access.NotEqual:
			n = 1
		case access.In:
			n = w.r.IntN(3)
		case access.Null, access.NotNull:
		}
		c := access.Cond{Field: f.Name, Op: op}
		for len(c.Values) < n {
			if v := w.value(f); !v.IsNull() {
				c.Values = append(c.Values, v)
			}
		}
		return c
	}
}

// shows says whether the scope shows a row: the oracle.
func (w *scopeWorld) shows(row *scopeRow, through ...string) bool {
	p, ok := w.scope[row.object]
	if !ok || row.deleted || slices.Contains(through, row.object) {
		return false
	}
	return slices.ContainsFunc(p.Rows, func(g access.Grant) bool {
		return !slices.ContainsFunc(g, func(c access.Cond) bool { return !w.holds(c, row, append(slices.Clone(through), row.object)) })
	})
}

func (w *scopeWorld) holds(c access.Cond, row *scopeRow, through []string) bool {
	v := row.values[c.Field]
	is := func(x record.Value) bool { return !v.IsNull() && record.Fold(v.String()) == record.Fold(x.String()) }
	number := func(v record.Value) int64 {
		if v.Kind() == record.Date {
			return v.Days()
		}
		n, _ := v.Decimal()
		return n
	}
	switch c.Op {
	case access.Equal:
		return is(c.Values[0])
	case access.NotEqual:
		return !is(c.Values[0])
	case access.In:
		return slices.ContainsFunc(c.Values, is)
	case access.Null:
		return v.IsNull()
	case access.NotNull:
		return !v.IsNull()
	case access.Before:
		return !v.IsNull() && number(v) < number(c.Values[0])
	case access.After:
		return !v.IsNull() && number(v) > number(c.Values[0])
	default:
		to := w.byID[v.ID()]
		return to != nil && w.shows(to, through...)
	}
}

// reads says whether the scope shows a field.
func (w *scopeWorld) reads(object, field string) bool {
	p, ok := w.scope[object]
	return ok && (field == "Id" || p.Fields == nil || slices.Contains(p.Fields, field))
}

// visible returns the ids of an object's rows that the scope shows, in order.
func (w *scopeWorld) visible(object string, more ...func(*scopeRow) bool) []string {
	ids := []string{}
	for _, row := range w.rows {
		ok := row.object == object && w.shows(row)
		for _, m := range more {
			ok = ok && m(row)
		}
		if ok {
			ids = append(ids, string(row.id))
		}
	}
	return ids
}

// parent returns the row that a reference of a row leads to where the scope shows it, else nil.
func (w *scopeWorld) parent(row *scopeRow, ref string) *scopeRow {
	to := w.byID[row.values[ref].ID()]
	if to == nil || !w.shows(to) {
		return nil
	}
	return to
}

func TestAScopeShowsWhatTheOracleSays(t *testing.T) {
	t.Parallel()
	std, err := standard.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	seeds := 60
	if testing.Short() {
		seeds = 15
	}
	first := rand.Uint64() % 1_000_000
	storetest.Each(t, func(t *testing.T, db store.DB) {
		for seed := first; seed < first+uint64(seeds); seed++ {
			w := newScopeWorld(t, seed, std.Objects())
			err := db.Write(t.Context(), testTicket, func(tx store.Tx) error {
				w.put(t, tx)
				if a := w.asker(t, tx); !t.Failed() {
					w.check(a)
				}
				return errRollback
			})
			if !errors.Is(err, errRollback) {
				t.Fatal(err)
			}
			if t.Failed() {
				t.Fatalf("seed %d, scope %+v", seed, w.scope)
			}
		}
	})
}

// put makes the tables, the rows and their search documents.
func (w *scopeWorld) put(t *testing.T, tx store.Tx) {
	t.Helper()
	for _, name := range w.names {
		o := w.snap.Object(name)
		if err := tx.CreateTable(t.Context(), catalog.Table(o)); err != nil {
			t.Fatal(err)
		}
		var cols []store.Column
		var rows [][]record.Value
		var docs []store.Doc
		for _, f := range o.Fields {
			cols = append(cols, f.StoreColumn())
		}
		for _, row := range w.rows {
			if row.object != name {
				continue
			}
			var values []record.Value
			for _, f := range o.Fields {
				switch f.Name {
				case "Id":
					values = append(values, record.OfID(row.id))
				case "IsDeleted":
					values = append(values, record.OfBool(row.deleted))
				default:
					values = append(values, row.values[f.Name])
				}
			}
			rows = append(rows, values)
			docs = append(docs, store.Doc{ID: row.id, Name: row.values["Name"].Text(), Body: row.values["Text__c"].Text()})
		}
		if err := tx.Insert(t.Context(), o.Table, cols, rows); err != nil {
			t.Fatal(err)
		}
		if err := tx.Index(t.Context(), o.Table, docs); err != nil {
			t.Fatal(err)
		}
	}
}

// An asker asks the engine what the oracle was asked.
type asker struct {
	t   *testing.T
	w   *scopeWorld
	tx  store.Tx
	env *Env
}

func (w *scopeWorld) asker(t *testing.T, tx store.Tx) *asker {
	t.Helper()
	may, err := access.Scoped(w.snap, "", w.scope)
	if err != nil {
		t.Error(err)
	}
	return &asker{t, w, tx, &Env{
		Snapshot: w.snap, Access: may, Use: purpose.New("guest", purpose.Default, "test", ""), Zone: time.UTC, Locale: "en_US", FiscalStart: time.January,
	}}
}

// rows returns what a query answers, its columns joined by commas, or the code of its fault.
func (a *asker) rows(text string, paths ...string) []string {
	a.t.Helper()
	var out []string
	err := a.tx.Try(a.t.Context(), func() error {
		res, _, err := Run(a.t.Context(), a.tx, a.env, text, Options{All: true}) // a scope shows no deleted rows, whoever asks for them
		if err == nil {
			out = a.printed(res, paths)
		}
		return err
	})
	return a.told(out, err)
}

func (a *asker) told(out []string, err error) []string {
	a.t.Helper()
	if err == nil {
		return out
	}
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		a.t.Fatal(err)
	}
	return []string{string(f.Code)}
}

func (a *asker) printed(res *record.Result, paths []string) []string {
	out := []string{}
	for row := range res.Page.Len() {
		var cells []string
		for _, p := range paths {
			cells = append(cells, res.Get(row, strings.Split(p, ".")...).String())
		}
		out = append(out, strings.Join(cells, ","))
	}
	return out
}

func (a *asker) same(what string, want, got []string) {
	a.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		a.t.Errorf("%s (-oracle +engine):\n%s", what, diff)
	}
}

// check holds every way to a row against the oracle.
func (w *scopeWorld) check(a *asker) {
	a.t.Helper()
	for _, object := range w.names {
		if _, ok := w.scope[object]; !ok {
			for _, q := range []string{"SELECT Id FROM " + object, "SELECT COUNT() FROM " + object, "FIND {alpha} IN ALL FIELDS RETURNING " + object} {
				if strings.HasPrefix(q, "FIND") {
					a.same(q, []string{"INVALID_TYPE"}, a.found(q, object))
					continue
				}
				a.same(q, []string{"INVALID_TYPE"}, a.rows(q, "Id"))
			}
			_, err := Retrieve(a.t.Context(), a.tx, a.env, w.snap.Object(object), nil, nil, false)
			a.same("retrieve "+object, []string{"INVALID_TYPE"}, a.told(nil, err))
			continue
		}
		w.checkRows(a, object)
		w.checkFields(a, object)
		for _, ref := range []string{"Ref", "Poly"} {
			w.checkParent(a, object, ref)
		}
		w.checkChildren(a, object)
		w.checkSearch(a, object)
	}
}

func (w *scopeWorld) checkRows(a *asker, object string) {
	q := "SELECT Id FROM " + object + " ORDER BY Id"
	want := w.visible(object)
	a.same(q, want, a.rows(q, "Id"))
	res, _, err := Run(a.t.Context(), a.tx, a.env, "SELECT COUNT() FROM "+object, Options{})
	if err != nil || res.Total != len(want) {
		a.t.Errorf("COUNT() of %s: %v, %v, want %d", object, res, err, len(want))
	}
	q = "SELECT COUNT(Id) n FROM " + object
	a.same(q, []string{fmt.Sprint(len(want))}, a.rows(q, "n"))
	var all []record.ID
	for _, row := range w.rows {
		if row.object == object {
			all = append(all, row.id)
		}
	}
	got, err := Retrieve(a.t.Context(), a.tx, a.env, w.snap.Object(object), all, nil, true)
	if err != nil {
		a.t.Fatal(err)
	}
	a.same("retrieve "+object, want, a.printed(got, []string{"Id"}))
	// A cursor that another's rights filled gives what this one's show.
	got, err = Batch(a.t.Context(), a.tx, a.env, &Cursor{Text: "SELECT Id FROM " + object, All: true, IDs: all}, 0, len(all))
	if err != nil {
		a.t.Fatal(err)
	}
	a.same("batch of "+object, want, a.printed(got, []string{"Id"}))
}

func (w *scopeWorld) checkFields(a *asker, object string) {
	for _, f := range scopeFields {
		q := "SELECT Id, " + f + " FROM " + object + " ORDER BY Id"
		want := []string{"INVALID_FIELD"}
		if w.reads(object, f) {
			want = []string{}
			for _, id := range w.visible(object) {
				want = append(want, id+","+w.byID[record.ID(id)].values[f].String())
			}
		}
		a.same(q, want, a.rows(q, "Id", f))
		q = "SELECT Id FROM " + object + " WHERE " + f + " != null ORDER BY Id"
		want = []string{"INVALID_FIELD"}
		if w.reads(object, f) {
			want = w.visible(object, func(r *scopeRow) bool { return !r.values[f].IsNull() && (f != "Flag__c" || r.values[f].Bool()) }) // a checkbox that is null is false
		}
		a.same(q, want, a.rows(q, "Id"))
	}
}

func (w *scopeWorld) checkParent(a *asker, object, ref string) {
	field, rel := ref+"__c", ref+"__r"
	q := "SELECT Id, " + rel + ".Id, " + rel + ".Name FROM " + object + " ORDER BY Id"
	f := w.snap.Object(object).Field(field)
	known := w.reads(object, field)
	if ref == "Ref" {
		known = known && w.reads(f.ReferenceTo[0], "Name")
	}
	name := func(r *scopeRow) string {
		if p := w.parent(r, field); p != nil && w.reads(p.object, "Name") {
			return p.values["Name"].String()
		}
		return ""
	}
	want := []string{"INVALID_FIELD"}
	if known {
		want = []string{}
		for _, id := range w.visible(object) {
			row, parent := w.byID[record.ID(id)], ""
			if p := w.parent(row, field); p != nil {
				parent = string(p.id)
			}
			want = append(want, id+","+parent+","+name(row))
		}
	}
	a.same(q, want, a.rows(q, "Id", rel+".Id", rel+".Name"))
	if !known {
		return
	}
	for op, holds := range map[string]func(string) bool{
		"= 'alpha'":  func(s string) bool { return record.Fold(s) == "alpha" },
		"!= 'alpha'": func(s string) bool { return record.Fold(s) != "alpha" },
		"= null":     func(s string) bool { return s == "" },
		"> 'b'":      func(s string) bool { return s != "" && record.Fold(s) > "b" },
	} {
		q := "SELECT Id FROM " + object + " WHERE " + rel + ".Name " + op + " ORDER BY Id"
		a.same(q, w.visible(object, func(r *scopeRow) bool { return holds(name(r)) }), a.rows(q, "Id"))
	}
	q = "SELECT Id FROM " + object + " WHERE " + rel + ".Id != null ORDER BY Id"
	a.same(q, w.visible(object, func(r *scopeRow) bool { return w.parent(r, field) != nil }), a.rows(q, "Id"))
	if ref == "Poly" {
		q = "SELECT Id FROM " + object + " WHERE " + rel + ".Type != null ORDER BY Id"
		a.same(q, w.visible(object, func(r *scopeRow) bool { return w.parent(r, field) != nil }), a.rows(q, "Id"))
	}
	q = "SELECT " + rel + ".Name g, COUNT(Id) n FROM " + object + " GROUP BY " + rel + ".Name ORDER BY " + rel + ".Name"
	groups := map[string]int{}
	for _, id := range w.visible(object) {
		groups[record.Fold(name(w.byID[record.ID(id)]))]++
	}
	want = []string{}
	for g, n := range groups {
		want = append(want, fmt.Sprintf("%s,%d", g, n))
	}
	slices.Sort(want)
	got := a.rows(q, "g", "n")
	for i := range got {
		got[i] = record.Fold(got[i])
	}
	slices.Sort(got)
	a.same(q, want, got)
}

func (w *scopeWorld) checkChildren(a *asker, object string) {
	for _, child := range w.names {
		if w.snap.Object(child).Field("Ref__c").ReferenceTo[0] != object {
			continue
		}
		kids := func(id string) []string {
			return w.visible(child, func(r *scopeRow) bool { return string(r.values["Ref__c"].ID()) == id })
		}
		rel := "Kids" + child[:1] + "__r"
		q := "SELECT Id, (SELECT Id FROM " + rel + " ORDER BY Id) FROM " + object + " ORDER BY Id"
		res, _, err := Run(a.t.Context(), a.tx, a.env, q, Options{})
		if !w.reads(child, "Ref__c") {
			a.same(q, []string{"INVALID_TYPE"}, a.told(nil, err))
			continue
		}
		if err != nil {
			a.t.Fatal(err)
		}
		for row, id := range w.visible(object) {
			span, got := res.Children[0].Spans[row], []string{}
			for i := span.From; i < span.To; i++ {
				got = append(got, string(res.Children[0].Result.ID(i)))
			}
			a.same(q+": "+id, kids(id), got)
		}
		for not, has := range map[string]bool{"": true, "NOT ": false} {
			q = "SELECT Id FROM " + object + " WHERE Id " + not + "IN (SELECT Ref__c FROM " + child + ") ORDER BY Id"
			a.same(q, w.visible(object, func(r *scopeRow) bool { return len(kids(string(r.id))) > 0 == has }), a.rows(q, "Id"))
		}
	}
}

func (w *scopeWorld) checkSearch(a *asker, object string) {
	for _, word := range []string{"alpha", "delta"} {
		q := "FIND {" + word + "} IN ALL FIELDS RETURNING " + object + "(Id ORDER BY Id)"
		a.same(q, w.visible(object, func(r *scopeRow) bool {
			return slices.ContainsFunc([]string{"Name", "Text__c"}, func(f string) bool {
				return w.reads(object, f) && strings.Contains(record.Fold(r.values[f].Text()), word)
			})
		}), a.found(q, object))
	}
}

func (a *asker) found(q, object string) []string {
	a.t.Helper()
	var out []string
	err := a.tx.Try(a.t.Context(), func() error {
		results, err := Search(a.t.Context(), a.tx, a.env, q)
		for _, res := range results {
			if res.Shape.Object == object {
				out = a.printed(res, []string{"Id"})
			}
		}
		return err
	})
	return a.told(out, err)
}
