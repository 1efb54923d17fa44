package console

import (
	"strconv"
	"strings"
	"time"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/record"
)

// quote returns s as a SOQL string literal.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for _, r := range s {
		switch r {
		case '\'', '\\', '"':
			b.WriteByte('\\')
			b.WriteRune(r)
		case '\n':
			b.WriteString(`\n`)
		case '\r':
			b.WriteString(`\r`)
		case '\t':
			b.WriteString(`\t`)
		default:
			if r < ' ' {
				b.WriteByte(' ')
				continue
			}
			b.WriteRune(r)
		}
	}
	b.WriteByte('\'')
	return b.String()
}

// like returns a LIKE pattern literal that matches text as it is, with before
// and after around it: like("50%", "%", "%") matches whatever contains 50%.
func like(text, before, after string) string {
	q := quote(text)
	q = strings.NewReplacer("%", `\%`, "_", `\_`).Replace(q[1 : len(q)-1])
	return "'" + before + q + after + "'"
}

// find returns text as a SOSL search term between braces, every word matched by its beginning.
func find(text string) string {
	var words []string
	for _, w := range strings.Fields(text) {
		var b strings.Builder
		for _, r := range w {
			switch {
			case r < ' ':
				continue
			case strings.ContainsRune(`?&|!{}[]()^~*:\"'+-`, r):
				b.WriteByte('\\')
			}
			b.WriteRune(r)
		}
		if b.Len() > 0 {
			words = append(words, b.String()+"*")
		}
	}
	return "{" + strings.Join(words, " AND ") + "}"
}

// searchable reports whether text has enough for a search: two letters or digits.
func searchable(text string) bool {
	n := 0
	for _, r := range text {
		if r > '~' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			n++
		}
	}
	return n >= 2
}

// A filter is one condition of a list.
type filter struct {
	Field string `json:"field"`
	Op    string `json:"op"`
	Value string `json:"value,omitempty"`
}

// The operators of filters, as addresses and saved views spell them.
const (
	opEqual    = "eq"
	opNot      = "ne"
	opLess     = "lt"
	opMore     = "gt"
	opAtMost   = "le"
	opAtLeast  = "ge"
	opContains = "has"
	opStarts   = "starts"
	opBlank    = "blank"
	opFilled   = "filled"
)

// me stands for the person who looks, where a filter asks for a user.
const me = "me"

// String returns f as an address holds it: Status:eq:New.
func (f filter) String() string { return f.Field + ":" + f.Op + ":" + f.Value }

// parseFilter reads what String wrote; ok is false for anything else.
func parseFilter(s string) (f filter, ok bool) {
	parts := strings.SplitN(s, ":", 3)
	if len(parts) != 3 || parts[0] == "" {
		return f, false
	}
	return filter{parts[0], parts[1], parts[2]}, true
}

// operators returns the operators that make sense for a field, the usual one first.
func operators(f *catalog.Field) []string {
	switch {
	case f.Type.Name == "boolean":
		return []string{opEqual}
	case f.Type.Name == "reference":
		return []string{opContains, opEqual, opBlank, opFilled}
	case f.Type.Name == "multipicklist":
		return []string{opContains, opBlank, opFilled}
	case f.Type.Picklist:
		return []string{opEqual, opNot, opBlank, opFilled}
	case f.Type.Kind == record.Number, f.Type.Kind == record.Date, f.Type.Kind == record.DateTime, f.Type.Kind == record.Time:
		return []string{opEqual, opLess, opMore, opAtMost, opAtLeast, opBlank, opFilled}
	case f.Type.TextLike:
		return []string{opContains, opEqual, opStarts, opNot, opBlank, opFilled}
	default:
		return []string{opEqual, opNot, opBlank, opFilled}
	}
}

// condition returns f as a SOQL condition on o. zone is the person's, for days
// that are compared with moments; user is the person's own id.
func (f filter) condition(o *catalog.Object, snap *catalog.Snapshot, user record.ID, zone *time.Location) (string, error) {
	field := o.Field(f.Field)
	if field == nil || !field.Filterable {
		return "", fault.New(fault.InvalidField, "%s cannot be filtered by.", f.Field)
	}
	name := field.Name
	switch f.Op {
	case opBlank:
		return name + " = null", nil
	case opFilled:
		return name + " != null", nil
	}
	if field.Type.Name == "reference" {
		return refCondition(field, snap, f, user)
	}
	if field.Type.Name == "multipicklist" && f.Op == opContains {
		return name + " INCLUDES (" + quote(f.Value) + ")", nil
	}
	switch f.Op {
	case opContains:
		return name + " LIKE " + like(f.Value, "%", "%"), nil
	case opStarts:
		return name + " LIKE " + like(f.Value, "", "%"), nil
	}
	op, ok := map[string]string{opEqual: "=", opNot: "!=", opLess: "<", opMore: ">", opAtMost: "<=", opAtLeast: ">="}[f.Op]
	if !ok {
		return "", fault.New(fault.InvalidQueryFilter, "There is no comparison %s.", f.Op)
	}
	lit, err := literal(field, f.Value, zone)
	if err != nil {
		return "", err
	}
	if field.Type.Kind == record.DateTime && isDay(f.Value) {
		return dayCondition(name, f.Op, f.Value, zone), nil
	}
	return name + " " + op + " " + lit, nil
}

