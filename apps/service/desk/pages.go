package desk

import (
	"cmp"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"

	"stoa/internal/app"
	"stoa/internal/record"
	"stoa/internal/web/kit"
	"stoa/internal/web/page"
)

// A screen is what the three panes show.
type screen struct {
	v      *page.Visit
	queues []*queue
	queue  *queue
	items  []item
	newest bool
	c      *view // nil where no case is open
	toasts []kit.Toast
}

// showRoot leads to the first queue in which something waits.
func showRoot(v *page.Visit) error {
	all, err := queues(v)
	if err != nil {
		return err
	}
	to := all[0]
	for _, q := range all {
		if q.count > 0 && q.key != team {
			to = q
			break
		}
	}
	return v.Redirect(to.path())
}

// findCase leads to a case in the queue in which it is: from lists, searches and mails.
func findCase(v *page.Visit) error {
	id, err := record.ParseID(v.Args["case"])
	if err != nil {
		return page.NotFound()
	}
	res, err := app.Query(v.Ctx(), v.S, "SELECT OwnerId FROM Case WHERE Id = ?", id)
	if err != nil {
		return err
	}
	if res.Len() == 0 {
		return page.NotFound()
	}
	key := mine
	if owner := res.Get(0, "OwnerId").ID(); owner.Prefix() == "00G" {
		key = string(owner)
	}
	return v.Redirect(root + "/" + key + "/" + string(id))
}

// openScreen reads queues and the list.
func openScreen(v *page.Visit) (*screen, error) {
	all, err := queues(v)
	if err != nil {
		return nil, err
	}
	q, err := find(all, v.Args["queue"])
	if err != nil {
		return nil, err
	}
	s := &screen{v: v, queues: all, queue: q, newest: v.Query("sort") == "new"}
	s.items, err = items(v, q, s.newest)
	return s, err
}

// showQueue shows a queue without a case.
func showQueue(v *page.Visit) error {
	s, err := openScreen(v)
	if err != nil {
		return err
	}
	if v.Fragment() && v.Query("part") == "list" {
		return v.Draw(http.StatusOK, listPane(s))
	}
	return s.answer(s.queue.name)
}

// showCase shows a case in its queue; script asks for parts of it.
func showCase(v *page.Visit) error {
	id, err := record.ParseID(v.Args["case"])
	if err != nil {
		return page.NotFound()
	}
	if v.Fragment() {
		return showPart(v, id)
	}
	s, err := openScreen(v)
	if err != nil {
		return err
	}
	if s.c, err = load(v, s.queue, id); err != nil {
		return err
	}
	s.follow()
	if err := v.S.Viewed(v.Ctx(), id); err != nil {
		return err
	}
	return s.answer(s.c.name() + " " + s.c.subject)
}

// showPart answers the page's own script. A case that is fetched ahead is not seen yet.
func showPart(v *page.Visit, id record.ID) error {
	q := &queue{key: v.Args["queue"]}
	switch v.Query("part") {
	case "head":
		c, err := head(v, q, id)
		if err != nil {
			return err
		}
		if err := cmp.Or(c.loadChoices(), c.loadReasons()); err != nil {
			return err
		}
		return v.Draw(http.StatusOK, caseHead(c))
	case "thread":
		c, err := head(v, q, id)
		if err != nil {
			return err
		}
		if err := c.loadThread(); err != nil {
			return err
		}
		if err := cmp.Or(c.loadUnsure(), c.loadFiles()); err != nil {
			return err
		}
		return v.Draw(http.StatusOK, thread(c))
	}
	c, err := load(v, q, id)
	if err != nil {
		return err
	}
	if v.Query("ahead") == "" {
		if err := v.S.Viewed(v.Ctx(), id); err != nil {
			return err
		}
	}
	return v.Draw(http.StatusOK, fragment(c, toasts(v)))
}

// follow finds the case after the one that is open.
func (s *screen) follow() {
	for i, it := range s.items {
		if it.id != s.c.id {
			continue
		}
		if i+1 < len(s.items) {
			s.c.following = s.items[i+1].id
		}
	}
	if s.c.following == "" && len(s.items) > 0 && s.items[0].id != s.c.id {
		s.c.following = s.items[0].id
	}
}

