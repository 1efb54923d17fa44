package query

import (
	"cmp"
	"slices"

	"stoa/internal/record"
	"stoa/internal/store"
)

// candidates is how many records are weighed against each other where no more are asked for: the newest of those that
// match and that the user may see, and the newest that match with their names. However many match, no more are looked at.
const candidates = 200

// A candidate is a record that matches.
type candidate struct {
	id      record.ID
	rank    int64 // smaller is better
	changed int64 // seconds; the later the better
}

// ranked returns up to most records of one object, those first that fit the term best.
func (r *run) ranked(t *target, cols []store.Out, most int) (*record.Page, error) {
	want := max(candidates, t.offset+most)
	found, err := r.newest(t, t.match, want)
	if err != nil {
		return nil, err
	}
	if named, ok := inNames(t.match); ok && len(found) == want {
		more, err := r.newest(t, named, want)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	slices.SortFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(b.changed, a.changed), cmp.Compare(a.id, b.id))
	})
	var ids []record.ID
	seen := make(map[record.ID]bool, len(found))
	for _, c := range found {
		if !seen[c.id] {
			seen[c.id] = true
			ids = append(ids, c.id)
		}
	}
	ids = ids[min(t.offset, len(ids)):]
	return r.these(t, cols, ids[:min(most, len(ids))])
}

// inNames returns m looking into names alone; ok is false where it looks nowhere else anyway or no longer means the same.
func inNames(m *store.Match) (named *store.Match, ok bool) {
	n := *m
	switch m.Op {
	case store.Word, store.Phrase:
		ok, n.In = m.In == store.InAll, store.InName
		return &n, ok
	case store.AndNot:
		yes, ok := inNames(&m.Args[0])
		n.Args = []store.Match{*yes, m.Args[1]} // what is not wanted is not wanted anywhere
		return &n, ok
	case store.And, store.Or:
		n.Args = make([]store.Match, len(m.Args))
		for i := range m.Args {
			arg, some := inNames(&m.Args[i])
			n.Args[i], ok = *arg, ok || some
		}
	}
	return &n, ok
}

// newest returns the newest records that match m, up to most. Where some searched fields are hidden from the user,
// what the index found is held against the visible ones, so that a hidden word is never found.
func (r *run) newest(t *target, m *store.Match, most int) ([]candidate, error) {
	var checked []output
	limit := most
	if t.hidden {
		limit = noLimit
		for _, f := range t.visible {
			checked = append(checked, output{of: column(t.s.root, f, 0), out: store.Out{Class: store.Text}})
		}
	}
	cols := append([]store.Out{{Class: store.ID}, {Class: store.Int}, {Class: store.DateTime}}, outs(checked)...)
	rows, err := r.tx.Query(r.ctx, t.newest(r.tx.Dialect(), m, checked, limit), cols)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []candidate
	p := record.NewPage(len(cols), 0)
	for done := false; !done && len(found) < most; {
		p.Reset(len(cols))
		if done, err = rows.Fill(p, 256); err != nil {
			return nil, err
		}
		for row := 0; row < p.Len() && len(found) < most; row++ {
			if t.hidden && !t.document(p, row, 3).matches(m) {
				continue
			}
			found = append(found, candidate{p.ID(row, 0), p.Value(row, 1).Int(), p.Value(row, 2).Seconds()})
		}
	}
	return found, nil
}

// document returns what can be found of a row by the user, whose visible fields begin at a column.
func (t *target) document(p *record.Page, row, from int) *document {
	d := &document{}
	for i, f := range t.visible {
		d.add(f, p.Value(row, from+i).Text())
	}
	return d
}

// newest writes the SELECT of the ids, ranks and dates of the records that match m, the newest first.
func (t *target) newest(d store.Dialect, m *store.Match, more []output, limit int) *store.SQL {
	w, root := t.b.writer(d), t.s.root
	w.Raw("SELECT ").Col(root.alias, store.IDColumn).Raw(", found.rank, ")
	if f := root.object.Field("LastModifiedDate"); f != nil && f.Column != "" {
		w.Col(root.alias, f.Column)
	} else {
		w.Raw("NULL")
	}
	for i := range more {
		w.Raw(", ")
		w.output(&more[i])
	}
	w.found = t.asked(m)
	w.from(t.s, func() { t.conditions(w) })
	w.Raw(" ORDER BY found.id DESC")
	if limit != noLimit {
		w.limits(limit, 0)
	}
	return w.SQL
}

// these reads records in the order of ids, with a column more than is selected.
func (r *run) these(t *target, cols []store.Out, ids []record.ID) (*record.Page, error) {
	out := record.NewPage(len(cols)+1, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	w, root := t.b.writer(r.tx.Dialect()), t.s.root
	w.Raw("SELECT ")
	w.columns(t.sel.cols)
	w.Raw(", ").Col(root.alias, store.IDColumn)
	w.from(t.s, func() { w.Raw(" AND ").Col(root.alias, store.IDColumn).In(ids) })
	p, err := r.everything(w.SQL, append(slices.Clone(cols), store.Out{Class: store.ID}))
	if err != nil {
		return nil, err
	}
	row := make(map[record.ID]int, p.Len())
	for i := range p.Len() {
		row[p.ID(i, len(cols))] = i
	}
	for _, id := range ids {
		if i, ok := row[id]; ok {
			out.Move(p, i)
		}
	}
	return out, nil
}
