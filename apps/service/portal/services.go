package portal

import (
	"crypto/rand"
	"net/http"
	"strings"

	"stoa/apps/service"
	"stoa/internal/app"
	"stoa/internal/fault"
	"stoa/internal/mail"
	"stoa/internal/record"
	"stoa/internal/web/kit"
	"stoa/internal/web/page"
)

// A Service is one that is offered, in the visitor's language.
type Service struct {
	Slug, Name, Summary, Icon, Body string
	Reply, Solution                 int // business minutes, 0 where nothing is promised
}

func serviceOf(res *record.Result, i int, lang string) Service {
	text := func(name string) string {
		if lang == "es" {
			if t := app.Text(res.Get(i, strings.Replace(name, "__c", "_es__c", 1))); name != "Name" && t != "" {
				return t
			}
			if t := app.Text(res.Get(i, "Name_es__c")); name == "Name" && t != "" {
				return t
			}
		}
		return app.Text(res.Get(i, name))
	}
	s := Service{Slug: app.Text(res.Get(i, "Slug__c")), Name: text("Name"), Summary: text("Summary__c"), Icon: app.Text(res.Get(i, "Icon__c")), Body: text("Body__c"),
		Reply: minutes(res.Get(i, "First_Reply_Minutes__c")), Solution: minutes(res.Get(i, "Solution_Minutes__c"))}
	if s.Icon == "" {
		s.Icon = "landmark"
	}
	return s
}

func minutes(v record.Value) int {
	if v.IsNull() {
		return 0
	}
	return int(v.Int())
}

const serviceFields = "Slug__c, Name, Name_es__c, Summary__c, Summary_es__c, Body__c, Body_es__c, Icon__c, First_Reply_Minutes__c, Solution_Minutes__c"

func listServices(v *page.Visit) error {
	s, err := reading(v, public())
	if err != nil {
		return err
	}
	res, err := app.Query(v.Ctx(), s, "SELECT "+serviceFields+" FROM Service__c ORDER BY Order__c NULLS LAST, Name LIMIT 500")
	if err != nil {
		return err
	}
	var all []Service
	for i := range res.Len() {
		all = append(all, serviceOf(res, i, v.UI.Lang()))
	}
	return v.Answer(page.Page{Title: v.T("portal.services"), Class: "main", Head: linkCanonical(v.Surface.URL(v, "/services")), Body: servicesBody(v, all)})
}

// offered returns a service by its slug; NOT_FOUND for one that is not offered.
func offered(v *page.Visit, slug string) (Service, error) {
	s, err := reading(v, public())
	if err != nil {
		return Service{}, err
	}
	res, err := app.Query(v.Ctx(), s, "SELECT "+serviceFields+" FROM Service__c WHERE Slug__c = ?", slug)
	if err != nil {
		return Service{}, err
	}
	if res.Len() == 0 {
		return Service{}, page.NotFound()
	}
	return serviceOf(res, 0, v.UI.Lang()), nil
}

func showService(v *page.Visit) error {
	o, err := offered(v, v.Args["slug"])
	if err != nil {
		return err
	}
	return v.Answer(page.Page{Title: o.Name, Class: "main", Head: linkCanonical(v.Surface.URL(v, "/services/"+o.Slug)), Body: serviceBody(v, o)})
}

// A requestForm is a request on its way to the desk.
type requestForm struct {
	Service                         Service // the zero Service for none
	Title, Body, Name, Email, Phone string
	Once                            string
	Problems                        []kit.Problem
	SignedIn                        bool
}

func (f *requestForm) problem(field string) string {
	for _, p := range f.Problems {
		if p.Field == field {
			return p.Text
		}
	}
	return ""
}

func startRequest(v *page.Visit) error {
	o, err := offered(v, v.Args["slug"])
	if err != nil {
		return err
	}
	f := requestForm{Service: o, Once: rand.Text(), Email: v.Visitor.Email, SignedIn: v.Visitor.User != ""}
	return v.Answer(page.Page{Title: o.Name, Class: "main", Head: metaNoindex(), Body: requestBody(v, f)})
}

