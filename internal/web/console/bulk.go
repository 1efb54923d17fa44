package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/kit"
)

// maxPicked is how many records one form may name one by one; more are named by their list.
const maxPicked = 1000

// ids returns the records that a form names, each once.
func (v *visit) ids() []record.ID {
	names := v.r.URL.Query()["id"]
	if v.r.Method == http.MethodPost {
		names = v.values()["id"]
	}
	seen := map[record.ID]bool{}
	var out []record.ID
	for _, s := range names {
		if id, err := record.ParseID(s); err == nil && !seen[id] && len(out) < maxPicked {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

// A picked is the records that a form is about: those that it names, or all of the list that it comes from.
type picked struct {
	object *catalog.Object
	all    *listState // nil where they are named
	ids    []record.ID
	n      int
	back   string
}

// picked reads which records a form is about. Where they are all of a list, they are counted and not read.
func (v *visit) picked(o *catalog.Object) (picked, error) {
	get := v.query
	if v.r.Method == http.MethodPost {
		get = v.posted
	}
	p := picked{object: o, back: local(get("back"), listPath(o))}
	if get("all") == "" {
		p.ids = v.ids()
		for _, id := range p.ids {
			if v.s.Catalog().Of(id) != o {
				return p, fault.New(fault.InvalidArgument, "%s", v.ui.T("error.text"))
			}
		}
		p.n = len(p.ids)
		return p, nil
	}
	u, err := url.Parse(p.back)
	if err != nil || u.Path != listPath(o) {
		return p, fault.New(fault.InvalidArgument, "%s", v.ui.T("error.text"))
	}
	st, _, err := v.stateOf(o, u.Query())
	if err != nil {
		return p, err
	}
	where, words, err := st.where(v)
	if err != nil {
		return p, err
	}
	p.all = &st
	p.n, err = v.capped("SELECT COUNT() FROM "+o.Name+where, org.MaxMassChange, words)
	return p, err
}

// records returns the ids of what was picked.
func (v *visit) records(p picked) ([]record.ID, error) {
	if p.all == nil {
		return p.ids, nil
	}
	where, words, err := p.all.where(v)
	if err != nil {
		return nil, err
	}
	var ids []record.ID
	opt := org.QueryOptions{NoTotal: true, Words: words}
	for {
		res, err := v.s.Query(v.ctx(), "SELECT Id FROM "+p.object.Name+where+" ORDER BY Id", opt)
		if err != nil {
			return nil, err
		}
		for i := range res.Len() {
			ids = append(ids, res.ID(i))
		}
		if res.Done() || res.Len() == 0 || len(ids) > org.MaxMassChange {
			return ids, nil
		}
		opt.After = []record.Value{record.OfID(ids[len(ids)-1])}
	}
}

// bulkPage is what the page for changing several records shows.
type bulkPage struct {
	picked
	fields []kit.Option
	input  kit.Input
	title  string
}

// hidden names what was picked in a form.
func (p picked) hidden() []kit.Hidden {
	fields := []kit.Hidden{{Name: "back", Value: p.back}}
	if p.all != nil {
		return append(fields, kit.Hidden{Name: "all", Value: "1"})
	}
	for _, id := range p.ids {
		fields = append(fields, kit.Hidden{Name: "id", Value: string(id)})
	}
	return fields
}

// bulkPage reads which records and which field a form is about.
func (v *visit) bulkPage() (*bulkPage, error) {
	o, err := v.object()
	if err != nil {
		return nil, err
	}
	if !o.Updateable || !v.s.Rights(o).Edit {
		return nil, fault.New(fault.InsufficientAccess, "")
	}
	p := &bulkPage{}
	if p.picked, err = v.picked(o); err != nil || p.n == 0 {
		return p, err
	}
	get := v.query
	if v.r.Method == http.MethodPost {
		get = v.posted
	}
	p.title = v.ui.T("bulk.title", "n", p.n, "what", what(o, p.n))
	chosen := o.Field(get("field"))
	for _, f := range sorted(o, v.s) {
		if !editable(v.s, f) || len(f.Parts) > 0 || f.Type.Name == "base64" {
			continue
		}
		if chosen == nil && (f.Name == layoutOf(o).Path || f.Name == "OwnerId") {
			chosen = f
		}
		p.fields = append(p.fields, kit.Option{Value: f.Name, Label: columnLabel(f)})
	}
	if chosen == nil && len(p.fields) > 0 {
		chosen = o.Field(p.fields[0].Value)
	}
	if chosen == nil || !editable(v.s, chosen) || len(chosen.Parts) > 0 {
		return nil, fault.New(fault.InsufficientAccess, "")
	}
	for i := range p.fields {
		p.fields[i].Chosen = p.fields[i].Value == chosen.Name
	}
	p.input = v.input(chosen, record.Value{}, "", false)
	p.input.Label = v.ui.T("bulk.value", "field", columnLabel(chosen))
	return p, nil
}

// what returns what n records of an object are called in a sentence.
func what(o *catalog.Object, n int) string {
	if n == 1 {
		return strings.ToLower(o.Label)
	}
	return strings.ToLower(plural(o))
}

// unpicked tells why nothing can be done with what was picked, nil where it can.
func (v *visit) unpicked(p picked) (refused bool, err error) {
	switch {
	case p.n == 0:
		return true, v.refused(p.back, v.ui.T("bulk.none"), http.StatusUnprocessableEntity)
	case p.n > org.MaxMassChange:
		return true, v.refused(p.back, v.ui.T("bulk.tooMany", "n", org.MaxMassChange), http.StatusUnprocessableEntity)
	}
	return false, nil
}

// editBulk asks which field of the picked records becomes what.
func editBulk(v *visit) error {
	p, err := v.bulkPage()
	if err != nil {
		return err
	}
	if no, err := v.unpicked(p.picked); no {
		return err
	}
	return v.drawBulk(http.StatusOK, p)
}

func (v *visit) drawBulk(status int, p *bulkPage) error {
	return v.draw(status, framed(v.frame(p.title, iconOf(p.object), nil), bulkBody(v.ui, p)))
}

// saveBulk gives one field of all picked records a value.
func saveBulk(v *visit) error {
	p, err := v.bulkPage()
	if err != nil {
		return err
	}
	if no, err := v.unpicked(p.picked); no {
		return err
	}
	label := p.input.Label
	p.input.Label = columnLabel(p.input.Field)
	val, ok := v.read(&p.input, v.values())
	p.input.Label = label
	if !ok {
		return v.drawBulk(http.StatusUnprocessableEntity, p)
	}
	return v.startBulk(p.picked, org.MassRequest{Object: p.object.Name, Field: p.input.Field.Name, Value: val})
}

// deleteBulk puts the picked records into the recycle bin; the next page offers them back.
func deleteBulk(v *visit) error {
	o, err := v.object()
	if err != nil {
		return err
	}
	if !o.Deletable || !v.s.Rights(o).Delete {
		return fault.New(fault.InsufficientAccess, "")
	}
	p, err := v.picked(o)
	if err != nil {
		return err
	}
	if no, err := v.unpicked(p); no {
		return err
	}
	return v.startBulk(p, org.MassRequest{Object: o.Name})
}

// startBulk begins a change and leads to where it can be seen: back, where all of it is done, else to its own page.
func (v *visit) startBulk(p picked, c org.MassRequest) (err error) {
	if c.IDs, err = v.records(p); err != nil {
		return err
	}
	b, err := v.s.StartMassChange(v.ctx(), c)
	if err != nil {
		return err
	}
	return v.begun(b, p.back)
}

func (v *visit) begun(b org.MassChange, back string) error {
	if b.State != org.MassDone || b.Failed > 0 {
		return v.redirect(kit.Query(bulkPath(b.ID), "back", back))
	}
	v.flash(v.bulkFlash(b))
	return v.redirect(back)
}

// bulkFlash tells what a change did, with the way back.
func (v *visit) bulkFlash(b org.MassChange) flash {
	o := v.s.Catalog().Object(b.Object)
	if o == nil {
		return flash{}
	}
	f := flash{Fail: b.Done == 0 && b.Failed > 0}
	key := map[org.MassAct]string{org.MassSet: "bulk.done", org.MassBack: "bulk.back", org.MassDelete: "deleted.many", org.MassRestore: "restored"}[b.Act]
	f.Text = v.ui.T(key, "n", b.Done, "what", what(o, b.Done))
	if b.Failed > 0 {
		f.Text = v.ui.T("bulk.failed", "n", b.Failed, "done", b.Done)
	}
	if b.Undoable() {
		f.Bulk = b.ID
	}
	return f
}

func bulkPath(id string) string { return "/console/bulk/" + id }

// bulkView is what the page of a change shows.
type bulkView struct {
	org.MassChange
	object *catalog.Object
	title  string
	does   string
	failed []kit.Row // those that were not changed, with why in Version
	again  string    // address that tries those again, "" where it cannot be
	back   string
}

// showBulk draws how far a change is. The page's own script asks again while it goes on, and is led here anew when it has ended.
func showBulk(v *visit) error {
	b, err := v.s.MassChange(v.ctx(), v.args["bulk"])
	if err != nil {
		return err
	}
	p, err := v.bulkView(b)
	if err != nil {
		return err
	}
	if v.fragment() && b.State != org.MassGoing {
		v.flash(v.bulkFlash(b))
		return v.redirect(kit.Query(bulkPath(b.ID), "back", p.back))
	}
	return v.draw(http.StatusOK, framed(v.frame(p.title, iconOf(p.object), nil), bulkViewBody(v.ui, p)))
}

func (v *visit) bulkView(b org.MassChange) (*bulkView, error) {
	o := v.s.Catalog().Object(b.Object)
	if o == nil || !v.s.Rights(o).Read {
		return nil, fault.New(fault.NotFound, "")
	}
	p := &bulkView{MassChange: b, object: o, title: v.ui.T("bulk.title", "n", b.Total, "what", what(o, b.Total)), does: v.bulkDoes(o, b), back: local(v.query("back"), listPath(o))}
	if len(b.Refused) == 0 {
		return p, nil
	}
	q := url.Values{"back": {p.back}, "field": {b.Field}}
	for _, r := range b.Refused {
		why := v.ui.T("bulk.moved")
		if !r.Moved && r.Why != nil {
			why = v.words(r.Why, "")
		}
		p.failed = append(p.failed, kit.Row{ID: string(r.ID), Href: recordPath(r.ID), Version: why})
		q.Add("id", string(r.ID))
	}
	v.nameRows(o, p.failed)
	if b.Act == org.MassSet && b.State != org.MassGoing {
		p.again = objectPath(o, "bulk") + "?" + q.Encode()
	}
	return p, nil
}

// bulkDoes says what a change does, in words.
func (v *visit) bulkDoes(o *catalog.Object, b org.MassChange) string {
	f := o.Field(b.Field)
	label, value := b.Field, b.Value
	if f != nil {
		label = columnLabel(f)
		switch {
		case value == "":
			value = v.ui.T("value.none")
		case f.Type.Picklist:
			value = kit.Label(f, value)
		case f.Type.Name == "reference":
			if id, err := record.ParseID(value); err == nil {
				value = v.nameOf(id)
			}
		}
	}
	return v.ui.T("bulk.does."+string(b.Act), "field", label, "value", value)
}

// showBulks lists the changes that the person asked for lately.
func showBulks(v *visit) error {
	all, err := v.s.MassChanges(v.ctx())
	if err != nil {
		return err
	}
	var list []*bulkView
	for _, b := range all {
		b.Refused = nil
		if p, err := v.bulkView(b); err == nil {
			list = append(list, p)
		}
	}
	title := v.ui.T("bulk.list")
	return v.draw(http.StatusOK, framed(v.frame(title, "rows-3", nil), bulksBody(v.ui, title, list)))
}

// undoBulk takes a change back.
func undoBulk(v *visit) error {
	back := local(v.posted("back"), bulkPath(v.args["bulk"]))
	b, err := v.s.UndoMassChange(v.ctx(), v.args["bulk"])
	if f := fault.From(err); err != nil && f.Code == fault.InvalidOperation {
		return v.refused(back, v.ui.T("bulk.cannot"), http.StatusConflict)
	}
	if err != nil {
		return err
	}
	return v.begun(b, back)
}

// nameRows gives rows the names of their records: one query.
func (v *visit) nameRows(o *catalog.Object, rows []kit.Row) {
	quoted := make([]string, len(rows))
	for i := range rows {
		rows[i].Name = rows[i].ID
		quoted[i] = quote(rows[i].ID)
	}
	rd := newReader(v.s, o)
	res, err := v.s.Query(v.ctx(), "SELECT "+rd.list()+" FROM "+o.Name+" WHERE Id IN ("+strings.Join(quoted, ", ")+")", org.QueryOptions{})
	if err != nil {
		return
	}
	for i := range res.Len() {
		if at := slices.IndexFunc(rows, func(r kit.Row) bool { return r.ID == string(rd.id(res, i)) }); at >= 0 {
			rows[at].Name = rd.name(v.ui, res, i)
		}
	}
}
