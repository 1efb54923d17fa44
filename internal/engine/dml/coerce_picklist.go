package dml

import (
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/record"
)

// maxSelected is how many values of a multi-select picklist a record may have. Source: the API's own limit.
const maxSelected = 100

// pick returns s in the spelling of the field's value set. Text that is not in
// it passes unless the field is restricted; combo boxes suggest and never restrict.
func pick(f *catalog.Field, s string) (string, *fault.Error) {
	if f.Type == &catalog.MultiPicklist {
		return pickSeveral(f, s)
	}
	if i := valueIndex(f, s); i >= 0 && (f.Values[i].Active || !f.Restricted) {
		return f.Values[i].Value, nil
	}
	if f.Restricted && len(f.Values) > 0 {
		return "", notInSet(f, s)
	}
	return s, nil
}

// pickSeveral puts the values of a;b;c into the order of the value set; unknown ones come last.
func pickSeveral(f *catalog.Field, s string) (string, *fault.Error) {
	chosen := make([]bool, len(f.Values))
	var unknown []string
	count := 0
	for part := range strings.SplitSeq(s, ";") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		i := valueIndex(f, part)
		switch {
		case i >= 0 && (f.Values[i].Active || !f.Restricted):
			if !chosen[i] {
				chosen[i], count = true, count+1
			}
		case f.Restricted && len(f.Values) > 0:
			return "", notInSet(f, part)
		default:
			unknown = append(unknown, part)
			count++
		}
	}
	if count > maxSelected {
		return "", fault.New(fault.StringTooLong, "%s: data value too large: %s (max selected=%d)", f.Label, s, maxSelected).On(f.Name)
	}
	var b strings.Builder
	add := func(v string) {
		if b.Len() > 0 {
			b.WriteByte(';')
		}
		b.WriteString(v)
	}
	for i, on := range chosen {
		if on {
			add(f.Values[i].Value)
		}
	}
	for _, v := range unknown {
		add(v)
	}
	return b.String(), nil
}

// valueIndex returns the place of a value in the field's set, whatever its letter case, or -1.
func valueIndex(f *catalog.Field, s string) int {
	for i := range f.Values {
		if f.Values[i].Value == s {
			return i
		}
	}
	folded := record.Fold(s)
	for i := range f.Values {
		if record.Fold(f.Values[i].Value) == folded {
			return i
		}
	}
	return -1
}

func notInSet(f *catalog.Field, s string) *fault.Error {
	return fault.New(fault.InvalidPicklistValue, "%s: bad value for restricted picklist field: %s", f.Label, s).On(f.Name)
}

// defaultPick returns the value that a picklist has where a draft says nothing, "" for none.
func defaultPick(f *catalog.Field) string {
	for i := range f.Values {
		if f.Values[i].Default && f.Values[i].Active {
			return f.Values[i].Value
		}
	}
	return ""
}
