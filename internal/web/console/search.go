package console

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/web/kit"
)

const (
	searchRows    = 8  // hits of one object on the search page
	paletteRows   = 5  // hits of one object in the palette
	searchObjects = 16 // objects looked into at once
	oneObjectRows = 50 // hits where the search is narrowed to one object
)

// searchPage is what the search page shows.
type searchPage struct {
	text   string
	groups []hits
	kinds  []kit.Link
	total  int
	more   bool
	short  bool // too little was typed
}

// hits are what was found of one object.
type hits struct {
	object *catalog.Object
	label  string
	more   bool
	all    string
	rows   []hit
}

// A hit is one record that was found.
type hit struct {
	ref   kit.Ref
	note  []kit.Value
	parts []part
}

// A part is a stretch of a hit's name; the marked ones match what was typed.
type part struct {
	text   string
	marked bool
}

// search answers the search page, and the palette's rows where as=palette.
func search(v *visit) error {
	p := &searchPage{text: strings.TrimSpace(v.query("q"))}
	if r := []rune(p.text); len(r) > 200 {
		p.text = string(r[:200])
	}
	palette := v.query("as") == "palette"
	if id, err := record.ParseID(p.text); err == nil && !palette {
		if o := v.s.Catalog().Of(id); o != nil && v.s.Rights(o).Read {
			return v.redirect(recordPath(id))
		}
	}
	objects := v.searched()
	var only *catalog.Object
	for _, o := range objects {
		if strings.EqualFold(o.Name, v.query("in")) {
			only = o
		}
	}
	limit := searchRows
	switch {
	case palette:
		limit = paletteRows
	case only != nil:
		limit = oneObjectRows
	}
	p.short = !searchable(p.text)
	if !p.short {
		in := objects
		if only != nil {
			in = []*catalog.Object{only}
		}
		if err := v.find(p, in, limit); err != nil {
			return err
		}
	}
	if palette {
		return v.draw(http.StatusOK, paletteRowsOf(v.ui, p))
	}
	p.kinds = []kit.Link{{Label: v.ui.T("search.everything"), Href: kit.Query("/console/search", "q", p.text), Current: only == nil}}
	for _, o := range objects {
		p.kinds = append(p.kinds, kit.Link{Icon: iconOf(o), Label: plural(o), Href: kit.Query("/console/search", "q", p.text, "in", o.Name), Current: o == only})
	}
	title := v.ui.T("search.title")
	if p.text != "" {
		title = v.ui.T("search.titleFor", "q", p.text)
	}
	return v.draw(http.StatusOK, framed(v.frame(title, "search", nil), searchBody(v.ui, p)))
}

// searched returns the objects that a search looks into: ours first, then custom ones.
func (v *visit) searched() []*catalog.Object {
	var out []*catalog.Object
	for _, name := range []string{"Case", "Contact", "Account", "Knowledge__kav", "Opportunity", "Lead", "Task", "User"} {
		if o := v.s.Catalog().Object(name); o != nil && o.Searchable && v.s.Rights(o).Read && o.NameField != nil {
			out = append(out, o)
		}
	}
	for _, o := range v.s.Catalog().Objects() {
		if o.Custom && o.Searchable && !o.Setup && o.NameField != nil && v.s.Rights(o).Read && !slices.Contains(out, o) && len(out) < searchObjects {
			out = append(out, o)
		}
	}
	return out
}

// find fills in what a search finds: one SOSL search for all objects.
func (v *visit) find(p *searchPage, objects []*catalog.Object, limit int) error {
	if len(objects) == 0 {
		return nil
	}
	readers := make([]*reader, len(objects))
	notes := make([][]*catalog.Field, len(objects))
	returning := make([]string, len(objects))
	for i, o := range objects {
		readers[i] = newReader(v.s, o)
		var names []string
		for _, c := range layoutOf(o).Columns {
			if f := o.Field(c); f != nil && !f.IsName && f.Type.Name != "datetime" && len(names) < 3 {
				names = append(names, c)
			}
		}
		notes[i] = readers[i].fields(names...)
		returning[i] = o.Name + "(" + readers[i].list() + " LIMIT " + strconv.Itoa(limit+1) + ")"
	}
	found, err := v.s.Search(v.ctx(), "FIND "+find(p.text)+" IN ALL FIELDS RETURNING "+strings.Join(returning, ", "))
	if f := fault.From(err); err != nil && f.Code == fault.MalformedSearch {
		p.short = true
		return nil
	} else if err != nil {
		return err
	}
	for i, res := range found {
		if i >= len(objects) || res.Len() == 0 {
			continue
		}
		o := objects[i]
		h := hits{object: o, label: plural(o), all: kit.Query("/console/search", "q", p.text, "in", o.Name), more: res.Len() > limit}
		for row := range min(res.Len(), limit) {
			h.rows = append(h.rows, v.hit(readers[i], res, row, notes[i], p.text))
		}
		p.total += len(h.rows)
		p.more = p.more || h.more
		p.groups = append(p.groups, h)
	}
	return nil
}

func (v *visit) hit(rd *reader, res *record.Result, row int, notes []*catalog.Field, text string) hit {
	h := hit{ref: rd.ref(rd.id(res, row), titleOfRow(v.ui, rd, res, row))}
	for _, f := range notes {
		if f.Name == "Subject" || f.Name == "Title" {
			continue
		}
		if val := rd.value(res, row, f); !val.Blank() {
			h.note = append(h.note, val)
		}
	}
	h.parts = marks(h.ref.Name, text)
	return h
}

// titleOfRow returns a hit's name: a number with the subject after it.
func titleOfRow(ui *kit.UI, rd *reader, res *record.Result, row int) string {
	name := rd.name(ui, res, row)
	if rd.o.NameField != nil && rd.o.NameField.AutoNumber {
		for _, f := range []string{"Subject", "Title"} {
			if s := get(res, row, f).Text(); s != "" {
				return name + " " + s
			}
		}
	}
	return name
}

// marks cuts a text into what matches the words that were typed and what does not.
func marks(s, typed string) []part {
	folded := record.Fold(s)
	if len(folded) != len(s) {
		return []part{{text: s}} // folding moved the bytes: mark nothing rather than the wrong thing
	}
	words := strings.Fields(record.Fold(typed))
	var out []part
	plain := 0
	for i := 0; i < len(s); {
		n := 0
		if i == 0 || !wordByte(folded[i-1]) {
			for _, w := range words {
				if strings.HasPrefix(folded[i:], w) && len(w) > n {
					n = len(w)
				}
			}
		}
		if n == 0 {
			i++
			continue
		}
		if plain < i {
			out = append(out, part{text: s[plain:i]})
		}
		out = append(out, part{text: s[i : i+n], marked: true})
		i += n
		plain = i
	}
	if plain < len(s) {
		out = append(out, part{text: s[plain:]})
	}
	return out
}

func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= 0x80
}
