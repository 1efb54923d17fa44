package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// DateTime holds a moment in whole seconds, UTC.
var DateTime = Type{
	Name: "datetime", Label: "Date/Time", Metadata: "DateTime", SOAP: "xsd:dateTime", Kind: record.DateTime, Class: store.DateTime,
	Filterable: true, Sortable: true, Aggregatable: true,
	define: (*FieldDef).plain,
}
