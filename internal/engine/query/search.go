package query

import (
	"context"
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/engine/soql"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// maxFound is how many records a search returns where it does not ask for fewer.
const maxFound = 2000

// Search runs a SOSL search and returns a result an object, in RETURNING's order.
func Search(ctx context.Context, tx store.Tx, env *Env, text string) ([]*record.Result, error) {
	q, err := soql.ParseSearch(text)
	if err != nil {
		return nil, err
	}
	b := newBinder(env, text, tx.Now(), false)
	b.within(ctx, tx)
	targets, err := b.targets(q)
	if err != nil {
		return nil, err
	}
	left := maxFound
	if q.Limit != nil {
		left = min(left, q.Limit.N)
	}
	r := &run{ctx: ctx, tx: tx, batch: defaultBatch}
	var results []*record.Result
	for _, t := range targets {
		res, err := r.search(t, left)
		if err != nil {
			return nil, timedOut(ctx, err)
		}
		left -= res.Page.Len()
		if res.Page.Len() > 0 || len(q.Targets) > 0 {
			results = append(results, res)
		}
	}
	return results, nil
}

// A target is the search of one object.
type target struct {
	*statement
	match   *store.Match // nil: finds nothing
	visible []*catalog.Field
	hidden  bool // the user may not read all fields that are searched
	snippet *snippet
	id      *test // the search is for this record by its id; the index is not asked
}

// targets binds RETURNING, or all objects that can be searched where there is none.
func (b *binder) targets(q *soql.Search) ([]*target, error) {
	for _, w := range q.With {
		switch w.Kind {
		case "SYSTEM_MODE":
			return nil, fault.New(fault.MalformedSearch, "unexpected token: SYSTEM_MODE")
		case "METADATA":
			if len(w.Values) != 1 || !strings.EqualFold(w.Values[0].Text, "LABELS") {
				return nil, fault.New(fault.MalformedSearch, "unexpected token: '%s'", w.Values[0].Text)
			}
		}
	}
	if len(q.Targets) == 0 {
		var all []*target
		for _, o := range b.env.Snapshot.Objects() {
			if !o.Searchable || !o.Queryable || o.Table == "" || o.Setup || !b.env.Access.Object(o).Read {
				continue
			}
			t, err := b.target(&soql.Target{Object: soql.Name{Text: o.Name}}, o, q)
			if err != nil {
				return nil, err
			}
			all = append(all, t)
		}
		return all, nil
	}
	var all []*target
	for i := range q.Targets {
		n := &q.Targets[i]
		o, err := b.object(n.Object.Text, n.Object.Pos)
		if err != nil {
			return nil, err
		}
		if !o.Searchable || o.Table == "" {
			return nil, b.at(fault.InvalidType, n.Object.Pos, "sObject type '"+o.Name+"' is not searchable")
		}
		t, err := b.target(n, o, q)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

func (b *binder) target(n *soql.Target, o *catalog.Object, q *soql.Search) (*target, error) {
	s := b.newScope(o, nil)
	t := &target{statement: &statement{b: b, s: s, sel: b.newSelection(s), limit: -1}, match: b.match(q, o)}
	if n.Limit != nil {
		t.limit = n.Limit.N
	}
	if n.Offset != nil {
		t.offset = n.Offset.N
	}
	items := n.Select
	if len(items) == 0 {
		items = []soql.SelectItem{{Column: &soql.Path{Names: []string{store.IDColumn}}}}
	}
	for i := range items {
		if err := b.item(s, t.sel, &items[i]); err != nil {
			return nil, err
		}
	}
	var err error
	var all allOf
	if c := b.published(s, &soql.Query{Where: n.Where}); c != nil {
		all = append(all, c)
	}
	if n.Where != nil {
		c, err := b.condition(s, n.Where, func(op soql.Operand) (*operand, error) { return b.operand(s, op) })
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	for i := range q.With {
		c, err := b.searchWith(s, &q.With[i])
		if err != nil {
			return nil, err
		}
		if c != nil {
			all = append(all, c)
		}
	}
	if searched := func(f *catalog.Field) bool { return searchGroup(f) != 0 }; s.root.veil.HidesAny(searched) {
		all = append(all, notOf{&veiledRow{s.root, searched}})
	}
	order := n.OrderBy
	if n.ListView != nil {
		c, sorted, err := b.usingListView(s, n.ListView)
		if err != nil {
			return nil, err
		}
		if c != nil {
			all = append(all, c)
		}
		if len(order) == 0 {
			order = sorted
		}
	}
	if len(all) > 0 {
		t.where = all
	}
	if t.order, err = b.orderBy(s, order); err != nil {
		return nil, err
	}
	for _, f := range o.Fields {
		if searchGroup(f) == 0 {
			continue
		}
		if b.env.Access.CanRead(f) {
			t.visible = append(t.visible, f)
		} else {
			t.hidden = true
		}
	}
	b.shows(t, q)
	t.countViews(q.Update)
	if id, err := record.ParseID(strings.TrimSpace(q.Text)); err == nil && q.In == "ALL" && o.KeyPrefix != "" && id.Prefix() == o.KeyPrefix {
		t.id = &test{of: column(s.root, o.Field(store.IDColumn), 0), form: oneOf, ids: []record.ID{id}}
	}
	return t, nil
}

// searchWith binds a WITH that filters the records of an object, nil where it does not.
func (b *binder) searchWith(s *scope, w *soql.SearchWith) (cond, error) {
	o := s.root.object
	switch w.Kind {
	case "DATA CATEGORY":
		if categorised(b, o) {
			return b.categories(s, &soql.With{Categories: w.Categories, Pos: w.Pos})
		}
	case "NETWORK":
		for _, name := range []string{"NetworkScope", "NetworkId"} {
			if f := o.Field(name); f != nil && f.Column != "" && f.Type == &catalog.Reference && b.env.Access.CanRead(f) {
				return b.equality(column(s.root, f, w.Pos), &soql.Predicate{Op: soql.In, Values: w.Values})
			}
		}
	case "DIVISION":
		if f := o.Field("Division"); f != nil && f.Column != "" && o.Name != "User" && b.env.Access.CanRead(f) {
			return b.equality(column(s.root, f, w.Pos), &soql.Predicate{Op: soql.In, Values: w.Values})
		}
	case "PRICEBOOKID":
		book, err := record.ParseID(w.Values[0].Text)
		if err != nil {
			return nil, b.at(fault.InvalidQueryFilter, w.Values[0].Pos, "invalid ID field: "+w.Values[0].Text)
		}
		if o.Name == "Product2" {
			id := column(s.root, o.Field(store.IDColumn), w.Pos)
			return &memberOf{of: id, table: "PricebookEntry", key: "Product2Id", member: "Pricebook2Id", is: book}, nil
		}
	}
	return nil, nil
}

// A veiledRow holds where any field of some is hidden in the row of a source.
type veiledRow struct {
	src  *source
	some func(*catalog.Field) bool
}

func (c *veiledRow) write(w *writer, not bool) {
	if not {
		w.Raw("NOT ")
	}
	c.src.veil.Write(w.SQL, c.src.alias, c.some)
}

// search finds up to most records of one object.
func (r *run) search(t *target, most int) (*record.Result, error) {
	res := &record.Result{Shape: t.sel.shape, Page: record.NewPage(len(t.sel.cols), 0)}
	if t.limit >= 0 {
		most = min(most, t.limit)
	}
	if t.match == nil || most <= 0 {
		return res, nil
	}
	var err error
	switch cols := outs(t.sel.cols); {
	case len(t.order) == 0 && t.id == nil:
		res.Page, err = r.ranked(t, cols, most)
	case !t.hidden || t.id != nil:
		res.Page, err = r.everything(t.found(r.tx.Dialect(), nil, most), cols)
	default:
		res.Page, err = r.verified(t, cols, most)
	}
	if err != nil {
		return nil, err
	}
	res.Total = res.Page.Len()
	if t.snippet != nil {
		t.snippet.write(res.Page)
	}
	return res, r.finish(t.statement, res)
}

// verified reads what the index found piece by piece, until most records have passed.
func (r *run) verified(t *target, cols []store.Out, most int) (*record.Page, error) {
	var checked []output
	for _, f := range t.visible {
		checked = append(checked, output{of: column(t.s.root, f, 0), out: store.Out{Class: store.Text}})
	}
	cols = append(cols, outs(checked)...)
	rows, err := r.tx.Query(r.ctx, t.found(r.tx.Dialect(), checked, -1), cols)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := record.NewPage(len(cols), 0)
	skip := t.offset
	p := record.NewPage(len(cols), 0)
	for done := false; !done && out.Len() < most; {
		p.Reset(len(cols))
		if done, err = rows.Fill(p, 256); err != nil {
			return nil, err
		}
		for row := 0; row < p.Len() && out.Len() < most; row++ {
			if !t.document(p, row, len(t.sel.cols)).matches(t.match) {
				continue
			}
			if skip > 0 {
				skip--
				continue
			}
			out.Move(p, row)
		}
	}
	return out, nil
}

// asked returns what the index is asked for to find m.
func (t *target) asked(m *store.Match) *store.Match {
	if !t.hidden {
		return m
	}
	l := loose(*m)
	return &l
}

// found writes the SELECT of what the search index finds in the order that is asked for, or of the one record that is
// asked for by its id, joined to the object's rows: alive, visible, filtered.
// With more columns it has no limit, because not all that it finds will do.
func (t *target) found(d store.Dialect, more []output, limit int) *store.SQL {
	w := t.b.writer(d)
	w.Raw("SELECT ")
	w.columns(t.sel.cols)
	for i := range more {
		w.Raw(", ")
		w.output(&more[i])
	}
	if t.id == nil {
		w.found = t.asked(t.match)
	}
	w.from(t.s, func() {
		if t.id != nil {
			w.Raw(" AND ")
			t.id.write(w, false)
		}
		t.conditions(w)
	})
	w.orderBy(t.s, t.order)
	if limit >= 0 {
		w.limits(limit, t.offset)
	}
	return w.SQL
}

// loose returns m without what it excludes: a hidden word must not keep a record from being found either.
func loose(m store.Match) store.Match {
	if m.Op == store.AndNot {
		return loose(m.Args[0])
	}
	args := make([]store.Match, len(m.Args))
	for i := range m.Args {
		args[i] = loose(m.Args[i])
	}
	m.Args = args
	return m
}

// match returns the search term for the index of an object, nil where it can find nothing.
// Articles, files and posts are searched in all fields, whatever group is asked for.
func (b *binder) match(q *soql.Search, o *catalog.Object) *store.Match {
	if q.Term == nil {
		return nil
	}
	in := q.In
	if articles(o) || o.Name == "FeedItem" || o.Name == "ContentVersion" {
		in = "ALL"
	}
	var m store.Match
	switch in {
	case "NAME":
		m = termMatch(q.Term, store.InName)
	case "EMAIL":
		m = termMatch(q.Term, store.InEmail)
	case "PHONE":
		m = termMatch(q.Term, store.InPhone)
	case "SIDEBAR":
		m = store.Match{Op: store.Or}
		for g := store.InName; g <= store.InKey; g++ {
			m.Args = append(m.Args, termMatch(q.Term, g))
		}
	default:
		m = termMatch(q.Term, store.InAll)
	}
	// A number may be asked for as it is written; documents hold its digits.
	if number := phoneDigits(q.Text); number != "" && (in == "ALL" || in == "PHONE" || in == "SIDEBAR") {
		m = store.Match{Op: store.Or, Args: []store.Match{m, {Op: store.Word, Words: []string{number}, In: store.InPhone}}}
	}
	return &m
}

func termMatch(t soql.Term, in store.SearchGroup) store.Match {
	many := func(op store.MatchOp, args []soql.Term) store.Match {
		m := store.Match{Op: op}
		for _, a := range args {
			m.Args = append(m.Args, termMatch(a, in))
		}
		return m
	}
	switch n := t.(type) {
	case *soql.AllOf:
		return many(store.And, n.Args)
	case *soql.AnyOf:
		return many(store.Or, n.Args)
	case *soql.ButNot:
		return many(store.AndNot, []soql.Term{n.Term, n.Not})
	case *soql.Words:
		m := store.Match{Op: store.Word, In: in}
		for _, w := range n.Words {
			m.Words = append(m.Words, record.Fold(w))
		}
		if len(m.Words) > 1 {
			m.Op = store.Phrase
		}
		return m
	default:
		return store.Match{Op: store.Or}
	}
}

// phoneDigits returns the digits of a text that is a telephone number and nothing else.
func phoneDigits(text string) string {
	var digits strings.Builder
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			digits.WriteRune(r)
		case !strings.ContainsRune(` +-()./\"`, r):
			return ""
		}
	}
	if digits.Len() < 3 {
		return ""
	}
	return digits.String()
}

// searchGroup returns the group that a field's words are searched in, counted from 1; 0 where they are not.
func searchGroup(f *catalog.Field) store.SearchGroup {
	switch {
	case f.Column == "" || f.Type.Kind != record.Text || f.Type.Picklist || f.Type == &catalog.EncryptedText || f.Type == &catalog.AnyType:
		return 0
	case f.IsName:
		return store.InName
	case f.Type == &catalog.Email:
		return store.InEmail
	case f.Type == &catalog.Phone:
		return store.InPhone
	case f.ExternalID:
		return store.InKey
	default:
		return inBody
	}
}

// inBody is the group of fields that only InAll searches.
const inBody = store.InKey + 1
