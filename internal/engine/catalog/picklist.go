package catalog

import (
	"strings"

	"stoa/internal/record"
)

// Value returns the picklist value that a text means, in any letter case, nil if there is none.
func (f *Field) Value(text string) *PicklistValue {
	for i := range f.Values {
		if f.Values[i].Value == text {
			return &f.Values[i]
		}
	}
	folded := record.Fold(text)
	for i := range f.Values {
		if record.Fold(f.Values[i].Value) == folded {
			return &f.Values[i]
		}
	}
	return nil
}

// Canonical returns a picklist value as f's set spells it. known is false
// where the set does not have it or has it no longer; the text stays then.
func (f *Field) Canonical(text string) (value string, known bool) {
	if v := f.Value(text); v != nil {
		return v.Value, v.Active
	}
	return text, false
}

// CanonicalSet returns the values of a multi-select picklist, "A;B", each once
// and in the set's order, unknown ones last; unknown lists those.
func (f *Field) CanonicalSet(text string) (value string, unknown []string) {
	chosen := make([]bool, len(f.Values))
	for part := range strings.SplitSeq(text, ";") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		v := f.Value(part)
		if v == nil || !v.Active {
			unknown = append(unknown, part)
		}
		if v == nil {
			continue
		}
		for i := range f.Values {
			if &f.Values[i] == v {
				chosen[i] = true
			}
		}
	}
	var all []string
	for i, c := range chosen {
		if c {
			all = append(all, f.Values[i].Value)
		}
	}
	for _, u := range unknown {
		if f.Value(u) == nil {
			all = append(all, u)
		}
	}
	return strings.Join(all, ";"), unknown
}

// DefaultValue returns the value that the set marks as its default, "" if it marks none.
func (f *Field) DefaultValue() string {
	for _, v := range f.Values {
		if v.Default && v.Active {
			return v.Value
		}
	}
	return ""
}

// Offers reports whether a value may be chosen beside a value of the
// controlling field; everything may where nothing controls f.
func (f *Field) Offers(value string, controlling record.Value) bool {
	v := f.Value(value)
	if v == nil || v.ValidFor == nil {
		return v != nil
	}
	i := f.controllingIndex(controlling)
	return i >= 0 && i/8 < len(v.ValidFor) && v.ValidFor[i/8]&(0x80>>(i%8)) != 0
}

// controllingIndex returns the bit that stands for a value of the controlling field, -1 for none.
func (f *Field) controllingIndex(v record.Value) int {
	c := f.Object.Field(f.Controller)
	switch {
	case c == nil:
		return -1
	case c.Type == &Boolean && v.Bool():
		return 1
	case c.Type == &Boolean:
		return 0
	}
	folded := record.Fold(v.Text())
	for i := range c.Values {
		if record.Fold(c.Values[i].Value) == folded {
			return i
		}
	}
	return -1
}

// setValidFor turns the controlling values of a dependent picklist's
// definition into bit maps: bit i, counted from the most significant bit of the
// first byte, stands for the controlling field's value i; for a checkbox 0 is false and 1 true.
func (f *Field) setValidFor() {
	c := f.Object.Field(f.Controller)
	if c == nil {
		return
	}
	size := (max(len(c.Values), 2) + 7) / 8
	for i := range f.Values {
		v := &f.Values[i]
		if v.ValidFor != nil {
			continue
		}
		v.ValidFor = make([]byte, size)
		for _, name := range v.controlling {
			value := record.OfText(name)
			if c.Type == &Boolean {
				value = record.OfBool(strings.EqualFold(name, "true") || strings.EqualFold(name, "checked"))
			}
			if bit := f.controllingIndex(value); bit >= 0 {
				v.ValidFor[bit/8] |= 0x80 >> (bit % 8)
			}
		}
	}
}
