package console

import (
	"net/http"
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
	relatedRows = 5  // of a related list on a record page
	historyRows = 20 // of the history on a record page
)

// recordPage is what a record page shows.
type recordPage struct {
	header   kit.Header
	sections []kit.Section
	system   []kit.Section // what the system keeps of it
	related  []kit.Related
	moments  []kit.Moment
	more     bool         // there is more history than is shown
	purpose  *kit.Purpose // nil where the record is about no person
	object   *catalog.Object
	id       record.ID
}

// recordObject returns the object of the id in the address, if the person may read it.
func (v *visit) recordObject() (*catalog.Object, record.ID, error) {
	id, err := record.ParseID(v.args["id"])
	if err != nil {
		return nil, "", fault.New(fault.NotFound, "")
	}
	o := v.s.Catalog().Of(id)
	if o == nil || !o.Queryable || !v.s.Rights(o).Read {
		return nil, "", fault.New(fault.NotFound, "")
	}
	return o, id, nil
}

// showRecord draws a record with its children: one query.
func showRecord(v *visit) error {
	o, id, err := v.recordObject()
	if err != nil {
		return err
	}
	l := layoutOf(o)
	rd := newReader(v.s, o)
	highlights := rd.fields(l.Highlights...)
	var sections [][]*catalog.Field
	for _, s := range l.Sections {
		sections = append(sections, rd.fields(s.Fields...))
	}
	path := rd.fields(nonEmpty(l.Path)...)
	rd.fields("CreatedById", "CreatedDate")
	kids := v.children(o, l)
	items := rd.items
	for _, k := range kids {
		items = append(items, k.soql(relatedRows+1))
	}
	history := v.historyOf(o)
	if history != nil {
		items = append(items, "(SELECT Field, OldValue, NewValue, CreatedDate, CreatedById, CreatedBy.Name FROM "+history.Name+" WHERE "+readableChange+" ORDER BY CreatedDate DESC, Id DESC LIMIT "+strconv.Itoa(historyRows+1)+")")
	}
	res, err := v.s.Query(v.ctx(), "SELECT "+strings.Join(items, ", ")+" FROM "+o.Name+" WHERE Id = "+quote(string(id))+" LIMIT 1", org.QueryOptions{})
	if err != nil {
		return err
	}
	if res.Len() == 0 {
		return v.missing(o, id)
	}
	p := &recordPage{object: o, id: id}
	name := rd.name(v.ui, res, 0)
	rights := v.s.Rights(o)
	edit := o.Updateable && rights.Edit
	p.header = kit.Header{Icon: l.Icon, Hue: l.Hue, Object: o.Label, Name: titleOf(v.ui, rd, res, o, name), ListHref: listPath(o)}
	for _, f := range highlights {
		p.header.Highlights = append(p.header.Highlights, kit.Labeled{Label: columnLabel(f), Value: rd.value(res, 0, f)})
	}
	if len(path) == 1 {
		p.header.Path = v.pathOf(o, id, path[0], rd.value(res, 0, path[0]), rd.version(res, 0), edit)
	}
	p.header.Actions = v.actions(o, id, p.header.Path)
	for i, fields := range sections {
		s := kit.Section{ID: "s" + strconv.Itoa(i), Title: v.ui.T(l.Sections[i].Title, "what", o.Label)}
		for _, f := range fields {
			val := rd.value(res, 0, f)
			val.Long = true
			lab := kit.Labeled{Label: columnLabel(f), Value: val}
			if edit && (editable(v.s, f) || len(f.Parts) > 0) {
				lab.Edit = recordPath(id) + "/edit#f-" + firstPart(f)
			}
			s.Values = append(s.Values, lab)
		}
		switch {
		case len(s.Values) == 0:
		case l.Sections[i].Title == audit.Title:
			p.system = append(p.system, s)
		default:
			p.sections = append(p.sections, s)
		}
	}
	for _, k := range kids {
		p.related = append(p.related, v.relatedCard(k, id, res))
	}
	v.timeline(p, rd, res, history)
	if o.Person {
		p.purpose = v.purpose()
	}
	if err := v.s.Viewed(v.ctx(), id); err != nil {
		return err
	}
	return v.draw(http.StatusOK, framed(v.frame(p.header.Name, l.Icon, p.local(v.ui)), recordBody(v.ui, p)))
}

