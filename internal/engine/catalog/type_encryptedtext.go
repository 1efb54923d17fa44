package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// EncryptedText holds text that is shown masked to all but a few.
var EncryptedText = Type{
	Name: "encryptedstring", Label: "Text (Encrypted)", Metadata: "EncryptedText", SOAP: "xsd:string", Kind: record.Text, Class: store.Text,
	MaxLength: 175,
	define: func(d *FieldDef) error {
		if err := d.refuse("unique", "externalId", "defaultValue"); err != nil {
			return err
		}
		if d.MaskType == "" {
			return d.must("maskType")
		}
		return d.text(1, 175, 0)
	},
}
