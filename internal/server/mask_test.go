package server_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"stoa/internal/app"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/server"
	"stoa/internal/server/servertest"
	"stoa/internal/store/storetest"
)

const secret = "Zylinderhut"

// TestNoDoorTellsWhatIsMasked asks every door for a contact whose name and address are hidden, as an administrator.
func TestNoDoorTellsWhatIsMasked(t *testing.T) {
	masks := []app.App{{Name: "blind", Masks: []org.Mask{{
		Object: "Contact", Fields: []string{"Name", "Email"}, Unless: "Nobody",
		While: org.Cond{Field: "Department", Op: org.Equal, Values: []record.Value{record.OfText("Blind")}},
	}}}}
	t.Run("sqlite", func(t *testing.T) { noDoorTells(t, servertest.Start(t, server.Settings{Apps: masks})) })
	t.Run("postgres", func(t *testing.T) {
		database, schema := storetest.Schema(t)
		noDoorTells(t, servertest.Start(t, server.Settings{Apps: masks, Database: database, Schema: schema}))
	})
}

func noDoorTells(t *testing.T, s *servertest.Server) {
	contact := s.Create(t, "Contact", map[string]any{"FirstName": "Xaver", "LastName": secret, "Email": secret + "@example.org", "Title": "Hatter"})
	kase := s.Create(t, "Case", map[string]any{"Subject": "A hat", "ContactId": contact})
	s.Create(t, "Task", map[string]any{"Subject": "Call the hatter", "WhoId": contact, "WhatId": kase})
	rest := func(path string) string {
		return s.Do(t, servertest.Request{Method: "GET", Path: servertest.API + path, Token: s.Token}).Body
	}
	soap := func(op string) string {
		return s.Do(t, servertest.Request{Method: "POST", Path: "/services/Soap/u/66.0", Header: []string{"Content-Type", "text/xml", "SOAPAction", `""`},
			Body: `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com"><e:Header><SessionHeader><sessionId>` + s.Token +
				`</sessionId></SessionHeader></e:Header><e:Body>` + op + `</e:Body></e:Envelope>`}).Body
	}
	people := signedIn(t, s)
	q := func(soql string) string { return "/query?q=" + url.QueryEscape(soql) }
	doors := map[string]func() string{
		"record":  func() string { return rest("/sobjects/Contact/" + contact) },
		"query":   func() string { return rest(q("SELECT FIELDS(ALL) FROM Contact LIMIT 9")) },
		"parent":  func() string { return rest(q("SELECT Contact.Name, Contact.LastName, ContactEmail FROM Case")) },
		"who":     func() string { return rest(q("SELECT Who.Name, Who.LastName FROM Task")) },
		"type of": func() string { return rest(q("SELECT TYPEOF Who WHEN Contact THEN LastName, Email END FROM Task")) },
		"child":   func() string { return rest(q("SELECT Id, (SELECT Contact.Name FROM Cases) FROM Contact")) },
		"extreme": func() string { return rest(q("SELECT MAX(LastName) m, MIN(Email) n FROM Contact")) },
		"group": func() string {
			return rest(q("SELECT Contact.LastName, COUNT(Id) FROM Case GROUP BY Contact.LastName"))
		},
		"search": func() string {
			return rest("/search?q=" + url.QueryEscape("FIND {Xaver} IN ALL FIELDS RETURNING Contact(Name, Email)"))
		},
		"search by": func() string { return rest("/parameterizedSearch?q=Xaver&sobject=Contact&Contact.fields=Name,Email") },
		"recent":    func() string { return rest("/sobjects/Contact") },
		"soap query": func() string {
			return soap("<query><queryString>SELECT Name, Email FROM Contact</queryString></query>")
		},
		"soap retrieve": func() string {
			return soap("<retrieve><fieldList>Name,Email,LastName</fieldList><sObjectType>Contact</sObjectType><ids>" + contact + "</ids></retrieve>")
		},
		"page":   func() string { return people("/console/r/" + contact) },
		"edit":   func() string { return people("/console/r/" + contact + "/edit") },
		"case":   func() string { return people("/console/r/" + kase) },
		"list":   func() string { return people("/console/Contact/list") },
		"cases":  func() string { return people("/console/Case/list?view=AllCases") },
		"export": func() string { return people("/console/Contact/export.csv") },
		"find":   func() string { return people("/console/search?q=Xaver") },
		"lookup": func() string { return people("/console/Case/lookup?field=ContactId&q=Xav") },
		"home":   func() string { return people("/console/home") },
	}
	told := 0
	for name, ask := range doors {
		if strings.Contains(ask(), secret) {
			told++
			continue
		}
		t.Logf("%s does not tell it even where nothing is hidden", name)
	}
	if told < len(doors)*3/4 {
		t.Errorf("only %d of %d doors tell what is not hidden: this test asks the wrong questions", told, len(doors))
	}
	if a := s.Do(t, servertest.Request{Method: "PATCH", Path: servertest.API + "/sobjects/Contact/" + contact, Token: s.Token, Body: `{"Department":"Blind"}`}); a.Status != http.StatusNoContent {
		t.Fatalf("hide: %d %s", a.Status, a.Body)
	}
	for name, ask := range doors {
		if body := ask(); strings.Contains(body, secret) {
			t.Errorf("%s tells what is hidden: %s", name, around(body))
		}
	}
	a := s.Do(t, servertest.Request{Method: "PATCH", Path: servertest.API + "/sobjects/Contact/" + contact, Token: s.Token, Body: `{"Email":"x@example.org"}`})
	if !strings.Contains(a.Body, "INSUFFICIENT_ACCESS_OR_READONLY") || !strings.Contains(a.Body, `"Email"`) {
		t.Errorf("a write of what is hidden: %d %s", a.Status, a.Body)
	}
}

// around returns the part of a body that tells the secret.
func around(body string) string {
	i := strings.Index(body, secret)
	return body[max(0, i-200):min(len(body), i+100)]
}

// signedIn signs the administrator in to the console and returns what gets its pages.
func signedIn(t *testing.T, s *servertest.Server) func(path string) string {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	do := func(r *http.Request, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var b strings.Builder
		if err := resp.Write(&b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	form := url.Values{"username": {servertest.Admin}, "password": {servertest.Password}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/login", strings.NewReader(form.Encode()))
	if err == nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	do(r, err)
	return func(path string) string {
		t.Helper()
		return do(http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil))
	}
}
