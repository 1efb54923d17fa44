package catalog

const maxLongText = 131072

// A FieldDef is the definition of one field.
type FieldDef struct{}
