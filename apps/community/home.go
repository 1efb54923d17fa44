package community

import (
	"context"
	"slices"
	"sync"
	"time"

	"stoa/internal/app"
	"stoa/internal/org"
	"stoa/internal/web/page"
)

// A Service is one that is offered to everybody, in the visitor's language.
type Service struct {
	Slug, Name, Summary, Icon string
}

func (s Service) href() string { return "/services/" + s.Slug }

// services returns those that are offered, in their order.
func services(ctx context.Context, s *org.Session, lang string, limit int) ([]Service, error) {
	res, err := app.Query(ctx, s, "SELECT Slug__c, Name, Name_es__c, Summary__c, Summary_es__c, Icon__c FROM Service__c ORDER BY Order__c NULLS LAST, Name LIMIT ?", limit)
	if err != nil {
		return nil, err
	}
	var all []Service
	for i := range res.Len() {
		o := Service{Slug: app.Text(res.Get(i, "Slug__c")), Name: app.Text(res.Get(i, "Name")), Summary: app.Text(res.Get(i, "Summary__c")), Icon: app.Text(res.Get(i, "Icon__c"))}
		if lang == "es" {
			if n := app.Text(res.Get(i, "Name_es__c")); n != "" {
				o.Name = n
			}
			if t := app.Text(res.Get(i, "Summary_es__c")); t != "" {
				o.Summary = t
			}
		}
		all = append(all, o)
	}
	return all, nil
}

// Numbers are what a week was like. A share or a time is -1 where nothing was counted: no number is shown for it.
type Numbers struct {
	Came       int
	FirstReply time.Duration // half of the first answers came sooner
	InTime     int           // percent of the promises that ended this week
	Questions  int           // public ones with an answer, of all time
}

// kept holds the numbers for a minute, so that a busy home page counts once.
type kept struct {
	mu sync.Mutex
	at time.Time
	n  Numbers
}

// fresh is how long numbers are shown before they are counted again.
const fresh = time.Minute

func (k *kept) get(ctx context.Context, o *org.Org, now time.Time) (Numbers, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if now.Sub(k.at) < fresh {
		return k.n, nil
	}
	n, err := countWeek(ctx, o, now)
	if err == nil {
		k.n, k.at = n, now
	}
	return n, err
}

// mostCounted bounds the cases that a median is taken of.
const mostCounted = 5000

func countWeek(ctx context.Context, o *org.Org, now time.Time) (n Numbers, err error) {
	s, err := o.Service(ctx, org.Actor{}, org.Portal, "service.numbers")
	if err != nil {
		return n, err
	}
	since := now.Add(-7 * 24 * time.Hour)
	n.FirstReply, n.InTime = -1, -1
	cases, err := tally(ctx, s, "SELECT COUNT(Id) n FROM Case WHERE CreatedDate >= ?", since)
	if err != nil {
		return n, err
	}
	asked, err := tally(ctx, s, "SELECT COUNT(Id) n FROM FeedItem WHERE Type = 'QuestionPost' AND Status = 'Published' AND CreatedDate >= ?", since)
	if err != nil {
		return n, err
	}
	n.Came = cases + asked
	if n.Questions, err = tally(ctx, s, "SELECT COUNT(Id) n FROM FeedItem WHERE Type = 'QuestionPost' AND Status = 'Published' AND Answers__c > 0"); err != nil {
		return n, err
	}
	res, err := app.Query(ctx, s, "SELECT CreatedDate, Replied_At__c FROM Case WHERE Replied_At__c >= ? ORDER BY Replied_At__c DESC LIMIT ?", since, mostCounted)
	if err != nil {
		return n, err
	}
	var took []time.Duration
	for i := range res.Len() {
		took = append(took, res.Get(i, "Replied_At__c").Instant().Sub(res.Get(i, "CreatedDate").Instant()))
	}
	if len(took) > 0 {
		slices.Sort(took)
		n.FirstReply = took[len(took)/2]
	}
	if res, err = app.Query(ctx, s, "SELECT Reply_Due__c, Replied_At__c FROM Case WHERE Reply_Due__c >= ? AND Reply_Due__c < ? ORDER BY Reply_Due__c DESC LIMIT ?", since, now, mostCounted); err != nil {
		return n, err
	}
	in := 0
	for i := range res.Len() {
		if at := app.Instant(res.Get(i, "Replied_At__c")); !at.IsZero() && !at.After(res.Get(i, "Reply_Due__c").Instant()) {
			in++
		}
	}
	if res.Len() > 0 {
		n.InTime = (in*100 + res.Len()/2) / res.Len()
	}
	return n, nil
}

// A homePage is the first page of the site.
type homePage struct {
	Services  []Service
	Numbers   Numbers
	Topics    []Topic // those with the most questions
	Questions []Post
}

func (c *commons) home(v *page.Visit) error {
	s, err := reading(v)
	if err != nil {
		return err
	}
	var h homePage
	if h.Services, err = services(v.Ctx(), s, v.UI.Lang(), 4); err != nil {
		return err
	}
	if h.Numbers, err = c.numbers.get(v.Ctx(), v.Surface.Org(), v.UI.Now); err != nil {
		return err
	}
	if h.Topics, err = topics(v.Ctx(), s); err != nil {
		return err
	}
	slices.SortStableFunc(h.Topics, func(a, b Topic) int { return b.Questions - a.Questions })
	h.Topics = h.Topics[:min(3, len(h.Topics))]
	if h.Questions, _, err = questions(v.Ctx(), s, listing{limit: 3}); err != nil {
		return err
	}
	return v.Answer(page.Page{Title: v.T("portal.home"), Head: canonical(v, "/"), Body: homeBody(v, h)})
}
