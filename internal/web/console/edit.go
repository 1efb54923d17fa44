package console

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/kit"
)

// editCell answers with the form of one cell of a list.
func editCell(v *visit) error {
	o, id, f, err := v.cell()
	if err != nil {
		return err
	}
	val, version, _, err := v.stored(o, id, f)
	if err != nil {
		return err
	}
	return v.drawCell(http.StatusOK, id, version, v.bareInput(f, val), "")
}

// cell returns the record and the field that the address names, if the person may edit both.
func (v *visit) cell() (*catalog.Object, record.ID, *catalog.Field, error) {
	o, id, err := v.editableRecord()
	if err != nil {
		return nil, "", nil, err
	}
	f := o.Field(v.args["field"])
	if f == nil || !v.s.CanRead(f) {
		return nil, "", nil, fault.New(fault.NotFound, "")
	}
	if !editable(v.s, f) || len(f.Parts) > 0 {
		return nil, "", nil, fault.New(fault.InsufficientAccess, "")
	}
	return o, id, f, nil
}

// stored returns what a record has for a field now, its version, and its name.
func (v *visit) stored(o *catalog.Object, id record.ID, f *catalog.Field) (val kit.Value, version, name string, err error) {
	rd := newReader(v.s, o)
	rd.fields(f.Name)
	res, err := v.s.Query(v.ctx(), "SELECT "+rd.list()+" FROM "+o.Name+" WHERE Id = "+quote(string(id))+" LIMIT 1", org.QueryOptions{})
	if err != nil {
		return val, "", "", err
	}
	if res.Len() == 0 {
		return val, "", "", fault.New(fault.NotFound, "")
	}
	return rd.value(res, 0, f), rd.version(res, 0), rd.name(v.ui, res, 0), nil
}

// bareInput returns the input of a cell: the control alone.
func (v *visit) bareInput(f *catalog.Field, val kit.Value) kit.Input {
	in := v.input(f, val.Value, val.Ref.Name, false)
	in.ID, in.Bare = "cell-"+f.Name, true
	return in
}

func (v *visit) drawCell(status int, id record.ID, version string, in kit.Input, conflict string) error {
	return v.draw(status, kit.CellForm(v.ui, recordPath(id)+"/cell/"+in.Field.Name, version, in, conflict))
}

// saveCell writes one field. It answers with the value as it is shown now and
// the record's new version, 422 with the form and its message, or 409 with
// both values where somebody changed that field meanwhile.
func saveCell(v *visit) error {
	o, id, f, err := v.cell()
	if err != nil {
		return err
	}
	now, version, name, err := v.stored(o, id, f)
	if err != nil {
		return err
	}
	in := v.bareInput(f, now)
	val, ok := v.read(&in, v.values())
	if !ok {
		return v.drawCell(http.StatusUnprocessableEntity, id, version, in, "")
	}
	if v.movedOn(f, now) {
		return v.drawCell(http.StatusConflict, id, version, in, v.ui.T("conflict.cell", "theirs", orNone(v.ui, kit.Text(v.ui, now))))
	}
	d := record.Draft{Object: o.Name, ID: id}
	d.Set(f.Name, val)
	res, err := v.s.Update(v.ctx(), []record.Draft{d}, org.WriteOptions{AllOrNone: true})
	if err != nil {
		return err
	}
	if !res[0].OK() {
		in.Error = v.words(res[0].Errors[0], in.Label)
		return v.drawCell(http.StatusUnprocessableEntity, id, version, in, "")
	}
	after, version, name, err := v.storedAs(o, id, f, name)
	if err != nil {
		return err
	}
	text := v.ui.T("cell.saved", "field", columnLabel(f), "name", name, "value", orNone(v.ui, kit.Text(v.ui, after)))
	t := v.toast(flash{Text: text, Record: id, Field: f.Name, Value: undoText(now)})
	v.w.Header().Set("Stoa-Version", version)
	return v.draw(http.StatusOK, cellSaved(v.ui, after, t))
}

// movedOn reports whether a field is no longer what it was when the edit began,
// which the form says as "was"; a form without it does not ask.
func (v *visit) movedOn(f *catalog.Field, now kit.Value) bool {
	if !v.values().Has("was") || f.Type.Name == "multipicklist" {
		return false
	}
	was := strings.TrimSpace(v.posted("was"))
	if was == "" && f.Type.Name == "boolean" {
		was = "false"
	}
	return !same(was, kit.FormText(v.ui, now.Value))
}

// storedAs reads a field again after a write; where the person may no longer see the record, the old name stands.
func (v *visit) storedAs(o *catalog.Object, id record.ID, f *catalog.Field, name string) (kit.Value, string, string, error) {
	val, version, now, err := v.stored(o, id, f)
	if err != nil && fault.From(err).Code == fault.NotFound {
		return kit.Value{Field: f}, "", name, nil
	}
	return val, version, now, err
}

