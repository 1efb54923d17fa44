package kit

import "unicode/utf8"

// A Header is the top of a record page.
type Header struct {
	Icon       string
	Hue        string
	Object     string // what kind of thing it is
	Name       string
	ListHref   string
	Actions    []Action
	Highlights []Labeled
	Path       *Path
}

// More reports whether there are actions for the menu.
func (h Header) More() bool {
	for _, a := range h.Actions {
		if a.More {
			return true
		}
	}
	return false
}

// A Labeled is a value with its label.
type Labeled struct {
	Label string
	Value
	Edit string // address of the page that changes it, "" where it is read only
}

// widest is the most letters of a text that fits into one column of a section.
const widest = 28

// Wide reports whether a value needs the whole width of its section.
func (l Labeled) Wide() bool {
	return l.Field.Type.Name == "textarea" || l.Field.Type.Name == "string" && utf8.RuneCountInString(l.Value.Text()) > widest
}

// A Path is the picklist that a record moves along.
type Path struct {
	Label  string
	Steps  []Step
	Action string // where a step is sent, "" where the person may not move it
	Field  string
	Next   string // the step after this one, "" at the end
	Hidden []Hidden
}

// A Step is one stage of a path.
type Step struct {
	Value, Label string
	Done, Now    bool
}

// A Section is a card of values.
type Section struct {
	ID     string
	Title  string
	Values []Labeled
}

// Filled returns the values there are, Empty the labels of the others.
func (s Section) Filled() (out []Labeled) {
	for _, v := range s.Values {
		if !v.Blank() {
			out = append(out, v)
		}
	}
	return out
}

// Empty returns the values that are blank.
func (s Section) Empty() (out []Labeled) {
	for _, v := range s.Values {
		if v.Blank() {
			out = append(out, v)
		}
	}
	return out
}

// A Related is a short list of what hangs on a record.
type Related struct {
	ID    string
	Title string
	Count string // "4", or "5+" where there are more than were read
	Table Table
	All   string // address of the whole list
	New   string // address of a new one, "" where none can be made
}

// A Moment is one entry of a timeline.
type Moment struct {
	Icon  string
	State string // class: done, now, later, ""
	Value Value  // its moment
	Text  []Part
}

// A Part is a stretch of text; the strong ones carry what changed.
type Part struct {
	Text   string
	Strong bool
	Href   string
}
