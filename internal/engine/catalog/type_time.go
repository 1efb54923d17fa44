package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// Time holds a time of day in milliseconds, without a zone.
var Time = Type{
	Name: "time", Label: "Time", Metadata: "Time", SOAP: "xsd:time", Kind: record.Time, Class: store.Time,
	Filterable: true, Sortable: true, Groupable: true, Aggregatable: true,
	define: (*FieldDef).plain,
}
