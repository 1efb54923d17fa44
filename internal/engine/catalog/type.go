package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// A Type is a field type: what describe calls it, what kind its values have
// and how a column keeps them. Nothing switches on a type's name outside its descriptor.
type Type struct {
	Name     string // describe: "string", "reference", …; several types may share one
	Label    string // Setup: "Text Area", "Checkbox", …
	Metadata string // metadata format: "Text", "Lookup", …; "" where only the platform makes such fields
	SOAP     string // "xsd:string", "tns:ID", …
	Kind     record.Kind
	Class    store.Class

	Filterable, Sortable, Groupable, Aggregatable bool // unless the field says less
	Summable                                      bool // SUM and AVG
	TextLike                                      bool // LIKE is allowed
	Picklist                                      bool
	Compound                                      bool // made of part fields, stores nothing itself
	KeepsSpace                                    bool // leading and trailing white space of a value is data
	MaxLength                                     int  // characters, 0 where length means nothing
	// define checks the definition of a custom field of this type and fills in what it left out.
	// It is nil where only the platform makes such fields.
	define func(d *FieldDef) error
}

// Types lists every field type in the order that Setup offers them, the platform's own last.
var Types = []*Type{
	&Text, &TextArea, &LongTextArea, &RichTextArea, &EncryptedText,
	&Number, &Currency, &Percent,
	&Date, &DateTime, &Time,
	&Boolean, &Picklist, &MultiPicklist,
	&Email, &Phone, &URL, &Location, &Reference,
	&ID, &Int, &Long, &Combobox, &Address, &Base64, &AnyType, &DataCategoryGroup,
}

// TypeNamed returns the type that metadata calls by a name in its own letter
// case (Text, Lookup, …), nil if there is none. Some names mean a type and a
// flag: MasterDetail and Hierarchy are references, AutoNumber is a text.
func TypeNamed(metadata string) *Type {
	switch metadata {
	case "MasterDetail", "Hierarchy":
		return &Reference
	case "AutoNumber":
		return &Text
	}
	for _, t := range Types {
		if t.Metadata != "" && t.Metadata == metadata {
			return t
		}
	}
	return nil
}
