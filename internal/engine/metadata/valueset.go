package metadata

import (
	"fmt"

	"stoa/internal/engine/catalog"
	"stoa/internal/record"
)

// A standardSet is a set of values that a standard field has: the field, and the object whose rows are its values, "" for none.
type standardSet struct{ object, field, rows string }

// standardSets are the sets that can be put into an org, by their names in the Metadata API.
var standardSets = map[string]standardSet{
	"CaseOrigin":   {"Case", "Origin", ""},
	"CasePriority": {"Case", "Priority", ""},
	"CaseReason":   {"Case", "Reason", ""},
	"CaseStatus":   {"Case", "Status", "CaseStatus"},
	"CaseType":     {"Case", "Type", ""},
	"TaskStatus":   {"Task", "Status", "TaskStatus"},
}

// readStandardValueSet reads the values of a standard picklist and, of a status, which of them close.
func readStandardValueSet(p *Package, file string, b []byte, _ reader) error {
	var m struct {
		Sorted bool `xml:"sorted"`
		Values []struct {
			FullName string `xml:"fullName"`
			Default  bool   `xml:"default"`
			Label    string `xml:"label"`
			IsActive *bool  `xml:"isActive"`
			Closed   bool   `xml:"closed"`
		} `xml:"standardValue"`
		Unknown []element `xml:",any"`
	}
	if err := strict(b, &m, func() []element { return m.Unknown }); err != nil {
		return err
	}
	name := named(file, ".standardValueSet-meta.xml")
	set, ok := standardSets[name]
	if !ok {
		return fmt.Errorf("the value set %s is not known", name)
	}
	// Of a status people ask later when it was what.
	d := &catalog.FieldDef{Object: set.object, Name: set.field, TrackHistory: set.rows != "" && set.object == "Case"}
	whole := Whole{Object: set.rows, Field: "ApiName"}
	for i, v := range m.Values {
		d.Values = append(d.Values, catalog.ValueDef{Value: v.FullName, Label: v.Label, Default: v.Default, Inactive: v.IsActive != nil && !*v.IsActive})
		if set.rows == "" {
			continue
		}
		whole.Values = append(whole.Values, v.FullName)
		r := row(set.rows, "ApiName", v.FullName)
		r.set("MasterLabel", v.Label)
		r.Draft.Set("SortOrder", record.OfInt(int64(i+1)))
		r.setBool("IsDefault", v.Default)
		r.setBool("IsClosed", v.Closed)
		p.Rows = append(p.Rows, r)
	}
	if set.rows != "" {
		p.Wholes = append(p.Wholes, whole)
	}
	p.Changes = append(p.Changes, catalog.Change{Field: d})
	return nil
}
