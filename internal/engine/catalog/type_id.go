package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// ID is the record's own identity.
var ID = Type{
	Name: "id", Label: "Record ID", SOAP: "tns:ID", Kind: record.Ref, Class: store.ID,
	Filterable: true, Sortable: true, Groupable: true, Aggregatable: true,
}
