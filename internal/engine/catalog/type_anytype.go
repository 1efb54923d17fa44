package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// AnyType holds a value of a type that the row itself tells, as text.
var AnyType = Type{
	Name: "anyType", Label: "Any", SOAP: "xsd:anyType", Kind: record.Text, Class: store.Text,
}
