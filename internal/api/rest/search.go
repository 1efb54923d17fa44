package rest

import (
	"math"
	"net/http"
	"strconv"
	"strings"

	"stoa/internal/fault"
	"stoa/internal/record"
)

// search answers SOSL. Before v37 the answer was a bare list.
func (c *call) search() error {
	sosl := c.param("q")
	if sosl == "" {
		return fault.New(fault.MalformedSearch, "No search term found. The search term must be enclosed in braces.")
	}
	return c.answerSearch(sosl)
}

func (c *call) answerSearch(sosl string) error {
	found, err := c.session.Search(c.r.Context(), sosl)
	if err != nil {
		return err
	}
	if c.version >= 37 {
		c.out = append(c.out, `{"searchRecords":`...)
	}
	c.out = appendRecords(c.out, c.base, found)
	if c.version >= 37 {
		c.out = append(appendLabels(c.out, found), '}')
	}
	return nil
}

// appendLabels appends the labels of the fields that were found, where the search asks for them.
func appendLabels(dst []byte, found []*record.Result) []byte {
	some := false
	for _, res := range found {
		fields := 0
		for _, it := range res.Shape.Items {
			if it.Label == "" {
				continue
			}
			switch {
			case fields > 0:
				dst = append(dst, ',')
			case some:
				dst = append(dst, `,{"entityName":`...)
			default:
				dst = append(dst, `,"metadata":{"entityMetadata":[{"entityName":`...)
			}
			if fields == 0 {
				dst = append(record.AppendJSON(dst, []byte(res.Shape.Object)), `,"fieldMetadata":[`...)
			}
			fields++
			dst = append(record.AppendJSON(append(dst, `{"name":`...), []byte(it.Key)), `,"label":`...)
			dst = append(record.AppendJSON(dst, []byte(it.Label)), '}')
		}
		if fields > 0 {
			some = true
			dst = append(dst, "]}"...)
		}
	}
	if some {
		dst = append(dst, "]}"...)
	}
	return dst
}

// appendRecords appends the rows of several results as one list.
func appendRecords(dst []byte, base string, all []*record.Result) []byte {
	return appendRows(dst, base, all, math.MaxInt)
}

// appendRows is appendRecords for the first rows only.
func appendRows(dst []byte, base string, all []*record.Result, most int) []byte {
	dst = append(dst, '[')
	n := 0
	for _, res := range all {
		e := newEncoder(base, res)
		for row := 0; row < res.Len() && n < most; row++ {
			if n > 0 {
				dst = append(dst, ',')
			}
			n++
			dst = e.appendRow(dst, row)
		}
	}
	return append(dst, ']')
}

// searchByParams answers parameterizedSearch: the same search, said in parameters or in a body.
func (c *call) searchByParams() error {
	s := paramSearch{text: c.param("q"), in: c.param("in"), overall: c.param("overallLimit"), each: c.param("defaultLimit"), fields: c.param("fields")}
	if c.r.Method == http.MethodPost {
		n, err := c.body()
		if err != nil {
			return err
		}
		s.read(&n)
	} else if names := c.param("sobject"); names != "" {
		for name := range strings.SplitSeq(names, ",") {
			name = strings.TrimSpace(name)
			s.objects = append(s.objects, paramObject{name: name, fields: c.param(name + ".fields"), where: c.param(name + ".where"), limit: c.param(name + ".limit")})
		}
	}
	if s.text == "" {
		return fault.New(fault.MalformedSearch, "No search term found. The search term must be enclosed in braces.")
	}
	sosl, err := s.sosl()
	if err != nil {
		return err
	}
	return c.answerSearch(sosl)
}

// searchLayout answers which columns a result of a search shows, of each object that q lists.
func (c *call) searchLayout() error {
	list, err := c.objects()
	if err != nil {
		return err
	}
	type column struct {
		Field  string  `json:"field"`
		Format *string `json:"format"`
		Label  string  `json:"label"`
		Name   string  `json:"name"`
	}
	type layout struct {
		ErrorMessage *string  `json:"errorMsg"`
		Label        string   `json:"label"`
		LimitRows    int      `json:"limitRows"`
		ObjectType   string   `json:"objectType"`
		Columns      []column `json:"searchColumns"`
	}
	all := make([]layout, len(list))
	for i, o := range list {
		all[i] = layout{Label: "Search Results", LimitRows: 25, ObjectType: o.Name, Columns: []column{}}
		if f := o.NameField; f != nil && c.session.CanRead(f) {
			all[i].Columns = append(all[i].Columns, column{Field: o.Name + "." + f.Name, Label: f.Label, Name: f.Name})
		}
	}
	return c.json(all)
}

