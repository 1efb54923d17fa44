package desk

import (
	"strconv"
	"strings"

	"stoa/apps/service"
	"stoa/internal/app"
	"stoa/internal/web/page"
)

// word is a field's part of the id of a menu's entries.
func word(field string) string {
	if field == "OwnerId" {
		return "owner"
	}
	return strings.ToLower(field)
}

func first(all []string) string { return all[0] }

func joined(all []string) string { return strings.Join(all, ", ") }

func joinRuns(runs []run) string {
	var b strings.Builder
	for _, r := range runs {
		b.WriteString(r.text)
	}
	return b.String()
}

// lastOf is the newest entry that is drawn: script asks what came after it.
func lastOf(all []entry) string {
	if len(all) == 0 {
		return ""
	}
	return string(all[len(all)-1].ID)
}

// entryLabel says what an entry is to those who do not see it.
func entryLabel(v *page.Visit, e entry) string {
	switch {
	case e.Kind == service.KindNote:
		return v.T("desk.label.note", "who", e.who.Name)
	case e.Kind == service.KindComment:
		return v.T("desk.label.comment", "who", e.who.Name)
	case e.Staff:
		return v.T("desk.label.reply", "who", e.who.Name)
	default:
		return v.T("desk.label.message", "who", e.who.Name)
	}
}

func timelineIcon(e entry) string {
	switch {
	case e.Kind == service.KindEvent:
		return e.icon
	case e.Kind == service.KindNote:
		return "lock"
	case e.Staff:
		return "reply"
	default:
		return "mail"
	}
}

func timelineWords(v *page.Visit, e entry) string {
	if e.Kind == service.KindEvent {
		return e.words
	}
	return entryLabel(v, e) + ": " + app.Cut(app.Snippet(e.Body), 100)
}

func fresh(e entry) entry {
	e.fresh = true
	return e
}

func macroIcon(e service.Effect) string {
	switch e.What {
	case "reply":
		return "reply"
	case "note":
		return "lock"
	default:
		return "arrow-right-left"
	}
}

func numeral(n int) string { return strconv.Itoa(n) }

// differ reports whether the cases are of several people: then each keeps to its own messages.
func differ(m *merging) bool {
	for _, c := range m.cases {
		if c.person.Name != m.into.person.Name {
			return true
		}
	}
	return false
}

// shortcut is a key as aria-keyshortcuts has it.
func shortcut(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(key, "Ctrl", "Control"), " ", "+")
}

// upTo says how much files may have in all.
func upTo(v *page.Visit) string {
	return v.T("desk.attach.limit", "n", v.UI.Number(page.MaxUpload>>20, 0, 0))
}

// hoursAgo says one hour ago to a day ago, for script to choose from.
func hoursAgo(v *page.Visit) string {
	all := make([]string, 24)
	for i := range all {
		all[i] = v.T("ago.hours", "n", i+1)
	}
	return strings.Join(all, "|")
}
