package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// Number holds a decimal of up to 18 digits.
var Number = Type{
	Name: "double", Label: "Number", Metadata: "Number", SOAP: "xsd:double", Kind: record.Number, Class: store.Decimal,
	Filterable: true, Sortable: true, Aggregatable: true, Summable: true,
	define: (*FieldDef).number,
}