// answer draws the screen in its frame, with what the palette and the list of keys offer here.
func (s *screen) answer(title string) error {
	p := page.Page{Title: title, Icon: "headset", Body: desk(s), Toasts: toasts(s.v), Keys: keys(s.v), Local: s.commands()}
	return s.v.Answer(p)
}

// keys returns the keys of the desk, as ? shows them.
func keys(v *page.Visit) []kit.Key {
	one := func(does string, keys ...string) kit.Key { return kit.Key{Keys: keys, Does: does} }
	return []kit.Key{
		one(v.T("desk.keys.move"), "J", "K"), one(v.T("desk.keys.open"), "Enter"), one(v.T("desk.keys.next"), "Shift >"), one(v.T("desk.keys.take"), "A"),
		one(v.T("desk.keys.reply"), "R"), one(v.T("desk.keys.note"), "N"), one(v.T("desk.keys.send"), "Ctrl Enter"),
		one(v.T("desk.keys.status"), "S"), one(v.T("desk.keys.owner"), "O"), one(v.T("desk.keys.priority"), "P"), one(v.T("desk.keys.macro"), "M"),
		one(v.T("desk.keys.close"), "E"), one(v.T("desk.keys.quick"), ";"), one(v.T("desk.keys.macroText"), "/"),
	}
}

// commands returns what the palette offers: everything that a button or a menu of the page does.
// An address that is only a fragment names the control that does it.
func (s *screen) commands() (all []kit.Link) {
	v := s.v
	add := func(icon, label, href, key string) {
		all = append(all, kit.Link{Icon: icon, Label: label, Href: href, Key: key})
	}
	add("inbox", v.T("desk.do.take"), "#act-take", "A")
	for _, q := range s.queues {
		add("list", v.T("desk.do.queue", "queue", q.name), q.path(), "")
	}
	c := s.c
	if c == nil {
		return all
	}
	add("reply", v.T("desk.do.reply"), "#act-reply", "R")
	add("lock", v.T("desk.do.note"), "#act-note", "N")
	add("send", v.T("desk.do.send"), "#act-send", "Ctrl Enter")
	for _, w := range sends(v) {
		add("send", w.label, "#act-send-"+slug(w.value), "")
	}
	add("arrow-right", v.T("desk.do.next"), "#act-next", "Shift >")
	add("arrow-left", v.T("desk.do.previous"), "#act-previous", "")
	if c.can {
		add("check", v.T("desk.do.close"), "#act-close", "E")
		for _, o := range c.statuses {
			add("circle-dot", v.T("desk.do.status", "to", o.label), "#act-status-"+slug(o.value), "S")
		}
		for _, o := range c.priorities {
			add("flag", v.T("desk.do.priority", "to", o.label), "#act-priority-"+slug(o.value), "P")
		}
		for _, o := range c.owners {
			add(o.icon, v.T("desk.do.owner", "to", o.label), "#act-owner-"+slug(o.value), "O")
		}
		for _, m := range c.macros {
			add("zap", v.T("desk.do.macro", "name", m.label), "#act-macro-"+slug(m.value), "M")
		}
	}
	add("git-merge", v.T("desk.do.merge"), kit.Query(root+"/merge", "id", string(c.id)), "")
	if c.can {
		add("link", v.T("desk.link.title"), c.path()+"/link", "")
		add("globe", v.T("publish.title"), c.path()+"/public", "")
	}
	add("mail", v.T("desk.tab.mail"), kit.Query(c.path(), "tab", "mail"), "")
	add("square-pen", v.T("desk.do.record"), "/console/r/"+string(c.id), "")
	return all
}

// slug makes a value part of an id.
func slug(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, s)
}

// A way is what becomes of a case when a reply is sent.
type way struct{ value, label string }

// sends returns the ways to send a reply; the first is the button's.
func sends(v *page.Visit) []way {
	return []way{{"Waiting", v.T("desk.send.wait")}, {"Solved", v.T("desk.send.solve")}, {"Open", v.T("desk.send.open")}, {"", v.T("desk.send.leave")}}
}

// purposeStrip says under which purpose the page is read.
func purposeStrip(v *page.Visit) templ.Component { return purpose(v.UI, v.S.Purpose()) }

// age says how long ago something was, as short as a list needs it.
func age(v *page.Visit, t time.Time) string {
	if d := v.UI.Now.Sub(t); d < 60*day {
		return duration(v, d)
	}
	return v.UI.Day(v.UI.In(t))
}
