package query

import (
	"strconv"
	"time"

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/engine/soql"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// Limits of the platform.
const (
	maxHops    = 5
	maxParents = 55
)

// A binder gives the names of one statement their meaning. It remembers which
// objects and fields were touched, because that is what a use entry tells.
type binder struct {
	env     *Env
	text    string // for excerpts
	now     time.Time
	all     bool // deleted rows too
	levels  int  // Options.Levels
	aliases int
	parents int

	rights   *rightsQuery                            // of a query of UserRecordAccess
	accessOf func(record.ID) (*access.Access, error) // of another user
	looked   []*catalog.Object                       // of a query of RecentlyViewed: what the user looked at
	lookedAt func() ([]*catalog.Object, error)

	schedules    []scheduled // of a query of AsyncApexJob, CronTrigger or CronJobDetail
	schedulesNow func() ([]scheduled, error)
	listView     func(object, name string) (definition string, found bool, err error)
}

func newBinder(env *Env, text string, now time.Time, all bool) *binder {
	return &binder{env: env, text: text, now: now, all: all && !env.Access.Scoped()}
}

// A scope is one SELECT: its sources, and the names that its paths may begin with.
type scope struct {
	root    *source
	sources []*source // in the order of their joins, the root first
	base    []string  // alias and object name, folded
	aliases map[string]*source
	inner   []*scope // of semi-joins
}

// A source is what a relationship path leads to: rows of one object, or of
// several where the relationship is polymorphic.
type source struct {
	object  *catalog.Object
	targets []*catalog.Object // of a polymorphic relationship; object is then the pseudo-object Name, or nil
	up      *source           // whose parent it is, nil for the root
	some    bool              // not all targets of the polymorphic relationship may be read
	veil    *access.Veil      // what is hidden of its rows
	scoped  bool              // polymorphic, for who sees only the parents that are in a scope
	rel     string            // canonical name of the relationship, "" for the root
	on      *operand          // the id that leads here, nil for the root
	fields  []*catalog.Field  // touched
	kids    []*source
	hops    int

	// alias serves every field. Where a filter hides rows, bare serves Id and the name of hidden ones too.
	alias, bare        string
	filtered           bool
	joined, bareJoined bool
	idCol              int                         // result column that holds the id, -1 where it is not selected
	typed              map[*catalog.Object]*source // TYPEOF: the same parent, known to be of one object
}

func (b *binder) alias() string {
	b.aliases++
	return aliasName(b.aliases - 1)
}

// aliasName returns t0, t1, …
func aliasName(n int) string {
	if n < 10 {
		return "t0t1t2t3t4t5t6t7t8t9"[2*n : 2*n+2]
	}
	return "t" + strconv.Itoa(n)
}

// newScope binds the object of a FROM clause.
func (b *binder) newScope(o *catalog.Object, alias *soql.Name) *scope {
	root := &source{object: o, alias: b.alias(), idCol: -1, joined: true, veil: b.env.Access.Veil(b.env.Snapshot, o)}
	root.bare = root.alias
	s := &scope{root: root, sources: []*source{root}}
	if alias != nil {
		s.base = append(s.base, catalog.Fold(alias.Text))
	}
	s.base = append(s.base, catalog.Fold(o.Name))
	return s
}

// object returns a queryable object that the user may read.
func (b *binder) object(name string, pos int) (*catalog.Object, error) {
	o := b.env.Snapshot.Object(name)
	if o == nil || !o.Queryable || o.Name == "Name" || !b.env.Access.Object(o).Read {
		return nil, b.unsupported(name, pos)
	}
	return o, nil
}

func (b *binder) unsupported(name string, pos int) error {
	return b.at(fault.InvalidType, pos, "sObject type '"+name+"' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.")
}

// at returns an error with an excerpt that points at pos.
func (b *binder) at(code fault.Code, pos int, message string) error {
	if b.text != "" {
		message = soql.Excerpt(b.text, pos, message)
	}
	return fault.New(code, "%s", message)
}

func (b *binder) noColumn(name, entity string, pos int) error {
	return b.at(fault.InvalidField, pos, "No such column '"+name+"' on entity '"+entity+"'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.")
}

func (b *binder) noRelationship(name string, pos int) error {
	return b.at(fault.InvalidField, pos, "Didn't understand relationship '"+name+"' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names.")
}

// field returns a field of src that the user may read.
func (b *binder) field(src *source, name string, pos int) (*catalog.Field, error) {
	f := src.object.Field(name)
	if f == nil || src.targets == nil && !b.env.Access.CanRead(f) {
		return nil, b.noColumn(name, src.object.Name, pos)
	}
	return f, nil
}

// touch notes that a field of src was used.
func (src *source) touch(f *catalog.Field) {
	for _, have := range src.fields {
		if have == f {
			return
		}
	}
	src.fields = append(src.fields, f)
}

// path walks names from the root of s and returns the source of the last one, which it does not look up.
func (b *binder) path(s *scope, p *soql.Path) (*source, string, error) {
	names := p.Names
	src := s.root
	if len(names) > 1 {
		first := catalog.Fold(names[0])
		if from, ok := s.aliases[first]; ok {
			src, names = from, names[1:]
		} else if s.isBase(first) {
			names = names[1:]
		}
	}
	for ; len(names) > 1; names = names[1:] {
		next, err := b.parent(s, src, names[0], p.Pos)
		if err != nil {
			return nil, "", err
		}
		src = next
	}
	return src, names[0], nil
}

// isBase reports whether a path may begin with a name that stands for the root
// itself: its alias, or its object's name where no relationship has that name.
func (s *scope) isBase(folded string) bool {
	for i, name := range s.base {
		if name == folded {
			return i < len(s.base)-1 || s.root.object.Relationship(folded) == nil
		}
	}
	return false
}

// parent follows a relationship from src to the parent's source, the same one for the same path.
func (b *binder) parent(s *scope, src *source, rel string, pos int) (*source, error) {
	f := src.object.Relationship(rel)
	if f == nil || src.targets == nil && !b.env.Access.CanRead(f) {
		return nil, b.noRelationship(rel, pos)
	}
	if src.hops == maxHops {
		return nil, b.at(fault.MalformedQuery, pos, "SELECT supports up to 5 levels of parent relationships: "+rel)
	}
	on, err := b.fieldOperand(s, src, f, pos)
	if err != nil {
		return nil, err
	}
	return b.follow(s, src, f, on, pos)
}

// follow returns the source behind a reference field whose value is on.
func (b *binder) follow(s *scope, src *source, f *catalog.Field, on *operand, pos int) (*source, error) {
	for _, k := range src.kids {
		if k.on.field == f {
			return k, nil
		}
	}
	src.touch(f)
	k := &source{up: src, rel: f.RelationshipName, on: on, hops: src.hops + 1, idCol: -1}
	for _, name := range f.ReferenceTo {
		if o := b.env.Snapshot.Object(name); o != nil && b.env.Access.Object(o).Read {
			k.targets = append(k.targets, o)
		}
	}
	switch {
	case f.Polymorphic():
		k.some, k.scoped = len(k.targets) < len(f.ReferenceTo), b.env.Access.Scoped()
		if k.targets == nil {
			k.targets = []*catalog.Object{}
		}
		if k.object = b.env.Snapshot.Object("Name"); k.object == nil {
			return nil, b.noRelationship(f.RelationshipName, pos)
		}
	case len(k.targets) == 0:
		return nil, b.noRelationship(f.RelationshipName, pos)
	default:
		k.object, k.targets = k.targets[0], nil
		b.joinable(k)
	}
	if b.parents++; b.parents > maxParents {
		return nil, fault.New(fault.MalformedQuery, "maximum number of child-to-parent relationships allowed in a query is 55")
	}
	src.kids = append(src.kids, k)
	s.sources = append(s.sources, k)
	return k, nil
}

// joinable gives a source of one object its aliases.
func (b *binder) joinable(k *source) {
	k.alias = b.alias()
	k.bare = k.alias
	k.veil = b.env.Access.Veil(b.env.Snapshot, k.object)
	switch {
	case b.env.Access.Scoped():
		k.filtered = true // nothing serves a hidden row: it is as if there were none
	case !b.env.Access.AllRows(k.object, access.Read):
		k.filtered, k.bare = true, b.alias()
	}
}

// serve returns the alias that serves a field of src.
func (src *source) serve(f *catalog.Field) string {
	if src.filtered && (f.Name == store.IDColumn || f == src.object.NameField) {
		return src.bare
	}
	return src.alias
}

// join has the alias joined that serves a field of src.
func (src *source) join(f *catalog.Field) {
	if src.serve(f) == src.bare {
		src.bareJoined = true
	}
	if src.serve(f) == src.alias {
		src.joined = true
	}
}

// of returns the source of a polymorphic parent that is known to be of object o.
func (b *binder) of(s *scope, src *source, o *catalog.Object) *source {
	if k := src.typed[o]; k != nil {
		return k
	}
	k := &source{object: o, rel: src.rel, on: src.on, hops: src.hops, idCol: -1}
	b.joinable(k)
	if src.typed == nil {
		src.typed = map[*catalog.Object]*source{}
	}
	src.typed[o] = k
	s.sources = append(s.sources, k)
	return k
}

// moreSources binds the further entries of FROM, which are relationship paths from an alias.
func (b *binder) moreSources(s *scope, more []soql.Source) error {
	for _, m := range more {
		names := m.Path.Names
		first := catalog.Fold(names[0])
		src := s.root
		if from, ok := s.aliases[first]; ok {
			src = from
		} else if !s.isBase(first) {
			return b.at(fault.MalformedQuery, m.Path.Pos, "A driving SObject type has already been set, all other entity types in the FROM clause must be relationships to the initial object. The driving object is "+s.root.object.Name+".")
		}
		if len(names) == 1 {
			return b.at(fault.MalformedQuery, m.Path.Pos, "A driving SObject type has already been set, all other entity types in the FROM clause must be relationships to the initial object. The driving object is "+s.root.object.Name+".")
		}
		for _, rel := range names[1:] {
			next, err := b.parent(s, src, rel, m.Path.Pos)
			if err != nil {
				return err
			}
			src = next
		}
		alias := names[len(names)-1]
		if m.Alias != nil {
			alias = m.Alias.Text
		}
		if s.aliases == nil {
			s.aliases = map[string]*source{}
		}
		if _, taken := s.aliases[catalog.Fold(alias)]; taken || s.isBase(catalog.Fold(alias)) && m.Alias != nil {
			return fault.New(fault.MalformedQuery, "duplicate alias: %s", alias)
		}
		s.aliases[catalog.Fold(alias)] = src
	}
	return nil
}

// distinct returns ids without duplicates, in the order of their first appearance.
func distinct(ids []record.ID) []record.ID {
	seen := make(map[record.ID]struct{}, len(ids))
	out := ids[:0:0]
	for _, id := range ids {
		if _, ok := seen[id]; !ok && id != "" {
			seen[id] = struct{}{}
			out = append(out, id)
		}
	}
	return out
}
