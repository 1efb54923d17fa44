package bulk

import (
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// A sheet is the header of a CSV, bound to the object that its rows are of.
type sheet struct {
	object string
	comma  byte
	names  []string // as they were sent
	cols   []sheetColumn
	id     int // the column of the id, -1 for none
}

// A sheetColumn is a field, or a parent named by one of its own: Account.Ext__c, Owner:User.Ext__c.
type sheetColumn struct {
	name   string // field, or relationship where key is not ""
	of     string // object of the parent, where the header says it
	key    string
	ignore bool // a column without a name
}

// sheetOf binds a header for an operation, under the rights of who loads.
func sheetOf(s *org.Session, j *org.BulkJob) (*sheet, error) {
	o := s.Catalog().Object(j.Object)
	if o == nil {
		return nil, badCSV("InvalidEntity : Entity '" + j.Object + "' is not supported by the Bulk API.")
	}
	sh := &sheet{object: o.Name, comma: delimiters[j.Delimiter], id: -1}
	sh.names = parseRecord(j.Header, sh.comma, nil)
	seen := map[string]bool{}
	for i, name := range sh.names {
		name = strings.TrimSpace(name)
		c, err := sh.column(s, o, name)
		if err != nil {
			return nil, err
		}
		switch folded := catalog.Fold(name); {
		case c.ignore:
		case seen[folded]:
			return nil, badCSV("InvalidBatch : Duplicate column name found in the header: " + name)
		case folded == "id":
			sh.id = i
			fallthrough
		default:
			seen[folded] = true
		}
		sh.cols = append(sh.cols, c)
	}
	if sh.id < 0 && (j.Operation == "update" || j.Operation == "delete" || j.Operation == "hardDelete") {
		return nil, badCSV("InvalidBatch : Field name not found : Id")
	}
	if j.Operation == "upsert" && !seen[catalog.Fold(j.ExternalID)] {
		return nil, badCSV("InvalidBatch : Field name not found : " + j.ExternalID)
	}
	return sh, nil
}

func (sh *sheet) column(s *org.Session, o *catalog.Object, name string) (sheetColumn, error) {
	unknown := badCSV("InvalidBatch : Field name not found : " + name)
	relation, key, dotted := strings.Cut(name, ".")
	if !dotted {
		f := o.Field(name)
		if name == "" {
			return sheetColumn{ignore: true}, nil
		}
		if f == nil || !s.CanRead(f) {
			return sheetColumn{}, unknown
		}
		return sheetColumn{name: f.Name}, nil
	}
	relation, of, _ := strings.Cut(relation, ":")
	f := o.Relationship(relation)
	if f == nil || !s.CanRead(f) || key == "" || strings.Contains(key, ".") {
		return sheetColumn{}, unknown
	}
	found := false
	for _, target := range f.ReferenceTo {
		p := s.Catalog().Object(target)
		if p == nil || of != "" && !strings.EqualFold(p.Name, of) {
			continue
		}
		k := p.Field(key)
		found = found || k != nil && s.CanRead(k)
	}
	if !found {
		return sheetColumn{}, unknown
	}
	return sheetColumn{name: relation, of: of, key: key}, nil
}

// noValue is what a CSV says for null; an empty cell says nothing.
const noValue = "#N/A"

// A loading is the rows of one part on their way into the org.
type loading struct {
	drafts []record.Draft
	at     []int          // the row of each draft
	bad    []*fault.Error // by row: why there is no draft
}

// drafts reads the rows of a part.
func (sh *sheet) drafts(body string, rows int) loading {
	l := loading{drafts: make([]record.Draft, 0, rows), at: make([]int, 0, rows), bad: make([]*fault.Error, rows)}
	cells := make([]record.DraftField, 0, rows*len(sh.cols)) // one allocation for all of them
	var values []string
	for row := range rows {
		values, body = nextRecord(body, sh.comma, values[:0])
		if len(values) != len(sh.cols) {
			l.bad[row] = fault.New(clientInput, "The row has %d values for %d columns", len(values), len(sh.cols))
			continue
		}
		d := record.Draft{Object: sh.object}
		from := len(cells)
		for i, v := range values {
			c := &sh.cols[i]
			switch {
			case v == "" || c.ignore:
				continue
			case i == sh.id:
				if v == noValue {
					continue
				}
				id, err := record.ParseID(strings.TrimSpace(v))
				if err != nil {
					l.bad[row] = fault.New(fault.MalformedID, "%s ID: id value of incorrect type: %s", sh.object, v).On("Id")
				}
				d.ID = id
				continue
			}
			f := record.DraftField{Name: c.name}
			switch {
			case c.key != "":
				f.Parent = &record.Draft{Object: c.of, Fields: []record.DraftField{{Name: c.key}}}
				if v == noValue {
					f.Parent = nil
				} else {
					f.Parent.Fields[0].Value = record.OfText(v)
				}
			case v != noValue:
				f.Value = record.OfText(v)
			}
			cells = append(cells, f)
		}
		if l.bad[row] != nil {
			cells = cells[:from]
			continue
		}
		d.Fields = cells[from:len(cells):len(cells)]
		l.drafts, l.at = append(l.drafts, d), append(l.at, row)
	}
	return l
}
