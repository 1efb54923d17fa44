package console

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/kit"
)

const (
	homeRows   = 8 // of a list on the home page
	homeDays   = 14
	recentRows = 8
)

// homePage is what the home page shows.
type homePage struct {
	greeting string
	newCase  bool        // the person may make one
	going    []*bulkView // changes of many records that are not done yet
	tiles    []kit.Metric
	cases    *homeList
	tasks    *homeList
	recent   []kit.Link
	status   *kit.Series
	arrivals *kit.Series
}

// A homeList is a short list with where the whole of it is.
type homeList struct {
	title, empty, emptyText, all string
	table                        kit.Table
	more                         bool
}

// home draws the person's work at a glance: at most eight queries and one an object looked at.
func home(v *visit) error {
	p := &homePage{greeting: v.greeting()}
	if o := v.s.Catalog().Object("Case"); o != nil && o.Createable && v.s.Rights(o).Create {
		p.newCase = true
	}
	bulks, err := v.s.MassChanges(v.ctx())
	if err != nil {
		return err
	}
	for _, b := range bulks {
		if w, err := v.bulkView(b); err == nil && b.State == org.MassGoing {
			p.going = append(p.going, w)
		}
	}
	if p.cases, err = v.homeList("Case", "MyOpenCases", []string{"CaseNumber", "Subject", "ContactId", "Status", "Priority", "CreatedDate"}); err != nil {
		return err
	}
	if p.tasks, err = v.homeList("Task", "MyOpenTasks", []string{"Subject", "WhoId", "ActivityDate", "Priority"}); err != nil {
		return err
	}
	if p.recent, err = v.recentLinks(); err != nil {
		return err
	}
	if err := v.caseTiles(p); err != nil {
		return err
	}
	if err := v.taskTile(p); err != nil {
		return err
	}
	return v.draw(http.StatusOK, framed(v.frame(v.ui.T("nav.home"), "house", nil), homeBody(v.ui, p)))
}

// plus writes a count, with a sign where there are more than were read.
func plus(n int, more bool) string {
	if more {
		return strconv.Itoa(n) + "+"
	}
	return strconv.Itoa(n)
}

// greeting returns how the page greets at this time of day.
func (v *visit) greeting() string {
	key := "home.evening"
	switch h := v.ui.In(v.ui.Now).Hour(); {
	case h >= 5 && h < 12:
		key = "home.morning"
	case h >= 12 && h < 18:
		key = "home.afternoon"
	}
	first, _, _ := strings.Cut(v.s.Actor().Name, " ")
	return v.ui.T(key, "name", first)
}

// homeList reads the first rows of one of our views; nil where the person may not read the object.
func (v *visit) homeList(object, viewID string, columns []string) (*homeList, error) {
	o := v.s.Catalog().Object(object)
	if o == nil || !v.s.Rights(o).Read {
		return nil, nil
	}
	st, _, err := v.stateOf(o, map[string][]string{"view": {viewID}})
	if err != nil {
		return nil, err
	}
	rd := newReader(v.s, o)
	fields := rd.fields(columns...)
	order, path := st.order(v.s)
	if path != "" {
		rd.item(path)
	}
	where, words, err := st.where(v)
	if err != nil {
		return nil, err
	}
	res, err := v.s.Query(v.ctx(), "SELECT "+rd.list()+" FROM "+o.Name+where+order, org.QueryOptions{BatchSize: homeRows, NoTotal: true, Words: words})
	if err != nil {
		return nil, err
	}
	h := &homeList{
		title: st.view.Title, empty: v.ui.T("home.none." + object), emptyText: v.ui.T("home.noneText." + object),
		all: kit.Query(listPath(o), "view", viewID), more: !res.Done(),
	}
	h.table = kit.Table{Caption: h.title, Plain: true}
	for _, f := range fields {
		h.table.Columns = append(h.table.Columns, kit.Column{Field: f, Label: columnLabel(f)})
	}
	if len(fields) > 0 {
		h.table.Columns[primaryColumn(fields)].Slot = "primary"
	}
	kit.Slots(h.table.Columns)
	for i := range res.Len() {
		h.table.Rows = append(h.table.Rows, v.row(rd, res, i, h.table.Columns, false))
	}
	return h, nil
}

