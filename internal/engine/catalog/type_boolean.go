package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// Boolean holds true or false and is never null.
var Boolean = Type{
	Name: "boolean", Metadata: "Checkbox", SOAP: "xsd:boolean", Kind: record.Bool, Class: store.Bool,
	Filterable: true, Sortable: true, Groupable: true,
}
