package app

import (
	"context"
	"strconv"
	"strings"
	"time"

	"stoa/internal/org"
	"stoa/internal/record"
)

// A Reader is what reads records: a session, or a unit of work.
type Reader interface {
	Query(ctx context.Context, soql string, opt org.QueryOptions) (*record.Result, error)
	Home() string // of the org: where its pages are
}

// most is how many rows a query returns at most. Source: Stoa's own.
const most = 10_000

// Query runs SOQL in which each ? stands for an argument: a string, id, list of ids or strings, number, bool or time.
func Query(ctx context.Context, r Reader, text string, args ...any) (*record.Result, error) {
	return r.Query(ctx, Bind(text, args...), org.QueryOptions{BatchSize: most, NoTotal: true})
}

// Bind puts arguments into the places of a text that holds no other question mark. There are as many of them as places.
func Bind(text string, args ...any) string {
	var b strings.Builder
	for _, a := range args {
		before, after, _ := strings.Cut(text, "?")
		b.WriteString(before)
		write(&b, a)
		text = after
	}
	b.WriteString(text)
	return b.String()
}

func write(b *strings.Builder, arg any) {
	switch v := arg.(type) {
	case string:
		quote(b, v)
	case record.ID:
		quote(b, string(v))
	case []record.ID:
		list(b, v)
	case []string:
		list(b, v)
	case int:
		b.WriteString(strconv.Itoa(v))
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case time.Time:
		b.WriteString(v.UTC().Format("2006-01-02T15:04:05Z"))
	}
}

// list writes values for IN; an empty list fits nothing.
func list[T ~string](b *strings.Builder, values []T) {
	b.WriteByte('(')
	if len(values) == 0 {
		b.WriteString("''")
	}
	for i, v := range values {
		if i > 0 {
			b.WriteByte(',')
		}
		quote(b, string(v))
	}
	b.WriteByte(')')
}

func quote(b *strings.Builder, s string) {
	b.WriteByte('\'')
	for _, r := range s {
		switch {
		case r == '\'' || r == '\\' || r == '"':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ':
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('\'')
}

// Text returns a value as text, "" for null.
func Text(v record.Value) string {
	if v.IsNull() {
		return ""
	}
	return v.String()
}

// Instant returns a date and time, the zero time for null.
func Instant(v record.Value) time.Time {
	if v.IsNull() {
		return time.Time{}
	}
	return v.Instant()
}

// Moment is Instant the other way round.
func Moment(t time.Time) record.Value {
	if t.IsZero() {
		return record.Value{}
	}
	return record.OfInstant(t)
}

// Draft makes a draft of name-value pairs: strings, ids, bools, ints, times and values. Null and empty values are left out.
func Draft(object string, pairs ...any) record.Draft {
	d := record.Draft{Object: object, Fields: make([]record.DraftField, 0, len(pairs)/2)}
	for i := 0; i+1 < len(pairs); i += 2 {
		if v := valueOf(pairs[i+1]); !v.IsNull() && !(v.Kind() == record.Text && v.Text() == "") {
			d.Fields = append(d.Fields, record.DraftField{Name: pairs[i].(string), Value: v})
		}
	}
	return d
}

func valueOf(v any) record.Value {
	switch v := v.(type) {
	case string:
		return record.OfText(v)
	case record.ID:
		if v == "" {
			return record.Value{}
		}
		return record.OfID(v)
	case bool:
		return record.OfBool(v)
	case int:
		return record.OfInt(int64(v))
	case time.Time:
		return Moment(v)
	case []byte:
		return record.OfBytes(v)
	case record.Value:
		return v
	default:
		return record.Value{}
	}
}

// Changes makes a draft that changes a record; unlike Draft it keeps nulls and empty texts.
func Changes(object string, id record.ID, pairs ...any) record.Draft {
	d := record.Draft{Object: object, ID: id}
	for i := 0; i+1 < len(pairs); i += 2 {
		d.Set(pairs[i].(string), valueOf(pairs[i+1]))
	}
	return d
}

// Cut returns at most n characters of s, the last of them an ellipsis where something is missing.
func Cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return strings.TrimRight(string(r[:n-1]), " ") + "…"
	}
	return s
}

// Snippet returns the beginning of a text on one line, as lists show it.
func Snippet(s string) string { return Cut(strings.Join(strings.Fields(s), " "), 160) }
