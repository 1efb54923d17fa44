package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// Date holds a day without a zone.
var Date = Type{
	Name: "date", Label: "Date", Metadata: "Date", SOAP: "xsd:date", Kind: record.Date, Class: store.Date,
	Filterable: true, Sortable: true, Groupable: true, Aggregatable: true,
	define: (*FieldDef).plain,
}
