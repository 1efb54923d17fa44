package desk

import (
	"net/http"
	"slices"

	"stoa/apps/service"
	"stoa/internal/record"
	"stoa/internal/web/page"
)

// A misplacing is a message that is to move to another case.
type misplacing struct {
	c        *view
	message  entry
	receipt  service.Receipt // the zero receipt where none is kept
	text     string          // that was looked for
	near     []found         // cases that suggest themselves
	hits     []found
	problems string
}

// showMove shows why a message is on its case, and where it may belong.
func showMove(v *page.Visit) error {
	q, id, err := args(v)
	if err != nil {
		return err
	}
	c, err := head(v, q, id)
	if err != nil {
		return err
	}
	if err := c.loadThread(); err != nil {
		return err
	}
	at := slices.IndexFunc(c.thread, func(e entry) bool {
		return string(e.ID) == v.Query("message") && e.Kind == service.KindMessage && !e.Staff
	})
	if at < 0 {
		return page.NotFound()
	}
	m := &misplacing{c: c, message: c.thread[at], text: v.Query("q")}
	if m.receipt, err = service.ReceiptOf(v.Ctx(), v.S, m.message.ID); err != nil && !missing(err) {
		return err
	}
	if err := m.suggest(); err != nil {
		return err
	}
	if m.text != "" {
		if m.hits, err = findCases(v, m.text, m.message.Case, c.id); err != nil {
			return err
		}
	}
	p := page.Page{Title: v.T("desk.move.title"), Icon: "route", Status: http.StatusOK, Body: movePage(m), Toasts: toasts(v)}
	return v.Answer(p)
}

// suggest finds the cases where the message may belong: the one that it names, and others of the same citizen.
func (m *misplacing) suggest() error {
	c := m.c
	if err := c.loadEarlier(); err != nil {
		return err
	}
	ids := []record.ID{m.receipt.Named}
	for _, e := range c.earlier {
		ids = append(ids, e.id)
	}
	all, err := foundCases(c.v, []record.ID{m.message.Case, c.id}, ids...)
	for i := range all {
		if all[i].hint = c.v.T("desk.move.same"); all[i].id == m.receipt.Named {
			all[i].hint = c.v.T("desk.move.names")
		}
	}
	m.near = all
	return err
}

// move moves a message to the case that was chosen, or makes it a case of its own.
func move(v *page.Visit) error {
	q, id, err := args(v)
	if err != nil {
		return err
	}
	message, err := record.ParseID(v.Posted("message"))
	if err != nil {
		return page.NotFound()
	}
	in := service.Moving{Message: message, Subject: v.Text("subject", 255), Why: v.Text("why", 255)}
	words := v.T("desk.did.split")
	if v.Posted("to") != "new" {
		if in.To, err = record.ParseID(v.Posted("to")); err != nil {
			return page.NotFound()
		}
		all, err := foundCases(v, nil, in.To)
		if err != nil {
			return err
		}
		if len(all) > 0 {
			words = v.T("desk.did.move", "ref", all[0].name)
		}
	}
	_, d, err := service.Move(v.Ctx(), v.S, in)
	return done(v, words, d, err, q.path()+"/"+string(id))
}

// keepHere says that an unsure message is right where it is.
func keepHere(v *page.Visit) error {
	q, id, err := args(v)
	if err != nil {
		return err
	}
	message, err := record.ParseID(v.Posted("message"))
	if err != nil {
		return page.NotFound()
	}
	return done(v, v.T("desk.did.keep"), service.Done{}, service.KeepHere(v.Ctx(), v.S, message), q.path()+"/"+string(id))
}
