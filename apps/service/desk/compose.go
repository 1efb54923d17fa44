package desk

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"stoa/apps/service"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/web/page"
)

// maxBody is how long an answer may be. Source: EmailMessage.TextBody.
const maxBody = 32_000

// draftOf returns what the composer's form brings.
func draftOf(v *page.Visit, id record.ID, kind string) service.Draft {
	return service.Draft{
		Case: id, Kind: kind, Body: v.Text("body", maxBody), Version: number(v.Posted("version")),
		To: service.SplitAddresses(v.Text("to", 2000)), Cc: service.SplitAddresses(v.Text("cc", 2000)),
	}
}

// saveDraft keeps what is being written; the answer is the time, for the composer to say.
func saveDraft(v *page.Visit) error {
	q, id, err := args(v)
	if err != nil {
		return err
	}
	kind := service.DraftReply
	if v.Posted("kind") == service.DraftNote {
		kind = service.DraftNote
	}
	if err := service.SaveDraft(v.Ctx(), v.S, draftOf(v, id, kind)); err != nil {
		return err
	}
	if err := v.S.Announce(v.Ctx(), service.TopicCase(id), saysTyping); err != nil {
		return err
	}
	if v.Fragment() {
		return v.Write(http.StatusOK, "text/plain; charset=utf-8", []byte(v.UI.Clock(v.UI.In(v.UI.Now))))
	}
	return v.Redirect(q.path() + "/" + string(id))
}

// reply sends an answer, unless a guard holds it back.
func reply(v *page.Visit) error {
	q, id, err := args(v)
	if err != nil {
		return err
	}
	if err := v.BadForm(); err != nil {
		return err
	}
	d := draftOf(v, id, service.DraftReply)
	confirmed, strange := v.Values()["confirm"], v.Values()["strange"]
	left := func(a string) bool { return slices.Contains(strange, a) && !slices.Contains(confirmed, a) }
	d.To, d.Cc = slices.DeleteFunc(d.To, left), slices.DeleteFunc(d.Cc, left)
	in := service.ReplyIn{Case: id, Body: d.Body, To: d.To, Cc: d.Cc, Version: d.Version, Confirmed: confirmed, Then: v.Posted("then")}
	in.Files, err = filesOf(v)
	var sent service.Sent
	if err == nil {
		sent, err = service.Reply(v.Ctx(), v.S, in)
	}
	if err == nil {
		err = service.DropUploads(v.Ctx(), v.S, v.Values()["upload"]...)
		if err != nil {
			return err
		}
		return done(v, v.T("desk.sent"), sent.Done, nil, q.path()+"/"+string(id))
	}
	return held(v, q, d, in, err)
}

// A guard is a reply that was held back, and why.
type guard struct {
	on      *view
	draft   service.Draft
	then    string
	news    []entry
	strange []string
	problem string
	files   bool     // files came with it, which must be chosen again
	uploads []string // files that are there already
}

// held keeps the text as a draft and shows what is in its way.
func held(v *page.Visit, q *queue, d service.Draft, in service.ReplyIn, cause error) error {
	g := guard{draft: d, then: in.Then, files: len(v.Uploads()) > 0, uploads: v.Values()["upload"]}
	stale, isStale := errors.AsType[*service.Stale](cause)
	strange, isStrange := errors.AsType[*service.Unconfirmed](cause)
	switch {
	case isStale:
		g.draft.Version = stale.Version
	case isStrange:
		g.strange = strange.Addresses
	default:
		why := fault.From(cause)
		if why.Code == fault.UnknownException || why.Code == fault.NotFound || why.Code == fault.InsufficientAccess {
			return cause
		}
		g.problem = why.Message
	}
	if strings.TrimSpace(d.Body) != "" {
		if err := service.SaveDraft(v.Ctx(), v.S, d); err != nil {
			return err
		}
	}
	c, err := head(v, q, d.Case)
	if err != nil {
		return err
	}
	if isStale {
		g.news = c.entries(stale.News)
	}
	g.on = c
	status := http.StatusConflict
	if !isStale {
		status = http.StatusUnprocessableEntity
	}
	p := page.Page{Title: v.T("desk.guard.title"), Icon: "hand", Status: status, Body: guardPage(g)}
	if v.Fragment() {
		return v.Draw(status, guardPane(g))
	}
	return v.Answer(p)
}

// note writes a note for the staff.
func note(v *page.Visit) error {
	q, id, err := args(v)
	if err != nil {
		return err
	}
	_, err = service.Note(v.Ctx(), v.S, id, v.Text("body", maxBody))
	return done(v, v.T("desk.noted"), service.Done{}, err, q.path()+"/"+string(id))
}
