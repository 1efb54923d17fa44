package community

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"stoa/internal/app"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/kit"
	"stoa/internal/web/page"
)

// An askForm is a question on its way: first its title, then what is known already, then the rest.
type askForm struct {
	Title, Body, Email, Name string
	Topic                    string
	Public                   bool
	Once                     string
	Found                    results
	Topics                   []Topic
	Problems                 []kit.Problem
	SignedIn                 bool
}

func (f *askForm) problem(field string) string {
	for _, p := range f.Problems {
		if p.Field == field {
			return p.Text
		}
	}
	return ""
}

// askPage asks for the question, and with ?q= shows what is known already and the rest of the form.
func askPage(v *page.Visit) error {
	s, err := reading(v)
	if err != nil {
		return err
	}
	f := askForm{Title: app.Cut(strings.TrimSpace(v.Query("q")), maxTitle), SignedIn: v.Visitor.User != "", Once: newOnce()}
	if f.Title != "" {
		if f.Found, err = find(v.Ctx(), s, v.UI.Lang(), f.Title, "", 4); err != nil {
			return err
		}
		if f.Topics, err = topics(v.Ctx(), s); err != nil {
			return err
		}
	}
	return v.Answer(page.Page{Title: v.T("ask.title"), Class: "main", Head: canonical(v, "/ask"), Body: askBody(v, f)})
}

// sendQuestion takes the whole form: a question to the staff goes on to the service's own form, one to everybody is a post.
func sendQuestion(v *page.Visit) error {
	if err := v.BadForm(); err != nil {
		return err
	}
	if v.Posted("website") != "" { // no person fills in what nobody sees
		return v.Redirect(v.Path("/"))
	}
	to := "/questions"
	if v.Posted("who") != "all" {
		to = "/requests"
	}
	// 307: the browser posts the same form again, there.
	http.Redirect(v.W, v.R, v.Path(to), http.StatusTemporaryRedirect)
	return nil
}

// solved counts a question that needed not be asked.
func solved(v *page.Visit) error {
	to := page.Within(v.Posted("page"), "/", "/articles/", "/questions/", "/services/", "/es/")
	s, err := acting(v)
	if err != nil {
		return err
	}
	err = s.Do(v.Ctx(), func(ctx context.Context, tx *org.Tx) error {
		_, err := org.Must(tx.Insert(ctx, []record.Draft{app.Draft("Deflection__c", "Page__c", app.Cut(to, 255))}, org.WriteOptions{}))
		return err
	})
	if err != nil {
		return err
	}
	v.Flash(v.T("ask.solvedThanks"))
	return v.Redirect(v.Path("/"))
}

// postQuestion publishes a question, at once where the person has signed in, else once they have used the link that they are mailed.
func postQuestion(v *page.Visit) error {
	if err := v.BadForm(); err != nil {
		return err
	}
	if v.Posted("website") != "" {
		return v.Redirect(v.Path("/questions"))
	}
	s, err := reading(v)
	if err != nil {
		return err
	}
	f := askForm{Title: v.Text("title", maxTitle), Body: v.Text("body", maxBody), Email: v.Text("email", 100), Topic: v.Posted("topic"), Public: true, Once: v.Posted("once"), SignedIn: v.Visitor.User != ""}
	bad := func(field, key string) {
		f.Problems = append(f.Problems, kit.Problem{Field: field, Text: v.T(key)})
	}
	if len([]rune(f.Title)) < 10 {
		bad("ask", "ask.titleShort")
	}
	if f.Topics, err = topics(v.Ctx(), s); err != nil {
		return err
	}
	if !hasTopic(f.Topics, f.Topic) {
		bad("topic", "ask.topicMissing")
	}
	if !f.SignedIn && !validAddress(f.Email) {
		bad("email", "portal.signin.bad")
	}
	if len(f.Problems) > 0 {
		return v.Answer(page.Page{Title: v.T("ask.title"), Class: "main", Status: http.StatusUnprocessableEntity, Body: askBody(v, f)})
	}
	d := Draft{Topic: record.ID(f.Topic), Title: f.Title, Body: f.Body, Language: v.UI.Lang(), Network: networkOf(v.Surface.Gate().Address(v.R)), Once: onceName(f.Once)}
	if !f.SignedIn {
		return invite(v, arrival{Email: f.Email, Lang: v.UI.Lang(), To: "/my", Draft: &d})
	}
	mine, err := acting(v)
	if err != nil {
		return err
	}
	k, err := Publish(v.Ctx(), mine, d)
	if err != nil {
		return err
	}
	return afterPosting(v, k, d)
}

func hasTopic(all []Topic, id string) bool {
	for _, t := range all {
		if string(t.ID) == id {
			return true
		}
	}
	return false
}

// afterPosting leads to what was posted, or to one's own page where it waits.
func afterPosting(v *page.Visit, k Kept, d Draft) error {
	if k.Held != "" {
		v.Flash(v.T("portal.held." + k.Held))
		return v.Redirect(v.Path("/my"))
	}
	v.Flash(v.T("portal.posted"))
	if d.On == "" {
		return v.Redirect(v.Path("/questions/" + string(k.ID) + "/" + slugOf(d.Title)))
	}
	return v.Redirect(v.Path("/questions/"+string(d.On)) + "#a-" + string(k.ID))
}

// postAnswer publishes an answer the same way.
func postAnswer(v *page.Visit) error {
	if err := v.BadForm(); err != nil {
		return err
	}
	if v.Posted("website") != "" {
		return v.Redirect(v.Path("/questions"))
	}
	s, err := reading(v)
	if err != nil {
		return err
	}
	t, err := thread(v.Ctx(), s, record.ID(v.Args["id"]))
	if err != nil {
		return err
	}
	if !t.Public() {
		return page.NotFound()
	}
	f := answerForm{Body: v.Text("body", maxBody), Email: v.Text("email", 100), Once: v.Posted("once")}
	if f.Body == "" {
		f.Problems = append(f.Problems, kit.Problem{Field: "body", Text: v.T("portal.answer.empty")})
	}
	if v.Visitor.User == "" && !validAddress(f.Email) {
		f.Problems = append(f.Problems, kit.Problem{Field: "email", Text: v.T("portal.signin.bad")})
	}
	if len(f.Problems) > 0 {
		return drawThread(v, s, t, f, http.StatusUnprocessableEntity)
	}
	d := Draft{On: t.ID, Body: f.Body, Language: v.UI.Lang(), Network: networkOf(v.Surface.Gate().Address(v.R)), Once: onceName(f.Once)}
	if v.Visitor.User == "" {
		return invite(v, arrival{Email: f.Email, Lang: v.UI.Lang(), To: t.Path(), Draft: &d})
	}
	mine, err := acting(v)
	if err != nil {
		return err
	}
	k, err := Publish(v.Ctx(), mine, d)
	if err != nil {
		return err
	}
	return afterPosting(v, k, d)
}

// onceName keeps the name of a form to what one of ours can be.
func onceName(s string) string {
	if len(s) > 40 || strings.ContainsAny(s, " /\r\n") {
		return ""
	}
	return s
}

// missing turns a fault of the client into words for its form; other errors go on.
func missing(err error) (string, error) {
	f := fault.From(err)
	if f.Code == fault.RequiredFieldMissing || f.Code == fault.InvalidEmail {
		return f.Message, nil
	}
	return "", err
}

// escaped returns a title as part of an address.
func escaped(s string) string { return url.PathEscape(s) }
