package query

import (
	"context"
	"strings"

	"stoa/internal/engine/access"
	"stoa/internal/store"
)

// A Plan is one way to run a query, as explain shows it.
type Plan struct {
	Cardinality, ObjectCardinality int64
	Fields                         []string
	Operation                      string // Index, TableScan, Sharing, Other
	Notes                          []Note
	RelativeCost                   float64
	Object                         string
}

// A Note says why an index was not used.
type Note struct {
	Description string
	Fields      []string
	Object      string
}

// maxCounted is how far explain counts rows: a count behind a page is never worth more.
const maxCounted = 100_000

// Explain returns the plans for a query, the chosen one first: what the
// engine says it will do, and the scan of the whole table that it is measured by.
func Explain(ctx context.Context, tx store.Tx, env *Env, text string) ([]Plan, error) {
	b := newBinder(env, text, tx.Now(), false)
	b.within(ctx, tx)
	st, err := b.parseAndBind(text)
	if err != nil {
		return nil, err
	}
	r := &run{ctx: ctx, tx: tx, batch: defaultBatch}
	plans, err := r.explain(st, filtered(st.where, nil))
	return plans, timedOut(ctx, err)
}

func (r *run) explain(st *statement, fields []string) ([]Plan, error) {
	o := st.s.root.object
	all, err := r.countUpTo(&statement{b: st.b, s: &scope{root: st.s.root, sources: st.s.sources[:1]}})
	if err != nil {
		return nil, err
	}
	matching, err := r.countUpTo(&statement{b: st.b, s: st.s, where: st.where})
	if err != nil {
		return nil, err
	}
	steps, err := r.steps(st)
	if err != nil {
		return nil, err
	}
	scan := Plan{Cardinality: all, ObjectCardinality: all, Fields: []string{}, Operation: "TableScan", RelativeCost: 1, Object: o.Name, Notes: []Note{}}
	chosen := Plan{Cardinality: matching, ObjectCardinality: all, Fields: []string{}, Object: o.Name, Notes: []Note{}}
	switch indexed := usesIndex(steps, st.s.root.alias, r.tx.Dialect().Name()); {
	case o.Table == "":
		chosen.Operation = "Other"
	case indexed && len(fields) == 0 && !st.b.env.Access.AllRows(o, access.Read):
		chosen.Operation = "Sharing"
	case indexed && len(fields) > 0:
		chosen.Operation, chosen.Fields = "Index", fields
	default:
		for _, f := range fields {
			scan.Notes = append(scan.Notes, Note{Description: "Not considered for filter because unindexed", Fields: []string{f}, Object: o.Name})
		}
		scan.Cardinality = matching
		return []Plan{scan}, nil
	}
	chosen.RelativeCost = float64(matching+1) / float64(all+1)
	return []Plan{chosen, scan}, nil
}

// countUpTo counts the rows of a statement, at most maxCounted.
func (r *run) countUpTo(st *statement) (int64, error) {
	st.limit = maxCounted
	p, err := r.everything(st.count(r.tx.Dialect()), []store.Out{{Class: store.Int}})
	if err != nil {
		return 0, err
	}
	return p.Value(0, 0).Int(), nil
}

// steps returns what the engine says about how it will run a statement, a line a step.
func (r *run) steps(st *statement) ([]string, error) {
	return r.explained(func(w *writer) {
		switch {
		case st.counted:
			w.Raw("SELECT COUNT(*)")
			w.from(st.s, func() { st.conditions(w) })
		case st.group != nil:
			st.writeGroups(w, defaultBatch)
		default:
			st.writeRows(w, st.limit, nil)
		}
	}, st.b)
}

// explained returns what the engine says about the SQL that write writes.
func (r *run) explained(write func(*writer), b *binder) ([]string, error) {
	w := b.writer(r.tx.Dialect())
	cols := []store.Out{{Class: store.Text}}
	if w.d.Name() == "sqlite" {
		cols = []store.Out{{Class: store.Int}, {Class: store.Int}, {Class: store.Int}, {Class: store.Text}}
		w.Raw("EXPLAIN QUERY PLAN ")
	} else {
		w.Raw("EXPLAIN ")
	}
	write(w)
	p, err := r.everything(w.SQL, cols)
	if err != nil {
		return nil, err
	}
	lines := make([]string, p.Len())
	for i := range lines {
		lines[i] = p.Value(i, len(cols)-1).Text()
	}
	return lines, nil
}

// usesIndex reports whether the step that reads the rows of alias looks them up in an index by a value.
func usesIndex(steps []string, alias, dialect string) bool {
	for i, line := range steps {
		line = strings.TrimSpace(line)
		switch {
		case dialect == "sqlite":
			if strings.HasPrefix(line, "SEARCH "+alias+" ") {
				return true
			}
		case strings.Contains(line, " "+alias+" ") && strings.Contains(line, "Index"):
			return i+1 < len(steps) && strings.Contains(steps[i+1], "Index Cond")
		case strings.Contains(line, " "+alias+" ") && strings.Contains(line, "Bitmap"):
			return true
		}
	}
	return false
}

// filtered returns the names of the root's fields that a condition tests.
func filtered(c cond, to []string) []string {
	switch n := c.(type) {
	case allOf:
		for _, a := range n {
			to = filtered(a, to)
		}
	case anyOf:
		for _, a := range n {
			to = filtered(a, to)
		}
	case notOf:
		return filtered(n.arg, to)
	case *test:
		if n.of.kind == opField && n.of.src.on == nil {
			for _, have := range to {
				if have == n.of.field.Name {
					return to
				}
			}
			return append(to, n.of.field.Name)
		}
	case *semi:
		if n.of.kind == opField && n.of.src.on == nil {
			return append(to, n.of.field.Name)
		}
	}
	return to
}
