package community

import (
	"context"
	"strings"
	"time"

	"stoa/internal/app"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/page"
)

// The values of the standard fields that posts use.
const (
	questionType = "QuestionPost"
	published    = "Published"
	pending      = "PendingReview"
	hidden       = "Hidden"
)

// The key prefixes of the two kinds of posts.
const (
	questionPrefix = "0D5"
	answerPrefix   = "0D7"
)

// An Author is who wrote a post, as everybody may know them.
type Author struct {
	ID    record.ID
	Name  string
	Staff bool
}

// A Post is a question or an answer.
type Post struct {
	ID       record.ID
	Question record.ID // of an answer; the post's own otherwise
	Title    string    // of a question
	Body     string
	Slug     string
	Language string
	Status   string
	At       time.Time
	Edited   time.Time // zero where it was never changed
	By       Author
	Score    int

	// Of a question.
	Topic     Topic
	Answers   int
	Best      record.ID
	ByStaff   bool // the staff has answered
	Following bool

	Mine, Voted, Accepted bool
}

// Path is where a question is for good, or an answer below it.
func (p *Post) Path() string {
	if p.ID != p.Question {
		return "/questions/" + string(p.Question) + "#a-" + string(p.ID)
	}
	return "/questions/" + string(p.ID) + "/" + p.Slug
}

// Public reports whether everybody sees the post.
func (p *Post) Public() bool { return p.Status == published }

// A Topic is what questions are sorted by.
type Topic struct {
	ID        record.ID
	Name      string
	Questions int
	Following bool
}

const questionFields = `Id, Title, Body, Slug__c, Language__c, Status, CreatedDate, LastEditDate, CreatedById, Score__c, Answers__c, BestCommentId, Staff_Answered__c, ParentId`

func questionOf(res *record.Result, i int) Post {
	id := res.Get(i, "Id").ID()
	return Post{
		ID: id, Question: id, Title: app.Text(res.Get(i, "Title")), Body: app.Text(res.Get(i, "Body")), Slug: app.Text(res.Get(i, "Slug__c")),
		Language: app.Text(res.Get(i, "Language__c")), Status: app.Text(res.Get(i, "Status")), At: app.Instant(res.Get(i, "CreatedDate")), Edited: app.Instant(res.Get(i, "LastEditDate")),
		By: Author{ID: res.Get(i, "CreatedById").ID()}, Score: whole(res.Get(i, "Score__c")), Answers: whole(res.Get(i, "Answers__c")),
		Best: reference(res.Get(i, "BestCommentId")), ByStaff: truth(res.Get(i, "Staff_Answered__c")), Topic: Topic{ID: reference(res.Get(i, "ParentId"))},
	}
}

const answerFields = `Id, FeedItemId, CommentBody, Language__c, Status, CreatedDate, LastEditDate, CreatedById, Score__c, IsVerified`

func answerOf(res *record.Result, i int) Post {
	return Post{
		ID: res.Get(i, "Id").ID(), Question: res.Get(i, "FeedItemId").ID(), Body: app.Text(res.Get(i, "CommentBody")), Language: app.Text(res.Get(i, "Language__c")),
		Status: app.Text(res.Get(i, "Status")), At: app.Instant(res.Get(i, "CreatedDate")), Edited: app.Instant(res.Get(i, "LastEditDate")),
		By: Author{ID: res.Get(i, "CreatedById").ID()}, Score: whole(res.Get(i, "Score__c")), ByStaff: truth(res.Get(i, "IsVerified")),
	}
}

func whole(v record.Value) int {
	if v.IsNull() {
		return 0
	}
	return int(v.Int())
}

func truth(v record.Value) bool { return !v.IsNull() && v.Bool() }

func reference(v record.Value) record.ID {
	if v.IsNull() {
		return ""
	}
	return v.ID()
}

// A listing is what a list of questions shows.
type listing struct {
	topic record.ID
	open  bool      // only those without an answer
	after record.ID // of the last one on the page before
	limit int
}

