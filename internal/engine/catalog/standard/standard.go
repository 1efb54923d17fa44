// Package standard holds the objects that every org has: their fields, value
// sets and first rows, as the tables objects.tsv and rows.tsv. It knows how
// those tables are written and nothing else; its one invariant is that what it
// returns was checked by its tests, so that it cannot fail in a server.
package standard

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/record"
)

// objects.tsv has one line an object, field and child relationship, columns separated by tabs:
//
//	@Name   key prefix   group   label   plural label   words
//	Name    type(length or precision,scale)   label   words   values or objects referred to   relationship name
//	>Child  its reference field   child relationship name   words
//
// A child relationship is listed where it has a name or cascades; the others
// follow from the fields. Of picklist values, * marks the default and =Label a label of its own.
//
//go:embed objects.tsv
var objects string

// Snapshot returns the catalog of an org that has changed nothing.
func Snapshot() (*catalog.Snapshot, error) {
	p := parser{types: typesByName()}
	for line := range strings.Lines(objects) {
		if err := p.line(strings.TrimSuffix(line, "\n")); err != nil {
			return nil, fmt.Errorf("standard objects: line %d: %w", p.lines, err)
		}
	}
	return catalog.New(p.objects)
}

type parser struct {
	lines   int
	objects []*catalog.Object
	object  *catalog.Object
	cols    [6]string
	types   map[string]*catalog.Type
}

func (p *parser) line(line string) error {
	p.lines++
	if line == "" || line[0] == '#' {
		return nil
	}
	for i := range p.cols {
		p.cols[i], line, _ = strings.Cut(line, "\t")
	}
	switch p.cols[0][0] {
	case '@':
		return p.addObject()
	case '>':
		return p.addChild()
	default:
		return p.addField()
	}
}

func (p *parser) addObject() error {
	o := &catalog.Object{
		Name: p.cols[0][1:], KeyPrefix: p.cols[1], Group: p.cols[2], Label: p.cols[3], LabelPlural: p.cols[4],
		Fields: make([]*catalog.Field, 0, 32),
	}
	p.object, p.objects = o, append(p.objects, o)
	for word := range strings.FieldsSeq(p.cols[5]) {
		word, value, _ := strings.Cut(word, "=")
		switch word {
		case "create":
			o.Createable = true
		case "update":
			o.Updateable = true
		case "delete":
			o.Deletable = true
		case "undelete":
			o.Undeletable = true
		case "query":
			o.Queryable = true
		case "search":
			o.Searchable = true
		case "layout":
			o.Layoutable = true
		case "merge":
			o.Mergeable = true
		case "trigger":
			o.Triggerable = true
		case "replicate":
			o.Replicateable = true
		case "recordtypes":
			o.RecordTypeable = true
		case "queue":
			o.Queueable = true
		case "setup":
			o.Setup = true
		case "virtual":
			o.Virtual = true
		case "person":
			o.Person = true
		case "history":
			o.History, o.CompanionPrefixes[catalog.HistoryOf] = true, value
		case "share":
			o.ShareObject, o.CompanionPrefixes[catalog.ShareOf] = true, value
		case "feed":
			o.Feed, o.CompanionPrefixes[catalog.FeedOf] = true, value
		case "companion":
			role, of, _ := strings.Cut(value, ",")
			o.CompanionOf = of
			o.Companion = map[string]catalog.Companion{"history": catalog.HistoryOf, "share": catalog.ShareOf, "feed": catalog.FeedOf}[role]
		case "sharing":
			o.SharingModel = value
		case "external":
			o.ExternalSharingModel = value
		case "parent":
			o.SharingParent = value
		case "table":
			o.Table = value
		case "scopes":
			o.SupportedScopes = strings.Split(value, ",")
		default:
			return fmt.Errorf("object %s: unknown word %q", o.Name, word)
		}
	}
	return nil
}

func (p *parser) addChild() error {
	r := &catalog.Relationship{Object: p.cols[0][1:], Field: p.cols[1], Name: p.cols[2]}
	for word := range strings.FieldsSeq(p.cols[3]) {
		switch word {
		case "cascade":
			r.CascadeDelete = true
		case "restrict":
			r.RestrictedDelete = true
		default:
			return fmt.Errorf("child %s of %s: unknown word %q", r.Object, p.object.Name, word)
		}
	}
	p.object.Children = append(p.object.Children, r)
	return nil
}

