package difftest

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"stoa/internal/engine/soql"
	"stoa/internal/record"
)

func newFrame(r *row, o *object, q *soql.Query) frame {
	fr := frame{row: r, of: o, aliases: map[string][]string{}}
	if q.From.Alias != nil {
		fr.base = q.From.Alias.Text
	}
	for _, m := range q.More {
		names := m.Path.Names
		if path, ok := fr.aliases[strings.ToLower(names[0])]; ok {
			names = append(slices.Clone(path), names[1:]...)
		} else {
			names = names[1:] // the base alias
		}
		fr.aliases[strings.ToLower(m.Alias.Text)] = names
	}
	return fr
}

// run answers a query: one text a row in order, and how many rows there are.
func (n *naive) run(q *soql.Query) (rows []string, total int) {
	o := n.object(q.From.Path.Last())
	frames := n.frames(q, o, o.rows)
	if c, ok := q.Select[0].Column.(*soql.Call); ok && c.Func == soql.Count && c.Arg == nil {
		return nil, len(cut(q, frames))
	}
	if q.Group != nil || slices.ContainsFunc(q.Select, isAggregate) {
		rows = n.grouped(q, frames)
		return rows, len(rows)
	}
	for _, fr := range n.sorted(q, frames) {
		rows = append(rows, n.show(q, fr))
	}
	return rows, len(rows)
}

// places returns, for each row of an ungrouped query, the values of its ORDER BY items and, last, its id.
func (n *naive) places(q *soql.Query) [][]record.Value {
	o := n.object(q.From.Path.Last())
	var list [][]record.Value
	for _, fr := range n.sorted(q, n.frames(q, o, o.rows)) {
		var place []record.Value
		for _, item := range q.OrderBy {
			place = append(place, n.operand(fr, item.Operand).v)
		}
		list = append(list, append(place, record.OfID(fr.row.id)))
	}
	return list
}

func isAggregate(s soql.SelectItem) bool {
	c, ok := s.Column.(*soql.Call)
	return ok && c.Func.Aggregate()
}

// frames returns the rows that a query is about.
func (n *naive) frames(q *soql.Query, o *object, rows []*row) []frame {
	var list []frame
	for _, r := range rows {
		if fr := newFrame(r, o, q); (n.all || !r.deleted) && n.holds(fr, q.Where) {
			list = append(list, fr)
		}
	}
	return list
}

// sorted returns what ORDER BY, OFFSET and LIMIT leave of rows.
func (n *naive) sorted(q *soql.Query, frames []frame) []frame {
	slices.SortFunc(frames, func(a, b frame) int {
		for _, item := range q.OrderBy {
			x, y := n.operand(a, item.Operand), n.operand(b, item.Operand)
			if c := direction(item, x, y); c != 0 {
				return c
			}
		}
		// What is level comes by id, the way of the last item.
		if n := len(q.OrderBy); n > 0 && q.OrderBy[n-1].Desc {
			a, b = b, a
		}
		return strings.Compare(a.row.id.Short(), b.row.id.Short())
	})
	return cut(q, frames)
}

// direction compares two values as an item of ORDER BY does.
func direction(item soql.OrderItem, x, y answer) int {
	if x.v.IsNull() || y.v.IsNull() {
		first := -1 // the null's side
		if item.Nulls == soql.NullsLast || item.Nulls == soql.NullsDefault && item.Desc {
			first = 1
		}
		switch {
		case x.v.IsNull() && y.v.IsNull():
			return 0
		case x.v.IsNull():
			return first
		default:
			return -first
		}
	}
	c := order(x.f, x.v, y.v, true)
	if item.Desc {
		return -c
	}
	return c
}

func cut[T any](q *soql.Query, list []T) []T {
	if q.Offset != nil {
		list = list[min(q.Offset.N, len(list)):]
	}
	if q.Limit != nil {
		list = list[:min(q.Limit.N, len(list))]
	}
	return list
}

