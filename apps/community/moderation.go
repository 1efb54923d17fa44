package community

import (
	"context"
	"net/http"
	"time"

	"stoa/internal/app"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/kit"
	"stoa/internal/web/page"
)

// A waitingPost is one in the moderators' queue, or one that they decided on.
type waitingPost struct {
	ID          record.ID
	Post        Post
	Gone        bool
	State, Why  string
	Rule, Words string
	Appeal      string
	Network     string
	Reports     int
	At          time.Time
	Decided     time.Time
	By          string // moderator
	NotMine     bool   // an appeal against one's own decision
}

// A flooded is a network from which many posts wait.
type flooded struct {
	Network string
	Count   int
}

// A queuePage is the moderators' page.
type queuePage struct {
	Show             string // waiting, appeals or decided
	Posts            []waitingPost
	Waiting, Appeals string // counts as words, "99+"
	Oldest           time.Time
	Floods           []flooded
	Week             map[string]int
	Next             string
	Problem          string
	ProblemOn        record.ID
}

// perQueue is how many posts a page of the queue shows; mostShown is up to where its counts go.
const (
	perQueue  = 20
	mostShown = 99
	manyPosts = 20 // from one network: they are cleared together
)

func showQueue(v *page.Visit) error { return drawQueue(v, "", "", http.StatusOK) }

func drawQueue(v *page.Visit, problem string, on record.ID, status int) error {
	if err := mayModerate(v.S); err != nil {
		return err
	}
	ctx := v.Ctx()
	q := queuePage{Show: v.Query("show"), Week: map[string]int{}, Problem: problem, ProblemOn: on}
	states := []string{stateWaiting}
	order, after := "CreatedDate, Id", ">"
	switch q.Show {
	case "appeals":
		states = []string{stateAppealed}
	case "decided":
		states, order, after = []string{statePublished, stateHidden, stateUpheld, stateOverturned}, "CreatedDate DESC, Id DESC", "<"
	default:
		q.Show = "waiting"
	}
	sys, err := v.Surface.Org().Service(ctx, v.S.Actor(), org.Console, why)
	if err != nil {
		return err
	}
	where, args := "State__c IN ?", []any{states}
	if last := record.ID(v.Query("after")); len(last) == 18 {
		res, err := app.Query(ctx, sys, "SELECT CreatedDate FROM Moderation_Case__c WHERE Id = ?", last)
		if err != nil {
			return err
		}
		if res.Len() > 0 {
			at := literal(res.Get(0, "CreatedDate").Instant())
			where += " AND (CreatedDate " + after + " " + at + " OR (CreatedDate = " + at + " AND Id " + after + " ?))"
			args = append(args, last)
		}
	}
	if network := v.Query("network"); network != "" {
		where, args = where+" AND Network__c = ?", append(args, network)
	}
	res, err := app.Query(ctx, sys, `SELECT Id, Key__c, State__c, Why__c, Rule__c, Words__c, Appeal__c, Network__c, Reports__c, CreatedDate, Decided_At__c, Decided_By__c, Decided_By__r.Name
		FROM Moderation_Case__c WHERE `+where+" ORDER BY "+order+" LIMIT ?", append(args, perQueue+1)...)
	if err != nil {
		return err
	}
	for i := range min(res.Len(), perQueue) {
		q.Posts = append(q.Posts, waitingOf(ctx, sys, res, i))
	}
	if res.Len() > perQueue {
		q.Next = kit.Query("/console/moderation", "show", q.Show, "after", string(q.Posts[perQueue-1].ID), "network", v.Query("network"))
	}
	if err := q.signed(ctx, sys); err != nil {
		return err
	}
	if err := q.counts(ctx, sys, v.UI.Now); err != nil {
		return err
	}
	return v.Answer(page.Page{Title: v.T("mod.title"), Icon: "shield-check", Status: status, Body: queueBody(v, q)})
}

func waitingOf(ctx context.Context, s *org.Session, res *record.Result, i int) waitingPost {
	w := waitingPost{
		ID: res.Get(i, "Id").ID(), State: app.Text(res.Get(i, "State__c")), Why: app.Text(res.Get(i, "Why__c")), Rule: app.Text(res.Get(i, "Rule__c")), Words: app.Text(res.Get(i, "Words__c")),
		Appeal: app.Text(res.Get(i, "Appeal__c")), Network: app.Text(res.Get(i, "Network__c")), Reports: whole(res.Get(i, "Reports__c")), At: app.Instant(res.Get(i, "CreatedDate")),
		Decided: app.Instant(res.Get(i, "Decided_At__c")), By: app.Text(res.Get(i, "Decided_By__r", "Name")),
	}
	w.NotMine = w.State == stateAppealed && reference(res.Get(i, "Decided_By__c")) == s.Actor().User
	p, err := seePost(ctx, s, record.ID(app.Text(res.Get(i, "Key__c"))))
	w.Post, w.Gone = p, err != nil
	return w
}

