package desk

import (
	"net/http"

	"stoa/apps/service"
	"stoa/internal/record"
	"stoa/internal/web/kit"
	"stoa/internal/web/page"
)

func (c *view) loadLinks() (err error) {
	c.links, err = service.Links(c.v.Ctx(), c.v.S, c.id)
	return err
}

// children returns the cases of which the case is the problem.
func (c *view) children() (all []service.Linked) {
	for _, l := range c.links {
		if l.Kind == service.LinkChild {
			all = append(all, l)
		}
	}
	return all
}

// A linking is the choice of a case to link to.
type linking struct {
	c    *view
	kind service.LinkKind
	text string // that was looked for
	hits []found
}

// showLink offers the cases that somebody means, to be linked.
func showLink(v *page.Visit) error {
	q, id, err := args(v)
	if err != nil {
		return err
	}
	c, err := head(v, q, id)
	if err != nil {
		return err
	}
	if err := c.loadLinks(); err != nil {
		return err
	}
	l := &linking{c: c, kind: service.LinkKind(v.Query("kind")), text: v.Query("q")}
	if l.text != "" {
		if l.hits, err = findCases(v, l.text, id); err != nil {
			return err
		}
	} else if err := c.loadEarlier(); err != nil {
		return err
	} else {
		var ids []record.ID
		for _, e := range c.earlier {
			ids = append(ids, e.id)
		}
		if l.hits, err = foundCases(v, []record.ID{id}, ids...); err != nil {
			return err
		}
	}
	return v.Answer(page.Page{Title: v.T("desk.link.title"), Icon: "link", Body: linkPage(l), Toasts: toasts(v)})
}

// addLink links two cases. Where the other one is named by words, they are looked for first.
func addLink(v *page.Visit) error {
	q, id, err := args(v)
	if err != nil {
		return err
	}
	to := q.path() + "/" + string(id)
	other, err := record.ParseID(v.Posted("other"))
	if err != nil {
		if other, err = caseNamed(v, v.Text("q", 200)); err != nil {
			if !missing(err) {
				return err
			}
			return v.Redirect(kit.Query(to+"/link", "q", v.Text("q", 200), "kind", v.Posted("kind")))
		}
	}
	d, err := service.Link(v.Ctx(), v.S, id, other, service.LinkKind(v.Posted("kind")))
	return done(v, v.T("desk.did.link"), d, err, to)
}

// dropLink removes the link between two cases.
func dropLink(v *page.Visit) error {
	q, id, err := args(v)
	if err != nil {
		return err
	}
	other, err := record.ParseID(v.Posted("other"))
	if err != nil {
		return page.NotFound()
	}
	d, err := service.Unlink(v.Ctx(), v.S, id, other)
	return done(v, v.T("desk.did.unlink"), d, err, q.path()+"/"+string(id))
}

// An answering is one answer to the citizens of a problem case.
type answering struct {
	c       *view
	body    string
	then    string
	all     []service.Incident
	chosen  map[record.ID]bool
	preview bool
	problem string
}

// count is how many citizens would get the answer.
func (a *answering) count() (n int) {
	for _, i := range a.all {
		if a.chosen[i.Case] && i.Address != "" {
			n++
		}
	}
	return n
}

func (a *answering) load(v *page.Visit) (err error) {
	a.all, err = service.Incidents(v.Ctx(), v.S, a.c.id, a.body)
	return err
}

// showIncidents offers to answer all citizens of a problem at once.
func showIncidents(v *page.Visit) error {
	q, id, err := args(v)
	if err != nil {
		return err
	}
	c, err := head(v, q, id)
	if err != nil {
		return err
	}
	if err := c.loadDrafts(); err != nil {
		return err
	}
	a := &answering{c: c, body: c.reply.Body, then: "Solved", chosen: map[record.ID]bool{}}
	if err := a.load(v); err != nil {
		return err
	}
	for _, i := range a.all {
		a.chosen[i.Case] = !i.Closed && i.Address != ""
	}
	return v.Answer(page.Page{Title: v.T("desk.all.title"), Icon: "send", Body: incidentsPage(a), Toasts: toasts(v)})
}

// replyAll shows what each citizen would get, and sends it once that was confirmed.
func replyAll(v *page.Visit) error {
	q, id, err := args(v)
	if err != nil {
		return err
	}
	if err := v.BadForm(); err != nil {
		return err
	}
	c, err := head(v, q, id)
	if err != nil {
		return err
	}
	a := &answering{c: c, body: v.Text("body", maxBody), then: v.Posted("then"), chosen: map[record.ID]bool{}, preview: v.Posted("send") != "edit"}
	versions := map[record.ID]int{}
	for _, s := range v.Values()["case"] {
		if one, err := record.ParseID(s); err == nil {
			a.chosen[one] = true
			versions[one] = number(v.Posted("version-" + s))
		}
	}
	if v.Posted("send") == "now" {
		d, n, err := service.ReplyAll(v.Ctx(), v.S, service.ReplyAllIn{Problem: id, Versions: versions, Body: a.body, Then: a.then})
		if err == nil {
			return done(v, v.T("desk.did.all", "n", n), d, nil, q.path()+"/"+string(id))
		}
		if a.problem, err = problemOf(err); err != nil {
			return err
		}
		a.preview = false
	}
	switch {
	case a.problem != "" || !a.preview:
	case a.body == "":
		a.preview, a.problem = false, v.T("desk.all.empty")
	case len(versions) == 0:
		a.preview, a.problem = false, v.T("desk.all.nobody")
	}
	if err := a.load(v); err != nil {
		return err
	}
	status := http.StatusOK
	if a.problem != "" {
		status = http.StatusUnprocessableEntity
	}
	return v.Answer(page.Page{Title: v.T("desk.all.title"), Icon: "send", Status: status, Body: incidentsPage(a)})
}
