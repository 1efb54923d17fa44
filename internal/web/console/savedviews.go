package console

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/kit"
)

// A view is a named way to look at a list: a row of ListView.
type view struct {
	ID     record.ID // "" for the one of an object that has no list views
	Key    string    // DeveloperName: what addresses call it
	Title  string
	Shared bool // seen by everybody
	Own    bool // the person made it
	Change bool // the person may change it
	Pinned bool // opens by itself
	look
}

// maxViews is how many list views of an object are offered.
const maxViews = 200

// The most that a saved view may hold.
const (
	maxViewFilters = 20
	maxColumns     = 20
)

// views returns the list views of an object that the person can use: the pinned one first, then the person's own, then
// those of everybody, by name. There is always one.
func (v *visit) views(o *catalog.Object) ([]view, error) {
	me := v.s.Actor().User
	res, err := v.s.Query(v.ctx(), "SELECT Id, Name, DeveloperName, CreatedById, Visibility, Definition FROM ListView WHERE SobjectType = "+quote(o.Name)+
		" AND (Visibility = 'Public' OR CreatedById = "+quote(string(me))+") ORDER BY Name, Id LIMIT "+strconv.Itoa(maxViews), org.QueryOptions{BatchSize: maxViews, NoTotal: true})
	if err != nil {
		return nil, err
	}
	pin, err := v.pinned(o)
	if err != nil {
		return nil, err
	}
	var out []view
	for i := range res.Len() {
		text := func(field string) string { return get(res, i, field).Text() }
		w := view{ID: get(res, i, "Id").ID(), Key: text("DeveloperName"), Title: text("Name"), Shared: text("Visibility") == "Public", Own: get(res, i, "CreatedById").ID() == me}
		w.Change = w.Own || w.Shared && v.s.Can("CustomizeApplication")
		w.Pinned = string(w.ID) == pin
		if q, err := url.ParseQuery(text("Definition")); err == nil {
			w.look = lookOf(o, q, look{})
		}
		out = append(out, w)
	}
	if len(out) == 0 {
		w := view{Key: "All", Title: v.ui.T("view.all", "what", strings.ToLower(plural(o)))}
		if n := o.NameField; n != nil && n.Sortable {
			w.sort = n.Name
		}
		return []view{w}, nil
	}
	rank := func(w view) int {
		switch {
		case w.Pinned:
			return 0
		case w.Own && !w.Shared:
			return 1
		default:
			return 2
		}
	}
	slices.SortStableFunc(out, func(a, b view) int { return rank(a) - rank(b) })
	return out, nil
}

// first returns the view that an address names by DeveloperName or id, else the pinned one, the layout's, or any.
func first(views []view, l layout, name string) view {
	for _, w := range views {
		if name != "" && (strings.EqualFold(w.Key, name) || sameID(w.ID, name)) {
			return w
		}
	}
	if views[0].Pinned {
		return views[0]
	}
	for _, w := range views {
		if w.Key == l.View {
			return w
		}
	}
	for _, w := range views {
		if w.Shared && !w.recent() {
			return w
		}
	}
	return views[0]
}

func sameID(id record.ID, text string) bool {
	other, err := record.ParseID(text)
	return err == nil && id == other
}

// pinKind is the kind of the vault's rows that say which view of an object opens by itself for a person.
const pinKind = "console.pin"

func (v *visit) pinKey(o *catalog.Object) string { return string(v.s.Actor().User) + "/" + o.Name }

// pinned returns the id of the view that opens by itself, "" where the layout's does.
func (v *visit) pinned(o *catalog.Object) (string, error) {
	s, _, err := v.s.Org().Secret(v.ctx(), pinKind, v.pinKey(o))
	return string(s.Body), err
}

// pinView has a view open by itself from now on, or no longer.
func pinView(v *visit) error {
	o, err := v.object()
	if err != nil {
		return err
	}
	st, _, err := v.stateOf(o, v.values())
	if err != nil {
		return err
	}
	if st.view.Pinned || st.view.ID == "" {
		_, _, err = v.s.Org().TakeSecret(v.ctx(), pinKind, v.pinKey(o))
		v.flash(flash{Text: v.ui.T("view.unpinned", "name", st.view.Title)})
	} else {
		err = v.s.Org().PutSecrets(v.ctx(), org.Secret{Kind: pinKind, Key: v.pinKey(o), Owner: v.s.Actor().User, Body: []byte(st.view.ID)})
		v.flash(flash{Text: v.ui.T("view.pinned", "name", st.view.Title)})
	}
	if err != nil {
		return err
	}
	return v.redirect(st.path("list"))
}

// saveView keeps the list as it stands: as a new view, or in place of the one that is open.
func saveView(v *visit) error {
	o, err := v.object()
	if err != nil {
		return err
	}
	st, _, err := v.stateOf(o, v.values())
	if err != nil {
		return err
	}
	w := org.ListView{Object: o.Name, Name: strings.TrimSpace(v.posted("title")), Definition: st.definition(), Public: v.posted("shared") != ""}
	switch {
	case w.Name == "" || utf8.RuneCountInString(w.Name) > org.MaxListViewName:
		v.flash(flash{Text: v.ui.T("view.nameNeeded"), Fail: true})
		return v.redirect(st.path("list"))
	case len(st.filters) > maxViewFilters || len(st.columns) > maxColumns || len(w.Definition) > org.MaxListViewDefinition:
		v.flash(flash{Text: v.ui.T("view.tooMuch"), Fail: true})
		return v.redirect(st.path("list"))
	}
	if v.posted("do") == "replace" {
		w.ID = st.view.ID
	}
	id, err := v.s.SaveListView(v.ctx(), w)
	if err != nil {
		return err
	}
	v.flash(flash{Text: v.ui.T("view.saved", "name", w.Name)})
	return v.redirect(kit.Query(listPath(o), "view", string(id)))
}

// deleteView removes a view for good.
func deleteView(v *visit) error {
	o, err := v.object()
	if err != nil {
		return err
	}
	st, _, err := v.stateOf(o, v.values())
	if err != nil {
		return err
	}
	if !strings.EqualFold(st.view.Key, v.posted("view")) && !sameID(st.view.ID, v.posted("view")) {
		return fault.New(fault.NotFound, "")
	}
	if err := v.s.DeleteListView(v.ctx(), o.Name, st.view.ID); err != nil {
		return err
	}
	v.flash(flash{Text: v.ui.T("view.deleted", "name", st.view.Title)})
	return v.redirect(listPath(o))
}
