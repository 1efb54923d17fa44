package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// MultiPicklist holds several values of a set, joined by semicolons in the set's order.
var MultiPicklist = Type{
	Name: "multipicklist", Label: "Picklist (Multi-Select)", Metadata: "MultiselectPicklist", SOAP: "xsd:string", Kind: record.Text, Class: store.Text,
	Filterable: true, Picklist: true, MaxLength: 4099,
	define: func(d *FieldDef) error {
		d.Length = 4099
		return d.picklist(maxMultiPicklist)
	},
}
