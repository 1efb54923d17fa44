package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// DataCategoryGroup holds the name of a category of an article.
var DataCategoryGroup = Type{
	Name: "DataCategoryGroupReference", Label: "Data Category Group", SOAP: "xsd:string", Kind: record.Text, Class: store.Text,
	Filterable: true, Sortable: true, Groupable: true, Aggregatable: true, TextLike: true, MaxLength: 80,
}
