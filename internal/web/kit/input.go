package kit

import (
	"stoa/internal/engine/catalog"
	"stoa/internal/record"
)

// An Input is one field of a form.
type Input struct {
	Field    *catalog.Field
	Name     string // of the form value: the field's API name
	ID       string // of the element
	Label    string
	Text     string // as typed, or as stored
	Was      string // as stored when the form was drawn: tells what the person changed
	Values   []string
	Ref      Ref    // of a reference
	Lookup   string // address that offers records for a reference
	Options  []Option
	Required bool
	Error    string
	Clash    *Clash
	Bare     bool // no label or hint is drawn: a cell of a table
	Create   bool
}

// A Clash is two people's values for one field.
type Clash struct {
	Who, Theirs, Mine string
	TheirText         string // theirs, as the form would send it
}

// An Option is one choice of a list.
type Option struct {
	Value, Label string
	Chosen       bool
}

// Describes returns the ids of the hint and the error of the input, "" for neither.
func (in Input) Describes() string {
	switch {
	case in.Error != "" && in.Field.Help != "" && !in.Bare:
		return in.ID + "-hint " + in.ID + "-error"
	case in.Error != "":
		return in.ID + "-error"
	case in.Field.Help != "" && !in.Bare:
		return in.ID + "-hint"
	default:
		return ""
	}
}

// Options returns the choices of a picklist, the chosen ones marked. A stored
// value that is no longer offered stays, so that saving does not lose it.
func Options(f *catalog.Field, chosen ...string) []Option {
	has := func(v string) bool {
		for _, c := range chosen {
			if c == v {
				return true
			}
		}
		return false
	}
	var out []Option
	seen := map[string]bool{}
	for i := range f.Values {
		v := &f.Values[i]
		if !v.Active && !has(v.Value) {
			continue
		}
		seen[v.Value] = true
		out = append(out, Option{Value: v.Value, Label: Label(f, v.Value), Chosen: has(v.Value)})
	}
	for _, c := range chosen {
		if c != "" && !seen[c] {
			out = append(out, Option{Value: c, Label: c, Chosen: true})
		}
	}
	return out
}

// FormText returns a value as a form field holds it: dates as HTML writes
// them, moments in the person's zone, numbers with a plain point.
func FormText(ui *UI, v record.Value) string {
	switch v.Kind() {
	case record.DateTime:
		return ui.In(v.Instant()).Format("2006-01-02T15:04")
	case record.Time:
		return clock(Value{Value: v})
	default:
		return v.String()
	}
}

// inputMode returns which keyboard a phone shows for a number.
func (in Input) inputMode() string {
	if in.Field.Scale == 0 {
		return "numeric"
	}
	return "decimal"
}

// wide reports whether the input takes a line of its own: only long texts do.
func (in Input) wide() bool { return in.Field.Type.Name == "textarea" && in.Field.Length > 255 }

// rows returns how many lines a long text field begins with.
func (in Input) rows() string {
	switch {
	case in.Field.Length > 1000:
		return "6"
	case in.Field.Length > 255:
		return "3"
	default:
		return "2"
	}
}

// autocomplete returns what browsers may offer for a field: nothing, as the records are other people's.
func autocomplete() string { return "off" }
