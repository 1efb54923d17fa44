package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// A Type is a field type: what describe calls it, what kind its values have
// and how a column keeps them. Nothing switches on a type's name outside its descriptor.
type Type struct {
	Name     string // describe: "string", "reference", …
	Metadata string // metadata format: "Text", "Lookup", …; "" where only the platform makes such fields
	SOAP     string // "xsd:string", "tns:ID", …
	Kind     record.Kind
	Class    store.Class

	Filterable, Sortable, Groupable, Aggregatable bool // unless the field says less
	Summable                                      bool // SUM and AVG
	TextLike                                      bool // LIKE is allowed
	Picklist                                      bool
	MaxLength                                     int
}
