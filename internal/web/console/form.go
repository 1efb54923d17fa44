package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/kit"
)

// formPage is what the page of a new or changed record shows.
type formPage struct {
	title    string
	object   string // label
	action   string
	cancel   string
	version  string
	create   bool
	conflict string // what another person did meanwhile
	problems []kit.Problem
	sections []formSection
}

// A formSection is a card of inputs.
type formSection struct {
	ID, Title string
	Inputs    []kit.Input
}

// A formField is a field that a form asks for.
type formField struct {
	field   *catalog.Field
	section int
}

// formFields returns the fields of a layout that the person may write, compounds
// as their parts, and adds those that a new record cannot be without.
func (v *visit) formFields(o *catalog.Object, l layout, create bool) []formField {
	may := editable
	if create {
		may = creatable
	}
	var out []formField
	seen := map[*catalog.Field]bool{}
	add := func(f *catalog.Field, section int) {
		if f != nil && !seen[f] && may(v.s, f) && f.Type.Name != "base64" && f.Type.Name != "location" {
			seen[f] = true
			out = append(out, formField{f, section})
		}
	}
	for i, s := range l.Sections {
		for _, name := range s.Fields {
			f := o.Field(name)
			if f == nil {
				continue
			}
			for _, part := range f.Parts {
				add(o.Field(part), i)
			}
			add(f, i)
		}
	}
	if create {
		for _, f := range o.Fields {
			if required(f, true) {
				add(f, 0)
			}
		}
	}
	return slices.DeleteFunc(out, func(ff formField) bool { return hasSuffix(ff.field.Name, "Latitude", "Longitude", "GeocodeAccuracy") })
}

func hasSuffix(s string, suffixes ...string) bool {
	for _, suf := range suffixes {
		if strings.HasSuffix(s, suf) {
			return true
		}
	}
	return false
}

// required reports whether a form asks for a field in any case.
func required(f *catalog.Field, create bool) bool {
	if f.Type.Name == "boolean" {
		return false
	}
	return f.Required || !f.Nillable && (create && f.Createable && !f.DefaultedOnCreate || !create && f.Updateable && !f.DefaultedOnCreate)
}

// newRecord asks for a new record. Fields named in the address are filled in;
// from=id fills in what another record has.
func newRecord(v *visit) error {
	o, err := v.creatableObject()
	if err != nil {
		return err
	}
	l := layoutOf(o)
	fields := v.formFields(o, l, true)
	q := v.r.URL.Query()
	p := v.formPage(o, "")
	given := map[string]record.Value{}
	names := map[string]string{}
	if from, err := record.ParseID(q.Get("from")); err == nil {
		if err := v.copied(o, from, fields, given, names); err != nil {
			return err
		}
	}
	for _, ff := range fields {
		f := ff.field
		if s := q.Get(f.Name); s != "" {
			given[f.Name] = record.OfText(s)
			if id, err := record.ParseID(s); err == nil && f.Type.Name == "reference" {
				given[f.Name] = record.OfID(id)
				names[f.Name] = v.nameOf(id)
			}
		}
		val, ok := given[f.Name]
		if !ok {
			val = v.initial(f, names)
		}
		p.add(v, l, ff, v.input(f, val, names[f.Name], true))
	}
	return v.drawForm(http.StatusOK, o, p)
}

// copied fills in what another record of the object has.
func (v *visit) copied(o *catalog.Object, from record.ID, fields []formField, given map[string]record.Value, names map[string]string) error {
	rd := newReader(v.s, o)
	for _, ff := range fields {
		rd.fields(ff.field.Name)
	}
	res, err := v.s.Query(v.ctx(), "SELECT "+rd.list()+" FROM "+o.Name+" WHERE Id = "+quote(string(from))+" LIMIT 1", org.QueryOptions{})
	if err != nil {
		return err
	}
	if res.Len() == 0 {
		return fault.New(fault.NotFound, "")
	}
	for _, ff := range fields {
		val := rd.value(res, 0, ff.field)
		given[ff.field.Name], names[ff.field.Name] = val.Value, val.Ref.Name
	}
	return nil
}

// initial returns what a new record begins with: the field's default, the person as owner.
func (v *visit) initial(f *catalog.Field, names map[string]string) record.Value {
	if f.Name == "OwnerId" {
		a := v.s.Actor()
		names[f.Name] = a.Name
		return record.OfID(a.User)
	}
	for _, pv := range f.Values {
		if pv.Default && pv.Active {
			return record.OfText(pv.Value)
		}
	}
	return f.Default
}

