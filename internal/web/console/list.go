package console

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/kit"
)

const (
	pageRows = 50   // rows of a list that come at once
	listCap  = 2000 // as far as a list is counted
	maxLanes = 12   // of a board
	laneRows = 20   // tiles of a lane
)

// listPage is what the list page shows.
type listPage struct {
	state   listState
	title   string
	views   []kit.Link
	count   string
	total   int // records of the list, 0 where they were not counted
	table   kit.Table
	board   *kit.Board
	chips   []chip
	fields  []kit.Option // to filter by
	columns []kit.Option // to choose from
	newHref string
	bulk    bool         // rows can be chosen
	remove  bool         // and deleted
	lanes   []kit.Link   // picklists that the board can be made of
	purpose *kit.Purpose // nil where the records are about no person
	save    string       // name that the form of a view offers
	rename  bool         // saving changes the view that is open
	problem string
}

// A chip is a filter that can be taken away.
type chip struct{ Text, Without string }

func showList(v *visit) error {
	o, err := v.object()
	if err != nil {
		return err
	}
	q := v.r.URL.Query()
	st, views, err := v.stateOf(o, q)
	if err != nil {
		return err
	}
	if q.Has("ff") || len(q["cols"]) > 1 { // a form was sent: show the address that says the same in short
		return v.redirect(st.path("list"))
	}
	if v.fragment() && q.Get("after") != "" {
		table, err := v.rows(st, q.Get("after"), q.Get("from"))
		if err != nil {
			return err
		}
		return v.draw(http.StatusOK, kit.Rows(v.ui, table))
	}
	p := &listPage{state: st, title: st.view.Title}
	switch {
	case st.board:
		p.board, err = v.boardOf(st)
	default:
		p.table, err = v.rows(st, q.Get("after"), q.Get("from"))
	}
	if f := fault.From(err); err != nil && (f.Code == fault.InvalidQueryFilter || f.Code == fault.InvalidField || f.Code == fault.MalformedQuery) {
		p.problem, err = f.Message, nil // a filter that does not fit: say so, keep the page
	}
	if err != nil {
		return err
	}
	if p.problem == "" {
		if p.count, err = v.countOf(st, p); err != nil {
			return err
		}
	}
	v.furnish(p, views)
	return v.draw(http.StatusOK, framed(v.frame(p.title, st.layout.Icon, p.local(v.ui)), listBody(v.ui, p)))
}

// furnish adds what stands around the rows: views, chips, choices.
func (v *visit) furnish(p *listPage, views []view) {
	st, o := p.state, p.state.object
	for _, w := range views {
		icon := "list"
		switch {
		case w.Pinned:
			icon = "pin"
		case w.recent():
			icon = "history"
		case !w.Shared:
			icon = "lock"
		}
		p.views = append(p.views, kit.Link{Label: w.Title, Href: kit.Query(listPath(o), "view", w.Key), Current: w.Key == st.view.Key, Icon: icon})
	}
	for i, f := range st.filters {
		without := st.with(func(s *listState) { s.filters = slices.Delete(s.filters, i, i+1) })
		p.chips = append(p.chips, chip{v.filterText(o, f), without.path("list")})
	}
	for _, f := range sorted(o, v.s) {
		if boardable(v.s, f) {
			p.lanes = append(p.lanes, kit.Link{Label: f.Label, Href: st.with(func(s *listState) { s.board, s.by = true, f.Name }).path("list"), Current: p.board != nil && p.board.Field == f.Name})
		}
	}
	// A view that is looked at as it is may be renamed; of one that was changed a new one is made first, so that nobody overwrites by haste.
	p.save, p.rename = v.newName(st), false
	if st.view.Change && !st.changed() {
		p.save, p.rename = p.title, true
	}
	rights := v.s.Rights(o)
	if o.Createable && rights.Create {
		p.newHref = objectPath(o, "new")
	}
	p.bulk = o.Updateable && rights.Edit
	p.remove = o.Deletable && rights.Delete
	p.table.Pick = p.bulk || p.remove
	if o.Person {
		p.purpose = v.purpose()
	}
	for _, f := range sorted(o, v.s) {
		if f.Filterable {
			p.fields = append(p.fields, kit.Option{Value: f.Name, Label: f.Label})
		}
	}
	chosen := map[string]bool{}
	for _, c := range st.columns {
		if f := o.Field(c); f != nil && v.s.CanRead(f) {
			chosen[f.Name] = true
			p.columns = append(p.columns, kit.Option{Value: f.Name, Label: f.Label, Chosen: true})
		}
	}
	for _, f := range sorted(o, v.s) {
		if !chosen[f.Name] && !isCompound(f) && f.Type.Name != "base64" && f.Type.Name != "textarea" {
			p.columns = append(p.columns, kit.Option{Value: f.Name, Label: f.Label})
		}
	}
}

