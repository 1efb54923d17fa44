package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// Boolean holds true or false and is never null.
var Boolean = Type{
	Name: "boolean", Label: "Checkbox", Metadata: "Checkbox", SOAP: "xsd:boolean", Kind: record.Bool, Class: store.Bool,
	Filterable: true, Sortable: true, Groupable: true,
	define: func(d *FieldDef) error {
		if err := d.refuse("required"); err != nil {
			return err
		}
		if _, ok := d.literal(record.Bool); !ok {
			return d.fail("The default value of a Checkbox must be true or false")
		}
		return d.plain()
	},
}