// undoText returns a value as setField takes it back: ids as ids, the rest as the API writes it.
func undoText(v kit.Value) string { return v.Value.String() }

// setField writes the one field that a form brings: the path of a record, a
// tile of a board, the way back of a toast. It returns to where the form came from.
func setField(v *visit) error {
	o, id, err := v.editableRecord()
	if err != nil {
		return err
	}
	form := v.values()
	back := local(form.Get("back"), recordPath(id))
	for name := range form {
		f := o.Field(name)
		if f == nil {
			continue
		}
		if !editable(v.s, f) || !v.s.CanRead(f) {
			return fault.New(fault.InsufficientAccess, "")
		}
		return v.set(o, id, f, form.Get(name), back)
	}
	return fault.New(fault.InvalidArgument, "%s", v.ui.T("error.text"))
}

func (v *visit) set(o *catalog.Object, id record.ID, f *catalog.Field, text, back string) error {
	now, _, name, err := v.stored(o, id, f)
	if err != nil {
		return err
	}
	if v.movedOn(f, now) {
		return v.refused(back, v.ui.T("conflict.moved", "name", name, "value", kit.Text(v.ui, now)), http.StatusConflict)
	}
	val := record.OfText(text)
	switch f.Type.Kind {
	case record.Bool:
		val = record.OfBool(text == "true")
	case record.Number:
		if n, scale, ok := record.ParseDecimal(text); ok {
			val = record.OfDecimal(n, scale)
		}
	}
	d := record.Draft{Object: o.Name, ID: id}
	d.Set(f.Name, val)
	res, err := v.s.Update(v.ctx(), []record.Draft{d}, org.WriteOptions{AllOrNone: true})
	if err != nil {
		return err
	}
	if !res[0].OK() {
		return v.refused(back, v.words(res[0].Errors[0], columnLabel(f)), http.StatusUnprocessableEntity)
	}
	after, version, name, err := v.storedAs(o, id, f, name)
	if err != nil {
		return err
	}
	say := flash{Text: v.ui.T("cell.saved", "field", columnLabel(f), "name", name, "value", orNone(v.ui, kit.Text(v.ui, after)))}
	if v.posted("undo") == "" {
		say.Record, say.Field, say.Value = id, f.Name, undoText(now)
	}
	if v.fragment() {
		v.w.Header().Set("Stoa-Version", version)
		return v.draw(http.StatusOK, kit.ToastItem(v.ui, v.toast(say)))
	}
	v.flash(say)
	return v.redirect(back)
}

// refused tells why something was not done, on the page it came from.
func (v *visit) refused(back, why string, status int) error {
	if v.fragment() {
		return v.draw(status, kit.ToastItem(v.ui, kit.Toast{Text: why, Fail: true}))
	}
	v.flash(flash{Text: why, Fail: true})
	return v.redirect(back)
}

// deleteRecord puts a record into the recycle bin at once; the next page offers it back.
func deleteRecord(v *visit) error {
	o, id, err := v.recordObject()
	if err != nil {
		return err
	}
	if !o.Deletable || !v.s.Rights(o).Delete {
		return fault.New(fault.InsufficientAccess, "")
	}
	name := v.nameOf(id)
	res, err := v.s.Delete(v.ctx(), []record.ID{id}, org.WriteOptions{AllOrNone: true})
	if err != nil {
		return err
	}
	if !res[0].OK() {
		return v.refused(recordPath(id), v.words(res[0].Errors[0], ""), http.StatusUnprocessableEntity)
	}
	f := flash{Text: v.ui.T("deleted.one", "what", o.Label, "name", name)}
	if o.Undeletable {
		f.Restore = []record.ID{id}
	}
	v.flash(f)
	return v.redirect(listPath(o))
}

// restore takes records out of the recycle bin.
func restore(v *visit) error {
	ids := v.ids()
	if len(ids) == 0 {
		return fault.New(fault.NotFound, "")
	}
	o := v.s.Catalog().Of(ids[0])
	if o == nil || !o.Undeletable {
		return fault.New(fault.NotFound, "")
	}
	res, err := v.s.Undelete(v.ctx(), ids, org.WriteOptions{})
	if err != nil {
		return err
	}
	to := listPath(o)
	if len(ids) == 1 {
		to = recordPath(ids[0])
	}
	done, why := outcome(v, res)
	switch {
	case done == 0:
		return v.refused(listPath(o), why, http.StatusUnprocessableEntity)
	case done == 1:
		v.flash(flash{Text: v.ui.T("restored.one", "what", o.Label)})
	default:
		v.flash(flash{Text: v.ui.T("restored", "n", done, "what", strings.ToLower(plural(o)))})
	}
	return v.redirect(to)
}

// outcome counts what was done and returns the first reason why something was not.
func outcome(v *visit, res []org.SaveResult) (done int, why string) {
	for _, r := range res {
		if r.OK() {
			done++
		} else if why == "" {
			why = v.words(r.Errors[0], "")
		}
	}
	return done, why
}