func (p *parser) addField() error {
	f := &catalog.Field{Name: p.cols[0], Label: p.cols[2], RelationshipName: p.cols[5]}
	p.object.Fields = append(p.object.Fields, f)
	kind, size, _ := strings.Cut(strings.TrimSuffix(p.cols[1], ")"), "(")
	f.Type = p.types[kind]
	if f.Type == nil {
		return fmt.Errorf("field %s: unknown type %q", f.Name, kind)
	}
	if err := setSize(f, size); err != nil {
		return fmt.Errorf("field %s: %w", f.Name, err)
	}
	standard := ""
	for word := range strings.FieldsSeq(p.cols[3]) {
		word, value, _ := strings.Cut(word, "=")
		switch word {
		case "nil":
			f.Nillable = true
		case "create":
			f.Createable = true
		case "update":
			f.Updateable = true
		case "defaulted":
			f.DefaultedOnCreate = true
		case "name":
			f.IsName = true
		case "auto":
			f.AutoNumber = true
		case "unique":
			f.Unique = true
		case "external":
			f.ExternalID = true
		case "lookup":
			f.IDLookup = true
		case "calc":
			f.Calculated = true
		case "restricted":
			f.Restricted = true
		case "cascade":
			f.CascadeDelete = true
		case "nofilter":
			f.Deny |= catalog.NoFilter
		case "nosort":
			f.Deny |= catalog.NoSort
		case "nogroup":
			f.Deny |= catalog.NoGroup
		case "noagg":
			f.Deny |= catalog.NoAggregate
		case "info":
			f.ExtraTypeInfo = value
		case "part":
			f.Compound = value
		case "path":
			f.Path = value
		case "format":
			f.DisplayFormat = value
		case "default":
			standard = value
		default:
			return fmt.Errorf("field %s: unknown word %q", f.Name, word)
		}
	}
	switch {
	case f.Type == &catalog.Reference:
		f.ReferenceTo = strings.Split(p.cols[4], ",")
	case f.Type.Picklist:
		f.Values = picklist(p.cols[4])
	}
	return setDefault(f, standard)
}

// typesByName returns the types by the names that describe gives them, the first where several share one.
func typesByName() map[string]*catalog.Type {
	m := make(map[string]*catalog.Type, len(catalog.Types))
	for _, t := range catalog.Types {
		if m[t.Name] == nil {
			m[t.Name] = t
		}
	}
	return m
}

// setSize reads what stands in the brackets behind a type.
func setSize(f *catalog.Field, size string) error {
	if f.Type == &catalog.Int {
		f.Digits = 9
	}
	if size == "" {
		return nil
	}
	first, second, two := strings.Cut(size, ",")
	n, err := strconv.Atoi(first)
	if err != nil {
		return err
	}
	switch {
	case two:
		f.Precision = n
		f.Scale, err = strconv.Atoi(second)
		return err
	case f.Type == &catalog.Int:
		f.Digits = n
	default:
		f.Length = n
	}
	if f.Type == &catalog.TextArea {
		f.ExtraTypeInfo = "plaintextarea"
		if n > catalog.TextArea.MaxLength {
			f.Type = &catalog.LongTextArea
		}
	}
	return nil
}

func picklist(list string) []catalog.PicklistValue {
	if list == "" {
		return nil
	}
	values := make([]catalog.PicklistValue, 0, strings.Count(list, "|")+1)
	for v := range strings.SplitSeq(list, "|") {
		v, isDefault := strings.CutSuffix(v, "*")
		value, label, ok := strings.Cut(v, "=")
		if !ok {
			label = value
		}
		values = append(values, catalog.PicklistValue{Value: value, Label: label, Active: true, Default: isDefault})
	}
	return values
}

// setDefault gives f the default that its words or its values tell.
func setDefault(f *catalog.Field, text string) error {
	for _, v := range f.Values {
		if v.Default {
			f.Default = record.OfText(v.Value)
		}
	}
	if text == "" {
		return nil
	}
	switch f.Type.Kind {
	case record.Bool:
		f.Default = record.OfBool(text == "true")
	case record.Number:
		n, scale, ok := record.ParseDecimal(text)
		if !ok {
			return fmt.Errorf("field %s: default %q is no number", f.Name, text)
		}
		f.Default = record.OfDecimal(n, scale)
	default:
		f.Default = record.OfText(text)
	}
	return nil
}
