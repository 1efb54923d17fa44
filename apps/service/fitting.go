package service

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// An Article is one that may help with a case.
type Article struct {
	Version, Article                record.ID
	Title, Summary, UrlName, Answer string
	Public                          bool // the citizen may be sent there
	Used                            bool // it is on the case already
}

// How many articles fit at most, and how many words of a case are looked for. Source: Stoa's own.
const (
	mostFitting = 5
	mostWords   = 8
)

// Fitting returns the articles that fit a case best, in its citizen's language, best first.
func Fitting(ctx context.Context, s *org.Session, on record.ID) ([]Article, error) {
	res, err := query(ctx, s, "SELECT Subject, Description, Language, Service__r.Slug__c FROM Case WHERE Id = ?", on)
	if err != nil {
		return nil, err
	}
	if res.Len() == 0 {
		return nil, fault.New(fault.NotFound, "There is no such case.")
	}
	all, err := suggest(ctx, s, cmp.Or(text(res.Get(0, "Language")), "en_US"), text(res.Get(0, "Subject")), text(res.Get(0, "Description")), text(res.Get(0, "Service__r", "Slug__c")))
	if err != nil || len(all) == 0 {
		return all, err
	}
	used, err := query(ctx, s, "SELECT KnowledgeArticleId FROM CaseArticle WHERE CaseId = ?", on)
	if err != nil {
		return nil, err
	}
	for i := range used.Len() {
		for j := range all {
			all[j].Used = all[j].Used || all[j].Article == used.Get(i, "KnowledgeArticleId").ID()
		}
	}
	return all, nil
}

// Suggest returns the articles in a language that fit words of a subject and a text best: those
// that have most of them, a word of the subject counting twice, one in the title three times.
func Suggest(ctx context.Context, s *org.Session, lang, subject, about string) ([]Article, error) {
	return suggest(ctx, s, lang, subject, about, "")
}

// suggest is Suggest where articles of a category, if there is one, count for more.
func suggest(ctx context.Context, s *org.Session, lang, subject, about, category string) ([]Article, error) {
	weights := significant(subject, about)
	if len(weights) == 0 {
		return nil, nil
	}
	// Whole words in an order that is not the index's own: the beginnings of words, and how rare a word is, would cost a
	// look at every message that has them.
	var words []string
	for _, w := range weights {
		words = append(words, forms(w.text)...)
	}
	found, err := s.Search(ctx, "FIND {"+strings.Join(words, " OR ")+"} IN ALL FIELDS RETURNING Knowledge__kav(Id, KnowledgeArticleId, Title, Summary, UrlName, Answer__c, Category__c, IsVisibleInPkb"+
		bind(" WHERE PublishStatus = 'Online' AND Language = ? ORDER BY UrlName LIMIT 500)", lang))
	if err != nil || len(found) == 0 {
		return nil, err
	}
	type scored struct {
		Article
		score int
	}
	var all []scored
	for i := range found[0].Len() {
		get := func(name string) string { return text(found[0].Get(i, name)) }
		a := scored{Article: Article{
			Version: found[0].Get(i, "Id").ID(), Article: found[0].Get(i, "KnowledgeArticleId").ID(), Title: get("Title"), Summary: get("Summary"), UrlName: get("UrlName"),
			Answer: get("Answer__c"), Public: found[0].Get(i, "IsVisibleInPkb").Bool(),
		}}
		title, rest := record.Fold(a.Title), record.Fold(a.Summary+" "+a.Answer)
		for _, w := range weights {
			switch {
			case strings.Contains(title, w.text):
				a.score += 3 * w.weight
			case strings.Contains(rest, w.text):
				a.score += w.weight
			}
		}
		if category != "" && a.score > 0 && get("Category__c") == category {
			a.score += 6 // as much as a word of the subject in the title
		}
		all = append(all, a)
	}
	slices.SortStableFunc(all, func(a, b scored) int { return cmp.Or(b.score-a.score, strings.Compare(a.Title, b.Title)) })
	best := make([]Article, 0, mostFitting)
	for _, a := range all {
		if len(best) < mostFitting && a.score > 0 && a.score*3 >= all[0].score {
			best = append(best, a.Article)
		}
	}
	return best, nil
}

