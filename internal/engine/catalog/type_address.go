package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// Address is a postal address, made of part fields.
var Address = Type{
	Name: "address", Label: "Address", SOAP: "urn:address", Kind: record.Null, Class: store.Text,
	Filterable: true, Compound: true,
}
