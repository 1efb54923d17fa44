package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// Location is a place on Earth, made of a latitude and a longitude field.
var Location = Type{
	Name: "location", Metadata: "Location", SOAP: "urn:location", Kind: record.Null, Class: store.Decimal,
	Filterable: true, Compound: true,
}
