package console

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/web/kit"
)

// A listState is a list as an address describes it: a view and what was changed about it.
type listState struct {
	object *catalog.Object
	layout layout
	view   view
	look
	text string // what "Filter this list" holds
}

// A look is what a view keeps and an address can change: which records, which columns, in which order and shape.
type look struct {
	filters []filter
	columns []string       // the layout's where nothing says otherwise
	widths  map[string]int // of columns, in pixels; those without one share what is left
	sort    string
	desc    bool
	board   bool
	by      string // picklist that the board's lanes come from
}

// lookOf reads parameters over a look that stands where they say nothing.
func lookOf(o *catalog.Object, q url.Values, l look) look {
	if fs, ok := q["f"]; ok {
		l.filters = nil
		for _, s := range fs {
			if f, ok := org.ParseFilter(s); ok && o.Field(f.Field) != nil {
				l.filters = append(l.filters, f)
			}
		}
	}
	if cols, ok := q["cols"]; ok {
		l.columns = nil
		for _, c := range cols {
			for name := range strings.SplitSeq(c, ",") {
				if f := o.Field(name); f != nil && !slices.Contains(l.columns, f.Name) {
					l.columns = append(l.columns, f.Name)
				}
			}
		}
	}
	if s := q.Get("sort"); s != "" {
		name, desc := strings.CutPrefix(s, "-")
		if f := o.Field(name); f != nil && f.Sortable {
			l.sort, l.desc = f.Name, desc
		}
	}
	if q.Has("w") {
		l.widths = parseWidths(o, q.Get("w"))
	}
	if f := o.Field(q.Get("by")); f != nil {
		l.by = f.Name
	}
	if q.Has("as") {
		l.board = q.Get("as") == "board"
	}
	return l
}

// The least and the most that a column is wide, in pixels.
const minWidth, maxWidth = 48, 1200

// parseWidths reads widths as an address holds them: Subject:320,Status:120.
func parseWidths(o *catalog.Object, s string) map[string]int {
	w := map[string]int{}
	for pair := range strings.SplitSeq(s, ",") {
		name, text, _ := strings.Cut(pair, ":")
		n, err := strconv.Atoi(text)
		if f := o.Field(name); f != nil && err == nil && n > 0 {
			w[f.Name] = min(max(n, minWidth), maxWidth)
		}
	}
	return w
}

// formatWidths writes what parseWidths reads, in the order of names.
func formatWidths(w map[string]int) string {
	parts := make([]string, 0, len(w))
	for _, name := range slices.Sorted(maps.Keys(w)) {
		parts = append(parts, name+":"+strconv.Itoa(w[name]))
	}
	return strings.Join(parts, ",")
}

// stateOf reads the address of a list. An unknown view is the one that opens by itself.
func (v *visit) stateOf(o *catalog.Object, q url.Values) (listState, []view, error) {
	l := layoutOf(o)
	views, err := v.views(o)
	if err != nil {
		return listState{}, nil, err
	}
	st := listState{object: o, layout: l, view: first(views, l, q.Get("view"))}
	st.look = lookOf(o, q, st.view.look)
	if len(st.columns) == 0 {
		st.columns = l.Columns
	}
	if f := (filter{Field: q.Get("ff"), Op: q.Get("fo"), Value: strings.TrimSpace(q.Get("fv"))}); o.Field(f.Field) != nil && f.Op != "" {
		if f.Value != "" || f.Op == opBlank || f.Op == opFilled {
			st.filters = append(slices.Clone(st.filters), f)
		}
	}
	st.text = strings.TrimSpace(q.Get("q"))
	st.board = st.board && st.boardField(v.s) != nil
	return st, views, nil
}

// boardField returns the picklist that the board's lanes come from, nil where there can be no board.
func (st *listState) boardField(s *org.Session) *catalog.Field {
	if f := st.object.Field(st.by); boardable(s, f) {
		return f
	}
	if f := st.object.Field(st.layout.Board); boardable(s, f) {
		return f
	}
	return nil
}

// boardable reports whether a field can make the lanes of a board.
func boardable(s *org.Session, f *catalog.Field) bool {
	if f == nil || !f.Type.Picklist || f.Type.Name == "multipicklist" || !f.Filterable || !s.CanRead(f) {
		return false
	}
	n := 0
	for _, val := range f.Values {
		if val.Active {
			n++
		}
	}
	return n > 1 && n <= maxLanes
}

