package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// Email holds one e-mail address.
var Email = Type{
	Name: "email", Metadata: "Email", SOAP: "xsd:string", Kind: record.Text, Class: store.Text,
	Filterable: true, Sortable: true, Groupable: true, Aggregatable: true, TextLike: true, MaxLength: 80,
}
