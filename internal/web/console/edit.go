package console

import (
	"net/http"
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
		return v.refused(local(v.posted("back"), recordPath(id)), v.words(res[0].Errors[0], ""), http.StatusUnprocessableEntity)
	}
	f := flash{Text: v.ui.T("deleted.one", "what", o.Label, "name", name)}
	if o.Undeletable {
		f.Restore = []record.ID{id}
	}
	v.flash(f)
	return v.redirect(local(v.posted("back"), listPath(o)))
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