// params returns the parameters that describe st, without those that its view says already.
func (st listState) params() url.Values {
	q := url.Values{"view": {st.view.Key}}
	if !slices.Equal(st.filters, st.view.filters) {
		for _, f := range st.filters {
			q.Add("f", f.String())
		}
		if len(st.filters) == 0 {
			q.Set("f", "")
		}
	}
	base := st.view.columns
	if len(base) == 0 {
		base = st.layout.Columns
	}
	if !slices.Equal(st.columns, base) {
		q.Set("cols", strings.Join(st.columns, ","))
	}
	if st.sort != st.view.sort || st.desc != st.view.desc {
		q.Set("sort", st.sorting())
	}
	if !maps.Equal(st.widths, st.view.widths) {
		q.Set("w", formatWidths(st.widths))
	}
	if st.text != "" {
		q.Set("q", st.text)
	}
	if st.board != st.view.board {
		q.Set("as", map[bool]string{true: "board", false: "list"}[st.board])
	}
	if st.board && st.by != st.view.by {
		q.Set("by", st.by)
	}
	return q
}

// changed reports whether st shows something else than its view keeps.
func (st listState) changed() bool {
	q := st.params()
	q.Del("q")
	return len(q) > 1
}

// sorting returns the order as an address holds it: the field, a minus before it for the last first.
func (l look) sorting() string {
	if l.desc {
		return "-" + l.sort
	}
	return l.sort
}

// recent reports whether a look is what the person looked at, and so empty for who looked at nothing.
func (l look) recent() bool {
	return slices.Contains(l.filters, filter{Field: "LastViewedDate", Op: opFilled})
}

// definition returns the whole of a look as a list view keeps it.
func (l look) definition() string {
	q := url.Values{}
	for _, f := range l.filters {
		q.Add("f", f.String())
	}
	for name, value := range map[string]string{"cols": strings.Join(l.columns, ","), "sort": l.sorting(), "w": formatWidths(l.widths), "by": l.by} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if l.board {
		q.Set("as", "board")
	}
	return q.Encode()
}

// path returns the address of st, or of another page of the object in the same state.
func (st listState) path(page string) string {
	return objectPath(st.object, page) + "?" + st.params().Encode()
}

// with returns st changed.
func (st listState) with(change func(*listState)) listState {
	st.filters, st.columns = slices.Clone(st.filters), slices.Clone(st.columns)
	change(&st)
	return st
}

// hidden returns st as hidden fields of a form, without the named parameters.
func (st listState) hidden(without ...string) []kit.Hidden {
	var out []kit.Hidden
	q := st.params()
	names := make([]string, 0, len(q))
	for name := range q {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if slices.Contains(without, name) {
			continue
		}
		for _, value := range q[name] {
			out = append(out, kit.Hidden{Name: name, Value: value})
		}
	}
	return out
}

// where returns the conditions of st as a WHERE clause with a blank before it, "" for none, and the words beside them
// without which there are too many records.
func (st listState) where(v *visit, more ...string) (string, *org.Words, error) {
	var conds []string
	for _, f := range st.filters {
		field := st.object.Field(f.Field)
		if field == nil || !v.s.CanRead(field) {
			return "", nil, fault.New(fault.InvalidField, "%s cannot be filtered by.", f.Field)
		}
		c, err := f.Condition(st.object, v.s.Catalog(), v.s.Actor().User, v.ui.Zone)
		if err != nil {
			return "", nil, err
		}
		conds = append(conds, c)
	}
	conds = append(conds, more...)
	if len(conds) == 0 {
		return "", st.words(v.s), nil
	}
	return " WHERE " + strings.Join(conds, " AND "), st.words(v.s), nil
}

// maxTextFields is how many columns "Filter this list" looks into.
const maxTextFields = 4

// words returns what "Filter this list" asks for: every word that was typed, each in the name or a text column of the
// list. It is nil where nothing was.
func (st listState) words(s *org.Session) *org.Words {
	if st.text == "" {
		return nil
	}
	w := &org.Words{Text: st.text}
	add := func(path string) {
		if len(w.In) < maxTextFields {
			w.In = append(w.In, path)
		}
	}
	if n := st.object.NameField; n != nil && n.Filterable && n.Type.TextLike && s.CanRead(n) {
		add(n.Name)
	}
	for _, c := range st.columns {
		f := st.object.Field(c)
		if f == nil || f.IsName || !f.Filterable || !s.CanRead(f) {
			continue
		}
		switch {
		case f.Type.Name == "reference" && !f.Polymorphic():
			if path := org.NamePath(f, s.Catalog()); path != "" {
				add(path)
			}
		case f.Type.TextLike && !f.Type.Picklist:
			add(f.Name)
		}
	}
	return w
}

func toList(v *visit) error {
	o, err := v.object()
	if err != nil {
		return err
	}
	http.Redirect(v.w, v.r, listPath(o), http.StatusSeeOther)
	return nil
}
