package rest

import (
	"slices"
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/record"
)

// defaultValues answers sobjects/Case/defaultValues?recordTypeId=…&fields=Status,Priority: what a new record begins with.
func (c *call) defaultValues() error {
	o, err := c.object()
	if err != nil {
		return err
	}
	var defaults map[string]string
	if s := c.param("recordTypeId"); s != "" {
		t, err := recordType(o, s)
		if err != nil {
			return err
		}
		if t != nil {
			defaults = t.Defaults
		}
	}
	var only []string
	if s := c.param("fields"); s != "" {
		for name := range strings.SplitSeq(s, ",") {
			only = append(only, catalog.Fold(strings.TrimSpace(name)))
		}
	}
	m := &members{b: append(c.out, '{')}
	m.raw("attributes", `{"type":"`+o.Name+`"}`)
	for _, f := range o.Fields {
		if !f.Createable || !c.session.CanEdit(f) || only != nil && !slices.Contains(only, catalog.Fold(f.Name)) {
			continue
		}
		v := f.Default
		if pick := f.DefaultValue(); v.IsNull() && pick != "" {
			v = record.OfText(pick)
		}
		if text, ok := defaults[f.Name]; ok {
			v = record.OfText(text)
		}
		if v.IsNull() {
			continue
		}
		m.key(f.Name)
		switch f.Type.Kind {
		case record.Bool, record.Number:
			m.b = v.Append(m.b)
		default:
			m.b = record.AppendJSON(m.b, v.Append(nil))
		}
	}
	m.close()
	c.out = m.b
	return nil
}

// recordType returns a record type of o by its id, nil for the master type.
func recordType(o *catalog.Object, word string) (*catalog.RecordType, error) {
	id, err := record.ParseID(word)
	if err != nil {
		return nil, notFound()
	}
	if id == record.MasterRecordType {
		return nil, nil
	}
	for i := range o.RecordTypes {
		if o.RecordTypes[i].ID == id {
			return &o.RecordTypes[i], nil
		}
	}
	return nil, notFound()
}
