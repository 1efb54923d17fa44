package desk

import (
	"net/http"
	"strings"

	"stoa/apps/service"
	"stoa/internal/app"
	"stoa/internal/record"
	"stoa/internal/web/page"
)

// How many articles the desk offers for a case, and how much of one goes into a reply. Source: Stoa's own.
const (
	articlesMost = 3
	insertMost   = 2000
)

// loadArticles finds published articles that may answer the case.
func (c *view) loadArticles() error {
	o := c.v.S.Catalog().Object("Knowledge__kav")
	if o == nil || !c.v.S.Rights(o).Read {
		return nil
	}
	all, err := service.Fitting(c.v.Ctx(), c.v.S, c.id)
	if err != nil {
		return err
	}
	for _, a := range all[:min(len(all), articlesMost)] {
		c.articles = append(c.articles, article{id: a.Version, title: a.Title, summary: app.Cut(a.Summary, 120), public: a.Public, used: a.Used})
	}
	return nil
}

// insertArticle puts an article's text, or the way to it, into the reply, and keeps that it was used. Script gets
// the words; without it they stand in the draft afterwards.
func insertArticle(v *page.Visit) error {
	q, id, err := args(v)
	if err != nil {
		return err
	}
	version, err := record.ParseID(v.Posted("article"))
	if err != nil {
		return page.NotFound()
	}
	text, err := service.UseArticle(v.Ctx(), v.S, id, version)
	if err != nil {
		return err
	}
	if v.Posted("what") != "link" {
		res, err := app.Query(v.Ctx(), v.S, "SELECT Answer__c FROM Knowledge__kav WHERE Id = ?", version)
		if err != nil {
			return err
		}
		if res.Len() > 0 && !res.Get(0, "Answer__c").IsNull() {
			text = app.Cut(strings.TrimSpace(app.Text(res.Get(0, "Answer__c"))), insertMost)
		}
	}
	if v.Fragment() {
		return v.Write(http.StatusOK, "text/plain; charset=utf-8", []byte(text))
	}
	c, err := head(v, q, id)
	if err != nil {
		return err
	}
	if err := c.loadDrafts(); err != nil {
		return err
	}
	c.reply.Body = strings.TrimLeft(c.reply.Body+"\n\n"+text, "\n")
	return done(v, v.T("desk.inserted"), service.Done{}, service.SaveDraft(v.Ctx(), v.S, c.reply), c.path())
}
