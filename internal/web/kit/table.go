package kit

import "stoa/internal/engine/catalog"

// A Column is one column of a table of records.
type Column struct {
	Field *catalog.Field
	Label string
	Sort  string // address that sorts by it, "" where it cannot be sorted
	Order string // "ascending" or "descending" where the table is sorted by it
	Width int    // in pixels, 0 for what the content needs
	Slot  string // where it goes on a phone: primary, second, mark, end, none
}

// Fixed reports whether the widths of the columns are the person's.
func (t Table) Fixed() bool {
	for _, c := range t.Columns {
		if c.Width > 0 {
			return true
		}
	}
	return false
}

// A Row is one record of a table.
type Row struct {
	ID      string
	Name    string // what to call it in labels
	Href    string
	Version string // its SystemModstamp: an edit says which one it began from
	Menu    string // address of what can be done with it
	Cells   []Cell
}

// A Cell is one value of a row.
type Cell struct {
	Value
	Edit string // address of its form, "" where it is read only
}

// A Table is a page of records.
type Table struct {
	Caption string
	Columns []Column
	Rows    []Row
	Pick    bool   // rows can be chosen
	Menu    bool   // rows end with what can be done with them
	More    string // address of the next rows, "" when these are the last
	From    int    // number of the first row, from 1
	Plain   bool   // short list in a card: no picking, no editing
	Object  string
}

// Slots gives columns their places on a phone: the first names the row, then a
// second line, a mark (how it stands) and an end (when or how much).
func Slots(cols []Column) {
	taken := map[string]bool{}
	for i := range cols {
		f := cols[i].Field
		slot := "none"
		switch {
		case f.Type.Picklist && marked(f) && !taken["mark"]:
			slot = "mark"
		case (f.Type.Name == "datetime" || f.Type.Name == "date" || Numeric(f)) && !taken["end"]:
			slot = "end"
		case cols[i].Slot == "primary":
			slot = "primary"
		case f.Type.Name != "boolean" && f.Type.Name != "textarea" && !f.AutoNumber && !taken["second"]:
			slot = "second"
		}
		taken[slot] = true
		cols[i].Slot = slot
	}
}
