package soap

import (
	"compress/gzip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"stoa/internal/fault"
)

// Limits of an envelope.
const (
	maxBytes = 50 << 20 // after decompression
	maxDepth = 64
	maxNodes = 500_000
)

const (
	schemaInstance = "http://www.w3.org/2001/XMLSchema-instance"
	soapNamespace  = "http://schemas.xmlsoap.org/soap/envelope/"
)

// A node is an element of an envelope. Methods of a nil node answer as those of an empty one.
type node struct {
	space, name string
	kind        string // local part of xsi:type
	null        bool   // xsi:nil
	content     []byte
	kids        []*node
}

// text returns the character data of n.
func (n *node) text() string {
	if n == nil {
		return ""
	}
	return string(n.content)
}

// at follows names downwards, whatever their namespace and letter case; it returns nil where they lead nowhere.
func (n *node) at(names ...string) *node {
	for _, name := range names {
		if n == nil {
			return nil
		}
		var next *node
		for _, k := range n.kids {
			if strings.EqualFold(k.name, name) {
				next = k
				break
			}
		}
		n = next
	}
	return n
}

// arg returns a parameter of an operation by any of its names, or else by its place.
func (n *node) arg(place int, names ...string) *node {
	for _, name := range names {
		if k := n.at(name); k != nil {
			return k
		}
	}
	if place < len(n.kids) {
		return n.kids[place]
	}
	return nil
}

// list returns the children with a name, or else all from a place on.
func (n *node) list(place int, name string) []*node {
	var found []*node
	for _, k := range n.kids {
		if strings.EqualFold(k.name, name) {
			found = append(found, k)
		}
	}
	if found == nil && place < len(n.kids) {
		return n.kids[place:]
	}
	return found
}

func (n *node) isTrue() bool {
	s := strings.TrimSpace(n.text())
	return s == "true" || s == "1"
}

// readEnvelope reads a request and returns Body and Header, nil where there is none.
func readEnvelope(r *http.Request) (body, header *node, err error) {
	var in io.Reader = r.Body
	if strings.EqualFold(r.Header.Get("Content-Encoding"), "gzip") {
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, nil, &clientFault{"the request is not compressed as its header says"}
		}
		defer z.Close()
		in = z
	}
	limited := &io.LimitedReader{R: in, N: maxBytes + 1}
	root, err := parse(limited)
	if limited.N <= 0 {
		return nil, nil, fault.New(fault.RequestBodyTooLarge, "The request is larger than %d bytes", maxBytes)
	}
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, nil, fault.New(fault.RequestBodyTooLarge, "The request is too large")
		}
		return nil, nil, &clientFault{"XML parse error: " + err.Error()}
	}
	if root.name != "Envelope" || root.space != soapNamespace && root.space != "" {
		return nil, nil, &clientFault{"the request is no SOAP 1.1 envelope"}
	}
	if body = root.at("Body"); body == nil {
		return nil, nil, &clientFault{"the envelope has no Body"}
	}
	return body, root.at("Header"), nil
}

// parse reads one XML document. There are no entities but the five of XML, and no document type.
func parse(r io.Reader) (*node, error) {
	d := xml.NewDecoder(r)
	var stack []*node
	var root *node
	count := 0
	for {
		t, err := d.Token()
		if err == io.EOF {
			if root == nil || len(stack) > 0 {
				return nil, io.ErrUnexpectedEOF
			}
			return root, nil
		}
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if count++; count > maxNodes || len(stack) >= maxDepth {
				return nil, fmt.Errorf("too many elements")
			}
			n := &node{space: t.Name.Space, name: t.Name.Local}
			for _, a := range t.Attr {
				switch {
				case a.Name.Space == schemaInstance && a.Name.Local == "nil":
					n.null = a.Value == "true" || a.Value == "1"
				case a.Name.Space == schemaInstance && a.Name.Local == "type":
					n.kind = a.Value[strings.LastIndexByte(a.Value, ':')+1:]
				}
			}
			switch {
			case len(stack) > 0:
				top := stack[len(stack)-1]
				top.kids = append(top.kids, n)
			case root != nil:
				return nil, fmt.Errorf("more than one root element")
			default:
				root = n
			}
			stack = append(stack, n)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if len(stack) > 0 {
				top := stack[len(stack)-1]
				top.content = append(top.content, t...)
			}
		case xml.Directive:
			return nil, fmt.Errorf("a document type is not allowed")
		}
	}
}