// unrelated returns the related lists that have no records.
func (p *recordPage) unrelated() []kit.Related {
	var out []kit.Related
	for _, r := range p.related {
		if len(r.Table.Rows) == 0 {
			out = append(out, r)
		}
	}
	return out
}

// missing answers for a record that is not found: one in the recycle bin can be taken out again.
func (v *visit) missing(o *catalog.Object, id record.ID) error {
	_, err := v.s.Retrieve(v.ctx(), o.Name, id, []string{"Id"})
	if f := fault.From(err); err != nil && f.Code == fault.EntityIsDeleted {
		title := v.ui.T("record.deleted", "what", o.Label)
		return v.draw(http.StatusNotFound, framed(v.frame(title, "trash-2", nil), deletedBody(v.ui, title, id, o.Undeletable && v.s.Rights(o).Delete)))
	}
	return fault.New(fault.NotFound, "")
}

// titleOf returns what stands on top of a record's page: a number is followed by the subject.
func titleOf(ui *kit.UI, rd *reader, res *record.Result, o *catalog.Object, name string) string {
	if o.NameField == nil || !o.NameField.AutoNumber {
		return name
	}
	for _, f := range []string{"Subject", "Title"} {
		if s := get(res, 0, f).Text(); s != "" {
			return name + " " + s
		}
	}
	return name
}

// local returns what the palette offers on this record.
func (p *recordPage) local(ui *kit.UI) []kit.Link {
	var out []kit.Link
	for _, a := range p.header.Actions {
		if !a.Post {
			out = append(out, kit.Link{Icon: a.Icon, Label: a.Label, Href: a.Href, Key: strings.ToUpper(a.Key)})
		}
	}
	for _, r := range p.related {
		if r.New != "" {
			out = append(out, kit.Link{Icon: "plus", Label: ui.T("related.new", "what", r.Title), Href: r.New})
		}
	}
	return out
}

// actions returns what can be done with a record, by the person's rights.
func (v *visit) actions(o *catalog.Object, id record.ID, path *kit.Path) []kit.Action {
	rights := v.s.Rights(o)
	var out []kit.Action
	for _, p := range v.console.opt.Places {
		if p.Record != "" && p.Object == o.Name {
			out = append(out, kit.Action{Icon: p.Icon, Label: v.ui.T(p.RecordLabel), Href: p.Record + string(id)})
		}
	}
	if o.Deletable && rights.Delete {
		out = append(out, kit.Action{Icon: "trash-2", Label: v.ui.T("delete"), Href: recordPath(id) + "/delete", Post: true, More: true})
	}
	if o.Createable && rights.Create {
		out = append(out, kit.Action{Icon: "copy", Label: v.ui.T("record.copy"), Href: kit.Query(objectPath(o, "new"), "from", string(id)), More: true})
	}
	if o.Updateable && rights.Edit {
		out = append(out, kit.Action{Icon: "pencil", Label: v.ui.T("edit"), Href: recordPath(id) + "/edit", Key: "e", Primary: path == nil || path.Next == ""})
		if path != nil && path.Next != "" {
			out = append(out, kit.Action{Icon: "check", Label: v.ui.T("path.next", "to", nextLabel(path)), Href: recordPath(id) + "/set", Post: true, Primary: true, Fields: append([]kit.Hidden{{Name: path.Field, Value: path.Next}}, path.Hidden...)})
		}
	}
	return out
}

func nextLabel(p *kit.Path) string {
	for _, s := range p.Steps {
		if s.Value == p.Next {
			return s.Label
		}
	}
	return p.Next
}

// pathOf returns how far a record is along its picklist.
func (v *visit) pathOf(o *catalog.Object, id record.ID, f *catalog.Field, now kit.Value, version string, edit bool) *kit.Path {
	p := &kit.Path{Field: f.Name, Label: v.ui.T("path.label", "field", f.Label, "now", kit.Text(v.ui, now)), Hidden: []kit.Hidden{{Name: "version", Value: version}}}
	if edit && editable(v.s, f) {
		p.Action = recordPath(id) + "/set"
	}
	at := -1
	for _, val := range f.Values {
		if !val.Active && val.Value != now.Value.Text() {
			continue
		}
		s := kit.Step{Value: val.Value, Label: kit.Label(f, val.Value)}
		if val.Value == now.Value.Text() {
			s.Now, at = true, len(p.Steps)
		}
		p.Steps = append(p.Steps, s)
	}
	for i := range p.Steps {
		p.Steps[i].Done = i < at
	}
	if p.Action != "" && at >= 0 && at+1 < len(p.Steps) {
		p.Next = p.Steps[at+1].Value
	}
	return p
}