// creatableObject returns the object of the address if the person may make records of it.
func (v *visit) creatableObject() (*catalog.Object, error) {
	o, err := v.object()
	if err != nil {
		return nil, err
	}
	if !o.Createable || !v.s.Rights(o).Create {
		return nil, fault.New(fault.InsufficientAccess, "")
	}
	return o, nil
}

// nameOf returns the name of a record by its id, "" where the person may not see it.
func (v *visit) nameOf(id record.ID) string {
	o := v.s.Catalog().Of(id)
	if o == nil || o.NameField == nil || !v.s.Rights(o).Read {
		return ""
	}
	rd := newReader(v.s, o)
	res, err := v.s.Query(v.ctx(), "SELECT "+rd.list()+" FROM "+o.Name+" WHERE Id = "+quote(string(id))+" LIMIT 1", org.QueryOptions{})
	if err != nil || res.Len() == 0 {
		return ""
	}
	return rd.name(v.ui, res, 0)
}

// formPage returns an empty form, for a new record where id is "".
func (v *visit) formPage(o *catalog.Object, id record.ID) *formPage {
	p := &formPage{object: o.Label, create: id == "", action: objectPath(o, "new"), cancel: listPath(o), title: v.ui.T("new.what", "what", strings.ToLower(o.Label))}
	if id != "" {
		p.action, p.cancel = recordPath(id)+"/edit", recordPath(id)
	}
	return p
}

// add puts an input into its section.
func (p *formPage) add(v *visit, l layout, ff formField, in kit.Input) {
	title := v.ui.T(l.Sections[ff.section].Title, "what", p.object)
	for i := range p.sections {
		if p.sections[i].Title == title {
			p.sections[i].Inputs = append(p.sections[i].Inputs, in)
			return
		}
	}
	p.sections = append(p.sections, formSection{ID: "fs-" + l.Sections[ff.section].Title, Title: title, Inputs: []kit.Input{in}})
}

// input returns the input for a field with a value.
func (v *visit) input(f *catalog.Field, val record.Value, name string, create bool) kit.Input {
	in := kit.Input{
		Field: f, Name: f.Name, ID: "f-" + f.Name, Label: columnLabel(f), Required: required(f, create), Create: create,
		Text: kit.FormText(v.ui, val),
	}
	v.complete(&in, name)
	in.Was = in.Text
	return in
}

// complete fills in what follows from the input's text: chosen options, where a lookup asks.
func (v *visit) complete(in *kit.Input, name string) {
	f := in.Field
	switch {
	case f.Type.Name == "multipicklist":
		in.Options = kit.Options(f, strings.Split(in.Text, ";")...)
	case f.Type.Picklist || f.Type.Name == "combobox":
		in.Options = kit.Options(f, in.Text)
	case f.Type.Name == "reference":
		in.Lookup = kit.Query("/console/"+f.Object.Name+"/lookup", "field", f.Name)
		in.Ref = kit.Ref{ID: record.ID(in.Text), Name: name}
		if name == "" {
			in.Ref.Name = in.Text
		}
	}
}

func (v *visit) drawForm(status int, o *catalog.Object, p *formPage) error {
	return v.draw(status, framed(v.frame(p.title, iconOf(o), nil), formBody(v.ui, p)))
}

// editRecord asks for changes to a record.
func editRecord(v *visit) error {
	o, id, err := v.editableRecord()
	if err != nil {
		return err
	}
	p, _, err := v.formOf(o, id)
	if err != nil {
		return err
	}
	return v.drawForm(http.StatusOK, o, p)
}

// editableRecord returns the record of the address if the person may edit its object.
func (v *visit) editableRecord() (*catalog.Object, record.ID, error) {
	o, id, err := v.recordObject()
	if err != nil {
		return nil, "", err
	}
	if !o.Updateable || !v.s.Rights(o).Edit {
		return nil, "", fault.New(fault.InsufficientAccess, "")
	}
	return o, id, nil
}

// formOf reads a record into its form: one query. It returns the values by field too.
func (v *visit) formOf(o *catalog.Object, id record.ID) (*formPage, map[string]kit.Value, error) {
	l := layoutOf(o)
	fields := v.formFields(o, l, false)
	rd := newReader(v.s, o)
	for _, ff := range fields {
		rd.fields(ff.field.Name)
	}
	rd.fields("LastModifiedById", "Subject", "Title")
	res, err := v.s.Query(v.ctx(), "SELECT "+rd.list()+" FROM "+o.Name+" WHERE Id = "+quote(string(id))+" LIMIT 1", org.QueryOptions{})
	if err != nil {
		return nil, nil, err
	}
	if res.Len() == 0 {
		return nil, nil, fault.New(fault.NotFound, "")
	}
	p := v.formPage(o, id)
	p.title = v.ui.T("edit.what", "name", titleOf(v.ui, rd, res, o, rd.name(v.ui, res, 0)))
	p.version = rd.version(res, 0)
	values := map[string]kit.Value{}
	for _, ff := range fields {
		val := rd.value(res, 0, ff.field)
		values[ff.field.Name] = val
		p.add(v, l, ff, v.input(ff.field, val.Value, val.Ref.Name, false))
	}
	if f := o.Field("LastModifiedById"); f != nil {
		values[f.Name] = rd.value(res, 0, f)
	}
	return p, values, nil
}