// questions returns the published questions of a listing, the liveliest first, and whether there are more.
func questions(ctx context.Context, s *org.Session, l listing) (posts []Post, more bool, err error) {
	where, args := []string{"Type = 'QuestionPost'", "Status = 'Published'"}, []any(nil)
	if l.topic != "" {
		where, args = append(where, "ParentId = ?"), append(args, l.topic)
	}
	if l.open {
		where = append(where, "Answers__c = 0")
	}
	if l.after != "" {
		res, err := app.Query(ctx, s, "SELECT Active_At__c FROM FeedItem WHERE Id = ?", l.after)
		if err != nil {
			return nil, false, err
		}
		if res.Len() > 0 && !res.Get(0, "Active_At__c").IsNull() {
			at := literal(res.Get(0, "Active_At__c").Instant())
			where, args = append(where, "(Active_At__c < "+at+" OR (Active_At__c = "+at+" AND Id < ?))"), append(args, l.after)
		}
	}
	res, err := app.Query(ctx, s, "SELECT "+questionFields+" FROM FeedItem WHERE "+strings.Join(where, " AND ")+" ORDER BY Active_At__c DESC, Id DESC LIMIT ?", append(args, l.limit+1)...)
	if err != nil {
		return nil, false, err
	}
	for i := range min(res.Len(), l.limit) {
		posts = append(posts, questionOf(res, i))
	}
	return posts, res.Len() > l.limit, sign(ctx, s, posts)
}

