package query

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
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

// A golden file in testdata is one rule:
//
//	What the rule says.
//	-- options --      all · batch=2 · zone=Europe/Oslo · locale=de_DE · fiscal=4 · user=ann · access=tom
//	-- setup --        rows beside those of testdata/world.table, kept for this file only
//	-- index --        puts every row of testdata/world.table into the search index
//	-- query --        SOQL, or a search that begins with FIND
//	-- rows --         a record a line
//	-- query --        …
//	-- error --        CODE: message
//
// Ids are written as the labels of the setup. UPDATE=1 rewrites rows and errors.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden files", err)
	}
	snap := testCatalog(t)
	storetest.Each(t, func(t *testing.T, db store.DB) {
		w := newWorld(t, db, snap, "testdata/world.table")
		for _, file := range files {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { w.golden(t, file) })
		}
	})
}

// testNow is the moment at which golden queries run: a Wednesday.
var testNow = time.Date(2026, 5, 20, 14, 30, 0, 0, time.UTC)

// A world is a store with rows that have labels.
type world struct {
	db     store.DB
	snap   *catalog.Snapshot
	ids    map[string]record.ID
	labels map[record.ID]string
	next   map[string]int
	made   map[string]bool
}

// testCatalog returns the standard catalog and two objects with a field of each type.
func testCatalog(t testing.TB) *catalog.Snapshot {
	t.Helper()
	std, err := standard.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	custom := func(f *catalog.Field) *catalog.Field { f.Custom, f.Nillable = true, true; f.Label = f.Name; return f }
	values := func(names ...string) (all []catalog.PicklistValue) {
		for _, n := range names {
			value, label, _ := strings.Cut(n, "=")
			if label == "" {
				label = value
			}
			all = append(all, catalog.PicklistValue{Value: value, Label: label, Active: true})
		}
		return all
	}
	base := func(name, prefix string, fields ...*catalog.Field) *catalog.Object {
		return &catalog.Object{
			Name: name, Label: name, LabelPlural: name, KeyPrefix: prefix, Custom: true, Queryable: true, Searchable: true, SharingModel: "ReadWrite",
			SupportedScopes: []string{"everything", "mine"},
			Fields: append([]*catalog.Field{
				{Name: "Id", Label: "Record ID", Type: &catalog.ID},
				{Name: "IsDeleted", Label: "Deleted", Type: &catalog.Boolean},
				{Name: "Name", Label: "Name", Type: &catalog.Text, Length: 80, IsName: true, Nillable: true},
			}, fields...),
		}
	}
	thing := base("Thing__c", "a01",
		custom(&catalog.Field{Name: "Text__c", Type: &catalog.Text, Length: 255}),
		custom(&catalog.Field{Name: "Key__c", Type: &catalog.Text, Length: 80, Unique: true, ExternalID: true}),
		custom(&catalog.Field{Name: "Exact__c", Type: &catalog.Text, Length: 80, Unique: true, CaseSensitive: true}),
		custom(&catalog.Field{Name: "Area__c", Type: &catalog.TextArea, Length: 255}),
		custom(&catalog.Field{Name: "Long__c", Type: &catalog.LongTextArea, Length: 32000}),
		custom(&catalog.Field{Name: "Number__c", Type: &catalog.Number, Precision: 18, Scale: 2}),
		custom(&catalog.Field{Name: "Whole__c", Type: &catalog.Number, Precision: 18}),
		custom(&catalog.Field{Name: "Amount__c", Type: &catalog.Currency, Precision: 18, Scale: 2}),
		custom(&catalog.Field{Name: "Percent__c", Type: &catalog.Percent, Precision: 5, Scale: 1}),
		custom(&catalog.Field{Name: "Date__c", Type: &catalog.Date}),
		custom(&catalog.Field{Name: "When__c", Type: &catalog.DateTime}),
		custom(&catalog.Field{Name: "Time__c", Type: &catalog.Time}),
		custom(&catalog.Field{Name: "Flag__c", Type: &catalog.Boolean}),
		custom(&catalog.Field{Name: "Stage__c", Type: &catalog.Picklist, Length: 255, Values: values("New=Fresh", "Doing=In work", "Closed=Over and done")}),
		custom(&catalog.Field{Name: "Colours__c", Type: &catalog.MultiPicklist, Length: 4099, Values: values("Red=Rot", "Green=Grün", "Blue=Blau", "Dark Blue=Dunkelblau")}),
		custom(&catalog.Field{Name: "Email__c", Type: &catalog.Email, Length: 80}),
		custom(&catalog.Field{Name: "Phone__c", Type: &catalog.Phone, Length: 40}),
		custom(&catalog.Field{Name: "Url__c", Type: &catalog.URL, Length: 255}),
		custom(&catalog.Field{Name: "Place__c", Type: &catalog.Location, Scale: 15}),
		custom(&catalog.Field{Name: "Place__Latitude__s", Type: &catalog.Number, Precision: 18, Scale: 15, Compound: "Place__c"}),
		custom(&catalog.Field{Name: "Place__Longitude__s", Type: &catalog.Number, Precision: 18, Scale: 15, Compound: "Place__c"}),
		custom(&catalog.Field{Name: "Account__c", Type: &catalog.Reference, ReferenceTo: []string{"Account"}, RelationshipName: "Account__r", ChildRelationshipName: "Things__r"}),
		custom(&catalog.Field{Name: "Parent__c", Type: &catalog.Reference, ReferenceTo: []string{"Thing__c"}, RelationshipName: "Parent__r", ChildRelationshipName: "Kids__r"}),
	)
	snap, err := catalog.New(append(std.Objects(), thing))
	if err != nil {
		t.Fatal(err)
	}
	snap, err = snap.With(catalog.Change{Categories: &catalog.CategoryGroup{
		Name: "Topics", Label: "Topics", Active: true, Objects: []string{"KnowledgeArticleVersion"},
		Categories: []catalog.Category{{Name: "All", Label: "All", Categories: []catalog.Category{
			{Name: "Light", Label: "Lights"}, {Name: "Street", Label: "Streets", Categories: []catalog.Category{{Name: "Signs", Label: "Street signs"}}},
		}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

func newWorld(t *testing.T, db store.DB, snap *catalog.Snapshot, file string) *world {
	t.Helper()
	w := &world{db: db, snap: snap, ids: map[string]record.ID{}, labels: map[record.ID]string{}, next: map[string]int{}, made: map[string]bool{}}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Write(t.Context(), testTicket, func(tx store.Tx) error {
		for _, o := range snap.Objects() {
			if o.Kept() {
				if err := tx.CreateTable(t.Context(), catalog.Table(o)); err != nil {
					return err
				}
			}
		}
		return w.fill(t.Context(), tx, string(text))
	}); err != nil {
		t.Fatal(err)
	}
	return w
}

var testTicket = store.Issue("", "administration", "system")

// fill inserts the rows of a table text: blocks of lines, parted by empty
// lines; the first line of a block is an object and its fields, each other one a label and its values.
func (w *world) fill(ctx context.Context, tx store.Tx, text string) error {
	// Ids are settled first, so that rows may refer to later ones.
	type block struct {
		o      *catalog.Object
		fields []*catalog.Field
		rows   [][]string
	}
	var blocks []*block
	for _, part := range strings.Split(strings.TrimSpace(text), "\n\n") {
		var b *block
		for _, line := range strings.Split(part, "\n") {
			if line == "" || line[0] == '#' {
				continue
			}
			cells := strings.Split(line, "|")
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			if b == nil {
				b = &block{o: w.snap.Object(cells[0])}
				if b.o == nil {
					return fmt.Errorf("no object %s", cells[0])
				}
				for _, name := range cells[1:] {
					f := b.o.Field(name)
					if f == nil || f.Column == "" {
						return fmt.Errorf("no field %s.%s", cells[0], name)
					}
					b.fields = append(b.fields, f)
				}
				blocks = append(blocks, b)
				continue
			}
			if len(cells) != len(b.fields)+1 {
				return fmt.Errorf("%s: %q has %d values, not %d", b.o.Name, line, len(cells)-1, len(b.fields))
			}
			b.rows = append(b.rows, cells)
			w.next[b.o.KeyPrefix]++
			id, err := record.ParseID(fmt.Sprintf("%sSa0%09d", b.o.KeyPrefix, w.next[b.o.KeyPrefix]))
			if err != nil {
				return err
			}
			w.ids[cells[0]], w.labels[id] = id, cells[0]
		}
	}
	for _, b := range blocks {
		var cols []store.Column
		var fields []*catalog.Field
		for _, f := range b.o.Fields {
			if f.Column != "" {
				cols, fields = append(cols, f.StoreColumn()), append(fields, f)
			}
		}
		var rows [][]record.Value
		for _, cells := range b.rows {
			row := make([]record.Value, len(cols))
			for i, f := range fields {
				switch {
				case f.Name == "Id":
					row[i] = record.OfID(w.ids[cells[0]])
				case f.Type == &catalog.Boolean:
					row[i] = record.OfBool(false)
				}
				for j, g := range b.fields {
					if f == g {
						v, err := w.value(f, cells[j+1])
						if err != nil {
							return fmt.Errorf("%s %s.%s: %w", b.o.Name, cells[0], f.Name, err)
						}
						row[i] = v
					}
				}
			}
			rows = append(rows, row)
		}
		if err := tx.Insert(ctx, b.o.Table, cols, rows); err != nil {
			return err
		}
	}
	return nil
}

// index puts all rows into the search index.
func (w *world) index(ctx context.Context, tx store.Tx) error {
	for _, o := range w.snap.Objects() {
		if !o.Searchable || o.Table == "" {
			continue
		}
		res, err := Retrieve(ctx, tx, &Env{Snapshot: w.snap, Access: access.System()}, o, w.of(o), nil, true)
		if err != nil {
			return err
		}
		var docs []store.Doc
		for row := range res.Len() {
			doc := store.Doc{ID: res.ID(row)}
			for _, f := range o.Fields {
				text := res.Get(row, f.Name).Text()
				switch searchGroup(f) {
				case store.InName:
					doc.Name += " " + text
				case store.InEmail:
					doc.Email += " " + text
				case store.InPhone:
					doc.Phone += " " + strings.Map(func(r rune) rune {
						if r < '0' || r > '9' {
							return -1
						}
						return r
					}, text)
				case store.InKey:
					doc.Key += " " + text
				case inBody:
					doc.Body += " " + text
				}
			}
			docs = append(docs, doc)
		}
		if err := tx.Index(ctx, o.Table, docs); err != nil {
			return err
		}
	}
	return nil
}

// of returns the ids of an object's rows in order.
func (w *world) of(o *catalog.Object) []record.ID {
	var ids []record.ID
	for id := range w.labels {
		if id.Prefix() == o.KeyPrefix {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// value reads a value of a table text: nothing is null, ids are labels.
func (w *world) value(f *catalog.Field, s string) (record.Value, error) {
	if s == "" && f.Type != &catalog.Boolean {
		return record.Value{}, nil
	}
	switch f.Type.Kind {
	case record.Bool:
		return record.OfBool(s == "true"), nil
	case record.Number:
		c, scale, ok := record.ParseDecimal(s)
		if !ok {
			return record.Value{}, errors.New("no number: " + s)
		}
		return record.OfDecimal(c, scale), nil
	case record.Date:
		t, err := time.Parse("2006-01-02", s)
		return record.OfDay(t), err
	case record.DateTime:
		t, err := time.Parse("2006-01-02T15:04:05Z", s)
		return record.OfInstant(t), err
	case record.Time:
		t, err := time.Parse("15:04:05", s)
		return record.OfTime(int64(t.Hour()*3600+t.Minute()*60+t.Second()) * 1000), err
	case record.Ref:
		id, ok := w.ids[s]
		if !ok {
			return record.Value{}, errors.New("no row " + s)
		}
		return record.OfID(id), nil
	default:
		return record.OfText(strings.ReplaceAll(s, `\n`, "\n")), nil
	}
}

// A clocked is a transaction whose time stands still.
type clocked struct{ store.Tx }

func (clocked) Now() time.Time { return testNow }

var errRollback = errors.New("undone")

type section struct{ name, text string }

func (w *world) golden(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rule, sections := parseGolden(string(text))
	var out []section
	err = w.db.Write(t.Context(), testTicket, func(tx store.Tx) error {
		out = out[:0]
		options := ""
		for _, s := range sections {
			switch s.name {
			case "options":
				options = s.text
			case "index":
				if err := w.index(t.Context(), tx); err != nil {
					return err
				}
			case "setup":
				if err := w.fill(t.Context(), tx, s.text); err != nil {
					return err
				}
			case "query":
				env, opt := w.env(t, tx, options)
				out = append(out, s, w.answer(t.Context(), clocked{tx}, env, s.text, opt))
				continue
			default:
				continue
			}
			out = append(out, s)
		}
		return errRollback
	})
	if !errors.Is(err, errRollback) {
		t.Fatal(err)
	}
	got := printGolden(rule, out)
	if got == string(text) {
		return
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("%s (-want +got):\n%s", file, cmp.Diff(string(text), got))
}

func parseGolden(text string) (rule string, sections []section) {
	rule, rest, _ := strings.Cut(text, "-- ")
	for rest != "" {
		name, body, _ := strings.Cut(rest, " --\n")
		var next string
		body, next, _ = strings.Cut("\n"+body, "\n-- ")
		sections = append(sections, section{name, strings.TrimSuffix(strings.TrimPrefix(body, "\n"), "\n")})
		rest = next
	}
	return rule, sections
}

func printGolden(rule string, sections []section) string {
	var b strings.Builder
	b.WriteString(rule)
	for _, s := range sections {
		b.WriteString("-- " + s.name + " --\n")
		if s.text != "" {
			b.WriteString(s.text + "\n")
		}
	}
	return b.String()
}

// env returns who asks and how, after the options of a golden file.
func (w *world) env(t *testing.T, tx store.Tx, options string) (*Env, Options) {
	env := &Env{
		Snapshot: w.snap, Access: access.System(), Use: purpose.New("", "administration", "test", ""), User: w.ids["ann"],
		Zone: time.UTC, Locale: "en_US", Language: "en_US", FiscalStart: time.January,
	}
	var opt Options
	for _, o := range strings.Fields(options) {
		key, value, _ := strings.Cut(o, "=")
		switch key {
		case "all":
			opt.All = true
		case "batch":
			fmt.Sscan(value, &opt.BatchSize)
		case "zone":
			zone, err := time.LoadLocation(value)
			if err != nil {
				t.Fatal(err)
			}
			env.Zone = zone
		case "locale":
			env.Locale = value
		case "fiscal":
			var m int
			fmt.Sscan(value, &m)
			env.FiscalStart = time.Month(m)
		case "user":
			env.User = w.ids[value]
		case "access":
			a, err := access.Load(t.Context(), tx, w.snap, w.ids[value])
			if err != nil {
				t.Fatal(err)
			}
			env.User, env.Access = w.ids[value], a
		default:
			t.Fatalf("unknown option %s", o)
		}
	}
	return env, opt
}

var label = regexp.MustCompile(`\B@\w+`)

// answer runs a query and prints what it answers. In its text, @label stands for an id.
func (w *world) answer(ctx context.Context, tx store.Tx, env *Env, text string, opt Options) section {
	text = label.ReplaceAllStringFunc(text, func(l string) string {
		if id, ok := w.ids[l[1:]]; ok {
			return "'" + string(id) + "'"
		}
		return l
	})
	var b strings.Builder
	err := tx.Try(ctx, func() error {
		if strings.HasPrefix(text, "FIND") {
			found, err := Search(ctx, tx, env, text)
			for _, r := range found {
				fmt.Fprintf(&b, "%s\n", r.Shape.Object)
				w.print(&b, r)
			}
			return err
		}
		res, cur, err := Run(ctx, tx, env, text, opt)
		if err != nil {
			return err
		}
		w.print(&b, res)
		if res.Total != res.Page.Len() {
			fmt.Fprintf(&b, "total %d\n", res.Total)
		}
		for from := res.Page.Len(); cur != nil && from < len(cur.IDs); {
			next, err := Batch(ctx, tx, env, cur, from, opt.BatchSize)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "batch\n")
			w.print(&b, next)
			from += opt.BatchSize
		}
		return nil
	})
	if err != nil {
		f, ok := errors.AsType[*fault.Error](err)
		if !ok {
			return section{"error", "NOT A FAULT: " + err.Error()}
		}
		return section{"error", string(f.Code) + ": " + w.named(f.Message)}
	}
	return section{"rows", strings.TrimSuffix(b.String(), "\n")}
}

func (w *world) named(s string) string {
	for id, l := range w.labels {
		s = strings.ReplaceAll(s, string(id), "@"+l)
	}
	return s
}

func (w *world) print(b *strings.Builder, r *record.Result) {
	for row := range r.Page.Len() {
		w.record(b, r, r.Shape, row)
		b.WriteByte('\n')
	}
}

func (w *world) record(b *strings.Builder, r *record.Result, s *record.Shape, row int) {
	b.WriteByte('{')
	first := true
	for i := range s.Items {
		it := &s.Items[i]
		if it.Sparse && r.Page.Null(row, it.Col) {
			continue
		}
		if !first {
			b.WriteString(", ")
		}
		first = false
		b.WriteString(it.Key)
		if it.Label != "" {
			fmt.Fprintf(b, " (%s)", it.Label)
		}
		b.WriteString(": ")
		w.item(b, r, it, row)
	}
	b.WriteByte('}')
}

func (w *world) item(b *strings.Builder, r *record.Result, it *record.Item, row int) {
	switch it.Role {
	case record.Cell:
		w.cell(b, r.Page.Value(row, it.Col))
	case record.Parent:
		if r.Page.Null(row, it.Col) {
			b.WriteString("null")
			return
		}
		s := it.Parent
		for object, c := range it.Cases {
			if r.Page.Value(row, c.TypeCol).Text() == object {
				s = c
			}
		}
		if s == nil {
			b.WriteString("null")
			return
		}
		if s.TypeCol >= 0 {
			b.WriteString(r.Page.Value(row, s.TypeCol).Text())
		}
		w.record(b, r, s, row)
	case record.Child:
		span := r.Children[it.Child].Spans[row]
		if span.From == span.To {
			b.WriteString("null")
			return
		}
		b.WriteByte('[')
		child := r.Children[it.Child].Result
		for i := span.From; i < span.To; i++ {
			if i > span.From {
				b.WriteString(", ")
			}
			w.record(b, child, child.Shape, i)
		}
		b.WriteByte(']')
		if span.Total != span.To-span.From {
			fmt.Fprintf(b, " of %d", span.Total)
		}
	case record.Compound:
		null := true
		for _, p := range it.Parts {
			null = null && r.Page.Null(row, p.Col)
		}
		if null {
			b.WriteString("null")
			return
		}
		b.WriteByte('(')
		for i := range it.Parts {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(it.Parts[i].Key + ": ")
			w.cell(b, r.Page.Value(row, it.Parts[i].Col))
		}
		b.WriteByte(')')
	}
}

func (w *world) cell(b *strings.Builder, v record.Value) {
	switch v.Kind() {
	case record.Null:
		b.WriteString("null")
	case record.Text:
		fmt.Fprintf(b, "%q", v.Text())
	case record.Ref:
		if l, ok := w.labels[v.ID()]; ok {
			b.WriteString(l)
			return
		}
		b.WriteString(v.String())
	default:
		b.WriteString(v.String())
	}
}

// Every function has a golden case.
func TestEveryFunctionHasACase(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	for _, f := range functions {
		if !strings.Contains(all.String(), f.of.String()+"(") {
			t.Errorf("no golden file has %s", f.of)
		}
	}
}
