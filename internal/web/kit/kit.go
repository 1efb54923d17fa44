// Package kit draws the parts that pages are made of: the frame, fields by
// type, tables, forms, boards, charts. It draws what it is given and loads
// nothing; its one invariant is that what it writes keeps to the content
// security policy: no script, no style and no handler inside a page.
package kit

import (
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"stoa/internal/i18n"
	"stoa/internal/record"
	"stoa/internal/web/assets"
)

// Policy is the Content-Security-Policy that every page is served with.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'; connect-src 'self'; " +
	"frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// A UI is what drawing needs to know of the person who looks: words, zone and the moment of the page.
type UI struct {
	*i18n.Messages
	Zone     *time.Location
	Now      time.Time
	Theme    string // "light" or "dark", "" to follow the system
	Currency string // sign before an amount
	KeysOff  bool   // single keys do nothing
}

// In returns t in the person's zone.
func (ui *UI) In(t time.Time) time.Time {
	if ui.Zone == nil {
		return t.UTC()
	}
	return t.In(ui.Zone)
}

// A Person is somebody who is shown with initials.
type Person struct {
	ID   record.ID
	Name string
	Team bool // a queue or a group, shown with an icon
}

// Initials returns one or two letters of a name.
func (p Person) Initials() string {
	words := strings.FieldsFunc(p.Name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' })
	if len(words) == 0 {
		return "?"
	}
	first, _ := utf8.DecodeRuneInString(words[0])
	if len(words) == 1 {
		return string(unicode.ToUpper(first))
	}
	last, _ := utf8.DecodeRuneInString(words[len(words)-1])
	return string([]rune{unicode.ToUpper(first), unicode.ToUpper(last)})
}

// Hue returns which of the eight avatar colours belongs to the person: the same on every page.
func (p Person) Hue() string {
	n := uint32(2166136261)
	for i := range len(p.Name) {
		n = (n ^ uint32(p.Name[i])) * 16777619
	}
	return "av-" + string(rune('1'+n%8))
}

// A Link is a word that leads somewhere.
type Link struct {
	Icon, Label, Href string
	Current           bool
	Note              string // said after the label, smaller
	Hue               string // class of the icon's ground, where it has one
	Key               string // the key that does the same
}

// An Action is a button: a link, or a form of its own where Post is set.
type Action struct {
	Icon, Label, Href string
	Post              bool
	Primary, Danger   bool
	Fields            []Hidden
	Key               string
	More              bool // stands in the menu of further actions
}

// A Hidden is a form value that is not shown.
type Hidden struct{ Name, Value string }

// Icon addresses an icon of the sprite.
func iconURL(name string) string { return assets.URL("icons.svg") + "#" + name }

// Query returns path with the parameters set, those with an empty value left out.
func Query(path string, pairs ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			v.Add(pairs[i], pairs[i+1])
		}
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}
