package console

import (
	"slices"
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/kit"
)

// A reader collects what a query must select so that fields can be shown, and
// takes their values out of its rows. It leaves out what the person may not read.
type reader struct {
	s     *org.Session
	o     *catalog.Object
	items []string // SELECT list
}

// newReader returns a reader of o's fields that always selects Id and SystemModstamp.
func newReader(s *org.Session, o *catalog.Object) *reader {
	rd := &reader{s: s, o: o}
	for _, name := range []string{"Id", "SystemModstamp"} {
		if o.Field(name) != nil {
			rd.item(name)
		}
	}
	if o.NameField != nil {
		rd.fields(o.NameField.Name)
	}
	return rd
}

func (rd *reader) item(path string) {
	if !slices.Contains(rd.items, path) {
		rd.items = append(rd.items, path)
	}
}

// fields selects the named fields and returns those that there are and that the person may read.
func (rd *reader) fields(names ...string) []*catalog.Field {
	var out []*catalog.Field
	for _, name := range names {
		f := rd.o.Field(name)
		if f == nil || !rd.s.CanRead(f) || slices.Contains(out, f) {
			continue
		}
		out = append(out, f)
		if isCompound(f) {
			for _, part := range f.Parts {
				if p := rd.o.Field(part); p != nil && rd.s.CanRead(p) {
					rd.item(p.Name)
				}
			}
			continue
		}
		rd.item(f.Name)
		if path := rd.namePath(f); path != "" {
			rd.item(path)
		}
	}
	return out
}

// isCompound reports whether a field is nothing but its parts; a person's name is a value of its own.
func isCompound(f *catalog.Field) bool {
	return len(f.Parts) > 0 && (f.Type.Name == "address" || f.Type.Name == "location")
}

// namePath returns the path of the name behind a reference, "" where the person may not read it.
func (rd *reader) namePath(f *catalog.Field) string {
	if f.Type.Name != "reference" {
		return ""
	}
	path := org.NamePath(f, rd.s.Catalog())
	if path == "" || f.Polymorphic() {
		return path
	}
	target := rd.s.Catalog().Object(f.ReferenceTo[0])
	if !rd.s.Rights(target).Read || !rd.s.CanRead(target.NameField) {
		return ""
	}
	return path
}

// list returns the SELECT list.
func (rd *reader) list() string { return strings.Join(rd.items, ", ") }

// value returns what a row has for a field.
func (rd *reader) value(res *record.Result, row int, f *catalog.Field) kit.Value {
	if isCompound(f) {
		v := kit.Value{Field: f}
		for _, part := range f.Parts {
			v.Parts = append(v.Parts, get(res, row, part))
		}
		return v
	}
	v := kit.Value{Field: f, Value: get(res, row, f.Name)}
	if f.Type.Name == "reference" && !v.IsNull() {
		v.Ref = rd.ref(v.Value.ID(), "")
		if path := rd.namePath(f); path != "" {
			v.Ref.Name = get(res, row, path).Text()
		}
	}
	return v
}

// ref returns where the id of a record leads.
func (rd *reader) ref(id record.ID, name string) kit.Ref { return refOf(rd.s, id, name) }

func refOf(s *org.Session, id record.ID, name string) kit.Ref {
	o := s.Catalog().Of(id)
	r := kit.Ref{ID: id, Name: name, Icon: iconOf(o), Person: o != nil && o.Name == "User", Team: o != nil && o.Name == "Group"}
	if o != nil && o.Queryable && s.Rights(o).Read {
		r.Href = recordPath(id)
	}
	return r
}

// id and version return a row's id and its SystemModstamp as an edit sends it back.
func (rd *reader) id(res *record.Result, row int) record.ID {
	if id := get(res, row, "Id").ID(); id != "" {
		return id
	}
	return res.ID(row)
}

func (rd *reader) version(res *record.Result, row int) string {
	return get(res, row, "SystemModstamp").String()
}

// name returns what to call a row.
func (rd *reader) name(ui *kit.UI, res *record.Result, row int) string {
	if rd.o.NameField != nil {
		if n := kit.Text(ui, rd.value(res, row, rd.o.NameField)); n != "" {
			return n
		}
	}
	return string(rd.id(res, row))
}

// get returns the value under a path such as Contact.Name.
func get(res *record.Result, row int, path string) record.Value {
	return res.Get(row, strings.Split(path, ".")...)
}

// recordPath and listPath are the addresses of a record and of an object's list.
func recordPath(id record.ID) string                { return "/console/r/" + string(id) }
func listPath(o *catalog.Object) string             { return "/console/" + o.Name + "/list" }
func objectPath(o *catalog.Object, p string) string { return "/console/" + o.Name + "/" + p }

// creatable and editable report whether the person may set a field on a new record, or change it.
func creatable(s *org.Session, f *catalog.Field) bool {
	return f.Createable && !f.Calculated && !f.AutoNumber && s.CanEdit(f)
}

func editable(s *org.Session, f *catalog.Field) bool {
	return f.Updateable && !f.Calculated && !f.AutoNumber && s.CanEdit(f)
}

// bare returns v's value that stands alone in the page's text.
func bare(f *catalog.Field, v record.Value) kit.Value { return kit.Value{Field: f, Value: v} }
