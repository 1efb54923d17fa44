package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// LongTextArea holds plain text of any sensible length. It cannot be filtered by.
var LongTextArea = Type{
	Name: "textarea", Label: "Long Text Area", Metadata: "LongTextArea", SOAP: "xsd:string", Kind: record.Text, Class: store.Text,
	KeepsSpace: true, MaxLength: maxLongText,
	define: func(d *FieldDef) error {
		if err := d.refuse("unique", "externalId", "required"); err != nil {
			return err
		}
		return d.text(256, maxLongText, longTextDefault)
	},
}