// A child is a related list that can be read: its relationship and its columns.
type child struct {
	rel    *catalog.Relationship
	object *catalog.Object
	rd     *reader
	fields []*catalog.Field
	sort   string
	noNew  bool
}

// soql returns the child query with a limit.
func (c *child) soql(limit int) string {
	return "(SELECT " + c.rd.list() + " FROM " + c.rel.Name + " ORDER BY " + c.sort + " LIMIT " + strconv.Itoa(limit) + ")"
}

// children returns the related lists of a layout that the person may read.
func (v *visit) children(o *catalog.Object, l layout) []*child {
	var out []*child
	for _, r := range l.Related {
		if c := v.child(o, r); c != nil {
			out = append(out, c)
		}
	}
	return out
}

// child returns one related list, nil where it is none for this person.
func (v *visit) child(o *catalog.Object, r related) *child {
	rel := o.Child(r.Child)
	if rel == nil {
		return nil
	}
	c := v.s.Catalog().Object(rel.Object)
	if c == nil || !c.Queryable || !v.s.Rights(c).Read {
		return nil
	}
	columns := r.Columns
	if len(columns) == 0 {
		for _, name := range layoutOf(c).Columns {
			if name != rel.Field && len(columns) < 4 {
				columns = append(columns, name)
			}
		}
	}
	k := &child{noNew: r.NoNew, rel: rel, object: c, rd: newReader(v.s, c)}
	k.fields = k.rd.fields(columns...)
	if len(k.fields) == 0 {
		return nil
	}
	k.sort = r.Sort
	if name, _, _ := strings.Cut(k.sort, " "); name != "" {
		if f := c.Field(name); f == nil || !f.Sortable || !v.s.CanRead(f) {
			k.sort = ""
		}
	}
	if f := c.Field("CreatedDate"); k.sort == "" && f != nil && v.s.CanRead(f) {
		k.sort = "CreatedDate DESC"
	}
	if k.sort == "" {
		k.sort = "Id DESC"
	}
	return k
}

// relatedCard returns a related list with its first rows out of the parent's result.
func (v *visit) relatedCard(k *child, parent record.ID, res *record.Result) kit.Related {
	r := kit.Related{ID: "r-" + k.rel.Name, Title: v.childTitle(k), Count: "0"}
	r.Table = kit.Table{Caption: r.Title, Plain: true}
	for _, f := range k.fields {
		r.Table.Columns = append(r.Table.Columns, kit.Column{Field: f, Label: columnLabel(f)})
	}
	r.Table.Columns[primaryColumn(k.fields)].Slot = "primary"
	kit.Slots(r.Table.Columns)
	if k.object.Createable && !k.noNew && v.s.Rights(k.object).Create {
		if f := k.object.Field(k.rel.Field); f != nil && f.Createable {
			r.New = kit.Query(objectPath(k.object, "new"), k.rel.Field, string(parent))
		}
	}
	rows, from, to := childRows(res, k.rel.Name)
	if rows == nil {
		return r
	}
	n := to - from
	r.Count = strconv.Itoa(min(n, relatedRows))
	if n > relatedRows {
		r.Count += "+"
		r.All = recordPath(parent) + "/related/" + k.rel.Name
	}
	for i := from; i < min(to, from+relatedRows); i++ {
		r.Table.Rows = append(r.Table.Rows, v.row(k.rd, rows, i, r.Table.Columns, false))
	}
	return r
}

// childTitle returns what a related list is called: by its object, or by its relationship where several lead there.
func (v *visit) childTitle(k *child) string {
	key := "related." + k.rel.Name
	if v.ui.Has(key) {
		return v.ui.T(key)
	}
	return plural(k.object)
}

// childRows returns the result of a child query of the first row and the part of it that is the row's.
func childRows(res *record.Result, name string) (rows *record.Result, from, to int) {
	it := res.Shape.Item(name)
	if it == nil || it.Role != record.Child || it.Child >= len(res.Children) {
		return nil, 0, 0
	}
	c := res.Children[it.Child]
	if len(c.Spans) == 0 || c.Result == nil {
		return nil, 0, 0
	}
	return c.Result, c.Spans[0].From, c.Spans[0].To
}

