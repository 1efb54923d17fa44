package kit

import (
	"html"
	"strings"
	"time"

	"github.com/a-h/templ"

	"stoa/internal/engine/catalog"
	"stoa/internal/record"
)

// A Value is one field of a record as a page shows it.
type Value struct {
	Field *catalog.Field
	record.Value
	Ref   Ref            // of a reference: who or what it points to
	Parts []record.Value // of a compound: in the order of Field.Parts
	Long  bool           // there is room: whole text and whole moments
}

// A Ref is where a reference leads.
type Ref struct {
	ID     record.ID
	Name   string
	Href   string // "" where there is no page
	Icon   string
	Person bool
	Team   bool // a queue or a group
}

// Blank reports whether there is nothing to show.
func (v Value) Blank() bool {
	if len(v.Field.Parts) > 0 && v.IsNull() {
		for _, p := range v.Parts {
			if !p.IsNull() {
				return false
			}
		}
		return true
	}
	return v.IsNull()
}

// A Widget is how fields of a type are shown and asked for.
type Widget struct {
	Show  func(*UI, Value) templ.Component
	Input func(*UI, Input) templ.Component
	Num   bool // columns of it stand at the end and in even figures
}

// WidgetOf returns the widget of a field type by its describe name; a type without one is shown as text and asked for as text.
func WidgetOf(t *catalog.Type) Widget {
	if w, ok := widgets()[t.Name]; ok {
		return w
	}
	return Widget{Show: showText, Input: inputText}
}

// HasWidget reports whether a field type has a widget of its own.
func HasWidget(t *catalog.Type) bool {
	_, ok := widgets()[t.Name]
	return ok
}

// widgets lists the field types by describe name. It is a function so that the list cannot be changed.
func widgets() map[string]Widget { return widgetTable }

var widgetTable = map[string]Widget{
	"string":                     {Show: showText, Input: inputText},
	"anyType":                    {Show: showText, Input: inputText},
	"textarea":                   {Show: showLong, Input: inputLong},
	"boolean":                    {Show: showBool, Input: inputBool},
	"picklist":                   {Show: showPick, Input: inputPick},
	"multipicklist":              {Show: showPicks, Input: inputPicks},
	"combobox":                   {Show: showText, Input: inputCombo},
	"reference":                  {Show: showRef, Input: inputRef},
	"id":                         {Show: showCode, Input: inputText},
	"int":                        {Show: showNumber, Input: inputNumber, Num: true},
	"long":                       {Show: showNumber, Input: inputNumber, Num: true},
	"double":                     {Show: showNumber, Input: inputNumber, Num: true},
	"currency":                   {Show: showMoney, Input: inputNumber, Num: true},
	"percent":                    {Show: showPercent, Input: inputNumber, Num: true},
	"date":                       {Show: showDate, Input: inputDate},
	"datetime":                   {Show: showMoment, Input: inputMoment},
	"time":                       {Show: showClock, Input: inputClock},
	"email":                      {Show: showEmail, Input: inputEmail},
	"phone":                      {Show: showPhone, Input: inputPhone},
	"url":                        {Show: showURL, Input: inputURL},
	"address":                    {Show: showAddress, Input: inputText},
	"location":                   {Show: showLocation, Input: inputText},
	"base64":                     {Show: showBytes, Input: inputText},
	"encryptedstring":            {Show: showHidden, Input: inputText},
	"complexvalue":               {Show: showText, Input: inputText},
	"json":                       {Show: showLong, Input: inputLong},
	"DataCategoryGroupReference": {Show: showText, Input: inputText},
}

// Show draws a value, or the sign for none.
func Show(ui *UI, v Value) templ.Component {
	if v.Blank() {
		return blank(ui)
	}
	return WidgetOf(v.Field.Type).Show(ui, v)
}

// Numeric reports whether a column of the field stands at the end.
func Numeric(f *catalog.Field) bool { return WidgetOf(f.Type).Num }

// Label returns what people call a picklist value.
func Label(f *catalog.Field, value string) string {
	for i := range f.Values {
		if f.Values[i].Value == value && f.Values[i].Label != "" {
			return f.Values[i].Label
		}
	}
	return value
}

// Text returns v as plain text, for names, titles and messages.
func Text(ui *UI, v Value) string {
	if v.Blank() {
		return ""
	}
	switch {
	case v.Ref.Name != "":
		return v.Ref.Name
	case v.Field.Type.Picklist:
		return Label(v.Field, v.Value.Text())
	}
	switch v.Kind() {
	case record.Bool:
		return yesNo(ui, v.Bool())
	case record.Number:
		return number(ui, v)
	case record.Date:
		return ui.Date(v.Instant())
	case record.DateTime:
		return ui.Moment(ui.In(v.Instant()))
	case record.Time:
		return clock(v)
	case record.Text, record.Ref, record.Bytes, record.Null:
		return v.Value.Text()
	default:
		return v.String()
	}
}

func yesNo(ui *UI, b bool) string {
	if b {
		return ui.T("yes")
	}
	return ui.T("no")
}

func number(ui *UI, v Value) string {
	n, scale := v.Decimal()
	return ui.Number(n, scale, 0)
}

