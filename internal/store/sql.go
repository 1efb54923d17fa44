package store

import (
	"slices"
	"strconv"

	"stoa/internal/record"
)

// An SQL is a statement under construction: text, and arguments that are
// always bound. It is the only way to a statement, so that no value can become text of one.
type SQL struct {
	d    Dialect
	text []byte
	args []Arg
	kept string // the whole text, once Keep has ended it
}

// An Arg is a bound value and the class of what it is compared with or stored in.
type Arg struct {
	Class Class
	Scale uint8
	Value record.Value
	IDs   []record.ID // where not nil: a set, bound as one argument
	Raw   []byte      // Class Bytes
}

// NewSQL returns an empty statement for d.
func NewSQL(d Dialect) *SQL { return &SQL{d: d} }

// Dialect returns the dialect that the statement is for.
func (s *SQL) Dialect() Dialect { return s.d }

// Text and Args return what was built.
func (s *SQL) Text() string {
	if s.kept != "" {
		return s.kept
	}
	return string(s.text)
}
func (s *SQL) Args() []Arg { return s.args }

// Keep ends the construction of a statement that Again is to be asked for.
func (s *SQL) Keep() *SQL { s.kept = string(s.text); return s }

// Again returns a kept statement with v as its last argument, which is of the same class as the one before.
func (s *SQL) Again(v record.Value) *SQL {
	args := slices.Clone(s.args)
	args[len(args)-1].Value = v
	return &SQL{d: s.d, text: s.text[:0:0], args: args, kept: s.kept}
}

// Grow makes room for n more bytes of text.
func (s *SQL) Grow(n int) *SQL { s.text = slices.Grow(s.text, n); return s }

// Len returns the length of the text so far.
func (s *SQL) Len() int { return len(s.text) }

// Raw appends text that is the same for every statement of its kind: keywords, operators, aliases. Never a value.
func (s *SQL) Raw(text string) *SQL { s.text = append(s.text, text...); return s }

// Table appends a qualified table name.
func (s *SQL) Table(name string) *SQL { s.text = s.d.AppendTable(s.text, name); return s }

// Name appends a quoted identifier.
func (s *SQL) Name(name string) *SQL { s.text = AppendQuoted(s.text, name); return s }

// Col appends alias."column"; alias is one of ours and needs no quotes.
func (s *SQL) Col(alias, column string) *SQL {
	if alias != "" {
		s.text = append(append(s.text, alias...), '.')
	}
	return s.Name(column)
}

// Arg appends a placeholder for v as a value of a class.
func (s *SQL) Arg(c Class, v record.Value) *SQL { return s.arg(Arg{Class: c, Value: v}) }

// ColArg appends a placeholder for v as a value of column c.
func (s *SQL) ColArg(c Column, v record.Value) *SQL {
	return s.arg(Arg{Class: c.Class, Scale: c.Scale, Value: v})
}

// Int appends a placeholder for a whole number.
func (s *SQL) Int(n int64) *SQL { return s.Arg(Int, record.OfInt(n)) }

// Str appends a placeholder for a text, which may be empty.
func (s *SQL) Str(t string) *SQL {
	return s.arg(Arg{Class: Text, Raw: []byte(t)})
}

// Blob appends a placeholder for bytes.
func (s *SQL) Blob(b []byte) *SQL { return s.arg(Arg{Class: Bytes, Raw: b}) }

// In appends " IN (…)" for a set of ids of any size, bound as one argument.
func (s *SQL) In(ids []record.ID) *SQL {
	if len(ids) == 1 {
		return s.Raw(" = ").Arg(ID, record.OfID(ids[0]))
	}
	if ids == nil {
		ids = []record.ID{}
	}
	s.args = append(s.args, Arg{Class: ID, IDs: ids})
	s.text = s.d.AppendIn(s.text, len(s.args))
	return s
}

func (s *SQL) arg(a Arg) *SQL {
	s.args = append(s.args, a)
	c := a.Class
	if _, scale := a.Value.Decimal(); c == Int && scale > 0 {
		c = Decimal // a fraction, compared with whole numbers
	}
	s.text = s.d.AppendPlaceholder(s.text, len(s.args), c)
	return s
}

// small appends a whole number of ours that is part of the statement's form.
func (s *SQL) small(n int) *SQL { s.text = strconv.AppendInt(s.text, int64(n), 10); return s }

// AppendQuoted appends a quoted identifier.
func AppendQuoted(dst []byte, name string) []byte {
	dst = append(dst, '"')
	for i := range len(name) {
		if name[i] == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, name[i])
	}
	return append(dst, '"')
}
