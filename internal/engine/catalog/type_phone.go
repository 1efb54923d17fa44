package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// Phone holds a telephone number as it was given.
var Phone = Type{
	Name: "phone", Label: "Phone", Metadata: "Phone", SOAP: "xsd:string", Kind: record.Text, Class: store.Text,
	Filterable: true, Sortable: true, Groupable: true, Aggregatable: true, TextLike: true, MaxLength: 40,
	define: func(d *FieldDef) error {
		if err := d.refuse("unique", "externalId"); err != nil {
			return err
		}
		return d.text(40, 40, 40)
	},
}
