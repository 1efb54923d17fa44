package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// Combobox holds free text with suggestions.
var Combobox = Type{
	Name: "combobox", Label: "Picklist", SOAP: "xsd:string", Kind: record.Text, Class: store.Text,
	Filterable: true, Sortable: true, Groupable: true, Aggregatable: true, TextLike: true, Picklist: true, MaxLength: 255,
}