// createRecord makes a record of what was sent; with something amiss the form comes back with its text.
func createRecord(v *visit) error {
	o, err := v.creatableObject()
	if err != nil {
		return err
	}
	l := layoutOf(o)
	p := v.formPage(o, "")
	draft := record.Draft{Object: o.Name}
	for _, ff := range v.formFields(o, l, true) {
		in := v.input(ff.field, record.Value{}, "", true)
		val, ok := v.read(&in, v.values())
		if ok && !val.IsNull() {
			draft.Set(ff.field.Name, val)
		}
		p.add(v, l, ff, in)
	}
	if p.fine() {
		res, err := v.s.Insert(v.ctx(), []record.Draft{draft}, org.WriteOptions{AllOrNone: true, AutoAssign: o.Name == "Case"})
		if err != nil {
			return err
		}
		if res[0].OK() {
			v.flash(flash{Text: v.ui.T("saved.new", "what", o.Label)})
			return v.redirect(recordPath(res[0].ID))
		}
		p.blame(v, res[0].Errors)
	}
	p.summarise(v)
	return v.drawForm(http.StatusUnprocessableEntity, o, p)
}

// saveRecord writes what the person changed. What another person changed
// meanwhile stays, unless both changed the same field: then the form asks. What
// changed is told by the values, as SystemModstamp has whole seconds only.
func saveRecord(v *visit) error {
	o, id, err := v.editableRecord()
	if err != nil {
		return err
	}
	p, now, err := v.formOf(o, id)
	if err != nil {
		return err
	}
	form := v.values()
	draft := record.Draft{Object: o.Name, ID: id}
	clashed := false
	for s := range p.sections {
		for i := range p.sections[s].Inputs {
			in := &p.sections[s].Inputs[i]
			if !sent(form, in.Name) {
				continue
			}
			stored := in.Text
			was, hadWas := form.Get(in.Name+"~was"), form.Has(in.Name+"~was")
			val, ok := v.read(in, form)
			if !ok || hadWas && same(in.Text, was) {
				if ok && hadWas && !same(was, stored) {
					in.Text = stored // untouched here, changed there: theirs stands
					v.complete(in, now[in.Name].Ref.Name)
				}
				in.Was = stored
				continue
			}
			if hadWas && !same(was, stored) && !same(in.Text, stored) {
				if keep := form.Get(in.Name + "~keep"); keep == "theirs" {
					in.Text, in.Was = stored, stored
					v.complete(in, now[in.Name].Ref.Name)
					continue
				} else if keep == "" {
					clashed = true
					in.Clash = &kit.Clash{Who: now["LastModifiedById"].Ref.Name, Theirs: orNone(v.ui, kit.Text(v.ui, now[in.Name])), Mine: orNone(v.ui, v.inWords(*in)), TheirText: stored}
				}
			}
			in.Was = stored
			draft.Set(in.Field.Name, val)
		}
	}
	if clashed {
		p.conflict = v.ui.T("conflict.title", "who", now["LastModifiedById"].Ref.Name)
		return v.drawForm(http.StatusConflict, o, p)
	}
	if p.fine() {
		if len(draft.Fields) == 0 {
			return v.redirect(recordPath(id))
		}
		res, err := v.s.Update(v.ctx(), []record.Draft{draft}, org.WriteOptions{AllOrNone: true})
		if err != nil {
			return err
		}
		if res[0].OK() {
			v.flash(flash{Text: v.ui.T("saved.changes", "n", len(draft.Fields))})
			return v.redirect(recordPath(id))
		}
		p.blame(v, res[0].Errors)
	}
	p.summarise(v)
	return v.drawForm(http.StatusUnprocessableEntity, o, p)
}

// sent reports whether a form brings a field at all: an unticked box sends nothing but its marker.
func sent(form url.Values, name string) bool { return form.Has(name) || form.Has(name+"~box") }

// same reports whether two texts of a form are the same: browsers send line ends as CR LF.
func same(a, b string) bool {
	return a == b || strings.TrimSpace(strings.ReplaceAll(a, "\r\n", "\n")) == strings.TrimSpace(strings.ReplaceAll(b, "\r\n", "\n"))
}