// signed fills in who wrote the posts, and which questions the answers are to.
func (q *queuePage) signed(ctx context.Context, s *org.Session) error {
	posts := make([]Post, len(q.Posts))
	var of []record.ID
	for i := range q.Posts {
		posts[i] = q.Posts[i].Post
		if posts[i].ID != posts[i].Question {
			of = append(of, posts[i].Question)
		}
	}
	if err := sign(ctx, s, posts); err != nil {
		return err
	}
	titles := map[record.ID]string{}
	if len(of) > 0 {
		res, err := app.Query(ctx, s, "SELECT Id, Title FROM FeedItem WHERE Id IN ?", of)
		if err != nil {
			return err
		}
		for i := range res.Len() {
			titles[res.Get(i, "Id").ID()] = app.Text(res.Get(i, "Title"))
		}
	}
	for i := range posts {
		if t := titles[posts[i].Question]; t != "" && posts[i].ID != posts[i].Question {
			posts[i].Title = t
		}
		q.Posts[i].Post = posts[i]
	}
	return nil
}

func (q *queuePage) counts(ctx context.Context, s *org.Session, now time.Time) error {
	upTo := func(state string) (string, *record.Result, error) {
		res, err := app.Query(ctx, s, "SELECT Id, CreatedDate FROM Moderation_Case__c WHERE State__c = ? ORDER BY CreatedDate, Id LIMIT ?", state, mostShown+1)
		if err != nil {
			return "", nil, err
		}
		if res.Len() > mostShown {
			return itoa(mostShown) + "+", res, nil
		}
		return itoa(res.Len()), res, nil
	}
	n, res, err := upTo(stateWaiting)
	if err != nil {
		return err
	}
	q.Waiting = n
	if res.Len() > 0 {
		q.Oldest = app.Instant(res.Get(0, "CreatedDate"))
	}
	if q.Appeals, _, err = upTo(stateAppealed); err != nil {
		return err
	}
	if res, err = app.Query(ctx, s, "SELECT Network__c, COUNT(Id) n FROM Moderation_Case__c WHERE State__c = 'Waiting' AND Network__c != null GROUP BY Network__c HAVING COUNT(Id) >= "+itoa(manyPosts)+" ORDER BY COUNT(Id) DESC LIMIT 5"); err != nil {
		return err
	}
	for i := range res.Len() {
		q.Floods = append(q.Floods, flooded{app.Text(res.Get(i, "Network__c")), whole(res.Get(i, "n"))})
	}
	if res, err = app.Query(ctx, s, "SELECT State__c, COUNT(Id) n FROM Moderation_Case__c WHERE State__c IN ('Published', 'Hidden', 'Appealed', 'Upheld', 'Overturned') AND Decided_At__c >= ? GROUP BY State__c", now.Add(-7*24*time.Hour)); err != nil {
		return err
	}
	for i := range res.Len() {
		q.Week[app.Text(res.Get(i, "State__c"))] = whole(res.Get(i, "n"))
	}
	return nil
}

// mayModerate reports as an error who may not: moderators are staff who see the queue's records.
func mayModerate(s *org.Session) error {
	o := s.Catalog().Object("Moderation_Case__c")
	if o == nil || !s.Rights(o).Read || s.Actor().External() {
		return fault.New(fault.InsufficientAccess, "You do not have the right to moderate.")
	}
	return nil
}

// moderating opens the session in which a moderator's decision is written.
func moderating(v *page.Visit) (*org.Session, error) {
	if err := mayModerate(v.S); err != nil {
		return nil, err
	}
	return v.Surface.Org().Service(v.Ctx(), v.S.Actor(), org.Console, why)
}

func decide(v *page.Visit) error {
	s, err := moderating(v)
	if err != nil {
		return err
	}
	id := record.ID(v.Args["id"])
	d := Decision{Publish: v.Posted("do") == "publish", Rule: v.Posted("rule"), Words: v.Text("words", 4000)}
	if err := Decide(v.Ctx(), s, id, d); err != nil {
		switch f := fault.From(err); f.Code {
		case fault.RequiredFieldMissing, fault.InsufficientAccess, fault.FieldIntegrity:
			return drawQueue(v, f.Message, id, http.StatusUnprocessableEntity)
		default:
			return err
		}
	}
	v.Flash(v.T("mod.done." + v.Posted("do")))
	return v.Redirect(kit.Query("/console/moderation", "show", v.Posted("show")))
}

func askToClear(v *page.Visit) error {
	s, err := moderating(v)
	if err != nil {
		return err
	}
	if err := Clear(v.Ctx(), s, v.Posted("network"), v.Posted("rule")); err != nil {
		return err
	}
	v.Flash(v.T("mod.clearing"))
	return v.Redirect("/console/moderation")
}