// maxPicked is how many records one form may name: as many as the engine takes at once.
const maxPicked = 200

// ids returns the records that a form names, each once.
func (v *visit) ids() []record.ID {
	names := v.r.URL.Query()["id"]
	if v.r.Method == http.MethodPost {
		names = v.values()["id"]
	}
	var out []record.ID
	for _, s := range names {
		if id, err := record.ParseID(s); err == nil && !slices.Contains(out, id) && len(out) < maxPicked {
			out = append(out, id)
		}
	}
	return out
}

// bulkPage is what the page for changing several records shows.
type bulkPage struct {
	object  *catalog.Object
	ids     []record.ID
	back    string
	fields  []kit.Option
	input   kit.Input
	title   string
	failed  []kit.Row // records that were not changed, with why in Version
	problem string
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
	get := v.query
	if v.r.Method == http.MethodPost {
		get = v.posted
	}
	p := &bulkPage{object: o, ids: v.ids(), back: local(get("back"), listPath(o))}
	for _, id := range p.ids {
		if v.s.Catalog().Of(id) != o {
			return nil, fault.New(fault.InvalidArgument, "%s", v.ui.T("error.text"))
		}
	}
	if len(p.ids) == 0 {
		return p, nil
	}
	p.title = v.ui.T("bulk.title", "n", len(p.ids), "what", strings.ToLower(plural(o)))
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

// editBulk asks which field of the picked records becomes what.
func editBulk(v *visit) error {
	p, err := v.bulkPage()
	if err != nil {
		return err
	}
	if len(p.ids) == 0 {
		return v.refused(p.back, v.ui.T("bulk.none"), http.StatusUnprocessableEntity)
	}
	return v.drawBulk(http.StatusOK, p)
}

func (v *visit) drawBulk(status int, p *bulkPage) error {
	return v.draw(status, framed(v.frame(p.title, iconOf(p.object), nil), bulkBody(v.ui, p)))
}

// saveBulk writes one field of all picked records; those that refuse are listed with their reason.
func saveBulk(v *visit) error {
	p, err := v.bulkPage()
	if err != nil {
		return err
	}
	if len(p.ids) == 0 {
		return v.refused(p.back, v.ui.T("bulk.none"), http.StatusUnprocessableEntity)
	}
	label := p.input.Label
	p.input.Label = columnLabel(p.input.Field)
	val, ok := v.read(&p.input, v.values())
	p.input.Label = label
	if !ok {
		return v.drawBulk(http.StatusUnprocessableEntity, p)
	}
	drafts := make([]record.Draft, len(p.ids))
	for i, id := range p.ids {
		drafts[i] = record.Draft{Object: p.object.Name, ID: id}
		drafts[i].Set(p.input.Field.Name, val)
	}
	res, err := v.s.Update(v.ctx(), drafts, org.WriteOptions{})
	if err != nil {
		return err
	}
	done := 0
	for i, r := range res {
		if r.OK() {
			done++
			continue
		}
		p.failed = append(p.failed, kit.Row{ID: string(p.ids[i]), Href: recordPath(p.ids[i]), Version: v.words(r.Errors[0], columnLabel(p.input.Field))})
	}
	if len(p.failed) == 0 {
		v.flash(flash{Text: v.ui.T("bulk.done", "n", done, "what", strings.ToLower(plural(p.object)))})
		return v.redirect(p.back)
	}
	p.ids = p.ids[:0]
	for i := range p.failed {
		p.ids = append(p.ids, record.ID(p.failed[i].ID))
	}
	v.nameRows(p.object, p.failed)
	p.problem = v.ui.T("bulk.failed", "n", len(p.failed), "done", strconv.Itoa(done))
	return v.drawBulk(http.StatusUnprocessableEntity, p)
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
		for j := range rows {
			if rows[j].ID == string(rd.id(res, i)) {
				rows[j].Name = rd.name(v.ui, res, i)
			}
		}
	}
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
	back := local(v.posted("back"), listPath(o))
	ids := v.ids()
	if len(ids) == 0 {
		return v.refused(back, v.ui.T("bulk.none"), http.StatusUnprocessableEntity)
	}
	res, err := v.s.Delete(v.ctx(), ids, org.WriteOptions{})
	if err != nil {
		return err
	}
	done, why := outcome(v, res)
	if done == 0 {
		return v.refused(back, why, http.StatusUnprocessableEntity)
	}
	f := flash{Text: v.ui.T("deleted.many", "n", done, "what", strings.ToLower(plural(o)))}
	if why != "" {
		f.Text = v.ui.T("deleted.some", "n", done, "of", len(ids), "why", why)
	}
	for i, r := range res {
		if r.OK() && o.Undeletable {
			f.Restore = append(f.Restore, ids[i])
		}
	}
	v.flash(f)
	return v.redirect(back)
}
