package catalog

import (
	"stoa/internal/record"
	"stoa/internal/store"
)

// Base64 holds content. The row keeps where the content is, files keeps the bytes.
var Base64 = Type{
	Name: "base64", Label: "File", SOAP: "xsd:base64Binary", Kind: record.Bytes, Class: store.Bytes,
}
