package console

import (
	"net/http"
	"net/url"
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/kit"
)

const (
	lookupRows    = 8 // what a lookup offers of one object
	lookupObjects = 4 // how many objects of a reference to many it looks into
)

// lookup offers records for a reference field by what was typed.
func lookup(v *visit) error {
	o, err := v.object()
	if err != nil {
		return err
	}
	f := o.Field(v.query("field"))
	if f == nil || f.Type.Name != "reference" || !v.s.CanRead(f) {
		return fault.New(fault.NotFound, "")
	}
	refs, err := v.named(f, strings.TrimSpace(v.query("q")), false)
	if err != nil {
		return err
	}
	return v.draw(http.StatusOK, kit.LookupOptions(refs))
}

// named returns records that a reference may point to and whose names begin
// with text, or are it where exact is set: a query an object, few objects.
func (v *visit) named(f *catalog.Field, text string, exact bool) ([]kit.Ref, error) {
	var out []kit.Ref
	looked := 0
	for _, t := range v.targets(f) {
		if looked++; looked > lookupObjects {
			break
		}
		rd := newReader(v.s, t)
		name := t.NameField.Name
		where := " WHERE " + name + " != null"
		switch {
		case exact:
			where = " WHERE " + name + " = " + quote(text)
		case text != "":
			where = " WHERE " + name + " LIKE " + like(text, "", "%")
			if !t.NameField.AutoNumber {
				where = " WHERE (" + name + " LIKE " + like(text, "", "%") + " OR " + name + " LIKE " + like(text, "% ", "%") + ")"
			}
		}
		if t.Name == "Group" {
			where += " AND Type = 'Queue'"
		}
		if t.Name == "User" {
			where += " AND IsActive = TRUE"
		}
		order := ""
		if t.NameField.Sortable {
			order = " ORDER BY " + name
		}
		res, err := v.s.Query(v.ctx(), "SELECT "+rd.list()+" FROM "+t.Name+where+order, org.QueryOptions{BatchSize: lookupRows, NoTotal: true})
		if err != nil {
			return nil, err
		}
		for i := range min(res.Len(), lookupRows) {
			r := rd.ref(rd.id(res, i), rd.name(v.ui, res, i))
			out = append(out, r)
		}
	}
	return out, nil
}

// targets returns the objects that a reference may point to, those that people look for first.
func (v *visit) targets(f *catalog.Field) []*catalog.Object {
	var first, rest []*catalog.Object
	for _, name := range f.ReferenceTo {
		t := v.s.Catalog().Object(name)
		if t == nil || !t.Queryable || t.NameField == nil || !t.NameField.Filterable || !v.s.Rights(t).Read || !v.s.CanRead(t.NameField) {
			continue
		}
		if _, known := layouts[t.Name]; known || t.Name == "Group" {
			first = append(first, t)
		} else {
			rest = append(rest, t)
		}
	}
	return append(first, rest...)
}

// readRef takes a reference out of a form: the id that the lookup filled in, or
// the record whose name was typed, where there is exactly one.
func (v *visit) readRef(in *kit.Input, form url.Values) (record.Value, bool) {
	f := in.Field
	id, name := strings.TrimSpace(form.Get(in.Name)), strings.TrimSpace(form.Get(in.Name+"~name"))
	in.Text, in.Ref = id, kit.Ref{ID: record.ID(id), Name: name}
	typed := form.Has(in.Name + "~name")
	if typed && name == "" || !typed && id == "" {
		in.Text = ""
		if in.Required {
			in.Error = v.ui.T("field.needed", "field", in.Label)
			return record.Value{}, false
		}
		return record.Value{}, true
	}
	if id != "" && (!typed || name == form.Get(in.Name+"~shown")) {
		parsed, err := record.ParseID(id)
		if err != nil {
			in.Error = v.ui.T("lookup.unknown", "name", id)
			return record.Value{}, false
		}
		in.Text = string(parsed)
		return record.OfText(in.Text), true
	}
	if parsed, err := record.ParseID(name); err == nil && v.s.Catalog().Of(parsed) != nil {
		in.Text = string(parsed)
		return record.OfText(in.Text), true
	}
	refs, err := v.named(f, name, true)
	switch {
	case err != nil:
		in.Error = fault.From(err).Message
	case len(refs) == 0:
		in.Error = v.ui.T("lookup.unknown", "name", name)
	case len(refs) > 1:
		in.Error = v.ui.T("lookup.several", "n", len(refs), "name", name)
	default:
		in.Text, in.Ref = string(refs[0].ID), refs[0]
		return record.OfText(in.Text), true
	}
	in.Text = ""
	return record.Value{}, false
}
