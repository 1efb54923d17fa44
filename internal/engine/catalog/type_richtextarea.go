package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// RichTextArea holds HTML that the server has cleaned. It cannot be filtered by.
var RichTextArea = Type{
	Name: "textarea", Label: "Rich Text Area", Metadata: "Html", SOAP: "xsd:string", Kind: record.Text, Class: store.Text,
	KeepsSpace: true, MaxLength: maxLongText,
	define: func(d *FieldDef) error {
		if err := d.refuse("unique", "externalId", "required"); err != nil {
			return err
		}
		return d.text(256, maxLongText, longTextDefault)
	},
}
