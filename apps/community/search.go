package community

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"stoa/internal/app"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/kit"
	"stoa/internal/web/page"
)

// The kinds of what a search finds.
const (
	kindArticle  = "article"
	kindQuestion = "question"
	kindService  = "service"
)

// A Hit is one thing that a search found.
type Hit struct {
	Kind, Title, Text, Href string
	Language                string
	Answers                 int
	Solved, ByStaff         bool
	Post                    Post // of a question
}

// A results is what a search found.
type results struct {
	Text  string
	In    string // kind, "" for all
	Words []string
	Hits  []Hit
	Count map[string]int
	Short bool // there was nothing to look for
}

// terms returns the words of a text that a search looks for: letters and digits
// only, so that no operator gets through. Words that every sentence has say nothing.
func terms(text string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r) }) {
		if len([]rune(w)) >= 2 && !common[w] && !slices.Contains(out, w) {
			out = append(out, w)
		}
		if len(out) == mostTerms {
			break
		}
	}
	return out
}

const mostTerms = 12

// common holds words of English and Spanish that every sentence has.
var common = func() map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(`a an and are as at be but by can could do does for from get have how i if in into is it its me my no not of on or our should so than that the their them
		then there these they this to was we what when where which who why will with would you your am any been did had has he her him his she us were
		al como con cual cuando de del donde el ella en es esta este la las lo los me mi mis muy no nos o para pero por puedo que se si sin sobre su sus te tengo un una y yo ya hay qué cómo dónde cuándo cuál`) {
		m[w] = true
	}
	return m
}()

// mostHits is how many of a kind one page shows.
const mostHits = 20

// find searches articles, questions and services with what the session may see. All words count most, any of them counts.
func find(ctx context.Context, s *org.Session, lang, text, in string, limit int) (results, error) {
	r := results{Text: text, In: in, Words: terms(text), Count: map[string]int{}}
	if len(r.Words) == 0 {
		r.Short = true
		return r, nil
	}
	seen := map[string]bool{}
	for i, join := range []string{" AND ", " OR "} {
		found, err := s.Search(ctx, "FIND {"+strings.Join(starred(r.Words), join)+"} IN ALL FIELDS RETURNING "+
			"Knowledge__kav(Id, Title, Summary, UrlName, Language LIMIT "+itoa(limit)+"), "+
			"FeedItem("+questionFields+" LIMIT "+itoa(limit)+")")
		if err != nil {
			if fault.From(err).Code == fault.MalformedSearch {
				r.Short = true
				return r, nil
			}
			return r, err
		}
		r.take(found, seen, limit, i*enough(len(r.Words)))
		if len(r.Words) == 1 || len(r.Hits) >= limit {
			break
		}
	}
	if err := r.offers(ctx, s, lang); err != nil {
		return r, err
	}
	order := func(h Hit) int { return -matched(h.Title, r.Words)*3 - matched(h.Text, r.Words) }
	slices.SortStableFunc(r.Hits, func(a, b Hit) int { return order(a) - order(b) })
	for _, h := range r.Hits {
		r.Count[h.Kind]++
	}
	if in != "" {
		r.Hits = slices.DeleteFunc(r.Hits, func(h Hit) bool { return h.Kind != in })
	}
	return r, nil
}

func starred(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = w + "*"
	}
	return out
}

// enough is how many of the words a hit must show that does not have them all.
func enough(words int) int {
	if words <= 2 {
		return 1
	}
	return 2
}

