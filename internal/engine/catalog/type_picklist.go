package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// Picklist holds one value of a set.
var Picklist = Type{
	Name: "picklist", Metadata: "Picklist", SOAP: "xsd:string", Kind: record.Text, Class: store.Text,
	Filterable: true, Sortable: true, Groupable: true, Aggregatable: true, TextLike: true, Picklist: true, MaxLength: 255,
}