func orNone(ui *kit.UI, s string) string {
	if s == "" {
		return ui.T("value.none")
	}
	return s
}

// inWords returns what an input holds as people read it.
func (v *visit) inWords(in kit.Input) string {
	switch {
	case in.Field.Type.Name == "reference":
		return in.Ref.Name
	case in.Field.Type.Picklist:
		return kit.Label(in.Field, in.Text)
	case in.Field.Type.Kind == record.Date:
		if t, err := time.Parse(time.DateOnly, in.Text); err == nil {
			return v.ui.Date(t)
		}
	}
	return in.Text
}

// read takes an input's value out of a form. The input keeps the text as it was
// typed; ok is false, and the input has an error, where it does not fit the field.
func (v *visit) read(in *kit.Input, form url.Values) (val record.Value, ok bool) {
	f := in.Field
	if !sent(form, in.Name) {
		return record.Value{}, true
	}
	text := strings.TrimSpace(strings.ReplaceAll(form.Get(in.Name), "\r\n", "\n"))
	switch {
	case f.Type.Name == "boolean":
		in.Text = "false"
		if text != "" {
			in.Text = "true"
		}
		return record.OfBool(in.Text == "true"), true
	case f.Type.Name == "multipicklist":
		in.Text = strings.Join(form[in.Name], ";")
		v.complete(in, "")
		return record.OfText(in.Text), true
	case f.Type.Name == "reference":
		return v.readRef(in, form)
	}
	in.Text = text
	v.complete(in, "")
	if text == "" {
		if in.Required {
			in.Error = v.ui.T("field.needed", "field", in.Label)
			return record.Value{}, false
		}
		return record.Value{}, true
	}
	val, ok = v.typed(f, text)
	if !ok {
		in.Error = v.ui.T("field."+kindName(f), "field", in.Label)
	}
	return val, ok
}

// typed returns what was typed for a field as the engine takes it from a client.
func (v *visit) typed(f *catalog.Field, text string) (record.Value, bool) {
	switch f.Type.Kind {
	case record.Number:
		n, scale, ok := record.ParseDecimal(strings.NewReplacer(",", "", " ", "", "\u00a0", "", "−", "-", "$", "", "%", "").Replace(text))
		return record.OfDecimal(n, scale), ok
	case record.Date:
		t, err := time.Parse(time.DateOnly, text)
		return record.OfText(t.Format(time.DateOnly)), err == nil
	case record.DateTime:
		for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04"} {
			if t, err := time.ParseInLocation(layout, text, v.ui.Zone); err == nil {
				return record.OfText(t.UTC().Format("2006-01-02T15:04:05.000Z")), true
			}
		}
		return record.Value{}, false
	case record.Time:
		t, err := time.Parse("15:04", text)
		return record.OfText(t.Format("15:04:05.000Z")), err == nil
	default:
		return record.OfText(text), true
	}
}

// kindName returns the message that says what a field takes.
func kindName(f *catalog.Field) string {
	switch f.Type.Kind {
	case record.Number:
		return "number"
	case record.Date:
		return "date"
	case record.DateTime:
		return "moment"
	case record.Time:
		return "time"
	default:
		return "text"
	}
}

// fine reports whether no input has an error.
func (p *formPage) fine() bool {
	for _, s := range p.sections {
		for _, in := range s.Inputs {
			if in.Error != "" {
				return false
			}
		}
	}
	return len(p.problems) == 0
}

// blame puts the engine's errors beside the fields they name, the others on top.
func (p *formPage) blame(v *visit, errs []*fault.Error) {
	for _, e := range errs {
		placed := false
		for s := range p.sections {
			for i := range p.sections[s].Inputs {
				in := &p.sections[s].Inputs[i]
				if in.Error == "" && slices.ContainsFunc(e.Fields, func(n string) bool { return strings.EqualFold(n, in.Name) }) {
					in.Error, placed = v.words(e, in.Label), true
				}
			}
		}
		if !placed {
			p.problems = append(p.problems, kit.Problem{Text: v.words(e, "")})
		}
	}
}

// words returns an engine's error as a person reads it.
func (v *visit) words(e *fault.Error, label string) string {
	if e.Code == fault.RequiredFieldMissing && label != "" {
		return v.ui.T("field.needed", "field", label)
	}
	if e.Message == "" {
		return v.ui.T("error.text")
	}
	return e.Message
}

// summarise lists the errors of the inputs at the top of the form.
func (p *formPage) summarise(v *visit) {
	for _, s := range p.sections {
		for _, in := range s.Inputs {
			if in.Error != "" {
				p.problems = append(p.problems, kit.Problem{Field: in.ID, Text: in.Error})
			}
		}
	}
}