// forms returns a word and what it may be in the other number, in English and Spanish.
func forms(word string) []string {
	if short, ok := strings.CutSuffix(word, "s"); ok {
		return []string{word, short, strings.TrimSuffix(short, "e")}
	}
	return []string{word, word + "s", word + "es"}
}

type weighted struct {
	text   string
	weight int
}

// significant returns the words that tell what a text is about, the subject's first.
func significant(subject, about string) (all []weighted) {
	seen := map[string]bool{}
	for i, t := range []string{subject, about} {
		var words []string
		for w := range strings.FieldsFuncSeq(record.Fold(t), func(r rune) bool { return !unicode.IsLetter(r) }) {
			if w = stem(w); len([]rune(w)) > 3 && !empty[w] && !seen[w] {
				seen[w] = true
				words = append(words, w)
			}
		}
		slices.SortStableFunc(words, func(a, b string) int { return len(b) - len(a) }) // long words say more
		for _, w := range words {
			if len(all) < mostWords {
				all = append(all, weighted{w, 2 - i})
			}
		}
	}
	return all
}

// stem cuts off of a long word where its forms differ, in the languages that the desk knows.
func stem(w string) string {
	r := []rune(w)
	switch n := len(r); {
	case empty[w]:
		return w
	case n > 7:
		return string(r[:n-2])
	case n > 4:
		return strings.TrimSuffix(w, "s")
	}
	return w
}

// empty are words that say nothing of a matter.
var empty = setOf(`about after need needs tell again already also another because been before being could does done down each even ever every from have having here into just like
made make many more most much must near next only other over please should since some still such than thank that their them then there these they this those
through time today tomorrow until very want week weeks were what when where which while will with without would write years yesterday your yours letter city
como cuando desde donde ella ellos esta este esto estoy favor gracias hace hasta hola ciudad muchas mucho nada otra otro para pero porque pues puede puedo quien
sido siempre sobre tambien también tengo tiene todo todos unos usted ustedes veces`)

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		set[w] = true
	}
	return set
}

// UseArticle notes that an article helps with a case, once, and returns the text
// that goes into a reply: the title and the address where the citizen may go there, and the summary.
func UseArticle(ctx context.Context, s *org.Session, on, articleVersion record.ID) (insert string, err error) {
	err = s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		if err := visible(ctx, tx, on); err != nil {
			return err
		}
		res, err := query(ctx, tx, "SELECT KnowledgeArticleId, Title, Summary, UrlName, Language, IsVisibleInPkb FROM Knowledge__kav WHERE Id = ? AND PublishStatus = 'Online'", articleVersion)
		if err != nil {
			return err
		}
		if res.Len() == 0 {
			return fault.New(fault.NotFound, "There is no such article online.")
		}
		insert = text(res.Get(0, "Title")) + "\n" + text(res.Get(0, "Summary"))
		sys := tx.System()
		if res.Get(0, "IsVisibleInPkb").Bool() {
			set, err := loadSetting(ctx, sys)
			if err != nil {
				return err
			}
			insert += "\n" + set.site + articlePath(text(res.Get(0, "Language")), text(res.Get(0, "UrlName")))
		}
		article := res.Get(0, "KnowledgeArticleId").ID()
		if err := tx.Lock(ctx, on); err != nil {
			return err
		}
		used, err := query(ctx, sys, "SELECT Id FROM CaseArticle WHERE CaseId = ? AND KnowledgeArticleId = ?", on, article)
		if err != nil || used.Len() > 0 {
			return err
		}
		_, err = org.Must(sys.Insert(ctx, []record.Draft{
			draft("CaseArticle", "CaseId", on, "KnowledgeArticleId", article, "ArticleLanguage", text(res.Get(0, "Language"))),
			draft("LinkedArticle", "LinkedEntityId", on, "KnowledgeArticleId", article, "KnowledgeArticleVersionId", articleVersion),
		}, org.WriteOptions{AllOrNone: true}))
		return err
	})
	return insert, err
}

// articlePath is where the public site shows an article, /es/articles/name in another language than its first.
func articlePath(lang, name string) string {
	prefix := ""
	if lang != "" && !strings.HasPrefix(lang, "en") {
		prefix = "/" + lang[:2]
	}
	return prefix + "/articles/" + name
}
