package desk

import (
	"net/http"
	"slices"
	"strings"

	"stoa/apps/service"
	"stoa/internal/app"
	"stoa/internal/mail"
	"stoa/internal/record"
	"stoa/internal/web/page"
)

// The places to which a question of a case can go.
const (
	toCommunity = "community"
	toArticle   = "article"
)

// A publishing is a question of a case on its way to the public: first it is written, then what would be public is
// shown with what was blacked out, and only then anything happens.
type publishing struct {
	c       *view
	where   string
	topics  []choice
	topic   string
	raw     service.Publication // as it is written
	out     service.Publication // as it would be public
	finds   []service.Find      // what says who somebody is, each once
	keep    map[string]bool
	files   []file
	look    bool
	ask     bool   // the citizen is asked; else a colleague was told
	how     string // how
	problem string
	past    []service.Publication
}

// black is how many finds would be blacked out.
func (p *publishing) black() (n int) {
	for _, f := range p.finds {
		if !p.keep[f.Key()] {
			n++
		}
	}
	return n
}

// showPublic offers to make the question of a case public, with what it said and what was answered.
func showPublic(v *page.Visit) error {
	p, err := openPublic(v)
	if err != nil {
		return err
	}
	p.raw.Title, p.ask = p.c.subject, true
	for _, e := range p.c.thread {
		said := e.Kind == service.KindOpening || e.Kind == service.KindMessage || e.Kind == service.KindComment
		switch {
		case !said:
		case !e.Staff && p.raw.Question == "":
			p.raw.Question = strings.TrimSpace(mail.NewText(e.Body))
		case strings.Contains(e.Body, "/track/"): // it led the citizen to their page, such as to ask for the consent
		case e.Staff && e.ByID != "" && (e.Public || e.Pending):
			p.raw.Answer = strings.TrimSpace(mail.NewText(e.Body))
		}
	}
	return p.answer(http.StatusOK)
}

// openPublic reads the case and what of it is public already.
func openPublic(v *page.Visit) (*publishing, error) {
	q, id, err := args(v)
	if err != nil {
		return nil, err
	}
	c, err := head(v, q, id)
	if err != nil {
		return nil, err
	}
	p := &publishing{c: c, where: toCommunity, keep: map[string]bool{}}
	for _, part := range []func() error{c.loadThread, c.loadFiles, p.loadTopics} {
		if err := part(); err != nil {
			return nil, err
		}
	}
	p.files = c.files
	p.past, err = service.PublicationsOf(v.Ctx(), v.S, id)
	return p, err
}

// loadTopics reads the topics of the community; where there is none, only articles are offered.
func (p *publishing) loadTopics() error {
	v := p.c.v
	if o := v.S.Catalog().Object("Topic"); o == nil || !v.S.Rights(o).Read || v.S.Catalog().Object("Moderation_Case__c") == nil {
		p.where = toArticle
		return nil
	}
	res, err := app.Query(v.Ctx(), v.S, "SELECT Id, Name FROM Topic ORDER BY Name LIMIT 100")
	if err != nil {
		return err
	}
	for i := range res.Len() {
		p.topics = append(p.topics, choice{value: string(res.Get(i, "Id").ID()), label: app.Text(res.Get(i, "Name"))})
	}
	if len(p.topics) == 0 {
		p.where = toArticle
	}
	return nil
}

func (p *publishing) answer(status int) error {
	v := p.c.v
	return v.Answer(page.Page{Title: v.T("publish.title"), Icon: "globe", Status: status, Body: publicPage(p), Toasts: toasts(v)})
}

// publish shows what would be public, or does what was confirmed.
func publish(v *page.Visit) error {
	p, err := openPublic(v)
	if err != nil {
		return err
	}
	if err := v.BadForm(); err != nil {
		return err
	}
	p.read()
	known, err := service.KnownOf(v.Ctx(), v.S, p.c.id)
	if err != nil {
		return err
	}
	p.redact(known)
	switch v.Posted("do") {
	case "edit":
		return p.answer(http.StatusOK)
	case "confirm":
		return p.confirm()
	}
	if p.raw.Title == "" || p.raw.Answer == "" {
		p.problem = v.T("publish.empty")
		return p.answer(http.StatusUnprocessableEntity)
	}
	p.look = true
	return p.answer(http.StatusOK)
}

