package community

import (
	"context"
	"crypto/rand"
	"net/http"
	"strconv"

	"stoa/internal/app"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/kit"
	"stoa/internal/web/page"
)

func newOnce() string { return rand.Text() }

func itoa(n int) string { return strconv.Itoa(n) }

// perPage is how many questions a list shows.
const perPage = 20

// A questionsPage is the list of questions.
type questionsPage struct {
	Posts  []Post
	Topics []Topic
	Topic  Topic // the one that is shown, none for all
	Open   bool
	Next   string
}

func listQuestions(v *page.Visit) error {
	s, err := reading(v)
	if err != nil {
		return err
	}
	p := questionsPage{Open: v.Query("open") != ""}
	if p.Topics, err = topics(v.Ctx(), s); err != nil {
		return err
	}
	for _, t := range p.Topics {
		if string(t.ID) == v.Query("topic") {
			p.Topic = t
		}
	}
	l := listing{topic: p.Topic.ID, open: p.Open, limit: perPage}
	if after := record.ID(v.Query("after")); valid(after, questionPrefix) {
		l.after = after
	}
	more := false
	if p.Posts, more, err = questions(v.Ctx(), s, l); err != nil {
		return err
	}
	if more {
		p.Next = kit.Query(v.Path("/questions"), "topic", string(p.Topic.ID), "open", flag(p.Open), "after", string(p.Posts[len(p.Posts)-1].ID))
	}
	if v.Visitor.User != "" && p.Topic.ID != "" {
		res, err := app.Query(v.Ctx(), s, "SELECT Id FROM EntitySubscription WHERE ParentId = ? AND SubscriberId = ?", p.Topic.ID, v.Visitor.User)
		if err != nil {
			return err
		}
		p.Topic.Following = res.Len() > 0
	}
	title := v.T("portal.questions")
	if p.Topic.ID != "" {
		title = p.Topic.Name
	}
	return v.Answer(page.Page{Title: title, Class: "main", Head: listHead(v, kit.Query("/questions", "topic", string(p.Topic.ID))), Body: questionsBody(v, p)})
}

func flag(b bool) string {
	if b {
		return "1"
	}
	return ""
}

// An answerForm is an answer on its way.
type answerForm struct {
	Body, Email, Once string
	Problems          []kit.Problem
}

func (f *answerForm) problem(field string) string {
	for _, p := range f.Problems {
		if p.Field == field {
			return p.Text
		}
	}
	return ""
}

// showThread shows a question. Its address with an old title, or with none, leads to the one of today, for good.
func showThread(v *page.Visit) error {
	s, err := reading(v)
	if err != nil {
		return err
	}
	t, err := thread(v.Ctx(), s, record.ID(v.Args["id"]))
	if err != nil {
		return err
	}
	if v.Args["slug"] != t.Slug {
		http.Redirect(v.W, v.R, v.Path(t.Path()), http.StatusMovedPermanently)
		return nil
	}
	return drawThread(v, s, t, answerForm{Once: newOnce()}, http.StatusOK)
}

func drawThread(v *page.Visit, s *org.Session, t *Thread, f answerForm, status int) error {
	r, err := find(v.Ctx(), s, v.UI.Lang(), t.Title, "", 6)
	if err != nil {
		return err
	}
	var related []Hit
	for _, h := range r.Hits {
		if h.Href != t.Path() && len(related) < 5 {
			related = append(related, h)
		}
	}
	return v.Answer(page.Page{Title: t.Title, Class: "main", Status: status, Head: threadHead(v, t), Body: threadBody(v, t, f, related)})
}

// seen returns the post of a route that the visitor sees, signed.
func seen(v *page.Visit) (*org.Session, Post, error) {
	s, err := reading(v)
	if err != nil {
		return nil, Post{}, err
	}
	p, err := seePost(v.Ctx(), s, record.ID(v.Args["id"]))
	if err != nil {
		return nil, p, err
	}
	one := []Post{p}
	err = sign(v.Ctx(), s, one)
	return s, one[0], err
}

func vote(v *page.Visit) error {
	_, p, err := seen(v)
	if err != nil {
		return err
	}
	s, err := acting(v)
	if err != nil {
		return err
	}
	if err := Vote(v.Ctx(), s, p, v.Posted("undo") == ""); err != nil {
		return err
	}
	return backTo(v, p)
}

// backTo leads to where a post is shown.
func backTo(v *page.Visit, p Post) error {
	if p.ID != p.Question {
		return v.Redirect(v.Path("/questions/"+string(p.Question)) + "#a-" + string(p.ID))
	}
	return v.Redirect(v.Path(p.Path()))
}

func accept(v *page.Visit) error {
	s, p, err := seen(v)
	if err != nil {
		return err
	}
	if p.ID == p.Question {
		return page.NotFound()
	}
	t, err := thread(v.Ctx(), s, p.Question)
	if err != nil {
		return err
	}
	mine, err := acting(v)
	if err != nil {
		return err
	}
	if err := Accept(v.Ctx(), mine, t, p.ID); err != nil {
		return err
	}
	return backTo(v, p)
}

func followQuestion(v *page.Visit) error {
	_, p, err := seen(v)
	if err != nil {
		return err
	}
	return inUnit(v, func(ctx context.Context, tx *org.Tx) error {
		return follow(ctx, tx, p.Question, v.Visitor.User, v.Posted("undo") == "")
	}, func() error { return backTo(v, p) })
}

