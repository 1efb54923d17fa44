package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// Picklist holds one value of a set.
var Picklist = Type{
	Name: "picklist", Label: "Picklist", Metadata: "Picklist", SOAP: "xsd:string", Kind: record.Text, Class: store.Text,
	Filterable: true, Sortable: true, Groupable: true, Aggregatable: true, TextLike: true, Picklist: true, MaxLength: 255,
	define: func(d *FieldDef) error {
		defaults := 0
		for _, v := range d.Values {
			if v.Default {
				defaults++
			}
		}
		if defaults > 1 {
			return d.fail("Only one picklist value can be the default")
		}
		d.Length = 255
		return d.picklist(maxPicklist)
	},
}
