package desk

import (
	"regexp"
	"strings"

	"stoa/internal/app"
	"stoa/internal/fault"
	"stoa/internal/record"
)

// articlesMost is how many articles the desk offers for a case.
const articlesMost = 3

// words are what an article and a case must share; short ones say nothing.
var wordsOf = regexp.MustCompile(`[\p{L}\p{N}]{4,}`)

// loadArticles finds published articles that may answer the case: the more words of its subject they have, the earlier.
func (c *view) loadArticles() error {
	o := c.v.S.Catalog().Object("Knowledge__kav")
	if o == nil || !c.v.S.Rights(o).Read {
		return nil
	}
	words := wordsOf.FindAllString(strings.ToLower(c.subject), 6)
	seen := map[record.ID]int{}
	var order []record.ID
	for _, w := range words {
		found, err := c.v.S.Search(c.v.Ctx(), "FIND {"+w+"} IN NAME FIELDS RETURNING Knowledge__kav(Id WHERE PublishStatus = 'Online' AND Language = 'en_US' LIMIT 10)")
		if err != nil {
			if fault.From(err).Code != fault.UnknownException {
				continue // a word that cannot be looked for
			}
			return err
		}
		for _, res := range found {
			for i := range res.Len() {
				id := res.Get(i, "Id").ID()
				if seen[id]++; seen[id] == 1 {
					order = append(order, id)
				}
			}
		}
	}
	if len(order) == 0 {
		return nil
	}
	res, err := app.Query(c.v.Ctx(), c.v.S, "SELECT Id, Title, Summary, UrlName, IsVisibleInPkb, LastPublishedDate FROM Knowledge__kav WHERE Id IN ?", order)
	if err != nil {
		return err
	}
	for want := len(words); want > 0 && len(c.articles) < articlesMost; want-- {
		for _, id := range order {
			if seen[id] != want || len(c.articles) == articlesMost {
				continue
			}
			for i := range res.Len() {
				if res.Get(i, "Id").ID() != id {
					continue
				}
				a := article{id: id, title: app.Text(res.Get(i, "Title")), summary: app.Text(res.Get(i, "Summary")), public: res.Get(i, "IsVisibleInPkb").Bool(),
					revised: app.Instant(res.Get(i, "LastPublishedDate"))}
				if a.public {
					a.link = c.v.Surface.URL(c.v, "/articles/"+app.Text(res.Get(i, "UrlName")))
				}
				c.articles = append(c.articles, a)
			}
		}
	}
	return nil
}