// historyOf returns the relationship that keeps what changed on an object's records, nil where nothing does.
func (v *visit) historyOf(o *catalog.Object) *catalog.Relationship {
	rel := o.Child("Histories")
	if rel == nil {
		return nil
	}
	h := v.s.Catalog().Object(rel.Object)
	if h == nil || !v.s.Rights(h).Read {
		return nil
	}
	return rel
}

// readableChange keeps to the lines of a history that are written for people: a change of a reference
// leaves another one with ids, for programs.
const readableChange = "DataType != 'EntityId'"

// timeline fills in what happened to the record, the newest first, its beginning last.
func (v *visit) timeline(p *recordPage, rd *reader, res *record.Result, history *catalog.Relationship) {
	if history != nil {
		rows, from, to := childRows(res, history.Name)
		if rows != nil {
			p.more = to-from > historyRows
			for i := from; i < min(to, from+historyRows); i++ {
				p.moments = append(p.moments, v.change(p.object, rows, i))
			}
		}
	}
	created := get(res, 0, "CreatedDate")
	if created.IsNull() || p.more {
		return
	}
	who := get(res, 0, "CreatedBy.Name").Text()
	if n := len(p.moments); n > 0 && p.moments[n-1].Icon == "plus" {
		return
	}
	p.moments = append(p.moments, kit.Moment{
		Icon: "plus", Value: bare(p.object.Field("CreatedDate"), created),
		Text: []kit.Part{{Text: who, Strong: true}, {Text: v.ui.T("history.created")}},
	})
}

// change returns one row of a history object in words.
func (v *visit) change(o *catalog.Object, rows *record.Result, i int) kit.Moment {
	who := kit.Part{Text: get(rows, i, "CreatedBy.Name").Text(), Strong: true}
	name := get(rows, i, "Field").Text()
	m := kit.Moment{Icon: changeIcon(name), Value: kit.Value{Value: get(rows, i, "CreatedDate")}}
	if name == "created" {
		m.Icon, m.Text = "plus", []kit.Part{who, {Text: v.ui.T("history.created")}}
		return m
	}
	label := name
	f := o.Field(name)
	if f == nil {
		f = o.Relationship(name)
	}
	if f != nil {
		if !v.s.CanRead(f) {
			m.Text = []kit.Part{who, {Text: v.ui.T("history.hidden")}}
			return m
		}
		label = columnLabel(f)
	}
	before, after := v.changed(f, get(rows, i, "OldValue")), v.changed(f, get(rows, i, "NewValue"))
	m.Text = []kit.Part{who, {Text: v.ui.T("history.changed")}, {Text: label, Strong: true}}
	switch {
	case before == "" && after == "":
	case before == "":
		m.Text = append(m.Text, kit.Part{Text: v.ui.T("history.to")}, kit.Part{Text: after, Strong: true})
	case after == "":
		m.Text = append(m.Text, kit.Part{Text: v.ui.T("history.cleared", "from", before)})
	default:
		m.Text = append(m.Text, kit.Part{Text: v.ui.T("history.from", "from", before)}, kit.Part{Text: after, Strong: true})
	}
	return m
}

// changeIcon returns the icon of a change of a field.
func changeIcon(field string) string {
	switch field {
	case "Owner":
		return "user-round"
	case "Status", "StageName":
		return "circle-check"
	case "Priority":
		return "flag"
	default:
		return "pencil"
	}
}

// allHistory draws everything that is kept of a record's changes, page by page: two queries.
func (v *visit) allHistory(o *catalog.Object, id record.ID, rel *catalog.Relationship) error {
	rd := newReader(v.s, o)
	res, err := v.s.Query(v.ctx(), "SELECT "+rd.list()+" FROM "+o.Name+" WHERE Id = "+quote(string(id))+" LIMIT 1", org.QueryOptions{})
	if err != nil {
		return err
	}
	if res.Len() == 0 {
		return v.missing(o, id)
	}
	after, err := decodeAfter(v.query("after"))
	if err != nil {
		return err
	}
	rows, err := v.s.Query(v.ctx(), "SELECT Id, Field, OldValue, NewValue, CreatedDate, CreatedBy.Name FROM "+rel.Object+" WHERE "+rel.Field+" = "+quote(string(id))+" AND "+readableChange+
		" ORDER BY CreatedDate DESC", org.QueryOptions{BatchSize: pageRows, NoTotal: true, After: after})
	if err != nil {
		return err
	}
	p := &historyPage{name: rd.name(v.ui, res, 0), href: recordPath(id)}
	p.title = v.ui.T("related.of", "what", v.ui.T("history.title"), "name", p.name)
	for i := range rows.Len() {
		p.moments = append(p.moments, v.change(o, rows, i))
	}
	if n := rows.Len(); !rows.Done() && n > 0 {
		p.more = kit.Query(recordPath(id)+"/related/"+rel.Name, "after", encodeAfter([]record.Value{get(rows, n-1, "CreatedDate"), record.OfID(rows.ID(n - 1))}))
	}
	return v.draw(http.StatusOK, framed(v.frame(p.title, "history", nil), historyBody(v.ui, p)))
}