// newName returns a name for a list as it stands: its view and what was filtered besides.
func (v *visit) newName(st listState) string {
	name := st.view.Title
	for _, f := range st.filters {
		if !slices.Contains(st.view.filters, f) {
			name += ", " + v.filterText(st.object, f)
		}
	}
	if name == st.view.Title {
		name = v.ui.T("view.copyOf", "name", name)
	}
	if r := []rune(name); len(r) > org.MaxListViewName {
		name = strings.TrimRight(string(r[:org.MaxListViewName-1]), " ,") + "…"
	}
	return name
}

// sorted returns the fields that the person may read, by label.
func sorted(o *catalog.Object, s *org.Session) []*catalog.Field {
	var out []*catalog.Field
	for _, f := range o.Fields {
		if s.CanRead(f) && f.Name != "SystemModstamp" && f.Name != "IsDeleted" {
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(a, b *catalog.Field) int { return strings.Compare(record.Fold(a.Label), record.Fold(b.Label)) })
	return out
}

// local returns what the palette offers on this list.
func (p *listPage) local(ui *kit.UI) []kit.Link {
	var out []kit.Link
	if p.newHref != "" {
		out = append(out, kit.Link{Icon: "plus", Label: ui.T("new.what", "what", strings.ToLower(p.state.object.Label)), Href: p.newHref, Key: "C"})
	}
	if p.problem != "" {
		return out
	}
	out = append(out, kit.Link{Icon: "download", Label: ui.T("list.export"), Href: p.state.path("export.csv")})
	for _, l := range p.views {
		if !l.Current {
			out = append(out, kit.Link{Icon: "list", Label: l.Label, Href: l.Href})
		}
	}
	return out
}

// countLine returns how many records there are and by what they are sorted.
func (p *listPage) countLine(ui *kit.UI) string {
	f := p.state.object.Field(p.state.sort)
	if f == nil || p.problem != "" {
		return p.count
	}
	return ui.T("list.sorted", "count", p.count, "by", columnLabel(f))
}

// allLine offers everything that a list has, beyond the rows that are there.
func (p *listPage) allLine(ui *kit.UI) string {
	if p.total > 0 {
		return ui.T("bulk.allMatch", "n", p.total)
	}
	return ui.T("bulk.allMatchMany")
}

// rangeLine returns which rows of how many are shown.
func (p *listPage) rangeLine(ui *kit.UI) string {
	from, to := p.table.From, p.table.From+len(p.table.Rows)-1
	if p.total > 0 {
		return ui.T("list.rangeOf", "from", from, "to", to, "n", p.total)
	}
	return ui.T("list.range", "from", from, "to", to)
}

// filterText returns a filter in words: Status is New.
func (v *visit) filterText(o *catalog.Object, f filter) string {
	field := o.Field(f.Field)
	if field == nil {
		return f.Field
	}
	value := f.Value
	switch {
	case field.Name == "LastViewedDate" && f.Op == opFilled:
		return v.ui.T("filter.viewed")
	case field.Type.Name == "boolean":
		key := "filter.yes"
		if value != "true" {
			key = "filter.no"
		}
		return v.ui.T(key, "field", field.Label)
	case field.Type.Picklist:
		value = kit.Label(field, value)
	case strings.EqualFold(value, org.FilterMe) && field.Type.Name == "reference":
		value = v.ui.T("filter.me")
	case org.FilterDay(value):
		if t, err := time.Parse(time.DateOnly, value); err == nil {
			value = v.ui.Date(t)
		}
	default:
		if l, ok := org.FilterDateLiteral(value); ok && field.Type.Kind != record.Text {
			value = strings.ToLower(strings.NewReplacer("_", " ", ":", " ").Replace(l))
		}
	}
	return v.ui.T("filter."+f.Op, "field", field.Label, "value", value)
}

// rows reads one page of a list: one query.
func (v *visit) rows(st listState, after, from string) (kit.Table, error) {
	o := st.object
	t := kit.Table{Caption: st.view.Title, From: 1, Object: o.Name}
	if n, err := strconv.Atoi(from); err == nil && n > 0 && n < 1_000_000 {
		t.From = n
	}
	rd := newReader(v.s, o)
	fields := rd.fields(st.columns...)
	if len(fields) == 0 && o.NameField != nil {
		fields = rd.fields(o.NameField.Name)
	}
	order, path := st.order(v.s)
	if path != "" {
		rd.item(path)
	}
	where, words, err := st.where(v)
	if err != nil {
		return t, err
	}
	opt := org.QueryOptions{BatchSize: pageRows, NoTotal: true, Words: words}
	if opt.After, err = decodeAfter(after); err != nil {
		return t, err
	}
	res, err := v.s.Query(v.ctx(), "SELECT "+rd.list()+" FROM "+o.Name+where+order, opt)
	if err != nil {
		return t, err
	}
	t.Columns = v.columnsOf(st, fields)
	rights := v.s.Rights(o)
	t.Pick = o.Updateable && rights.Edit || o.Deletable && rights.Delete
	t.Menu = t.Pick || o.Createable && rights.Create
	for i := range res.Len() {
		t.Rows = append(t.Rows, v.row(rd, res, i, t.Columns, o.Updateable && rights.Edit))
	}
	if n := res.Len(); !res.Done() && n > 0 {
		last := []record.Value{record.OfID(rd.id(res, n-1))}
		if path != "" {
			last = []record.Value{get(res, n-1, path), last[0]}
		}
		t.More = st.path("list") + "&after=" + encodeAfter(last) + "&from=" + strconv.Itoa(t.From+n)
	}
	return t, nil
}

// order returns the ORDER BY clause and the path it sorts by, "" for id alone.
func (st listState) order(s *org.Session) (clause, path string) {
	f := st.object.Field(st.sort)
	if f == nil || !f.Sortable || !s.CanRead(f) || f.Name == "Id" {
		return " ORDER BY Id", ""
	}
	path = f.Name
	if p := org.NamePath(f, s.Catalog()); p != "" && f.Type.Name == "reference" {
		path = p
	}
	if st.desc {
		return " ORDER BY " + path + " DESC NULLS LAST", path
	}
	return " ORDER BY " + path + " ASC NULLS LAST", path
}

// columnsOf returns the columns of a list with what sorts them. The first text is the one that names the row.
func (v *visit) columnsOf(st listState, fields []*catalog.Field) []kit.Column {
	cols := make([]kit.Column, len(fields))
	primary := primaryColumn(fields)
	for i, f := range fields {
		cols[i] = kit.Column{Field: f, Label: columnLabel(f), Width: st.widths[f.Name]}
		if i == primary {
			cols[i].Slot = "primary"
		}
		if !f.Sortable {
			continue
		}
		down := false
		if st.sort == f.Name {
			cols[i].Order = "ascending"
			if st.desc {
				cols[i].Order = "descending"
			}
			down = !st.desc
		}
		cols[i].Sort = st.with(func(s *listState) { s.sort, s.desc = f.Name, down }).path("list")
	}
	kit.Slots(cols)
	return cols
}

// columnLabel returns a field's label as a head of a column: a reference is called by what it points to.
func columnLabel(f *catalog.Field) string {
	if f.Type.Name == "reference" {
		return strings.TrimSuffix(f.Label, " ID")
	}
	return f.Label
}

// primaryColumn returns which column names a record: a subject or name before a number.
func primaryColumn(fields []*catalog.Field) int {
	best, score := 0, -1
	for i, f := range fields {
		s := 0
		switch {
		case f.Name == "Subject" || f.Name == "Title":
			s = 4
		case f.IsName && !f.AutoNumber:
			s = 3
		case f.Name == "Name":
			s = 2
		case f.IsName:
			s = 1
		}
		if s > score {
			best, score = i, s
		}
	}
	return best
}

// row returns one row of a result. edit says whether the person may edit the object at all.
func (v *visit) row(rd *reader, res *record.Result, i int, cols []kit.Column, edit bool) kit.Row {
	id := rd.id(res, i)
	r := kit.Row{ID: string(id), Href: recordPath(id), Name: rd.name(v.ui, res, i), Version: rd.version(res, i)}
	for _, c := range cols {
		cell := kit.Cell{Value: rd.value(res, i, c.Field)}
		if edit && editable(v.s, c.Field) && !isCompound(c.Field) && len(c.Field.Parts) == 0 {
			cell.Edit = recordPath(id) + "/cell/" + c.Field.Name
		}
		if c.Slot == "primary" && !cell.Blank() {
			r.Name = kit.Text(v.ui, cell.Value)
		}
		r.Cells = append(r.Cells, cell)
	}
	r.Menu = kit.Query(recordPath(id)+"/actions", "back", v.listed())
	return r
}

// countOf returns how many records a list has, in words. Where the first page
// is all of it, nothing is counted; a text filter, which no index helps, is not
// counted beyond the page.
func (v *visit) countOf(st listState, p *listPage) (string, error) {
	what := strings.ToLower(plural(st.object))
	n := p.table.From - 1 + len(p.table.Rows)
	if p.board != nil || p.table.More != "" {
		if st.text != "" {
			return v.ui.T("list.countCapped", "n", max(n, laneRows), "what", what), nil
		}
		where, words, err := st.where(v)
		if err != nil {
			return "", err
		}
		if n, err = v.capped("SELECT COUNT() FROM "+st.object.Name+where, listCap, words); err != nil {
			return "", err
		}
	}
	if n <= listCap {
		p.total = n
	}
	switch {
	case n > listCap && (p.board != nil || p.table.More != ""):
		return v.ui.T("list.countCapped", "n", listCap, "what", what), nil
	case n == 1:
		return v.ui.T("list.countOne", "what", strings.ToLower(st.object.Label)), nil
	default:
		return v.ui.T("list.count", "n", n, "what", what), nil
	}
}

// capped counts the rows of a SELECT COUNT() up to limit; limit+1 means there are more.
func (v *visit) capped(soql string, limit int, words *org.Words) (int, error) {
	res, err := v.s.Query(v.ctx(), soql+" LIMIT "+strconv.Itoa(limit+1), org.QueryOptions{Words: words})
	if err != nil {
		return 0, err
	}
	return res.Total, nil
}

// encodeAfter writes the values that the next page begins after as one word of an address.
func encodeAfter(values []record.Value) string {
	parts := make([][2]string, len(values))
	for i, val := range values {
		parts[i] = [2]string{strconv.Itoa(int(val.Kind())), val.String()}
		if val.Kind() == record.DateTime || val.Kind() == record.Date || val.Kind() == record.Time {
			parts[i][1] = strconv.FormatInt(val.Int(), 10)
		}
	}
	b, err := json.Marshal(parts)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// decodeAfter reads what encodeAfter wrote; "" is nil, which is the first page.
func decodeAfter(s string) ([]record.Value, error) {
	if s == "" {
		return nil, nil
	}
	bad := fault.New(fault.InvalidQueryLocator, "This address does not lead on. Open the list again.")
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return nil, bad
	}
	var parts [][2]string
	if json.Unmarshal(b, &parts) != nil || len(parts) == 0 || len(parts) > 3 {
		return nil, bad
	}
	values := make([]record.Value, len(parts))
	for i, p := range parts {
		k, err := strconv.Atoi(p[0])
		if err != nil {
			return nil, bad
		}
		n, numErr := strconv.ParseInt(p[1], 10, 64)
		switch record.Kind(k) {
		case record.Null:
		case record.Bool:
			values[i] = record.OfBool(p[1] == "true")
		case record.Number:
			c, scale, ok := record.ParseDecimal(p[1])
			if !ok {
				return nil, bad
			}
			values[i] = record.OfDecimal(c, scale)
		case record.Text:
			values[i] = record.OfText(p[1])
		case record.Ref:
			id, err := record.ParseID(p[1])
			if err != nil {
				return nil, bad
			}
			values[i] = record.OfID(id)
		case record.Date, record.DateTime, record.Time:
			if numErr != nil {
				return nil, bad
			}
			values[i] = map[record.Kind]func(int64) record.Value{record.Date: record.OfDate, record.DateTime: record.OfDateTime, record.Time: record.OfTime}[record.Kind(k)](n)
		case record.Bytes:
			return nil, bad
		default:
			return nil, bad
		}
	}
	return values, nil
}