// A tree is a record as JSON nests it.
type tree struct {
	key    string
	leaf   string
	isLeaf bool
	kids   []*tree
}

func (t *tree) child(key string) *tree {
	for _, k := range t.kids {
		if k.key == key && !k.isLeaf {
			return k
		}
	}
	k := &tree{key: key}
	t.kids = append(t.kids, k)
	return k
}

func (t *tree) String() string {
	if t.isLeaf {
		return t.key + "=" + t.leaf
	}
	parts := make([]string, len(t.kids))
	for i, k := range t.kids {
		parts[i] = k.String()
	}
	s := "{" + strings.Join(parts, " ") + "}"
	if t.key != "" {
		return t.key + "=" + s
	}
	return s
}

// show writes one row.
func (n *naive) show(q *soql.Query, fr frame) string {
	root := &tree{}
	for _, item := range q.Select {
		switch c := item.Column.(type) {
		case *soql.Path:
			n.place(root, fr, c, func(r *row, f *field) string { return literal(r.value(f)) }, "")
		case *soql.Call: // toLabel
			alias := ""
			if item.Alias != nil {
				alias = item.Alias.Text
			}
			v := n.operand(fr, c).v
			n.place(root, fr, c.Arg.(*soql.Path), func(*row, *field) string { return literal(v) }, alias)
		case *soql.TypeOf:
			root.kids = append(root.kids, n.typed(c, fr))
		case *soql.Query:
			root.kids = append(root.kids, n.children(c, fr))
		}
	}
	return root.String()
}

// place puts a field into the record that its path leads to.
func (n *naive) place(t *tree, fr frame, p *soql.Path, show func(*row, *field) string, alias string) {
	names := p.Names
	if len(names) > 1 {
		if more, ok := fr.aliases[strings.ToLower(names[0])]; ok {
			names = append(slices.Clone(more), names[1:]...)
		} else if strings.EqualFold(names[0], fr.base) || strings.EqualFold(names[0], fr.of.name) {
			names = names[1:]
		}
	}
	r, o := fr.row, fr.of
	if alias != "" {
		t.kids = append(t.kids, &tree{key: alias, isLeaf: true, leaf: show(nil, nil)})
		return
	}
	for ; len(names) > 1; names = names[1:] {
		f := o.relation(names[0])
		if r, o = n.rows[r.value(f).ID()], f.to; r == nil {
			for _, k := range t.kids {
				if k.key == f.relation {
					return
				}
			}
			t.kids = append(t.kids, &tree{key: f.relation, isLeaf: true, leaf: "null"})
			return
		}
		t = t.child(f.relation)
	}
	f := o.field(names[0])
	t.kids = append(t.kids, &tree{key: f.name, isLeaf: true, leaf: show(r, f)})
}

// typed shows a polymorphic parent as TYPEOF wants its type to be shown.
func (n *naive) typed(c *soql.TypeOf, fr frame) *tree {
	f := fr.of.relation(c.Path.Last())
	t := &tree{key: f.relation}
	r := n.rows[fr.row.value(f).ID()]
	if r != nil {
		for _, w := range c.Whens {
			if strings.EqualFold(w.Object.Text, r.of.name) {
				for i := range w.Fields {
					n.place(t, frame{row: r, of: r.of}, &w.Fields[i], func(r *row, f *field) string { return literal(r.value(f)) }, "")
				}
				return t
			}
		}
		for i := range c.Else {
			n.place(t, frame{row: r, of: n.name}, &c.Else[i], func(r *row, f *field) string { return literal(r.value(f)) }, "")
		}
	}
	if len(t.kids) == 0 {
		t.isLeaf, t.leaf = true, "null"
	}
	return t
}

