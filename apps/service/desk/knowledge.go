package desk

import (
	"stoa/apps/service"
	"stoa/internal/app"
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
		one := article{id: a.Version, title: a.Title, summary: app.Cut(a.Summary, 120), text: app.Cut(a.Answer, insertMost), public: a.Public, used: a.Used}
		if one.text == "" {
			one.text = a.Summary
		}
		if a.Public {
			one.link = c.v.Surface.URL(c.v, "/articles/"+a.UrlName)
		}
		c.articles = append(c.articles, one)
	}
	return nil
}
