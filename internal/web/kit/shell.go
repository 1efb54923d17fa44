package kit

// A Frame is everything around a page's own content.
type Frame struct {
	*UI
	Title   string // the thing; the tab's title adds where it is
	Place   string // name of the org
	User    Person
	UserURL string
	Nav     []Link
	More    []Link // below, such as Setup
	Tab     Link   // the page itself among the open ones
	Passing bool   // the page is not kept among the open ones, as an error is not
	Toasts  []Toast
	Create  []Link // what the palette offers to make
	Local   []Link // what the palette offers on this page
	Back    string // where a change of theme returns to
	Own     []Key  // keys that only this page has
	New     string // address of a new record of what the page is about, "" where there is none
	// Self is the page's own purpose line, "" for none.
	Purpose string
}

// A Toast tells what happened and offers the way back.
type Toast struct {
	Text string
	Fail bool
	Undo *Action
}

// Commands returns what the palette knows without asking: places, then what can be made.
func (f *Frame) Commands() []Link {
	var all []Link
	all = append(all, f.Local...)
	return all
}

// A Key is one line of the list of keys.
type Key struct {
	Keys []string
	Does string
}

// Keys returns the keyboard map of the console, as ? shows it.
func (ui *UI) Keys() []Key {
	return []Key{
		{[]string{"Ctrl K"}, ui.T("keys.palette")},
		{[]string{"J", "K"}, ui.T("keys.rows")},
		{[]string{"Enter"}, ui.T("keys.open")},
		{[]string{"X"}, ui.T("keys.choose")},
		{[]string{"Ctrl A"}, ui.T("keys.chooseAll")},
		{[]string{"F2"}, ui.T("keys.edit")},
		{[]string{"Shift F10"}, ui.T("keys.rowMenu")},
		{[]string{"Esc"}, ui.T("keys.back")},
		{[]string{"Shift ←", "Shift →"}, ui.T("keys.width")},
		{[]string{"V"}, ui.T("keys.saveView")},
		{[]string{"Space"}, ui.T("keys.lift")},
		{[]string{"C"}, ui.T("keys.new")},
		{[]string{"E"}, ui.T("keys.editRecord")},
		{[]string{"P"}, ui.T("keys.purpose")},
		{[]string{"/"}, ui.T("keys.filter")},
		{[]string{"G", "H"}, ui.T("keys.home")},
		{[]string{"G", "C"}, ui.T("keys.cases")},
		{[]string{"G", "P"}, ui.T("keys.people")},
		{[]string{"G", "D"}, ui.T("keys.desk")},
		{[]string{"G", "S"}, ui.T("keys.service")},
		{[]string{"G", "A"}, ui.T("keys.apps")},
		{[]string{"Alt 1…9"}, ui.T("keys.tabs")},
		{[]string{"F6"}, ui.T("keys.region")},
		{[]string{"Ctrl Z"}, ui.T("keys.undo")},
		{[]string{"?"}, ui.T("keys.help")},
	}
}
