package access

import (
	"fmt"
	"slices"
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/record"
	"stoa/internal/store"
)

// A Scope is what somebody may see who has no profile: the public, a citizen, the holder of a link. It is by the API
// names of objects. Objects that it does not name do not exist for them, and nothing can be written.
type Scope map[string]Part

// A Part is what a Scope shows of one object.
type Part struct {
	Fields []string // that can be read beside Id, a compound with its parts; nil: all
	Rows   []Grant  // any of them; none: no row
}

// A Grant shows the rows for which all of its conditions hold; without conditions, every row.
type Grant []Cond

// scoped is a Scope that was held against a catalog.
type scoped struct {
	snap  *catalog.Snapshot
	parts map[string]*part // by canonical API name
}

type part struct {
	fields map[string]bool // canonical names, nil for all
	grants [][]bound
	every  bool // some grant shows every row
}

// Scoped returns the access that a Scope gives; user is "" for the public. What the scope names must be in the catalog.
func Scoped(snap *catalog.Snapshot, user record.ID, scope Scope) (*Access, error) {
	sc := &scoped{snap: snap, parts: make(map[string]*part, len(scope))}
	for name, p := range scope {
		o := snap.Object(name)
		if o == nil || o.Table == "" {
			return nil, fmt.Errorf("scope: there is no object %s with rows", name)
		}
		of, err := newPart(o, p)
		if err != nil {
			return nil, fmt.Errorf("scope: %w", err)
		}
		sc.parts[o.Name] = of
	}
	return &Access{user: user, scope: sc}, nil
}

func newPart(o *catalog.Object, p Part) (*part, error) {
	of := &part{}
	if p.Fields != nil {
		of.fields = make(map[string]bool, len(p.Fields)+1)
		of.fields[store.IDColumn] = true
		for _, name := range p.Fields {
			f := o.Field(name)
			if f == nil {
				return nil, fmt.Errorf("%s has no field %s", o.Name, name)
			}
			of.fields[f.Name] = true
			for _, part := range f.Parts {
				of.fields[part] = true
			}
		}
	}
	for _, g := range p.Rows {
		conds := make([]bound, len(g))
		for i, c := range g {
			var err error
			if conds[i], err = c.bind(o); err != nil {
				return nil, err
			}
		}
		of.every = of.every || len(g) == 0
		of.grants = append(of.grants, conds)
	}
	return of, nil
}

// Scoped reports whether the access is that of a Scope: it shows the rows of a parent only where they are in
// the scope, no deleted ones, and writes nothing.
func (a *Access) Scoped() bool { return a.scope != nil }

// canRead reports whether the scope shows a field. One that is another name for a parent's field shows no more than that.
func (sc *scoped) canRead(f *catalog.Field) bool {
	p := sc.parts[f.Object.Name]
	if p == nil || p.fields != nil && !p.fields[f.Name] {
		return false
	}
	if f.Path == "" || f.Column != "" {
		return true
	}
	o, names := f.Object, strings.Split(f.Path, ".")
	for ; len(names) > 1; names = names[1:] {
		ref := o.Relationship(names[0])
		if ref == nil || len(ref.ReferenceTo) == 0 {
			return false
		}
		if o = sc.snap.Object(ref.ReferenceTo[0]); o == nil {
			return false
		}
	}
	of := o.Field(names[0])
	return of != nil && of.Path == "" && sc.canRead(of)
}

// write writes the condition that the row of alias, one of o's, is in the scope. through are the objects whose rows led
// here by Visible: what is seen only by way of itself is not seen.
func (sc *scoped) write(s *store.SQL, o *catalog.Object, alias string, through []string) {
	p := sc.parts[o.Name]
	switch {
	case p == nil || len(p.grants) == 0:
		s.Raw("1 = 0")
		return
	case p.every:
		s.Raw("1 = 1")
		return
	}
	through = append(slices.Clip(through), o.Name)
	s.Raw("(")
	for i, g := range p.grants {
		if i > 0 {
			s.Raw(" OR ")
		}
		for j := range g {
			if j > 0 {
				s.Raw(" AND ")
			}
			if g[j].op == Visible {
				sc.writeVisible(s, g[j].field, alias, through)
				continue
			}
			g[j].write(s, alias)
		}
	}
	s.Raw(")")
}

// writeVisible writes the condition that a reference leads to a row in the scope. Where the scope names few rows of the
// object they are looked up first, so that an index on the reference finds theirs; else each row is tried by its id.
func (sc *scoped) writeVisible(s *store.SQL, f *catalog.Field, alias string, through []string) {
	inner := fmt.Sprintf("%sv%d", alias, len(through))
	s.Raw("(")
	some := false
	for _, name := range f.ReferenceTo {
		o := sc.target(name, through)
		if o == nil {
			continue
		}
		if some {
			s.Raw(" OR ")
		}
		some = true
		few := sc.few(o, through)
		if few {
			s.Col(alias, f.Column).Raw(" IN (SELECT ").Col(inner, store.IDColumn)
		} else {
			s.Raw("EXISTS (SELECT 1")
		}
		s.Raw(" FROM ").Table(o.Table).Raw(" " + inner + " WHERE ")
		if !few {
			s.Col(inner, store.IDColumn).Raw(" = ").Col(alias, f.Column).Raw(" AND ")
		}
		if d := o.Field(store.DeletedColumn); d != nil && d.Column != "" {
			s.Dialect().Live(s, inner)
			s.Raw(" AND ")
		}
		sc.write(s, o, inner, through)
		s.Raw(")")
	}
	if !some {
		s.Raw("1 = 0")
	}
	s.Raw(")")
}

// target returns the object of a reference where the scope may show rows of it that are not seen by way of themselves, else nil.
func (sc *scoped) target(name string, through []string) *catalog.Object {
	o := sc.snap.Object(name)
	if o == nil || sc.parts[o.Name] == nil || slices.Contains(through, o.Name) {
		return nil
	}
	return o
}

// few reports whether every grant of an object names its rows by ids, its own or those of what they refer to.
func (sc *scoped) few(o *catalog.Object, through []string) bool {
	p := sc.parts[o.Name]
	through = append(slices.Clip(through), o.Name)
	for _, g := range p.grants {
		if !slices.ContainsFunc(g, func(b bound) bool { return b.identity() || b.op == Visible && sc.fewVisible(b.field, through) }) {
			return false
		}
	}
	return true
}

func (sc *scoped) fewVisible(f *catalog.Field, through []string) bool {
	for _, name := range f.ReferenceTo {
		if o := sc.target(name, through); o != nil && !sc.few(o, through) {
			return false
		}
	}
	return true
}
