package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// Location is a place on Earth, made of a latitude and a longitude field.
var Location = Type{
	Name: "location", Label: "Geolocation", Metadata: "Location", SOAP: "urn:location", Kind: record.Null, Class: store.Decimal,
	Filterable: true, Compound: true,
	define: func(d *FieldDef) error {
		if d.Scale < 0 || d.Scale > 15 {
			return d.fail("Scale must be between 0 and 15 for a CustomField of type %s", d.Type)
		}
		return d.refuse("length", "precision", "unique", "externalId", "defaultValue", "valueSet", "referenceTo")
	},
}
