package rest

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"stoa/internal/record"
)

// references are the answers of the steps of a composite so far, for @{step.path} in those that follow.
type references map[string]*node

// learn keeps a successful answer.
func (r references) learn(id string, a *answer) {
	if a.failed() || len(a.body) == 0 {
		return
	}
	if n, err := parseJSON(a.body); err == nil {
		r[id] = &n
	}
}

// request is a step with its references resolved.
func (r references) request(s *step) (subrequest, error) {
	request := subrequest{method: s.method}
	path, query, asks := strings.Cut(s.url, "?")
	path, err := r.text(path, url.PathEscape)
	if err != nil {
		return request, err
	}
	if request.url = path; asks {
		if query, err = r.text(query, url.QueryEscape); err != nil {
			return request, err
		}
		request.url += "?" + query
	}
	if s.headers != nil {
		for _, m := range s.headers.members {
			if m.value.text, err = r.text(m.value.text, nil); err != nil {
				return request, err
			}
			request.headers = append(request.headers, m)
		}
	}
	if s.body == nil {
		return request, nil
	}
	body, err := r.resolved(s.body)
	if err != nil {
		return request, err
	}
	request.body = body.json()
	return request, nil
}

// resolved is n with every reference in a text replaced. A text that is nothing but a reference becomes what it refers to, with its type.
func (r references) resolved(n *node) (*node, error) {
	switch {
	case n.kind == objectNode && strings.Contains(n.text, "@{"):
		made := &node{kind: objectNode, members: make([]member, len(n.members))}
		for i := range n.members {
			v, err := r.resolved(&n.members[i].value)
			if err != nil {
				return nil, err
			}
			made.members[i] = member{n.members[i].name, *v}
		}
		return made, nil
	case n.kind == listNode:
		made := &node{kind: listNode, items: make([]node, len(n.items))}
		for i := range n.items {
			v, err := r.resolved(&n.items[i])
			if err != nil {
				return nil, err
			}
			made.items[i] = *v
		}
		return made, nil
	case n.kind == textNode && strings.HasPrefix(n.text, "@{") && strings.IndexByte(n.text, '}') == len(n.text)-1:
		return r.find(n.text[2 : len(n.text)-1])
	case n.kind == textNode && strings.Contains(n.text, "@{"):
		text, err := r.text(n.text, nil)
		return &node{kind: textNode, text: text}, err
	default:
		return n, nil
	}
}

// text replaces the references in a text, escaped where escape is not nil.
func (r references) text(s string, escape func(string) string) (string, error) {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "@{")
		path, after, closed := strings.Cut(rest, "}")
		if !ok || !closed {
			b.WriteString(s)
			return b.String(), nil
		}
		n, err := r.find(path)
		if err != nil {
			return "", err
		}
		value := n.text
		switch n.kind {
		case boolNode:
			value = strconv.FormatBool(n.truth)
		case nullNode:
			value = ""
		case listNode:
			value = string(n.json())
		}
		if escape != nil {
			value = escape(value)
		}
		b.WriteString(before)
		b.WriteString(value)
		s = after
	}
}

// find follows a path such as q.records[0].Id. Names that are in the answer in another case are found too.
func (r references) find(path string) (*node, error) {
	id, rest, _ := strings.Cut(path, ".")
	id, index, indexed := strings.Cut(id, "[")
	if indexed {
		rest = "[" + index + "." + rest
	}
	n := r[id]
	for word := range strings.FieldsFuncSeq(rest, func(c rune) bool { return c == '.' || c == '[' || c == ']' }) {
		if n == nil {
			break
		}
		n = n.step(word)
	}
	if n == nil {
		return nil, fmt.Errorf("Invalid reference specified. No value for %s found in %s", path, id) //nolint:staticcheck // the API's own text
	}
	return n, nil
}

// step returns the member or item that a word of a path names, nil if there is none.
func (n *node) step(word string) *node {
	if n.kind == listNode {
		i, err := strconv.Atoi(word)
		if err != nil || i < 0 || i >= len(n.items) {
			return nil
		}
		return &n.items[i]
	}
	if m := n.get(word); m != nil {
		return m
	}
	for i := range n.members {
		if strings.EqualFold(n.members[i].name, word) {
			return &n.members[i].value
		}
	}
	return nil
}

// json writes n, nil for nil.
func (n *node) json() []byte {
	if n == nil {
		return nil
	}
	return n.append(nil)
}

func (n *node) append(dst []byte) []byte {
	switch n.kind {
	case boolNode:
		return strconv.AppendBool(dst, n.truth)
	case numberNode:
		return append(dst, n.text...)
	case textNode:
		return record.AppendJSON(dst, []byte(n.text))
	case objectNode:
		if n.text != "" {
			return append(dst, n.text...)
		}
		dst = append(dst, '{')
		for i := range n.members {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(record.AppendJSON(dst, []byte(n.members[i].name)), ':')
			dst = n.members[i].value.append(dst)
		}
		return append(dst, '}')
	case listNode:
		dst = append(dst, '[')
		for i := range n.items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = n.items[i].append(dst)
		}
		return append(dst, ']')
	default:
		return append(dst, "null"...)
	}
}
