package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// URL holds a web address.
var URL = Type{
	Name: "url", Label: "URL", Metadata: "Url", SOAP: "xsd:string", Kind: record.Text, Class: store.Text,
	Filterable: true, Sortable: true, Groupable: true, Aggregatable: true, TextLike: true, MaxLength: 255,
	define: func(d *FieldDef) error {
		if err := d.refuse("unique", "externalId"); err != nil {
			return err
		}
		return d.text(255, 255, 255)
	},
}