// read reads the form.
func (p *publishing) read() {
	v := p.c.v
	p.raw = service.Publication{Case: p.c.id, Title: v.Text("title", service.MaxPublicTitle), Question: v.Text("question", service.MaxPublicText), Answer: v.Text("answer", service.MaxPublicText)}
	if v.Posted("where") == toArticle || len(p.topics) == 0 {
		p.where = toArticle
	} else {
		p.where = toCommunity
	}
	p.ask, p.how = v.Posted("consent") != "told", v.Text("how", 255)
	if slices.ContainsFunc(p.topics, func(c choice) bool { return c.value == v.Posted("topic") }) {
		p.topic = v.Posted("topic")
	}
	p.raw.Topic = record.ID(p.topic)
	for _, k := range v.Values()["keep"] {
		p.keep[k] = true
	}
}

// redact blacks out what says who somebody is, but for what is ticked to be kept.
func (p *publishing) redact(known service.Known) {
	p.out = p.raw
	seen := map[string]bool{}
	for _, part := range []struct {
		of   string
		into *string
	}{{p.raw.Title, &p.out.Title}, {p.raw.Question, &p.out.Question}, {p.raw.Answer, &p.out.Answer}} {
		finds := service.Finds(part.of, known)
		*part.into = service.Redact(part.of, finds, p.keep)
		for _, f := range finds {
			if !seen[f.Key()] {
				seen[f.Key()] = true
				p.finds = append(p.finds, f)
			}
		}
	}
}

// confirm does what was shown: nothing else than what stood on the page, or nothing at all.
func (p *publishing) confirm() error {
	v := p.c.v
	shown := []string{v.Text("public-title", service.MaxPublicTitle), v.Text("public-question", service.MaxPublicText), v.Text("public-answer", service.MaxPublicText)}
	if !slices.Equal(shown, []string{p.out.Title, p.out.Question, p.out.Answer}) {
		p.look, p.problem = true, v.T("publish.changed")
		return p.answer(http.StatusConflict)
	}
	if p.where == toCommunity && !p.ask && p.how == "" {
		p.look, p.problem = true, v.T("publish.howMissing")
		return p.answer(http.StatusUnprocessableEntity)
	}
	var err error
	var d service.Done
	to, words := p.c.path(), v.T("publish.asked")
	if p.where == toArticle {
		var made record.ID
		words = v.T("publish.drafted")
		if made, err = service.DraftArticle(v.Ctx(), v.S, p.out); err == nil {
			to = articlesRoot + "/" + string(made)
		}
	} else {
		if !p.ask {
			p.out.How, words = p.how, v.T("publish.soon")
		}
		_, d, err = service.Offer(v.Ctx(), v.S, p.out)
	}
	if err == nil {
		return done(v, words, d, nil, to)
	}
	if p.problem, err = problemOf(err); err != nil {
		return err
	}
	p.look = true
	return p.answer(http.StatusUnprocessableEntity)
}

// withdrawPublic takes back what waits for the citizen's yes.
func withdrawPublic(v *page.Visit) error {
	q, id, err := args(v)
	if err != nil {
		return err
	}
	row, err := record.ParseID(v.Posted("publication"))
	if err != nil {
		return page.NotFound()
	}
	return done(v, v.T("publish.withdrawn"), service.Done{}, service.Withdraw(v.Ctx(), v.S, id, row), q.path()+"/"+string(id)+"/public")
}

// findIcon is the sign of a kind of find.
func findIcon(kind string) string {
	switch kind {
	case service.FindName:
		return "user-round"
	case service.FindEmail:
		return "mail"
	case service.FindPhone:
		return "phone"
	case service.FindAddress:
		return "map-pin"
	case service.FindFile:
		return "paperclip"
	default:
		return "ticket"
	}
}