func money(ui *UI, v Value) string {
	n, scale := v.Decimal()
	if n < 0 {
		return "−" + ui.Currency + ui.Number(-n, scale, 2)
	}
	return ui.Currency + ui.Number(n, scale, 2)
}

func clock(v Value) string { return time.UnixMilli(v.Millis()).UTC().Format("15:04") }

// dateWords returns a day and, within 60 days, how far it is.
func dateWords(ui *UI, v Value) string {
	day := v.Instant()
	text := ui.Date(day)
	today := ui.In(ui.Now)
	t := time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, time.UTC)
	if d := ui.Distance(int(day.Sub(t) / (24 * time.Hour))); d != "" {
		return text + ", " + d
	}
	return text
}

// webURL returns an address that may be followed, "" where it is none: only http and https are.
func webURL(s string) string {
	switch {
	case strings.HasPrefix(s, "http://"), strings.HasPrefix(s, "https://"):
		return s
	case strings.Contains(s, ":"), strings.HasPrefix(s, "/"), !strings.Contains(s, "."):
		return ""
	default:
		return "https://" + s
	}
}

// phoneURL returns the tel: address of what a person wrote as a phone number.
func phoneURL(s string) templ.SafeURL {
	keep := func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' || r == '*' || r == '#' {
			return r
		}
		return -1
	}
	return templ.SafeURL("tel:" + strings.Map(keep, s))
}

// PlainText returns the words of an HTML text, for fields that hold HTML: tags become blanks or line breaks.
func PlainText(s string) string {
	var b strings.Builder
	for s != "" {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			b.WriteString(s)
			break
		}
		b.WriteString(s[:i])
		end := strings.IndexByte(s[i:], '>')
		if end < 0 {
			break
		}
		tag := strings.ToLower(strings.Trim(s[i+1:i+end], "/ "))
		s = s[i+end+1:]
		name, _, _ := strings.Cut(tag, " ")
		switch name {
		case "br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "ul", "ol", "table":
			b.WriteByte('\n')
		case "script", "style":
			if j := strings.Index(strings.ToLower(s), "</"+name); j >= 0 {
				s = s[j:]
			}
		}
	}
	lines := strings.Split(html.UnescapeString(b.String()), "\n")
	out := lines[:0]
	for _, l := range lines {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return strings.Join(out, "\n")
}

// tones are the colours of words that say how something stands. The word is always there; the colour helps.
var tones = map[string]string{
	"closed": "ok", "solved": "ok", "completed": "ok", "closed won": "ok", "published": "ok", "passed": "ok", "online": "ok", "paid": "ok", "active": "ok", "activated": "ok", "approved": "ok", "qualified": "ok", "posted": "ok",
	"new": "info", "not started": "info", "open - not contacted": "info", "prospecting": "info", "draft": "info", "planned": "info", "pledged": "info",
	"open": "accent", "working": "accent", "in progress": "accent", "working - contacted": "accent", "reopened": "accent",
	"on hold": "warn", "waiting on someone else": "warn", "waiting for customer": "warn", "waiting for citizen": "warn", "deferred": "warn", "high": "warn", "pending": "warn",
	"escalated": "danger", "urgent": "danger", "critical": "danger", "closed lost": "danger", "rejected": "danger", "hot": "danger", "failed": "danger",
}

// Tone returns the class of a picklist value's badge, "" where it is plain.
func Tone(value string) string {
	if t := tones[strings.ToLower(value)]; t != "" {
		return "badge-" + t
	}
	return ""
}

// badged reports whether a value is shown as a badge: how a record stands always is, a priority only where it stands out.
func badged(f *catalog.Field, value string) bool {
	return marked(f) && (Tone(value) != "" || !strings.HasPrefix(strings.ToLower(f.Name), "priority"))
}

// marked reports whether the values of a field are shown as badges: those that say how a record stands.
func marked(f *catalog.Field) bool {
	n := strings.ToLower(f.Name)
	return strings.Contains(n, "status") || strings.Contains(n, "stage") || strings.HasPrefix(n, "priority") || n == "rating" || len(f.Values) > 0 && len(f.Values) <= 12 && f.Custom
}

func addressLines(v Value) []string {
	part := func(suffix string) string {
		for i, name := range v.Field.Parts {
			if strings.HasSuffix(strings.TrimSuffix(name, "__c"), suffix) && i < len(v.Parts) {
				return v.Parts[i].Text()
			}
		}
		return ""
	}
	lines := strings.Split(part("Street"), "\n")
	lines = append(lines, strings.Join(nonEmpty(part("City"), strings.Join(nonEmpty(part("State"), part("PostalCode")), " ")), ", "), part("Country"))
	return nonEmpty(lines...)
}

func nonEmpty(s ...string) []string {
	var out []string
	for _, t := range s {
		if t = strings.TrimSpace(t); t != "" {
			out = append(out, t)
		}
	}
	return out
}

func coordinates(v Value) string {
	var out []string
	for _, p := range v.Parts {
		if p.Kind() == record.Number {
			out = append(out, p.String())
		}
	}
	return strings.Join(out, ", ")
}

func picks(v Value) []string { return strings.Split(v.Value.Text(), ";") }

func longText(v Value) string {
	if v.Field.HTML {
		return PlainText(v.Value.Text())
	}
	return v.Value.Text()
}
