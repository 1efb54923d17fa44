package rest

import (
	"strings"

	"stoa/internal/fault"
	"stoa/internal/record"
)

// draftOf reads a record from a parsed body. object is the one that the path
// names, "" where the record says it in attributes. An Id among the fields becomes the draft's id.
func draftOf(n *node, object string) (record.Draft, error) {
	d := record.Draft{Object: object}
	if n.kind != objectNode {
		return d, fault.New(fault.JSONParserError, "Cannot deserialize a record from %s", n.noun())
	}
	d.Fields = make([]record.DraftField, 0, len(n.members))
	for i := range n.members {
		m := &n.members[i]
		switch {
		case m.name == "attributes":
			if d.Object == "" {
				d.Object = m.value.str("type")
			}
			continue
		case strings.EqualFold(m.name, "Id") && m.value.kind != nullNode && (m.value.kind != textNode || m.value.text != ""): // go-salesforce sends "" for none
			id, err := record.ParseID(m.value.text)
			if err != nil {
				return d, fault.New(fault.MalformedID, "%s ID: id value of incorrect type: %s", d.Object, m.value.text).On("Id")
			}
			d.ID = id
			continue
		case strings.EqualFold(m.name, "Id"):
			continue
		}
		f, err := draftField(m)
		if err != nil {
			return d, err
		}
		d.Fields = append(d.Fields, f)
	}
	return d, nil
}

func draftField(m *member) (record.DraftField, error) {
	f := record.DraftField{Name: m.name}
	switch v := &m.value; v.kind {
	case nullNode:
	case boolNode:
		f.Value = record.OfBool(v.truth)
	case numberNode:
		n, scale, ok := record.ParseDecimal(v.text)
		if !ok {
			return f, fault.New(fault.NumberOutsideValidRange, "%s: value outside of valid range on numeric field: %s", m.name, v.text).On(m.name)
		}
		f.Value = record.OfDecimal(n, scale)
	case textNode:
		f.Value = record.OfText(v.text)
	case objectNode:
		parent, err := draftOf(v, "")
		if err != nil {
			return f, err
		}
		f.Parent = &parent
	case listNode:
		return f, fault.New(fault.JSONParserError, "Cannot deserialize the value of %s from a list", m.name).On(m.name)
	}
	return f, nil
}

// noun names what kind of JSON value n is, for messages.
func (n *node) noun() string {
	switch n.kind {
	case nullNode:
		return "null"
	case boolNode:
		return "a boolean"
	case numberNode:
		return "a number"
	case textNode:
		return "a text"
	case objectNode:
		return "an object"
	case listNode:
		return "a list"
	default:
		return "nothing"
	}
}
