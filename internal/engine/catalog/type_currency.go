package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// Currency holds an amount of money in the record's currency.
var Currency = Type{
	Name: "currency", Label: "Currency", Metadata: "Currency", SOAP: "xsd:double", Kind: record.Number, Class: store.Decimal,
	Filterable: true, Sortable: true, Aggregatable: true, Summable: true,
	define: func(d *FieldDef) error {
		if err := d.refuse("unique", "externalId"); err != nil {
			return err
		}
		return d.number()
	},
}
