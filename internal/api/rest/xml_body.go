package rest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"

	"stoa/internal/fault"
)

const schemaInstance = "http://www.w3.org/2001/XMLSchema-instance"

// listNames are the members of a body that are lists, also with one element: XML does not tell. No field of a record is named so.
var listNames = []string{"records", "ids", "fields", "sobjects"}

// parseXML reads a body in XML as the value that the same body in JSON would be: the root is the record or the
// parameters, an element a member of it, a text where nothing is below, null where xsi:nil says so, and a list where it comes
// again. There are no entities but the five of XML, and no document type.
func parseXML(body []byte) (node, error) {
	d := xml.NewDecoder(bytes.NewReader(body))
	for {
		t, err := d.Token()
		switch t := t.(type) {
		case xml.StartElement:
			n, err := xmlNode(d, t, 0)
			if err == nil {
				err = xmlEnd(d)
			}
			if err != nil {
				return node{}, badXML(d, err)
			}
			if n.kind == textNode && strings.TrimSpace(n.text) == "" {
				n = node{kind: objectNode}
			}
			return n, nil
		case xml.Directive:
			return node{}, badXML(d, errDocumentType)
		}
		if err == io.EOF {
			return node{}, fault.New(fault.XMLParserError, "The HTTP entity body is required, but this request has no entity body.")
		}
		if err != nil {
			return node{}, badXML(d, err)
		}
	}
}

var (
	errDocumentType = errors.New("a document type is not allowed")
	errTooDeep      = errors.New("the body nests too deep")
	errMixed        = errors.New("text and elements are mixed")
	errSecondRoot   = errors.New("there is more than one root element")
)

func badXML(d *xml.Decoder, err error) error {
	line, column := d.InputPos()
	return fault.New(fault.XMLParserError, "%s at [line:%d, column:%d]", strings.TrimPrefix(err.Error(), "XML syntax error on line "), line, column)
}

// xmlEnd refuses what follows the root.
func xmlEnd(d *xml.Decoder) error {
	for {
		t, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if _, ok := t.(xml.StartElement); ok {
			return errSecondRoot
		}
	}
}

// xmlNode reads an element to its end.
func xmlNode(d *xml.Decoder, start xml.StartElement, depth int) (node, error) {
	if depth > maxDepth {
		return node{}, errTooDeep
	}
	n := node{kind: textNode}
	var attributes []member
	for _, a := range start.Attr {
		switch {
		case a.Name.Space == schemaInstance && a.Name.Local == "nil" && (a.Value == "true" || a.Value == "1"):
			n.kind = nullNode
		case a.Name.Space == "" && (a.Name.Local == "type" || a.Name.Local == "url"):
			attributes = append(attributes, member{a.Name.Local, node{kind: textNode, text: a.Value}})
		}
	}
	var text strings.Builder
	for {
		t, err := d.Token()
		if err != nil {
			return n, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			kid, err := xmlNode(d, t, depth+1)
			if err != nil {
				return n, err
			}
			n.kind = objectNode
			n.put(t.Name.Local, kid)
		case xml.CharData:
			text.Write(t)
		case xml.Directive:
			return n, errDocumentType
		case xml.EndElement:
			if n.kind == objectNode {
				if strings.TrimSpace(text.String()) != "" {
					return n, errMixed
				}
				if attributes != nil && n.get("attributes") == nil {
					n.members = append([]member{{"attributes", node{kind: objectNode, members: attributes}}}, n.members...)
				}
			} else if n.kind == textNode {
				n.text = text.String()
			}
			return n, nil
		}
	}
}

// put adds a member, to the list of those of its name where there are some already.
func (n *node) put(name string, value node) {
	there := n.get(name)
	switch {
	case there != nil && there.kind == listNode:
		there.items = append(there.items, value)
	case there != nil:
		*there = node{kind: listNode, items: []node{*there, value}}
	case slices.Contains(listNames, name):
		n.members = append(n.members, member{name, node{kind: listNode, items: []node{value}}})
	default:
		n.members = append(n.members, member{name, value})
	}
}