// refCondition compares a reference: by id, with oneself, or by the name of what it points to.
func refCondition(field *catalog.Field, snap *catalog.Snapshot, f filter, user record.ID) (string, error) {
	if f.Op == opEqual || f.Op == opNot {
		op := map[string]string{opEqual: " = ", opNot: " != "}[f.Op]
		if strings.EqualFold(f.Value, me) {
			return field.Name + op + quote(string(user)), nil
		}
		if id, err := record.ParseID(f.Value); err == nil {
			return field.Name + op + quote(string(id)), nil
		}
	}
	path := namePath(field, snap)
	if path == "" {
		return "", fault.New(fault.InvalidField, "%s is compared with a record's id.", field.Label)
	}
	switch f.Op {
	case opEqual:
		return path + " = " + quote(f.Value), nil
	case opNot:
		return path + " != " + quote(f.Value), nil
	case opStarts:
		return path + " LIKE " + like(f.Value, "", "%"), nil
	default:
		return path + " LIKE " + like(f.Value, "%", "%"), nil
	}
}

// literal returns what was typed for a field as SOQL writes it.
func literal(f *catalog.Field, text string, zone *time.Location) (string, error) {
	text = strings.TrimSpace(text)
	bad := func() (string, error) {
		return "", fault.New(fault.InvalidQueryFilter, "%s cannot be compared with “%s”.", f.Label, text).On(f.Name)
	}
	switch f.Type.Kind {
	case record.Bool:
		switch strings.ToLower(text) {
		case "true", "false":
			return strings.ToUpper(text), nil
		}
		return bad()
	case record.Number:
		n, scale, ok := record.ParseDecimal(strings.ReplaceAll(text, ",", ""))
		if !ok {
			return bad()
		}
		return string(record.AppendDecimal(nil, n, scale)), nil
	case record.Date, record.DateTime:
		if l, ok := dateLiteral(text); ok {
			return l, nil
		}
		if isDay(text) {
			return text, nil
		}
		if t, err := time.ParseInLocation("2006-01-02T15:04", text, zone); err == nil && f.Type.Kind == record.DateTime {
			return t.UTC().Format("2006-01-02T15:04:05Z"), nil
		}
		return bad()
	case record.Time:
		if t, err := time.Parse("15:04", text); err == nil {
			return t.Format("15:04:05.000Z"), nil
		}
		return bad()
	default:
		return quote(text), nil
	}
}

// dayCondition compares a moment with a whole day of the person's zone.
func dayCondition(name, op, day string, zone *time.Location) string {
	t, _ := time.ParseInLocation(time.DateOnly, day, zone)
	from, to := t.UTC().Format("2006-01-02T15:04:05Z"), t.AddDate(0, 0, 1).UTC().Format("2006-01-02T15:04:05Z")
	switch op {
	case opLess:
		return name + " < " + from
	case opMore:
		return name + " >= " + to
	case opAtMost:
		return name + " < " + to
	case opAtLeast:
		return name + " >= " + from
	case opNot:
		return "(" + name + " < " + from + " OR " + name + " >= " + to + ")"
	default:
		return "(" + name + " >= " + from + " AND " + name + " < " + to + ")"
	}
}

func isDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// dateLiterals are SOQL's words for days that a filter may name; those in nDays take a number.
var (
	dateLiterals = []string{
		"TODAY", "YESTERDAY", "TOMORROW", "THIS_WEEK", "LAST_WEEK", "NEXT_WEEK", "THIS_MONTH", "LAST_MONTH", "NEXT_MONTH",
		"THIS_QUARTER", "LAST_QUARTER", "THIS_YEAR", "LAST_YEAR", "LAST_90_DAYS", "NEXT_90_DAYS",
	}
	nDays = []string{"LAST_N_DAYS", "NEXT_N_DAYS", "N_DAYS_AGO"}
)

// dateLiteral returns a date literal in SOQL's spelling, ok false where text is none.
func dateLiteral(text string) (string, bool) {
	word, n, counted := strings.Cut(strings.ToUpper(text), ":")
	list := dateLiterals
	if counted {
		list = nDays
		if k, err := strconv.Atoi(n); err != nil || k < 0 || k > 5000 {
			return "", false
		}
		n = ":" + n
	}
	for _, l := range list {
		if l == word {
			return l + n, true
		}
	}
	return "", false
}

// namePath returns the path of the name of what a reference points to, such as Contact.Name, "" where it has none.
func namePath(f *catalog.Field, snap *catalog.Snapshot) string {
	if f.RelationshipName == "" || len(f.ReferenceTo) == 0 {
		return ""
	}
	if f.Polymorphic() {
		return f.RelationshipName + ".Name"
	}
	target := snap.Object(f.ReferenceTo[0])
	if target == nil || target.NameField == nil {
		return ""
	}
	return f.RelationshipName + "." + target.NameField.Name
}
