package console

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/kit"
)

// A listState is a list as an address describes it: a view and what was changed about it.
type listState struct {
	object  *catalog.Object
	layout  layout
	view    view
	filters []filter
	columns []string
	sort    string
	desc    bool
	text    string // what "Filter this list" holds
	board   bool
}

// stateOf reads the address of a list. Unknown views become the first one.
func (v *visit) stateOf(o *catalog.Object, q url.Values) (listState, []view, error) {
	l := layoutOf(o)
	saved, err := savedViews(v, o)
	if err != nil {
		return listState{}, nil, err
	}
	views := append(slices.Clone(l.Views), saved...)
	st := listState{object: o, layout: l, view: views[0]}
	for _, w := range views {
		if w.ID == q.Get("view") {
			st.view = w
		}
	}
	st.filters, st.columns, st.sort, st.desc = st.view.Filters, st.view.Columns, st.view.Sort, st.view.Desc
	if len(st.columns) == 0 {
		st.columns = l.Columns
	}
	if fs, ok := q["f"]; ok {
		st.filters = nil
		for _, s := range fs {
			if f, ok := parseFilter(s); ok && o.Field(f.Field) != nil {
				st.filters = append(st.filters, f)
			}
		}
	}
	if f := (filter{q.Get("ff"), q.Get("fo"), strings.TrimSpace(q.Get("fv"))}); o.Field(f.Field) != nil && f.Op != "" {
		if f.Value != "" || f.Op == opBlank || f.Op == opFilled {
			st.filters = append(slices.Clone(st.filters), f)
		}
	}
	if cols, ok := q["cols"]; ok {
		st.columns = nil
		for _, c := range cols {
			for name := range strings.SplitSeq(c, ",") {
				if f := o.Field(name); f != nil && !slices.Contains(st.columns, f.Name) {
					st.columns = append(st.columns, f.Name)
				}
			}
		}
	}
	if s := q.Get("sort"); s != "" {
		name, desc := strings.CutPrefix(s, "-")
		if f := o.Field(name); f != nil && f.Sortable {
			st.sort, st.desc = f.Name, desc
		}
	}
	st.text = strings.TrimSpace(q.Get("q"))
	st.board = q.Get("as") == "board" && st.boardField(v.s) != nil
	return st, views, nil
}

// boardField returns the picklist that the board's lanes come from, nil where there can be no board.
func (st *listState) boardField(s *org.Session) *catalog.Field {
	f := st.object.Field(st.layout.Board)
	if f == nil || !f.Type.Picklist || !f.Filterable || !s.CanRead(f) {
		return nil
	}
	return f
}

