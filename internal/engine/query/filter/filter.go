// Package filter holds the conditions of list views: what people choose and type,
// as the definition of a view has it, and what it is in SOQL. It knows fields and
// no rows; its one invariant is that whatever was typed stays inside a literal.
package filter

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/record"
)

// Quote returns s as a SOQL string literal.
func Quote(s string) string {
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

// Like returns a LIKE pattern literal that matches text as it is, with before
// and after around it: Like("50%", "%", "%") matches whatever contains 50%.
func Like(text, before, after string) string {
	q := Quote(text)
	q = strings.NewReplacer("%", `\%`, "_", `\_`).Replace(q[1 : len(q)-1])
	return "'" + before + q + after + "'"
}

// A Filter is one condition of a list view, kept as part of its definition.
type Filter struct {
	Field string `json:"field"`
	Op    string `json:"op"`
	Value string `json:"value,omitempty"`
}

// The operators of filters, as addresses and saved views spell them.
const (
	Equal    = "eq"
	Not      = "ne"
	Less     = "lt"
	More     = "gt"
	AtMost   = "le"
	AtLeast  = "ge"
	Contains = "has"
	Starts   = "starts"
	Blank    = "blank"
	Filled   = "filled"
)

// Me stands for the person who looks, where a filter asks for a user.
const Me = "me"

// String returns f as an address holds it: Status:eq:New.
func (f Filter) String() string { return f.Field + ":" + f.Op + ":" + f.Value }

// View returns what the definition of a list view says: its filters, and the field that it is sorted by, "" for none.
func View(definition string) (filters []Filter, sort string, desc bool) {
	params, err := url.ParseQuery(definition)
	if err != nil {
		return nil, "", false
	}
	for _, s := range params["f"] {
		if f, ok := Parse(s); ok {
			filters = append(filters, f)
		}
	}
	sort, desc = strings.CutPrefix(params.Get("sort"), "-")
	return filters, sort, desc
}

// Columns returns the fields that the definition of a list view shows, nil where it leaves them open.
func Columns(definition string) (names []string) {
	params, err := url.ParseQuery(definition)
	if err != nil {
		return nil
	}
	for _, list := range params["cols"] {
		for name := range strings.SplitSeq(list, ",") {
			if name != "" {
				names = append(names, name)
			}
		}
	}
	return names
}

// Parse reads what String wrote; ok is false for anything else.
func Parse(s string) (f Filter, ok bool) {
	parts := strings.SplitN(s, ":", 3)
	if len(parts) != 3 || parts[0] == "" {
		return f, false
	}
	return Filter{parts[0], parts[1], parts[2]}, true
}

// Condition returns f as a SOQL condition on o. zone is the person's, for days
// that are compared with moments; user is the person's own id.
func (f Filter) Condition(o *catalog.Object, snap *catalog.Snapshot, user record.ID, zone *time.Location) (string, error) {
	field := o.Field(f.Field)
	if field == nil || !field.Filterable {
		return "", fault.New(fault.InvalidField, "%s cannot be filtered by.", f.Field)
	}
	name := field.Name
	switch f.Op {
	case Blank:
		return name + " = null", nil
	case Filled:
		return name + " != null", nil
	}
	if field.Type.Name == "reference" {
		return refCondition(field, snap, f, user)
	}
	if field.Type.Name == "multipicklist" && f.Op == Contains {
		return name + " INCLUDES (" + Quote(f.Value) + ")", nil
	}
	switch f.Op {
	case Contains:
		return name + " LIKE " + Like(f.Value, "%", "%"), nil
	case Starts:
		return name + " LIKE " + Like(f.Value, "", "%"), nil
	}
	op, ok := map[string]string{Equal: "=", Not: "!=", Less: "<", More: ">", AtMost: "<=", AtLeast: ">="}[f.Op]
	if !ok {
		return "", fault.New(fault.InvalidQueryFilter, "There is no comparison %s.", f.Op)
	}
	lit, err := literal(field, f.Value, zone)
	if err != nil {
		return "", err
	}
	if field.Type.Kind == record.DateTime && IsDay(f.Value) {
		return dayCondition(name, f.Op, f.Value, zone), nil
	}
	return name + " " + op + " " + lit, nil
}

// refCondition compares a reference: by id, with oneself, or by the name of what it points to.
func refCondition(field *catalog.Field, snap *catalog.Snapshot, f Filter, user record.ID) (string, error) {
	if f.Op == Equal || f.Op == Not {
		op := map[string]string{Equal: " = ", Not: " != "}[f.Op]
		if strings.EqualFold(f.Value, Me) {
			return field.Name + op + Quote(string(user)), nil
		}
		if id, err := record.ParseID(f.Value); err == nil {
			return field.Name + op + Quote(string(id)), nil
		}
	}
	path := NamePath(field, snap)
	if path == "" {
		return "", fault.New(fault.InvalidField, "%s is compared with a record's id.", field.Label)
	}
	switch f.Op {
	case Equal:
		return path + " = " + Quote(f.Value), nil
	case Not:
		return path + " != " + Quote(f.Value), nil
	case Starts:
		return path + " LIKE " + Like(f.Value, "", "%"), nil
	default:
		return path + " LIKE " + Like(f.Value, "%", "%"), nil
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
		if l, ok := DateLiteral(text); ok {
			return l, nil
		}
		if IsDay(text) {
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
		return Quote(text), nil
	}
}

// dayCondition compares a moment with a whole day of the person's zone.
func dayCondition(name, op, day string, zone *time.Location) string {
	t, _ := time.ParseInLocation(time.DateOnly, day, zone)
	from, to := t.UTC().Format("2006-01-02T15:04:05Z"), t.AddDate(0, 0, 1).UTC().Format("2006-01-02T15:04:05Z")
	switch op {
	case Less:
		return name + " < " + from
	case More:
		return name + " >= " + to
	case AtMost:
		return name + " < " + to
	case AtLeast:
		return name + " >= " + from
	case Not:
		return "(" + name + " < " + from + " OR " + name + " >= " + to + ")"
	default:
		return "(" + name + " >= " + from + " AND " + name + " < " + to + ")"
	}
}

// IsDay reports whether s is a date as 2006-01-02.
func IsDay(s string) bool {
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

// DateLiterals returns the words for days that a filter may name without a number.
func DateLiterals() []string { return slices.Clone(dateLiterals) }

// DateLiteral returns a date literal in SOQL's spelling, ok false where text is none.
func DateLiteral(text string) (string, bool) {
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

// NamePath returns the path of the name of what a reference points to, such as Contact.Name, "" where it has none.
func NamePath(f *catalog.Field, snap *catalog.Snapshot) string {
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
