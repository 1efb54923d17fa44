package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// Reference points to another record: a lookup, a master-detail or a hierarchy.
var Reference = Type{
	Name: "reference", Label: "Lookup", Metadata: "Lookup", SOAP: "tns:ID", Kind: record.Ref, Class: store.ID,
	Filterable: true, Sortable: true, Groupable: true, Aggregatable: true,
	define: (*FieldDef).reference,
}