// The number of suggestions. Source: the API's default and limit.
const (
	defaultSuggestions = 5
	mostSuggestions    = 200
)

// suggestions answers the records whose name has a word that begins with q.
func (c *call) suggestions() error {
	text, limit := c.param("q"), defaultSuggestions
	if text == "" || c.param("sobject") == "" {
		return fault.New(fault.MissingArgument, "q and sobject are required")
	}
	if s := c.param("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > mostSuggestions {
			return fault.New(fault.InvalidArgument, "limit must be between 1 and %d: %s", mostSuggestions, s)
		}
		limit = n
	}
	s := paramSearch{text: text, prefix: true, in: "NAME", overall: strconv.Itoa(limit + 1)}
	for name := range strings.SplitSeq(c.param("sobject"), ",") {
		o := c.session.Catalog().Object(strings.TrimSpace(name))
		if o == nil || !c.session.Rights(o).Read {
			return fault.New(fault.InvalidType, "sObject type '%s' is not supported.", name)
		}
		fields := "Id"
		if o.NameField != nil && c.session.CanRead(o.NameField) {
			fields += "," + o.NameField.Name
		}
		s.objects = append(s.objects, paramObject{name: o.Name, fields: fields})
	}
	sosl, err := s.sosl()
	if err != nil {
		return err
	}
	found, err := c.session.Search(c.r.Context(), sosl)
	if err != nil {
		return err
	}
	total := 0
	for _, res := range found {
		total += res.Len()
	}
	c.out = appendRows(append(c.out, `{"autoSuggestResults":`...), c.base, found, limit)
	c.out = append(strconv.AppendBool(append(c.out, `,"hasMoreResults":`...), total > limit), '}')
	return nil
}

// A paramSearch is a search as parameters say it.
type paramSearch struct {
	text, in, fields string
	prefix           bool   // words that begin with text count too
	overall, each    string // limits
	objects          []paramObject
}

type paramObject struct{ name, fields, where, limit string }

func (s *paramSearch) read(n *node) {
	s.text, s.in = n.str("q"), n.str("in")
	s.fields, s.overall, s.each = n.names("fields"), n.scalar("overallLimit"), n.scalar("defaultLimit")
	list := n.get("sobjects")
	if list == nil {
		return
	}
	for i := range list.items {
		o := &list.items[i]
		s.objects = append(s.objects, paramObject{o.str("name"), o.names("fields"), o.str("where"), o.scalar("limit")})
	}
}

// names joins a list of texts with commas.
func (n *node) names(member string) string {
	list := n.get(member)
	if list == nil {
		return ""
	}
	var all []string
	for i := range list.items {
		all = append(all, list.items[i].text)
	}
	return strings.Join(all, ",")
}

// scalar returns a member that may be a number or a text.
func (n *node) scalar(member string) string {
	if m := n.get(member); m != nil {
		return m.text
	}
	return ""
}

// sosl says the search in SOSL. Limits must be numbers; the rest is checked where SOSL is parsed.
func (s *paramSearch) sosl() (string, error) {
	for _, limit := range []string{s.overall, s.each} {
		if _, err := strconv.ParseUint(limit, 10, 31); limit != "" && err != nil {
			return "", fault.New(fault.InvalidArgument, "a limit must be a whole number: %s", limit)
		}
	}
	var b strings.Builder
	b.WriteString("FIND {")
	for _, r := range s.text {
		if strings.ContainsRune(`?&|!{}[]()^~:\"'+-`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	if s.prefix {
		b.WriteByte('*')
	}
	b.WriteString("}")
	if s.in != "" {
		b.WriteString(" IN " + strings.ToUpper(strings.TrimSuffix(strings.ToUpper(s.in), " FIELDS")) + " FIELDS")
	}
	for i, o := range s.objects {
		if i == 0 {
			b.WriteString(" RETURNING ")
		} else {
			b.WriteString(", ")
		}
		b.WriteString(o.name)
		fields, limit := o.fields, o.limit
		if fields == "" {
			fields = s.fields
		}
		if fields == "" {
			fields = "Id"
		}
		if limit == "" {
			limit = s.each
		}
		b.WriteString("(" + fields)
		if o.where != "" {
			b.WriteString(" WHERE " + o.where)
		}
		if limit != "" {
			b.WriteString(" LIMIT " + limit)
		}
		b.WriteString(")")
	}
	if s.overall != "" {
		b.WriteString(" LIMIT " + s.overall)
	}
	return b.String(), nil
}
