package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// TextArea holds a few lines of at most 255 characters, short enough to filter and sort by.
var TextArea = Type{
	Name: "textarea", Label: "Text Area", Metadata: "TextArea", SOAP: "xsd:string", Kind: record.Text, Class: store.Text,
	Filterable: true, Sortable: true, Groupable: true, Aggregatable: true, TextLike: true, MaxLength: 255,
	define: func(d *FieldDef) error {
		if err := d.refuse("length", "unique", "externalId"); err != nil && d.Length != 255 {
			return err
		}
		return d.text(255, 255, 255)
	},
}
