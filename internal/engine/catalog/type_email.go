package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// Email holds one e-mail address.
var Email = Type{
	Name: "email", Label: "Email", Metadata: "Email", SOAP: "xsd:string", Kind: record.Text, Class: store.Text,
	Filterable: true, Sortable: true, Groupable: true, Aggregatable: true, TextLike: true, MaxLength: 80,
	define: func(d *FieldDef) error { return d.text(80, 80, 80) },
}
