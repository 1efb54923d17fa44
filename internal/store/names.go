package store

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

// IndexName returns the name of an index of a table. It is made from what the
// index holds and short enough for PostgreSQL, which cuts names at 63 bytes.
func IndexName(table string, i Index) string {
	var b strings.Builder
	b.WriteString(table)
	for _, c := range i.Columns {
		b.WriteByte(0)
		b.WriteString(c.Name)
		if c.Folded {
			b.WriteString(" folded")
		}
		if c.Desc {
			b.WriteString(" desc")
		}
	}
	if i.Unique {
		b.WriteString(" unique")
	}
	if i.Live {
		b.WriteString(" live")
	}
	if i.Sparse {
		b.WriteString(" sparse")
	}
	if i.False != "" {
		b.WriteString(" not " + i.False)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return "ix_" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:10]))
}

// Condition writes which rows an index is over, "" where it is over all.
func (i Index) Condition(d Dialect) string {
	q := NewSQL(d)
	and := func() { q.Raw([2]string{" WHERE ", " AND "}[min(q.Len(), 1)]) }
	if i.Live {
		and()
		d.Live(q, "")
	}
	if i.Sparse {
		and()
		q.Name(i.Columns[0].Key()).Raw(" IS NOT NULL")
	}
	if i.False != "" {
		and()
		d.False(q, func() { q.Name(i.False) })
	}
	return q.Text()
}

// Key returns the name of the column that c indexes.
func (c IndexColumn) Key() string {
	if c.Folded {
		return Shadow(c.Name)
	}
	return c.Name
}

// Quote returns name as a quoted identifier, which both engines write alike.
func Quote(name string) string { return string(AppendQuoted(nil, name)) }

// WithShadows returns cols with a Text column after each Folded one: the columns as they are kept.
func WithShadows(cols []Column) []Column {
	out := make([]Column, 0, len(cols)+2)
	for _, c := range cols {
		out = append(out, c)
		if c.Folded {
			out = append(out, Column{Name: Shadow(c.Name), Class: Text})
		}
	}
	return out
}