// take adds what was found and shows at least so many of the words.
func (r *results) take(found []*record.Result, seen map[string]bool, limit, least int) {
	for kind, res := range found {
		for i := range res.Len() {
			id := string(res.Get(i, "Id").ID())
			if seen[id] || len(r.Hits) >= 2*limit {
				continue
			}
			seen[id] = true
			if kind == 0 {
				h := Hit{Kind: kindArticle, Title: app.Text(res.Get(i, "Title")), Text: plain(app.Text(res.Get(i, "Summary")), 220),
					Href: "/articles/" + app.Text(res.Get(i, "UrlName")), Language: langOf(app.Text(res.Get(i, "Language")))}
				if matched(h.Title+" "+h.Text, r.Words) >= least {
					r.Hits = append(r.Hits, h)
				}
				continue
			}
			p := questionOf(res, i)
			if matched(p.Title+" "+p.Body, r.Words) < least {
				continue
			}
			r.Hits = append(r.Hits, Hit{Kind: kindQuestion, Title: p.Title, Text: plain(p.Body, 220), Href: p.Path(), Language: p.Language, Answers: p.Answers,
				Solved: p.Best != "", ByStaff: p.ByStaff, Post: p})
		}
	}
}

// offers adds the services that fit: there are few, so they are looked through here, in the visitor's language.
func (r *results) offers(ctx context.Context, s *org.Session, lang string) error {
	all, err := services(ctx, s, lang, 200)
	if err != nil {
		return err
	}
	for _, o := range all {
		if n := matched(o.Name+" "+o.Summary, r.Words); n > 0 && n*2 >= len(r.Words) {
			r.Hits = append(r.Hits, Hit{Kind: kindService, Title: o.Name, Text: o.Summary, Href: o.href(), Language: lang})
		}
	}
	return nil
}

// matched counts which of the words a text has, the beginning of one of its words being enough.
func matched(text string, words []string) (n int) {
	have := terms2(text)
	for _, w := range words {
		if slices.ContainsFunc(have, func(h string) bool { return strings.HasPrefix(h, w) }) {
			n++
		}
	}
	return n
}

func terms2(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// A bit is a part of a text: one that the search looked for, or what is between.
type bit struct {
	Text string
	Hit  bool
}

// why shows where a text has the words of a search.
func whyMatched(text string, words []string) []bit {
	var out []bit
	add := func(s string, hit bool) {
		if n := len(out); n > 0 && out[n-1].Hit == hit {
			out[n-1].Text += s
		} else if s != "" {
			out = append(out, bit{s, hit})
		}
	}
	inWord := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	for len(text) > 0 {
		end := strings.IndexFunc(text, func(r rune) bool { return !inWord(r) })
		if end < 0 {
			end = len(text)
		}
		word := text[:end]
		low := strings.ToLower(word)
		add(word, word != "" && slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(low, w) }))
		text = text[end:]
		next := strings.IndexFunc(text, inWord)
		if next < 0 {
			next = len(text)
		}
		add(text[:next], false)
		text = text[next:]
	}
	return out
}

func search(v *page.Visit) error {
	s, err := reading(v)
	if err != nil {
		return err
	}
	in := v.Query("in")
	if in != kindArticle && in != kindQuestion && in != kindService {
		in = ""
	}
	r, err := find(v.Ctx(), s, v.UI.Lang(), app.Cut(strings.TrimSpace(v.Query("q")), 200), in, mostHits)
	if err != nil {
		return err
	}
	title := v.T("portal.search.title")
	if r.Text != "" {
		title = v.T("portal.search.for", "q", r.Text)
	}
	return v.Answer(page.Page{Title: title, Class: "main", Head: noindex(), Body: searchBody(v, r)})
}

// suggest answers what is typed with what is there already; without script it is the search page.
func suggest(v *page.Visit) error {
	if !v.Fragment() {
		return v.Redirect(kit.Query(v.Path("/search"), "q", v.Query("q")))
	}
	s, err := reading(v)
	if err != nil {
		return err
	}
	r, err := find(v.Ctx(), s, v.UI.Lang(), app.Cut(v.Query("q"), 200), "", 5)
	if err != nil {
		return err
	}
	r.Hits = r.Hits[:min(5, len(r.Hits))]
	return v.Draw(http.StatusOK, suggestions(v, r))
}