// historyPage is what the page of a record's whole history shows.
type historyPage struct {
	title, name, href string
	moments           []kit.Moment
	more              string // address of what is older, "" when this is the end
}

// changed returns a value of a history row in words.
func (v *visit) changed(f *catalog.Field, val record.Value) string {
	if val.IsNull() {
		return ""
	}
	s := val.String()
	if f != nil && f.Type.Picklist {
		s = kit.Label(f, s)
	}
	if f != nil && f.Type.Kind == record.DateTime {
		if t, err := time.Parse("2006-01-02T15:04:05.000Z", s); err == nil {
			s = v.ui.Moment(v.ui.In(t))
		}
	}
	const long = 80
	if r := []rune(s); len(r) > long {
		s = string(r[:long]) + "…"
	}
	return s
}

// relatedList draws all children of a record by one relationship: two queries.
func relatedList(v *visit) error {
	o, id, err := v.recordObject()
	if err != nil {
		return err
	}
	rel := o.Child(v.args["child"])
	if rel == nil {
		return fault.New(fault.NotFound, "")
	}
	if h := v.historyOf(o); h != nil && h.Name == rel.Name {
		return v.allHistory(o, id, h)
	}
	r := related{Child: rel.Name}
	for _, known := range layoutOf(o).Related {
		if known.Child == rel.Name {
			r = known
		}
	}
	k := v.child(o, r)
	if k == nil {
		return fault.New(fault.NotFound, "")
	}
	rd := newReader(v.s, o)
	res, err := v.s.Query(v.ctx(), "SELECT "+rd.list()+" FROM "+o.Name+" WHERE Id = "+quote(string(id))+" LIMIT 1", org.QueryOptions{})
	if err != nil {
		return err
	}
	if res.Len() == 0 {
		return v.missing(o, id)
	}
	after, err := decodeAfter(v.query("after"))
	if err != nil {
		return err
	}
	field, _, _ := strings.Cut(k.sort, " ")
	if field != "Id" {
		k.rd.item(field)
	}
	rows, err := v.s.Query(v.ctx(), "SELECT "+k.rd.list()+" FROM "+k.object.Name+" WHERE "+rel.Field+" = "+quote(string(id))+" ORDER BY "+k.sort, org.QueryOptions{BatchSize: pageRows, NoTotal: true, After: after})
	if err != nil {
		return err
	}
	card := v.relatedCard(k, id, res)
	t := card.Table
	kit.Slots(t.Columns)
	rights := v.s.Rights(k.object)
	for i := range rows.Len() {
		t.Rows = append(t.Rows, v.row(k.rd, rows, i, t.Columns, k.object.Updateable && rights.Edit))
	}
	if n := rows.Len(); !rows.Done() && n > 0 {
		last := []record.Value{record.OfID(k.rd.id(rows, n-1))}
		if field != "Id" {
			last = []record.Value{get(rows, n-1, field), last[0]}
		}
		t.More = recordPath(id) + "/related/" + rel.Name + "?after=" + encodeAfter(last)
	}
	if v.fragment() && len(after) > 0 {
		return v.draw(http.StatusOK, kit.Rows(v.ui, t))
	}
	name := rd.name(v.ui, res, 0)
	title := v.ui.T("related.of", "what", card.Title, "name", name)
	return v.draw(http.StatusOK, framed(v.frame(title, iconOf(k.object), nil), relatedBody(v.ui, card, t, name, recordPath(id))))
}

func nonEmpty(names ...string) []string {
	var out []string
	for _, n := range names {
		if n != "" {
			out = append(out, n)
		}
	}
	return out
}

// firstPart returns the field of a form that a value is edited by: a compound's first part.
func firstPart(f *catalog.Field) string {
	if len(f.Parts) > 0 {
		return f.Parts[0]
	}
	return f.Name
}