// recent returns the ids of the records that the person looked at last, the newest first.
func (v *visit) recent(n int) ([]record.ID, error) {
	res, err := v.s.Query(v.ctx(), "SELECT Id FROM RecentlyViewed WHERE LastViewedDate != null ORDER BY LastViewedDate DESC LIMIT "+strconv.Itoa(n), org.QueryOptions{})
	if err != nil {
		return nil, err
	}
	ids := make([]record.ID, res.Len())
	for i := range ids {
		ids[i] = res.ID(i)
	}
	return ids, nil
}

// recentLinks names the records that the person looked at last: a query an object.
func (v *visit) recentLinks() ([]kit.Link, error) {
	ids, err := v.recent(recentRows)
	if err != nil {
		return nil, err
	}
	byObject := map[*catalog.Object][]string{}
	var objects []*catalog.Object
	for _, id := range ids {
		o := v.s.Catalog().Of(id)
		if o == nil || !o.Queryable || o.NameField == nil || !v.s.Rights(o).Read {
			continue
		}
		if byObject[o] == nil {
			objects = append(objects, o)
		}
		byObject[o] = append(byObject[o], quote(string(id)))
	}
	names := map[record.ID]kit.Link{}
	for _, o := range objects {
		rd := newReader(v.s, o)
		rd.fields("Subject", "Title")
		res, err := v.s.Query(v.ctx(), "SELECT "+rd.list()+" FROM "+o.Name+" WHERE Id IN ("+strings.Join(byObject[o], ", ")+")", org.QueryOptions{})
		if err != nil {
			return nil, err
		}
		for i := range res.Len() {
			id := rd.id(res, i)
			names[id] = kit.Link{Icon: iconOf(o), Label: titleOfRow(v.ui, rd, res, i), Href: recordPath(id), Note: o.Label}
		}
	}
	var out []kit.Link
	for _, id := range ids {
		if l, ok := names[id]; ok {
			out = append(out, l)
		}
	}
	return out, nil
}

// launcherPage is what the page of all objects shows.
type launcherPage struct {
	groups []launcherGroup
}

type launcherGroup struct {
	title string
	links []kit.Link
}

// launcher lists every object that the person may read.
func launcher(v *visit) error {
	byGroup := map[string][]kit.Link{}
	for _, o := range v.s.Catalog().Objects() {
		if !o.Queryable || o.KeyPrefix == "" || !o.Createable && !o.Searchable && !o.Custom || strings.HasSuffix(o.Name, "Share") || !v.s.Rights(o).Read {
			continue
		}
		g := o.Group
		switch {
		case o.Custom:
			g = "custom"
		case !v.ui.Has("apps." + g):
			g = "other"
		}
		byGroup[g] = append(byGroup[g], kit.Link{Icon: iconOf(o), Label: plural(o), Href: listPath(o), Hue: layoutOf(o).Hue})
	}
	if v.mayAdminister() {
		byGroup["setup"] = append(byGroup["setup"], v.jobsLink())
	}
	p := &launcherPage{}
	for _, g := range []string{"service", "crm", "activity", "knowledge", "custom", "security", "setup", "other"} {
		if links := byGroup[g]; len(links) > 0 {
			slices.SortFunc(links, func(a, b kit.Link) int { return strings.Compare(record.Fold(a.Label), record.Fold(b.Label)) })
			p.groups = append(p.groups, launcherGroup{v.ui.T("apps." + g), links})
		}
	}
	return v.draw(http.StatusOK, framed(v.frame(v.ui.T("nav.apps"), "layout-grid", nil), launcherBody(v.ui, p)))
}

func keys(v *visit) error {
	return v.draw(http.StatusOK, framed(v.frame(v.ui.T("keys.title"), "keyboard", nil), keysBody(v.ui)))
}