// sendRequest makes a case of a form, once however often it is sent, and leads to the page that says so.
func sendRequest(v *page.Visit) error {
	if err := v.BadForm(); err != nil {
		return err
	}
	if v.Posted("website") != "" { // no person fills in what nobody sees
		return v.Redirect(v.Path("/"))
	}
	f := requestForm{Title: v.Text("title", 200), Body: v.Text("body", 30_000), Name: v.Text("name", 80), Email: v.Text("email", 80), Phone: v.Text("phone", 40), Once: v.Posted("once"), SignedIn: v.Visitor.User != ""}
	if slug := v.Posted("service"); slug != "" {
		o, err := offered(v, slug)
		if err != nil {
			return err
		}
		f.Service = o
	}
	bad := func(field, key string, args ...any) {
		f.Problems = append(f.Problems, kit.Problem{Field: field, Text: v.T(key, args...)})
	}
	if f.Title == "" && f.Body == "" {
		bad("title", "ask.empty")
	}
	if !validAddress(f.Email) {
		bad("email", "portal.signin.bad")
	}
	files, refused := filesOf(v)
	for _, name := range refused {
		bad("files", "track.badFile", "name", name)
	}
	if len(f.Problems) > 0 {
		return v.Answer(page.Page{Title: v.T("ask.title"), Class: "main", Status: http.StatusUnprocessableEntity, Head: metaNoindex(), Body: requestBody(v, f)})
	}
	s, err := acting(v)
	if err != nil {
		return err
	}
	if len(f.Once) > 40 {
		f.Once = ""
	}
	made, err := service.NewCase(v.Ctx(), s, service.Intake{
		Name: f.Name, Email: f.Email, Phone: f.Phone, Subject: oneLine(f.Title), Body: f.Body, Language: v.UI.Lang(), Origin: "Web", Service: f.Service.Slug, Files: files, Confirm: true, Once: f.Once,
	})
	if err != nil {
		if c := fault.From(err); c.Code == fault.InvalidEmail || c.Code == fault.RequiredFieldMissing {
			f.Problems = append(f.Problems, kit.Problem{Text: c.Message})
			return v.Answer(page.Page{Title: v.T("ask.title"), Class: "main", Status: http.StatusUnprocessableEntity, Head: metaNoindex(), Body: requestBody(v, f)})
		}
		return err
	}
	return v.Redirect(v.Path("/track/" + made.TrackKey + "/received"))
}

// ownRequest leads somebody who has signed in to the page of a case of theirs.
func ownRequest(v *page.Visit) error {
	s, err := acting(v)
	if err != nil {
		return err
	}
	id := record.ID(v.Args["id"])
	if len(id) != 18 || id.Prefix() != "500" {
		return page.NotFound()
	}
	me, err := app.Query(v.Ctx(), s, "SELECT ContactId FROM User WHERE Id = ?", v.Visitor.User)
	if err != nil {
		return err
	}
	if me.Len() == 0 || me.Get(0, "ContactId").IsNull() {
		return page.NotFound()
	}
	res, err := app.Query(v.Ctx(), s, "SELECT Id FROM Case WHERE Id = ? AND ContactId = ?", id, me.Get(0, "ContactId").ID())
	if err != nil {
		return err
	}
	if res.Len() == 0 {
		return page.NotFound()
	}
	key, err := service.TrackKey(v.Ctx(), v.Surface.Org(), id)
	if err != nil {
		return err
	}
	return v.Redirect(v.Path("/track/" + key))
}

// validAddress reports whether s is an e-mail address and nothing else.
func validAddress(s string) bool { return mail.CheckAddress(s) == nil && len(s) <= 80 }

// oneLine makes a subject of what may have line breaks.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