func (n *naive) children(q *soql.Query, parent frame) *tree {
	for _, f := range n.kids(parent.of) {
		if !strings.EqualFold(f.children, q.From.Path.Last()) {
			continue
		}
		mine := slices.DeleteFunc(slices.Clone(f.of.rows), func(r *row) bool { return r.value(f).ID() != parent.row.id })
		frames := n.frames(q, f.of, mine)
		var rows []string
		for _, fr := range n.sorted(q, frames) {
			rows = append(rows, n.show(q, fr))
		}
		leaf := "null"
		if len(rows) > 0 {
			leaf = "[" + strings.Join(rows, " ") + "]"
		}
		return &tree{key: f.children, isLeaf: true, leaf: leaf}
	}
	panic("no child relationship " + q.From.Path.Last())
}

// literal writes a value.
func literal(v record.Value) string {
	switch v.Kind() {
	case record.Null:
		return "null"
	case record.Text:
		return strconv.Quote(v.Text())
	default:
		return v.String()
	}
}

// about writes a number that was computed in floating point, to as many digits as both computations must share.
func about(x float64) string { return fmt.Sprintf("~%.6g", x*(1+1e-11)) }

// A bucket is the rows of one group.
type bucket struct {
	frames []frame
	keys   []answer // by item of GROUP BY; null where rolled up
	rolled []bool
}

func (n *naive) grouped(q *soql.Query, frames []frame) []string {
	var items []soql.Operand
	sets := [][]bool{nil} // which items each set of groups rolls up
	if q.Group != nil {
		items = q.Group.Items
		sets = groupings(q.Group.Mode, len(items))
	}
	slices.SortFunc(frames, func(a, b frame) int { return strings.Compare(a.row.id.Short(), b.row.id.Short()) })
	var buckets []*bucket
	for _, rolled := range sets {
		byKey := map[string]*bucket{}
		if !slices.Contains(rolled, false) && (q.Group == nil || len(frames) > 0) {
			buckets = append(buckets, n.open(items, rolled, newFrame(nil, n.object(q.From.Path.Last()), q), byKey))
		}
		for _, fr := range frames {
			var key strings.Builder
			for i, item := range items {
				if a := n.operand(fr, item); !rolled[i] {
					key.WriteString(identity(a) + "\x00")
				}
			}
			b := byKey[key.String()]
			if b == nil {
				b = n.open(items, rolled, fr, byKey)
				byKey[key.String()] = b
				buckets = append(buckets, b)
			}
			b.frames = append(b.frames, fr)
		}
	}
	buckets = slices.DeleteFunc(buckets, func(b *bucket) bool {
		return !n.eval(q.Having, func(p *soql.Predicate) bool { return n.predicate(frame{}, n.ofBucket(q, b, p.Operand), p) })
	})
	slices.SortStableFunc(buckets, func(a, b *bucket) int {
		for _, item := range q.OrderBy {
			if c := direction(item, n.ofBucket(q, a, item.Operand), n.ofBucket(q, b, item.Operand)); c != 0 {
				return c
			}
		}
		return 0
	})
	var rows []string
	for _, b := range cut(q, buckets) {
		rows = append(rows, n.showBucket(q, b))
	}
	return rows
}

func (n *naive) open(items []soql.Operand, rolled []bool, fr frame, byKey map[string]*bucket) *bucket {
	b := &bucket{rolled: rolled}
	for i, item := range items {
		if rolled[i] {
			empty := fr
			empty.row = nil
			a := n.operand(empty, item)
			b.keys = append(b.keys, answer{f: a.f})
			continue
		}
		b.keys = append(b.keys, n.operand(fr, item))
	}
	if fr.row == nil {
		byKey[""] = b
	}
	return b
}

// groupings returns, for each set of groups, which items are rolled up.
func groupings(mode soql.GroupMode, n int) [][]bool {
	var sets [][]bool
	switch mode {
	case soql.Plain:
		sets = append(sets, make([]bool, n))
	case soql.Rollup:
		for kept := n; kept >= 0; kept-- {
			set := make([]bool, n)
			for i := kept; i < n; i++ {
				set[i] = true
			}
			sets = append(sets, set)
		}
	case soql.Cube:
		for bits := range 1 << n {
			set := make([]bool, n)
			for i := range n {
				set[i] = bits>>i&1 == 1
			}
			sets = append(sets, set)
		}
	}
	return sets
}

