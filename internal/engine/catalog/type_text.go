package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// Text holds one line of at most 255 characters; standard fields may be longer.
var Text = Type{
	Name: "string", Label: "Text", Metadata: "Text", SOAP: "xsd:string", Kind: record.Text, Class: store.Text,
	Filterable: true, Sortable: true, Groupable: true, Aggregatable: true, TextLike: true, MaxLength: 255,
	define: func(d *FieldDef) error {
		if d.Type == "AutoNumber" {
			return d.autoNumber()
		}
		return d.text(1, 255, 0)
	},
}
