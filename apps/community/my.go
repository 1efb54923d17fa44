package community

import (
	"context"
	"net/http"
	"strings"
	"time"

	"stoa/internal/app"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/page"
)

// A myCase is a case of one's own on one's own page.
type myCase struct {
	ID                         record.ID
	Reference, Subject, Status string
	At, Due                    time.Time
	Closed                     bool
}

// A myHeld is a post of one's own that waits, or that is not public.
type myHeld struct {
	ID                record.ID
	Post              Post
	State, Why, Rule  string
	Words, Appeal     string
	At                time.Time
	MayAppeal, Public bool
}

// A myPage is everything of one person.
type myPage struct {
	Nickname, Email, Language string
	Cases                     []myCase
	Questions, Answers        []Post
	Held                      []myHeld
	Follows                   []Post
	Topics                    []Topic
	Staff                     bool
	Problem                   string
}

// waitsForMe reports whether a case waits for the citizen.
func (c myCase) waitsForMe() bool { return c.Status == "Waiting" }

func showMine(v *page.Visit) error { return drawMine(v, "", http.StatusOK) }

func drawMine(v *page.Visit, problem string, status int) error {
	s, err := reading(v)
	if err != nil {
		return err
	}
	m := myPage{Email: v.Visitor.Email, Language: langOf(v.Visitor.Language), Staff: !v.Visitor.External(), Problem: problem}
	me := v.Visitor.User
	if err := m.person(v, s); err != nil {
		return err
	}
	if err := m.cases(v.Ctx(), s); err != nil {
		return err
	}
	res, err := app.Query(v.Ctx(), s, "SELECT "+questionFields+" FROM FeedItem WHERE Type = 'QuestionPost' AND CreatedById = ? ORDER BY CreatedDate DESC, Id DESC LIMIT 50", me)
	if err != nil {
		return err
	}
	for i := range res.Len() {
		m.Questions = append(m.Questions, questionOf(res, i))
	}
	if res, err = app.Query(v.Ctx(), s, "SELECT "+answerFields+" FROM FeedComment WHERE CreatedById = ? ORDER BY CreatedDate DESC, Id DESC LIMIT 50", me); err != nil {
		return err
	}
	var of []record.ID
	for i := range res.Len() {
		m.Answers = append(m.Answers, answerOf(res, i))
		of = append(of, m.Answers[i].Question)
	}
	if err := m.titles(v.Ctx(), s, of); err != nil {
		return err
	}
	if err := m.held(v.Ctx(), s); err != nil {
		return err
	}
	if err := m.follows(v.Ctx(), s); err != nil {
		return err
	}
	return v.Answer(page.Page{Title: v.T("portal.my"), Class: "main", Status: status, Head: noindex(), Body: myBody(v, m)})
}

func (m *myPage) person(v *page.Visit, s *org.Session) error {
	res, err := app.Query(v.Ctx(), s, "SELECT CommunityNickname FROM User WHERE Id = ?", v.Visitor.User)
	if err == nil && res.Len() > 0 {
		m.Nickname = app.Text(res.Get(0, "CommunityNickname"))
	}
	if m.Staff {
		m.Nickname = v.Visitor.Name
	}
	return err
}

func (m *myPage) cases(ctx context.Context, s *org.Session) error {
	if m.Staff {
		return nil
	}
	o := s.Catalog().Object("Case")
	if o == nil || !s.CanRead(o.Field("Reference__c")) {
		return nil // a member without a contact
	}
	res, err := app.Query(ctx, s, "SELECT Id, Reference__c, Subject, Status, IsClosed, CreatedDate, Reply_Due__c, Replied_At__c, Solve_Due__c FROM Case ORDER BY IsClosed, CreatedDate DESC LIMIT 50")
	if err != nil {
		return err
	}
	for i := range res.Len() {
		c := myCase{ID: res.Get(i, "Id").ID(), Reference: app.Text(res.Get(i, "Reference__c")), Subject: app.Text(res.Get(i, "Subject")), Status: app.Text(res.Get(i, "Status")),
			At: app.Instant(res.Get(i, "CreatedDate")), Closed: truth(res.Get(i, "IsClosed")), Due: app.Instant(res.Get(i, "Solve_Due__c"))}
		if res.Get(i, "Replied_At__c").IsNull() {
			c.Due = app.Instant(res.Get(i, "Reply_Due__c"))
		}
		m.Cases = append(m.Cases, c)
	}
	return nil
}

// titles fills in which questions one's answers are to.
func (m *myPage) titles(ctx context.Context, s *org.Session, of []record.ID) error {
	if len(of) == 0 {
		return nil
	}
	res, err := app.Query(ctx, s, "SELECT Id, Title FROM FeedItem WHERE Id IN ?", of)
	if err != nil {
		return err
	}
	titles := map[record.ID]string{}
	for i := range res.Len() {
		titles[res.Get(i, "Id").ID()] = app.Text(res.Get(i, "Title"))
	}
	for i := range m.Answers {
		m.Answers[i].Title = titles[m.Answers[i].Question]
	}
	return nil
}

