package purpose

import (
	"crypto/sha256"
	"encoding/base64"

	"stoa/internal/engine/catalog"
)

// Fields are fields of one object of which an entry tells that they were used. They do not change.
type Fields struct {
	object *catalog.Object
	list   []*catalog.Field
	name   string // 22 characters, "" where entries list the fields themselves
	text   string // what the name stands for, as JSON
}

// FieldsOf returns fields of an object, each once. The caller does not change the list any more.
func FieldsOf(o *catalog.Object, list []*catalog.Field) *Fields {
	return &Fields{object: o, list: list}
}

// Object returns whose fields they are.
func (f *Fields) Object() *catalog.Object { return f.object }

// named is from how many fields on a name is shorter than a list.
const named = 4

// Named returns fields that will be used again and again: entries name them by a hash of what they are, which stands
// beside the entries once a page of the register.
func Named(o *catalog.Object, list []*catalog.Field) *Fields {
	f := FieldsOf(o, list)
	if o == nil || len(list) < named {
		return f
	}
	b := append(append(append([]byte(nil), `{"object":"`...), o.Name...), '"', ',')
	f.text = string(append(appendFields(b, list), '}'))
	f.name = nameOf(f.text)
	return f
}

// nameOf returns the name of fields that a text stands for.
func nameOf(text string) string {
	h := sha256.Sum256([]byte(setFormat + text))
	return base64.RawURLEncoding.EncodeToString(h[:setSize])
}

const (
	setFormat = "stoa-fields-v1" // hashed before what a name stands for
	setSize   = 16               // bytes of the hash that make the name
	nameSize  = 22               // characters of a name
)

// appendFields appends a member of JSON: "fields":["Id","Subject"]. API names need no escapes.
func appendFields(dst []byte, list []*catalog.Field) []byte {
	dst = append(dst, `"fields":[`...)
	for i, f := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, '"'), f.Name...), '"')
	}
	return append(dst, ']')
}