// params returns the parameters that describe st, without those that its view says already.
func (st listState) params() url.Values {
	q := url.Values{"view": {st.view.ID}}
	if !slices.Equal(st.filters, st.view.Filters) {
		for _, f := range st.filters {
			q.Add("f", f.String())
		}
		if len(st.filters) == 0 {
			q.Set("f", "")
		}
	}
	base := st.view.Columns
	if len(base) == 0 {
		base = st.layout.Columns
	}
	if !slices.Equal(st.columns, base) {
		q.Set("cols", strings.Join(st.columns, ","))
	}
	if st.sort != st.view.Sort || st.desc != st.view.Desc {
		s := st.sort
		if st.desc {
			s = "-" + s
		}
		q.Set("sort", s)
	}
	if st.text != "" {
		q.Set("q", st.text)
	}
	if st.board {
		q.Set("as", "board")
	}
	return q
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

// where returns the conditions of st as a WHERE clause with a blank before it, "" for none.
func (st listState) where(v *visit, more ...string) (string, error) {
	var conds []string
	for _, f := range st.filters {
		field := st.object.Field(f.Field)
		if field == nil || !v.s.CanRead(field) {
			return "", fault.New(fault.InvalidField, "%s cannot be filtered by.", f.Field)
		}
		c, err := f.condition(st.object, v.s.Catalog(), v.s.Actor().User, v.ui.Zone)
		if err != nil {
			return "", err
		}
		conds = append(conds, c)
	}
	if st.text != "" {
		if c := st.textCondition(v.s); c != "" {
			conds = append(conds, c)
		}
	}
	conds = append(conds, more...)
	if len(conds) == 0 {
		return "", nil
	}
	return " WHERE " + strings.Join(conds, " AND "), nil
}

// maxTextFields is how many columns "Filter this list" looks into.
const maxTextFields = 4

// textCondition matches the typed text in the name and the text columns of the list.
func (st listState) textCondition(s *org.Session) string {
	var parts []string
	add := func(path string) {
		if len(parts) < maxTextFields {
			parts = append(parts, path+" LIKE "+like(st.text, "%", "%"))
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
			if path := namePath(f, s.Catalog()); path != "" {
				add(path)
			}
		case f.Type.TextLike && !f.Type.Picklist:
			add(f.Name)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "(" + strings.Join(parts, " OR ") + ")"
}

// viewKind is the kind of the vault's rows that hold saved views; the body is a view as JSON.
const viewKind = "console.view"

// The most that a saved view may hold.
const (
	maxViewName    = 80
	maxViewFilters = 20
	maxColumns     = 20
)

// savedViews returns the views of an object that the person saved or that others share, by title.
func savedViews(v *visit, o *catalog.Object) ([]view, error) {
	rows, err := v.s.Org().Secrets(v.ctx(), viewKind+"."+o.Name, "")
	if err != nil {
		return nil, err
	}
	user := string(v.s.Actor().User)
	var out []view
	for _, row := range rows {
		var w view
		if json.Unmarshal(row.Body, &w) != nil || !w.Shared && w.Owner != user {
			continue
		}
		w.Saved = true
		out = append(out, w)
	}
	slices.SortFunc(out, func(a, b view) int { return strings.Compare(record.Fold(a.Title), record.Fold(b.Title)) })
	return out, nil
}

// saveView keeps the list as it stands under a name.
func saveView(v *visit) error {
	o, err := v.object()
	if err != nil {
		return err
	}
	st, _, err := v.stateOf(o, v.values())
	if err != nil {
		return err
	}
	title := strings.TrimSpace(v.posted("title"))
	if title == "" || utf8.RuneCountInString(title) > maxViewName {
		v.flash(flash{Text: v.ui.T("view.nameNeeded"), Fail: true})
		return v.redirect(st.path("list"))
	}
	user := v.s.Actor().User
	w := view{
		ID: "v" + strings.ToLower(rand.Text()[:12]), Title: title, Filters: st.filters, Columns: st.columns, Sort: st.sort, Desc: st.desc,
		Shared: v.posted("shared") != "", Owner: string(user),
	}
	if old := v.posted("replace"); old != "" && st.view.Saved && st.view.ID == old && st.view.Owner == string(user) {
		w.ID = old
	}
	if len(w.Filters) > maxViewFilters || len(w.Columns) > maxColumns {
		return fault.New(fault.InvalidArgument, "%s", v.ui.T("view.tooMuch"))
	}
	body, err := json.Marshal(w)
	if err != nil {
		return err
	}
	if err := v.s.Org().PutSecrets(v.ctx(), org.Secret{Kind: viewKind + "." + o.Name, Key: w.ID, Owner: user, Body: body}); err != nil {
		return err
	}
	v.flash(flash{Text: v.ui.T("view.saved", "name", title)})
	return v.redirect(kit.Query(listPath(o), "view", w.ID))
}

// deleteView removes a view that the person saved.
func deleteView(v *visit) error {
	o, err := v.object()
	if err != nil {
		return err
	}
	saved, err := savedViews(v, o)
	if err != nil {
		return err
	}
	for _, w := range saved {
		if w.ID != v.posted("view") || w.Owner != string(v.s.Actor().User) {
			continue
		}
		if _, _, err := v.s.Org().TakeSecret(v.ctx(), viewKind+"."+o.Name, w.ID); err != nil {
			return err
		}
		v.flash(flash{Text: v.ui.T("view.deleted", "name", w.Title)})
		return v.redirect(listPath(o))
	}
	return fault.New(fault.NotFound, "")
}

// title returns what a view is called: ours come from the catalogue of words.
func (w view) title(ui *kit.UI, o *catalog.Object) string {
	if w.Saved {
		return w.Title
	}
	return ui.T(w.Title, "what", strings.ToLower(plural(o)))
}

func toList(v *visit) error {
	o, err := v.object()
	if err != nil {
		return err
	}
	http.Redirect(v.w, v.r, listPath(o), http.StatusSeeOther)
	return nil
}
