package community

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strings"
	"time"

	"stoa/internal/app"
	"stoa/internal/record"
	"stoa/internal/web/page"
)

// The most that one sitemap holds. Source: sitemaps.org says 50,000; fewer keep a part small.
const perSitemap = 5000

type sitemapIndex struct {
	XMLName xml.Name  `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 sitemapindex"`
	Parts   []siteURL `xml:"sitemap"`
}

type urlSet struct {
	XMLName xml.Name  `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
	URLs    []siteURL `xml:"url"`
}

type siteURL struct {
	Loc     string `xml:"loc"`
	LastMod string `xml:"lastmod,omitempty"`
}

// sitemap lists the parts: pages that do not change often, articles, and questions by the thousand.
func sitemap(v *page.Visit) error {
	s, err := reading(v)
	if err != nil {
		return err
	}
	n, err := tally(v.Ctx(), s, "SELECT COUNT(Id) n FROM FeedItem WHERE Type = 'QuestionPost' AND Status = 'Published'")
	if err != nil {
		return err
	}
	index := sitemapIndex{Parts: []siteURL{{Loc: v.Surface.URL(v, "/sitemaps/pages.xml")}, {Loc: v.Surface.URL(v, "/sitemaps/articles.xml")}}}
	for i := 0; i*perSitemap < n; i++ {
		index.Parts = append(index.Parts, siteURL{Loc: v.Surface.URL(v, "/sitemaps/questions-"+itoa(i+1)+".xml")})
	}
	return writeXML(v, "application/xml; charset=utf-8", index)
}

func sitemapPart(v *page.Visit) error {
	s, err := reading(v)
	if err != nil {
		return err
	}
	set := urlSet{}
	add := func(path string, at time.Time) {
		u := siteURL{Loc: v.Surface.URL(v, path)}
		if !at.IsZero() {
			u.LastMod = at.UTC().Format(time.RFC3339)
		}
		set.URLs = append(set.URLs, u)
	}
	part := v.Args["part"]
	switch {
	case part == "pages.xml":
		for _, p := range []string{"/", "/services", "/ask", "/questions", "/track", "/rules"} {
			add(p, time.Time{})
		}
		all, err := services(v.Ctx(), s, v.UI.Lang(), perSitemap)
		if err != nil {
			return err
		}
		for _, o := range all {
			add(o.href(), time.Time{})
		}
	case part == "articles.xml":
		res, err := app.Query(v.Ctx(), s, "SELECT "+articleFields+" FROM Knowledge__kav WHERE PublishStatus = 'Online' ORDER BY UrlName LIMIT ?", perSitemap)
		if err != nil {
			return err
		}
		for i := range res.Len() {
			a := articleOf(res, i)
			add("/articles/"+escaped(a.Name), a.Revised)
		}
	default:
		n := numberOf(part, "questions-", ".xml")
		if n < 1 || n > 1000 {
			return page.NotFound()
		}
		var res *record.Result
		for after := record.ID(""); n > 0; n-- {
			where, args := "", []any{perSitemap}
			if after != "" {
				where, args = " AND Id > ?", []any{after, perSitemap}
			}
			if res, err = app.Query(v.Ctx(), s, "SELECT Id, Slug__c, Active_At__c, LastEditDate FROM FeedItem WHERE Type = 'QuestionPost' AND Status = 'Published'"+where+" ORDER BY Id LIMIT ?", args...); err != nil {
				return err
			}
			if res.Len() == 0 {
				return page.NotFound()
			}
			after = res.Get(res.Len()-1, "Id").ID()
		}
		for i := range res.Len() {
			at := app.Instant(res.Get(i, "Active_At__c"))
			if e := app.Instant(res.Get(i, "LastEditDate")); e.After(at) {
				at = e
			}
			add("/questions/"+string(res.Get(i, "Id").ID())+"/"+app.Text(res.Get(i, "Slug__c")), at)
		}
	}
	return writeXML(v, "application/xml; charset=utf-8", set)
}

func numberOf(s, before, after string) (n int) {
	s, ok := strings.CutPrefix(s, before)
	if s, ok2 := strings.CutSuffix(s, after); ok && ok2 && len(s) < 5 {
		for _, r := range s {
			if r < '0' || r > '9' {
				return 0
			}
			n = n*10 + int(r-'0')
		}
	}
	return n
}

func writeXML(v *page.Visit, kind string, doc any) error {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	if err := xml.NewEncoder(&b).Encode(doc); err != nil {
		return err
	}
	v.W.Header().Set("Cache-Control", "public, max-age=600")
	return v.Write(http.StatusOK, kind, b.Bytes())
}

func robots(v *page.Visit) error {
	text := "User-agent: *\nDisallow: /my\nDisallow: /signin\nDisallow: /track\nDisallow: /requests\nDisallow: /posts\nDisallow: /search\nDisallow: /suggest\nDisallow: /console\n\nSitemap: " +
		v.Surface.URL(v, "/sitemap.xml") + "\n"
	return v.Write(http.StatusOK, "text/plain; charset=utf-8", []byte(text))
}

type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Lang    string      `xml:"xml:lang,attr"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated string      `xml:"updated"`
	Links   []atomLink  `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	ID        string     `xml:"id"`
	Title     string     `xml:"title"`
	Link      atomLink   `xml:"link"`
	Author    atomAuthor `xml:"author"`
	Published string     `xml:"published"`
	Updated   string     `xml:"updated"`
	Summary   string     `xml:"summary"`
}

type atomAuthor struct {
	Name string `xml:"name"`
}

func feed(v *page.Visit, title, self, html string, entries []atomEntry) error {
	f := atomFeed{Lang: v.UI.Lang(), ID: v.Surface.URL(v, self), Title: title + " · " + v.Surface.Org().Name(), Entries: entries,
		Links: []atomLink{{"self", v.Surface.URL(v, self)}, {"", v.Surface.URL(v, html)}}, Updated: v.UI.Now.UTC().Format(time.RFC3339)}
	if len(entries) > 0 {
		f.Updated = entries[0].Updated
	}
	return writeXML(v, "application/atom+xml; charset=utf-8", f)
}

func questionsFeed(v *page.Visit) error {
	s, err := reading(v)
	if err != nil {
		return err
	}
	posts, _, err := questions(v.Ctx(), s, listing{limit: 30})
	if err != nil {
		return err
	}
	var entries []atomEntry
	for _, p := range posts {
		u := v.Surface.URL(v, p.Path())
		at := p.At
		if p.Edited.After(at) {
			at = p.Edited
		}
		entries = append(entries, atomEntry{ID: u, Title: p.Title, Link: atomLink{"alternate", u}, Author: atomAuthor{p.By.Name}, Published: p.At.UTC().Format(time.RFC3339),
			Updated: at.UTC().Format(time.RFC3339), Summary: plain(p.Body, 400)})
	}
	return feed(v, v.T("portal.questions"), "/questions/feed.atom", "/questions", entries)
}

func articlesFeed(v *page.Visit) error {
	s, err := reading(v)
	if err != nil {
		return err
	}
	res, err := app.Query(v.Ctx(), s, "SELECT "+articleFields+" FROM Knowledge__kav WHERE PublishStatus = 'Online' ORDER BY LastPublishedDate DESC NULLS LAST, Id LIMIT 30")
	if err != nil {
		return err
	}
	var entries []atomEntry
	for i := range res.Len() {
		a := articleOf(res, i)
		u := v.Surface.URL(v, "/articles/"+escaped(a.Name))
		at := a.Revised.UTC().Format(time.RFC3339)
		entries = append(entries, atomEntry{ID: u, Title: a.Title, Link: atomLink{"alternate", u}, Author: atomAuthor{v.Surface.Org().Name()}, Published: at, Updated: at, Summary: a.Summary})
	}
	return feed(v, v.T("portal.articles"), "/articles.atom", "/", entries)
}

// structured returns a question and its answers as schema.org's QAPage, for machines. Encoded so that no text can end the script element.
func structured(v *page.Visit, t *Thread) (string, error) {
	type person struct {
		Type string `json:"@type"`
		Name string `json:"name"`
	}
	type entry struct {
		Type    string  `json:"@type"`
		Name    string  `json:"name,omitempty"`
		Text    string  `json:"text"`
		Votes   int     `json:"upvoteCount"`
		Date    string  `json:"dateCreated"`
		Author  person  `json:"author"`
		URL     string  `json:"url"`
		Count   *int    `json:"answerCount,omitempty"`
		Best    *entry  `json:"acceptedAnswer,omitempty"`
		Answers []entry `json:"suggestedAnswer,omitempty"`
	}
	of := func(p *Post, kind string) entry {
		return entry{Type: kind, Name: p.Title, Text: plain(p.Body, maxBody), Votes: p.Score, Date: p.At.UTC().Format(time.RFC3339), Author: person{"Person", p.By.Name}, URL: v.Surface.URL(v, p.Path())}
	}
	q := of(&t.Post, "Question")
	if q.Text == "" {
		q.Text = t.Title
	}
	n := 0
	for i := range t.Replies {
		r := &t.Replies[i]
		if !r.Public() {
			continue
		}
		n++
		e := of(r, "Answer")
		if r.Accepted {
			q.Best = &e
			continue
		}
		q.Answers = append(q.Answers, e)
	}
	q.Count = &n
	b, err := json.Marshal(struct {
		Context string `json:"@context"`
		Type    string `json:"@type"`
		Entity  entry  `json:"mainEntity"`
	}{"https://schema.org", "QAPage", q})
	return string(b), err
}