func (m *myPage) held(ctx context.Context, s *org.Session) error {
	res, err := app.Query(ctx, s, `SELECT Id, Question__c, Answer__c, State__c, Why__c, Rule__c, Words__c, Appeal__c, CreatedDate FROM Moderation_Case__c
		WHERE Author__c = ? AND State__c IN ('Waiting', 'Hidden', 'Appealed', 'Upheld') AND Why__c != 'reported' ORDER BY CreatedDate DESC LIMIT 50`, s.Actor().User)
	if err != nil {
		return err
	}
	decided, err := app.Query(ctx, s, `SELECT Id, Question__c, Answer__c, State__c, Why__c, Rule__c, Words__c, Appeal__c, CreatedDate FROM Moderation_Case__c
		WHERE Author__c = ? AND State__c IN ('Hidden', 'Appealed', 'Upheld') AND Why__c = 'reported' ORDER BY CreatedDate DESC LIMIT 50`, s.Actor().User)
	if err != nil {
		return err
	}
	for _, r := range []*record.Result{res, decided} {
		for i := range r.Len() {
			h := myHeld{ID: r.Get(i, "Id").ID(), State: app.Text(r.Get(i, "State__c")), Why: app.Text(r.Get(i, "Why__c")), Rule: app.Text(r.Get(i, "Rule__c")),
				Words: app.Text(r.Get(i, "Words__c")), Appeal: app.Text(r.Get(i, "Appeal__c")), At: app.Instant(r.Get(i, "CreatedDate"))}
			h.MayAppeal = h.State == stateHidden
			post := reference(r.Get(i, "Answer__c"))
			if post == "" {
				post = reference(r.Get(i, "Question__c"))
			}
			if h.Post, err = seePost(ctx, s, post); err != nil {
				continue // it was deleted
			}
			m.Held = append(m.Held, h)
		}
	}
	return nil
}

func (m *myPage) follows(ctx context.Context, s *org.Session) error {
	res, err := app.Query(ctx, s, "SELECT Question__c FROM Follow__c WHERE Person__c = ? ORDER BY CreatedDate DESC LIMIT 50", s.Actor().User)
	if err != nil {
		return err
	}
	var ids []record.ID
	for i := range res.Len() {
		ids = append(ids, reference(res.Get(i, "Question__c")))
	}
	if len(ids) > 0 {
		if res, err = app.Query(ctx, s, "SELECT "+questionFields+" FROM FeedItem WHERE Id IN ? AND CreatedById != ? ORDER BY Active_At__c DESC LIMIT 50", ids, s.Actor().User); err != nil {
			return err
		}
		for i := range res.Len() {
			m.Follows = append(m.Follows, questionOf(res, i))
		}
	}
	if res, err = app.Query(ctx, s, "SELECT ParentId FROM EntitySubscription WHERE SubscriberId = ? LIMIT 100", s.Actor().User); err != nil || res.Len() == 0 {
		return err
	}
	ids = nil
	for i := range res.Len() {
		ids = append(ids, reference(res.Get(i, "ParentId")))
	}
	if res, err = app.Query(ctx, s, "SELECT Id, Name FROM Topic WHERE Id IN ? ORDER BY Name", ids); err != nil {
		return err
	}
	for i := range res.Len() {
		m.Topics = append(m.Topics, Topic{ID: res.Get(i, "Id").ID(), Name: app.Text(res.Get(i, "Name")), Following: true})
	}
	return nil
}

// saveDetails changes how one is called and in which language one is written to.
func saveDetails(v *page.Visit) error {
	nick := strings.Join(strings.Fields(v.Text("nickname", 40)), " ")
	if !v.Visitor.External() {
		return page.NotFound()
	}
	if len([]rune(nick)) < 3 || strings.ContainsAny(nick, "@<>/") {
		return drawMine(v, v.T("portal.my.nickname.bad"), http.StatusUnprocessableEntity)
	}
	s, err := acting(v)
	if err != nil {
		return err
	}
	taken := false
	err = s.Do(v.Ctx(), func(ctx context.Context, tx *org.Tx) error {
		res, err := app.Query(ctx, tx, "SELECT Id FROM User WHERE Id != ? AND (CommunityNickname = ? OR Name = ?)", v.Visitor.User, nick, nick)
		if err != nil {
			return err
		}
		if taken = res.Len() > 0; taken {
			return nil
		}
		_, err = org.Must(tx.Update(ctx, []record.Draft{app.Changes("User", v.Visitor.User, "CommunityNickname", nick, "LastName", nick, "LanguageLocaleKey", languageKey(v.Posted("language")))}, org.WriteOptions{}))
		return err
	})
	if taken || err != nil && fault.From(err).Code == fault.DuplicateValue {
		return drawMine(v, v.T("portal.my.nickname.taken"), http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	v.Flash(v.T("portal.saved"))
	return v.Redirect(v.Path("/my"))
}

func appeal(v *page.Visit) error {
	s, err := acting(v)
	if err != nil {
		return err
	}
	text := v.Text("appeal", 4000)
	if text == "" {
		return drawMine(v, v.T("portal.appeal.empty"), http.StatusUnprocessableEntity)
	}
	id := record.ID(v.Args["id"])
	if len(id) != 18 {
		return page.NotFound()
	}
	if err := Appeal(v.Ctx(), s, id, text); err != nil {
		return err
	}
	v.Flash(v.T("portal.appealed"))
	return v.Redirect(v.Path("/my"))
}
