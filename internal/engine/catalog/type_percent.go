package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// Percent holds hundredths: 12.5 means 12.5 %, in the API and in the store.
var Percent = Type{
	Name: "percent", Label: "Percent", Metadata: "Percent", SOAP: "xsd:double", Kind: record.Number, Class: store.Decimal,
	Filterable: true, Sortable: true, Aggregatable: true, Summable: true,
	define: func(d *FieldDef) error {
		if err := d.refuse("unique", "externalId"); err != nil {
			return err
		}
		return d.number()
	},
}
