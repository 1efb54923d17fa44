package rest

import (
	"strings"

	"stoa/internal/engine/catalog"
)

// rootNames are the root elements of answers by their route, where it is not the route's last word.
var rootNames = map[string]string{
	"":                                      "urls",
	"limits":                                "LimitsSnapshot",
	"sobjects":                              "DescribeGlobal",
	"sobjects/{object}":                     "SObjectInfo",
	"sobjects/{object}/describe":            "DescribeSObject",
	"sobjects/{object}/updated":             "GetUpdatedResult",
	"sobjects/{object}/deleted":             "GetDeletedResult",
	"sobjects/{object}/describe/layouts":    "DescribeLayoutResult",
	"search":                                "SearchResults",
	"parameterizedSearch":                   "SearchResults",
	"query":                                 "QueryResult",
	"sobjects/{object}/{field}/{value}":     "Result",
	"sobjects/{object}/listviews/{view}":    "ListView",
	"sobjects/User/{id}/password":           "Password",
	"sobjects/{object}/{id}/{relationship}": "QueryResult",
}

// asXML makes an answer in JSON the same in XML, where the client asked for that: members are elements, those of a list come
// again, null ones stay away, and what a record says of itself are attributes.
func (c *call) asXML() {
	if !c.xml || c.kind != "" || len(c.out) == 0 {
		return
	}
	n, err := parseJSON(c.out)
	if err != nil {
		return // it is not JSON: there is one format only
	}
	root := rootNames[c.route]
	if root == "" {
		words := strings.FieldsFunc(c.route, func(r rune) bool { return r == '/' })
		for len(words) > 0 && strings.HasPrefix(words[len(words)-1], "{") {
			words = words[:len(words)-1]
		}
		root = "Result"
		if len(words) > 0 {
			last := words[len(words)-1]
			root = strings.ToUpper(last[:1]) + last[1:]
		}
	}
	c.kind = xmlType
	c.out = appendNodeXML([]byte(xmlHead), root, &n)
}

// appendNodeXML appends a value as an element, nothing for null.
func appendNodeXML(dst []byte, name string, n *node) []byte {
	switch n.kind {
	case boolNode:
		text := "false"
		if n.truth {
			text = "true"
		}
		return appendElement(dst, name, []byte(text))
	case numberNode, textNode:
		return appendElement(dst, name, []byte(n.text))
	case objectNode:
		dst = append(append(dst, '<'), name...)
		about := n.get("attributes")
		if about != nil {
			for i := range about.members {
				a := &about.members[i]
				dst = append(append(append(dst, ' '), a.name...), `="`...)
				dst = append(appendAttribute(dst, a.value.text), '"')
			}
		}
		dst = append(dst, '>')
		for i := range n.members {
			m := &n.members[i]
			if m.name == "attributes" {
				continue
			}
			if m.value.kind == listNode {
				for j := range m.value.items {
					dst = appendNodeXML(dst, elementName(m.name), &m.value.items[j])
				}
				continue
			}
			dst = appendNodeXML(dst, elementName(m.name), &m.value)
		}
		return append(append(append(dst, "</"...), name...), '>')
	case listNode:
		dst = append(append(append(dst, '<'), name...), '>')
		for i := range n.items {
			it := &n.items[i]
			inner := "item"
			if about := it.get("attributes"); about != nil && about.str("type") != "" {
				inner = elementName(about.str("type"))
			}
			dst = appendNodeXML(dst, inner, it)
		}
		return append(append(append(dst, "</"...), name...), '>')
	default:
		return dst
	}
}

// elementName returns a member's name as an element's: names of the API are names of XML; of any other, what is none of one becomes an underscore.
func elementName(name string) string {
	ok := func(i int, r rune) bool {
		return r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || i > 0 && (r >= '0' && r <= '9' || r == '-' || r == '.')
	}
	at := 0
	fixed := strings.Map(func(r rune) rune {
		at++
		if !ok(at-1, r) {
			return '_'
		}
		return r
	}, name)
	if fixed == "" {
		return "_"
	}
	return fixed
}

func appendAttribute(dst []byte, text string) []byte {
	return append(dst, strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;", "\n", "&#10;", "\r", "&#13;", "\t", "&#9;").Replace(text)...)
}

// oneFormat reports whether a path below the version knows JSON only: then what Accept says of XML is passed over.
func oneFormat(words []string) bool { return len(words) > 0 && catalog.Fold(words[0]) == "composite" }
