package community

import (
	"context"
	"net/http"
	"strings"
	"time"

	"stoa/internal/app"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/page"
)

// An Article is an answer that the staff keeps.
type Article struct {
	Knowledge            record.ID // Knowledge__ka
	Title, Name, Summary string
	Body, Language       string
	Revised              time.Time
	Thanked              bool // the visitor has just said whether it helped
}

// showArticle shows an article that is online for the public; an address of old leads to the one of today.
func showArticle(v *page.Visit) error {
	s, err := reading(v)
	if err != nil {
		return err
	}
	a, ok, err := article(v.Ctx(), s, v.Args["name"], v.UI.Lang())
	if err != nil {
		return err
	}
	if !ok {
		return page.NotFound()
	}
	if a.Name != v.Args["name"] {
		http.Redirect(v.W, v.R, v.Path("/articles/"+escaped(a.Name)), http.StatusMovedPermanently)
		return nil
	}
	r, err := find(v.Ctx(), s, v.UI.Lang(), a.Title, "", 6)
	if err != nil {
		return err
	}
	var related []Hit
	for _, h := range r.Hits {
		if h.Href != "/articles/"+a.Name && len(related) < 5 {
			related = append(related, h)
		}
	}
	return v.Answer(page.Page{Title: a.Title, Class: "main", Head: articleHead(v, a), Body: articleBody(v, a, related)})
}

const articleFields = "KnowledgeArticleId, Title, UrlName, Summary, Answer__c, Language, LastPublishedDate, LastModifiedDate"

func articleOf(res *record.Result, i int) Article {
	a := Article{Knowledge: reference(res.Get(i, "KnowledgeArticleId")), Title: app.Text(res.Get(i, "Title")), Name: app.Text(res.Get(i, "UrlName")), Summary: app.Text(res.Get(i, "Summary")),
		Body: app.Text(res.Get(i, "Answer__c")), Language: langOf(app.Text(res.Get(i, "Language"))), Revised: app.Instant(res.Get(i, "LastPublishedDate"))}
	if a.Revised.IsZero() {
		a.Revised = app.Instant(res.Get(i, "LastModifiedDate"))
	}
	return a
}

// article returns an article by the last part of its address, in the language where it is there in it.
func article(ctx context.Context, s *org.Session, name, lang string) (a Article, ok bool, err error) {
	res, err := app.Query(ctx, s, "SELECT "+articleFields+" FROM Knowledge__kav WHERE UrlName = ? AND PublishStatus = 'Online' LIMIT 1", name)
	if err != nil {
		return a, false, err
	}
	if res.Len() == 0 {
		if res, err = moved(ctx, s, name); err != nil || res.Len() == 0 {
			return a, false, err
		}
	}
	a = articleOf(res, 0)
	if a.Language == lang || a.Knowledge == "" {
		return a, true, nil
	}
	if res, err = app.Query(ctx, s, "SELECT "+articleFields+" FROM Knowledge__kav WHERE KnowledgeArticleId = ? AND PublishStatus = 'Online' AND Language = ? LIMIT 1", a.Knowledge, languageKey(lang)); err != nil {
		return a, false, err
	}
	if res.Len() > 0 {
		name := a.Name
		a = articleOf(res, 0)
		a.Name = name // one address in every language
	}
	return a, true, nil
}

// moved finds an article by an address that it had before, in any language. The service app keeps every one.
func moved(ctx context.Context, s *org.Session, name string) (*record.Result, error) {
	var keys []string
	for _, lang := range []string{"en_US", "es"} {
		keys = append(keys, lang+"/"+strings.ToLower(name))
	}
	res, err := app.Query(ctx, s, "SELECT Article__c FROM Article_Address__c WHERE Key__c IN ? LIMIT 1", keys)
	if err != nil || res.Len() == 0 {
		return res, err
	}
	return app.Query(ctx, s, "SELECT "+articleFields+" FROM Knowledge__kav WHERE KnowledgeArticleId = ? AND PublishStatus = 'Online' ORDER BY Language LIMIT 1", app.Text(res.Get(0, "Article__c")))
}

// rateArticle keeps whether an article helped, as a vote for it.
func rateArticle(v *page.Visit) error {
	s, err := reading(v)
	if err != nil {
		return err
	}
	a, ok, err := article(v.Ctx(), s, v.Args["name"], v.UI.Lang())
	if err != nil {
		return err
	}
	if !ok {
		return page.NotFound()
	}
	kind := "Up"
	if v.Posted("helped") != "yes" {
		kind = "Down"
	}
	if a.Knowledge != "" {
		mine, err := acting(v)
		if err != nil {
			return err
		}
		err = mine.Do(v.Ctx(), func(ctx context.Context, tx *org.Tx) error {
			_, err := org.Must(tx.Insert(ctx, []record.Draft{app.Draft("Vote", "ParentId", a.Knowledge, "Type", kind)}, org.WriteOptions{}))
			return err
		})
		if err != nil {
			return err
		}
	}
	v.Flash(v.T("portal.article.thanks"))
	return v.Redirect(v.Path("/articles/" + escaped(a.Name)))
}