// literal writes a moment as SOQL does, to the millisecond.
func literal(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// sign fills in who wrote posts and on which topic. Citizens go by their nickname, the staff by their name.
func sign(ctx context.Context, s *org.Session, lists ...[]Post) error {
	var people, topics []record.ID
	for _, posts := range lists {
		for i := range posts {
			people = append(people, posts[i].By.ID)
			if posts[i].Topic.ID != "" {
				topics = append(topics, posts[i].Topic.ID)
			}
		}
	}
	by, err := authors(ctx, s, people)
	if err != nil {
		return err
	}
	names := map[record.ID]string{}
	if len(topics) > 0 {
		res, err := app.Query(ctx, s, "SELECT Id, Name FROM Topic WHERE Id IN ?", topics)
		if err != nil {
			return err
		}
		for i := range res.Len() {
			names[res.Get(i, "Id").ID()] = app.Text(res.Get(i, "Name"))
		}
	}
	for _, posts := range lists {
		for i := range posts {
			p := &posts[i]
			p.By, p.Topic.Name = by[p.By.ID], names[p.Topic.ID]
			p.Mine = p.By.ID != "" && p.By.ID == s.Actor().User
		}
	}
	return nil
}

// authors returns how users are called here.
func authors(ctx context.Context, s *org.Session, ids []record.ID) (map[record.ID]Author, error) {
	by := map[record.ID]Author{}
	if len(ids) == 0 {
		return by, nil
	}
	res, err := app.Query(ctx, s, "SELECT Id, CommunityNickname, UserType FROM User WHERE Id IN ?", ids)
	if err != nil {
		return nil, err
	}
	var staff []record.ID
	for i := range res.Len() {
		a := Author{ID: res.Get(i, "Id").ID(), Name: app.Text(res.Get(i, "CommunityNickname"))}
		if a.Staff = !(org.Actor{UserType: app.Text(res.Get(i, "UserType"))}).External(); a.Staff {
			staff = append(staff, a.ID)
		}
		by[a.ID] = a
	}
	if len(staff) == 0 {
		return by, nil
	}
	sys, err := s.Org().Service(ctx, org.Actor{}, org.Portal, why)
	if err != nil {
		return nil, err
	}
	if res, err = app.Query(ctx, sys, "SELECT Id, Name FROM User WHERE Id IN ?", staff); err != nil {
		return nil, err
	}
	for i := range res.Len() {
		a := by[res.Get(i, "Id").ID()]
		a.Name = app.Text(res.Get(i, "Name"))
		by[a.ID] = a
	}
	return by, nil
}

// A Thread is a question with its answers: the accepted one first, then the most helpful ones.
type Thread struct {
	Post
	Replies []Post
}

// mostAnswers is how many answers a page shows.
const mostAnswers = 200

// thread returns a question that the session sees; NOT_FOUND for any other.
func thread(ctx context.Context, s *org.Session, id record.ID) (*Thread, error) {
	if !valid(id, questionPrefix) {
		return nil, page.NotFound()
	}
	res, err := app.Query(ctx, s, "SELECT "+questionFields+" FROM FeedItem WHERE Id = ? AND Type = 'QuestionPost'", id)
	if err != nil {
		return nil, err
	}
	if res.Len() == 0 {
		return nil, page.NotFound()
	}
	t := &Thread{Post: questionOf(res, 0)}
	if res, err = app.Query(ctx, s, "SELECT "+answerFields+" FROM FeedComment WHERE FeedItemId = ? AND Status != 'Hidden' ORDER BY Score__c DESC, CreatedDate, Id LIMIT ?", id, mostAnswers); err != nil {
		return nil, err
	}
	for i := range res.Len() {
		a := answerOf(res, i)
		if a.Accepted = a.ID == t.Best; a.Accepted {
			t.Replies = append([]Post{a}, t.Replies...)
			continue
		}
		t.Replies = append(t.Replies, a)
	}
	one := []Post{t.Post}
	if err := sign(ctx, s, one, t.Replies); err != nil {
		return nil, err
	}
	t.Post = one[0]
	return t, mark(ctx, s, t)
}

// mark notes what the visitor has voted for and follows.
func mark(ctx context.Context, s *org.Session, t *Thread) error {
	me := s.Actor().User
	if me == "" {
		return nil
	}
	ids := []record.ID{t.ID}
	for i := range t.Replies {
		ids = append(ids, t.Replies[i].ID)
	}
	res, err := app.Query(ctx, s, "SELECT ParentId FROM Vote WHERE CreatedById = ? AND ParentId IN ?", me, ids)
	if err != nil {
		return err
	}
	voted := map[record.ID]bool{}
	for i := range res.Len() {
		voted[res.Get(i, "ParentId").ID()] = true
	}
	t.Voted = voted[t.ID]
	for i := range t.Replies {
		t.Replies[i].Voted = voted[t.Replies[i].ID]
	}
	if res, err = app.Query(ctx, s, "SELECT Id FROM Follow__c WHERE Question__c = ? AND Person__c = ?", t.ID, me); err == nil {
		t.Following = res.Len() > 0
	}
	return err
}

// topics returns the topics by name, with how many published questions they have.
func topics(ctx context.Context, s *org.Session) ([]Topic, error) {
	res, err := app.Query(ctx, s, "SELECT Id, Name FROM Topic ORDER BY Name LIMIT 100")
	if err != nil {
		return nil, err
	}
	counts, err := app.Query(ctx, s, "SELECT ParentId, COUNT(Id) n FROM FeedItem WHERE Type = 'QuestionPost' AND Status = 'Published' GROUP BY ParentId")
	if err != nil {
		return nil, err
	}
	n := map[record.ID]int{}
	for i := range counts.Len() {
		n[reference(counts.Get(i, "ParentId"))] = whole(counts.Get(i, "n"))
	}
	var all []Topic
	for i := range res.Len() {
		id := res.Get(i, "Id").ID()
		all = append(all, Topic{ID: id, Name: app.Text(res.Get(i, "Name")), Questions: n[id]})
	}
	return all, nil
}

// valid reports whether an id from an address can be one of an object.
func valid(id record.ID, prefix string) bool {
	if len(id) != 18 || id.Prefix() != prefix {
		return false
	}
	for _, r := range id {
		if r < '0' || r > '9' && r < 'A' || r > 'Z' && r < 'a' || r > 'z' {
			return false
		}
	}
	return true
}
