package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// Phone holds a telephone number as it was given.
var Phone = Type{
	Name: "phone", Metadata: "Phone", SOAP: "xsd:string", Kind: record.Text, Class: store.Text,
	Filterable: true, Sortable: true, Groupable: true, Aggregatable: true, TextLike: true, MaxLength: 40,
}