func followTopic(v *page.Visit) error {
	id := record.ID(v.Args["id"])
	if !valid(id, "0TO") {
		return page.NotFound()
	}
	s, err := reading(v)
	if err != nil {
		return err
	}
	res, err := app.Query(v.Ctx(), s, "SELECT Id FROM Topic WHERE Id = ?", id)
	if err != nil {
		return err
	}
	if res.Len() == 0 {
		return page.NotFound()
	}
	return inUnit(v, func(ctx context.Context, tx *org.Tx) error {
		return subscribe(ctx, tx, id, v.Visitor.User, v.Posted("undo") == "")
	}, func() error { return v.Redirect(kit.Query(v.Path("/questions"), "topic", string(id))) })
}

// inUnit runs f as one unit of work in the visitor's name, then answers.
func inUnit(v *page.Visit, f func(context.Context, *org.Tx) error, answer func() error) error {
	s, err := acting(v)
	if err != nil {
		return err
	}
	if err := s.Do(v.Ctx(), f); err != nil {
		return err
	}
	return answer()
}

func editPost(v *page.Visit) error {
	_, p, err := seen(v)
	if err != nil {
		return err
	}
	if !mayEdit(v, p) {
		return page.NotFound()
	}
	return v.Answer(page.Page{Title: v.T("portal.edit"), Class: "main", Head: noindex(), Body: editBody(v, p, "")})
}

func mayEdit(v *page.Visit, p Post) bool {
	return v.Visitor.User != "" && (p.By.ID == v.Visitor.User || !v.Visitor.External())
}

func savePost(v *page.Visit) error {
	_, p, err := seen(v)
	if err != nil {
		return err
	}
	if !mayEdit(v, p) {
		return page.NotFound()
	}
	s, err := acting(v)
	if err != nil {
		return err
	}
	title, body := v.Text("title", maxTitle), v.Text("body", maxBody)
	held, err := Edit(v.Ctx(), s, p, title, body)
	if err != nil {
		if fault.From(err).Code != fault.RequiredFieldMissing {
			return err
		}
		p.Title, p.Body = title, body
		return v.Answer(page.Page{Title: v.T("portal.edit"), Class: "main", Status: http.StatusUnprocessableEntity, Head: noindex(), Body: editBody(v, p, v.T("portal.answer.empty"))})
	}
	if held != "" {
		v.Flash(v.T("portal.held." + held))
		return v.Redirect(v.Path("/my"))
	}
	v.Flash(v.T("portal.saved"))
	if p.ID == p.Question {
		p.Slug = slugOf(title)
	}
	return backTo(v, p)
}

// A Version is how a post read from one change to the next.
type Version struct {
	Post   Post // At and By are of the change that ended it
	Pieces []Piece
	Titles []Piece
}

func showHistory(v *page.Visit) error {
	s, p, err := seen(v)
	if err != nil {
		return err
	}
	field := "Question__c"
	if p.ID != p.Question {
		field = "Answer__c"
	}
	res, err := app.Query(v.Ctx(), s, "SELECT Id, Title__c, Body__c, CreatedDate, CreatedById FROM Post_Revision__c WHERE "+field+" = ? ORDER BY CreatedDate DESC, Id DESC LIMIT 50", p.ID)
	if err != nil {
		return err
	}
	var posts []Post
	for i := range res.Len() {
		posts = append(posts, Post{ID: res.Get(i, "Id").ID(), Title: app.Text(res.Get(i, "Title__c")), Body: app.Text(res.Get(i, "Body__c")), At: app.Instant(res.Get(i, "CreatedDate")),
			By: Author{ID: res.Get(i, "CreatedById").ID()}})
	}
	if err := sign(v.Ctx(), s, posts); err != nil {
		return err
	}
	after := p
	var versions []Version
	for _, was := range posts {
		versions = append(versions, Version{was, Compare(was.Body, after.Body), Compare(was.Title, after.Title)})
		after = was
	}
	return v.Answer(page.Page{Title: v.T("portal.history"), Class: "main", Head: noindex(), Body: historyBody(v, p, versions)})
}

func reportPage(v *page.Visit) error {
	_, p, err := seen(v)
	if err != nil {
		return err
	}
	return v.Answer(page.Page{Title: v.T("portal.report"), Class: "main", Head: noindex(), Body: reportBody(v, p, "")})
}

// reasons maps what a report can say to the standard's types of flags.
var reasons = []struct{ code, kind string }{
	{"kind", "FlagAsInappropriate"}, {"private", "FlagAsInappropriate"}, {"advert", "FlagAsSpam"}, {"danger", "FlagAsReviewNeeded"}, {"topic", "FlagAsReviewNeeded"},
}

func report(v *page.Visit) error {
	_, p, err := seen(v)
	if err != nil {
		return err
	}
	kind := ""
	for _, r := range reasons {
		if r.code == v.Posted("reason") {
			kind = r.kind
		}
	}
	if kind == "" {
		return v.Answer(page.Page{Title: v.T("portal.report"), Class: "main", Status: http.StatusUnprocessableEntity, Head: noindex(), Body: reportBody(v, p, v.T("portal.report.choose"))})
	}
	s, err := acting(v)
	if err != nil {
		return err
	}
	if err := Report(v.Ctx(), s, p, kind, v.Posted("reason")+": "+v.Text("note", 1000)); err != nil {
		return err
	}
	v.Flash(v.T("portal.reported"))
	return backTo(v, p)
}

func showRules(v *page.Visit) error {
	return v.Answer(page.Page{Title: v.T("portal.nav.rules"), Class: "main", Head: canonical(v, "/rules"), Body: rulesBody(v)})
}
