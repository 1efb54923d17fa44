package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// Int holds a whole number of 32 bits.
var Int = Type{
	Name: "int", Label: "Number", SOAP: "xsd:int", Kind: record.Number, Class: store.Int,
	Filterable: true, Sortable: true, Groupable: true, Aggregatable: true, Summable: true,
}