// identity returns what makes two values the same one: text in any letter case.
func identity(a answer) string {
	if a.v.Kind() == record.Text && a.f.kind != exactText {
		return literal(record.OfText(record.Fold(a.v.Text())))
	}
	return literal(a.v)
}

// ofBucket returns what an aggregate or a grouped operand says of a group.
func (n *naive) ofBucket(q *soql.Query, b *bucket, op soql.Operand) answer {
	c, ok := op.(*soql.Call)
	if ok && c.Func == soql.Grouping {
		i := n.item(q, c.Arg)
		return answer{v: record.OfInt(int64(bit(record.OfBool(b.rolled[i])))), f: whole}
	}
	if !ok || !c.Func.Aggregate() {
		return b.keys[n.item(q, op)]
	}
	return n.aggregate(b, c)
}

// item returns which item of GROUP BY an operand is.
func (n *naive) item(q *soql.Query, op soql.Operand) int {
	want := strings.ToLower((&soql.Query{Select: []soql.SelectItem{{Column: op}}}).String())
	return slices.IndexFunc(q.Group.Items, func(item soql.Operand) bool {
		return strings.ToLower((&soql.Query{Select: []soql.SelectItem{{Column: item}}}).String()) == want
	})
}

func (n *naive) aggregate(b *bucket, c *soql.Call) answer {
	var f *field
	var values []record.Value // in the order of the rows' ids
	distinct := map[string]bool{}
	sum := new(big.Rat)
	for _, fr := range b.frames {
		a := n.operand(fr, c.Arg)
		if f = a.f; a.v.IsNull() {
			continue
		}
		values = append(values, a.v)
		distinct[identity(a)] = true
		if f.kind == number {
			sum.Add(sum, rat(a.v))
		}
	}
	switch c.Func {
	case soql.Count:
		return answer{v: record.OfInt(int64(len(values))), f: whole}
	case soql.CountDistinct:
		return answer{v: record.OfInt(int64(len(distinct))), f: whole}
	case soql.Sum:
		if len(values) == 0 {
			return answer{f: whole}
		}
		return answer{v: decimal(sum, f.scale), f: whole}
	case soql.Avg:
		if len(values) == 0 {
			return answer{f: whole}
		}
		return answer{v: decimal(sum.Quo(sum, new(big.Rat).SetInt64(int64(len(values)))), 12), f: whole}
	}
	if len(values) == 0 {
		if f == nil {
			f = whole
		}
		return answer{f: f}
	}
	best := values[0]
	for _, v := range values[1:] {
		if d := order(f, v, best, true); c.Func == soql.Min && d < 0 || c.Func == soql.Max && d > 0 {
			best = v
		}
	}
	return answer{v: best, f: f}
}

func decimal(r *big.Rat, scale int) record.Value {
	c, s, ok := record.ParseDecimal(r.FloatString(scale))
	if !ok {
		panic(r.String())
	}
	return record.OfDecimal(c, s)
}

func (n *naive) showBucket(q *soql.Query, b *bucket) string {
	root := &tree{}
	expr := 0
	for _, item := range q.Select {
		op := item.Column.(soql.Operand)
		key := ""
		if p, ok := op.(*soql.Path); ok {
			_, f := n.locate(newFrame(nil, n.object(q.From.Path.Last()), q), p)
			key = f.name
		} else if item.Alias == nil {
			key = "expr" + strconv.Itoa(expr)
			expr++
		}
		if item.Alias != nil {
			key = item.Alias.Text
		}
		a := n.ofBucket(q, b, op)
		leaf := literal(a.v)
		if c, ok := op.(*soql.Call); ok && c.Func == soql.Avg && !a.v.IsNull() {
			leaf = about(a.v.Float())
		}
		root.kids = append(root.kids, &tree{key: key, isLeaf: true, leaf: leaf})
	}
	return root.String()
}
