package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// Long holds a whole number of 64 bits.
var Long = Type{
	Name: "long", Label: "Number", SOAP: "xsd:long", Kind: record.Number, Class: store.Int,
	Filterable: true, Sortable: true, Aggregatable: true, Summable: true,
}
