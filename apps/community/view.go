package community

import (
	"time"

	"github.com/a-h/templ"

	"stoa/internal/web/kit"
	"stoa/internal/web/page"
)

// lasting writes how long something took: 51 min, 4 h, 2 days.
func lasting(v *page.Visit, d time.Duration) string {
	switch {
	case d < 90*time.Minute:
		return v.T("portal.minutes", "n", int(d.Round(time.Minute)/time.Minute))
	case d < 48*time.Hour:
		return v.T("portal.hours", "n", int(d.Round(time.Hour)/time.Hour))
	default:
		return v.T("portal.days", "n", int(d.Round(24*time.Hour)/(24*time.Hour)))
	}
}

func topicHref(v *page.Visit, t Topic) templ.SafeURL {
	return templ.SafeURL(kit.Query(v.Path("/questions"), "topic", string(t.ID)))
}

// iconOr returns the icon of a service, one for all where it has none.
func iconOr(name string) string {
	if name == "" {
		return "landmark"
	}
	return name
}

func kindIcon(kind string) string {
	switch kind {
	case kindArticle:
		return "book-open"
	case kindService:
		return "landmark"
	default:
		return "messages-square"
	}
}

// rest returns the hits beside the one that stands first as the best answer.
func (r *results) rest() []Hit {
	if len(r.Hits) > 0 && r.Hits[0].Kind == kindArticle {
		return r.Hits[1:]
	}
	return r.Hits
}

func (r *results) all() (n int) {
	for _, c := range r.Count {
		n += c
	}
	return n
}

// person is an author as avatars show them.
func person(a Author) kit.Person { return kit.Person{ID: a.ID, Name: a.Name} }

// public counts the replies that everybody sees.
func (t *Thread) public() (n int) {
	for i := range t.Replies {
		if t.Replies[i].Public() {
			n++
		}
	}
	return n
}

// mayAccept reports whether the visitor says which answer helped.
func (t *Thread) mayAccept(v *page.Visit) bool {
	return v.Visitor.User != "" && (t.Mine || !v.Visitor.External())
}

// wasEdited reports whether a post was changed after it was written.
func (p *Post) wasEdited() bool { return !p.Edited.IsZero() && p.Edited.Sub(p.At) > time.Second }

// toneOf is the badge of a post that is not public, or not for good.
func toneOf(state string) string {
	switch state {
	case stateHidden, stateUpheld:
		return "badge-danger"
	case statePublished, stateOverturned:
		return "badge-ok"
	default:
		return "badge-warn"
	}
}

// caseTone is the badge of a case's status.
func caseTone(c myCase) string {
	switch {
	case c.Closed:
		return "badge-ok"
	case c.waitsForMe():
		return "badge-warn"
	default:
		return "badge-accent"
	}
}

func pressed(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

func threadCrumbs(v *page.Visit, t *Thread) []kit.Link {
	links := []kit.Link{{Label: v.T("portal.questions"), Href: v.Path("/questions")}}
	if t.Topic.Name != "" {
		links = append(links, kit.Link{Label: t.Topic.Name, Href: string(topicHref(v, t.Topic))})
	}
	return links
}

// statusKey is the part of a key that says in plain words how a case stands.
func statusKey(status string) string {
	switch status {
	case "New", "Open", "Waiting", "On Hold", "Solved", "Closed", "Merged":
		return status
	default:
		return "Open"
	}
}

// lead says in one line what waits for the person.
func (m *myPage) lead(v *page.Visit) string {
	waits, with := 0, 0
	for _, c := range m.Cases {
		switch {
		case c.waitsForMe():
			waits++
		case !c.Closed:
			with++
		}
	}
	switch {
	case waits > 0:
		return v.T("portal.my.needsYou", "n", waits) + " " + v.T("portal.my.withUs", "n", with)
	case with > 0:
		return v.T("portal.my.withUs", "n", with)
	default:
		return v.T("portal.my.quiet")
	}
}
