package server_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"stoa/apps"
	"stoa/internal/server"
	"stoa/internal/server/servertest"
	"stoa/internal/store/storetest"
)

// TestABlindReviewIsBlindInEveryDoor asks every door for a candidate under review, as an administrator: he may do
// everything but see who candidates are.
func TestABlindReviewIsBlindInEveryDoor(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { blindInEveryDoor(t, servertest.Start(t, server.Settings{Apps: apps.All()})) })
	t.Run("postgres", func(t *testing.T) {
		database, schema := storetest.Schema(t)
		blindInEveryDoor(t, servertest.Start(t, server.Settings{Apps: apps.All(), Database: database, Schema: schema}))
	})
}

func blindInEveryDoor(t *testing.T, s *servertest.Server) {
	position := s.Create(t, "Position__c", map[string]any{"Name": "Hatter", "Status__c": "Open", "Slug__c": "hatter"})
	candidate := s.Create(t, "Candidate__c", map[string]any{"First_Name__c": "Xaver", "Last_Name__c": secret, "Email__c": secret + "@example.org", "Current_Employer__c": secret + " and sons"})
	application := s.Create(t, "Job_Application__c", map[string]any{"Position__c": position, "Candidate__c": candidate, "Cover_Letter__c": "I am Xaver " + secret, "Source__c": "Counter"})
	file := s.Create(t, "ContentVersion", map[string]any{"Title": secret, "PathOnClient": secret + ".txt", "VersionData": base64.StdEncoding.EncodeToString([]byte("Xaver " + secret)), "FirstPublishLocationId": application})
	s.Create(t, "EmailMessage", map[string]any{"RelatedToId": application, "Subject": "To Xaver " + secret, "TextBody": "Dear " + secret, "ToAddress": secret + "@example.org", "Status": "3", "IsExternallyVisible": true})
	// The same candidate applied where names are shown, and what was written there names him.
	elsewhere := s.Create(t, "Job_Application__c", map[string]any{"Position__c": s.Create(t, "Position__c", map[string]any{"Name": "Glover", "Status__c": "Open", "Slug__c": "glover"}),
		"Candidate__c": candidate, "Cover_Letter__c": "Xaver " + secret + " again", "Source__c": "Counter"})
	offer := s.Create(t, "Offer__c", map[string]any{"Job_Application__c": elsewhere, "Body__c": "Dear Xaver " + secret})
	s.Create(t, "Application_Note__c", map[string]any{"Job_Application__c": elsewhere, "Body__c": secret + " called"})
	s.Create(t, "EmailMessage", map[string]any{"RelatedToId": elsewhere, "Subject": secret + "?", "TextBody": "Dear " + secret, "ToAddress": secret + "@example.org", "Status": "3", "IsExternallyVisible": true})
	paper := s.Create(t, "ContentVersion", map[string]any{"Title": secret, "PathOnClient": secret + ".txt", "VersionData": base64.StdEncoding.EncodeToString([]byte("Xaver " + secret)), "FirstPublishLocationId": elsewhere})
	review := s.Create(t, "Review__c", map[string]any{"Job_Application__c": elsewhere, "Reviewer__c": s.Query(t, "SELECT Id FROM User WHERE Username = '"+servertest.Admin+"'")[0]["Id"], "Assessment__c": secret + " sews well", "Rating__c": 3, "Submitted__c": true})

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
		"record":      func() string { return rest("/sobjects/Candidate__c/" + candidate) },
		"application": func() string { return rest("/sobjects/Job_Application__c/" + application) },
		"query":       func() string { return rest(q("SELECT FIELDS(ALL) FROM Candidate__c LIMIT 9")) },
		"parent":      func() string { return rest(q("SELECT Candidate__r.Last_Name__c FROM Job_Application__c")) },
		"child": func() string {
			return rest(q("SELECT Id, (SELECT Candidate__r.Last_Name__c FROM Job_Applications__r) FROM Position__c"))
		},
		"extreme": func() string { return rest(q("SELECT MAX(Last_Name__c) m, MIN(Email__c) n FROM Candidate__c")) },
		"group": func() string {
			return rest(q("SELECT Candidate__r.Last_Name__c, COUNT(Id) FROM Job_Application__c GROUP BY Candidate__r.Last_Name__c"))
		},
		"search": func() string {
			return rest("/search?q=" + url.QueryEscape("FIND {"+secret+"} IN ALL FIELDS RETURNING Candidate__c(Last_Name__c)"))
		},
		"mails": func() string { return rest(q("SELECT Subject, TextBody, ToAddress FROM EmailMessage")) },
		"files": func() string { return rest(q("SELECT Title, PathOnClient FROM ContentVersion")) },
		"documents": func() string {
			return rest(q("SELECT ContentDocument.Title FROM ContentDocumentLink WHERE LinkedEntityId = '" + application + "'"))
		},
		"data": func() string { return rest("/sobjects/ContentVersion/" + file + "/VersionData") },
		"soap": func() string {
			return soap("<query><queryString>SELECT Last_Name__c, Email__c FROM Candidate__c</queryString></query>")
		},
		"page":             func() string { return people("/console/r/" + candidate) },
		"application page": func() string { return people("/console/r/" + application) },
		"edit":             func() string { return people("/console/r/" + candidate + "/edit") },
		"export":           func() string { return people("/console/Candidate__c/export.csv?cols=Last_Name__c,Email__c") },
		"recruiting":       func() string { return people("/console/recruit") },
		"pipeline":         func() string { return people("/console/recruit/" + position) },
		"candidate":        func() string { return people("/console/recruit/a/" + application) },
		"offer":            func() string { return rest("/sobjects/Offer__c/" + offer) },
		"offers":           func() string { return rest(q("SELECT Body__c FROM Offer__c")) },
		"offer found": func() string {
			return rest("/search?q=" + url.QueryEscape("FIND {"+secret+"} IN ALL FIELDS RETURNING Offer__c(Id, Body__c), Application_Note__c(Body__c), Review__c(Assessment__c)"))
		},
		"offer's letter":   func() string { return people("/console/recruit/a/" + elsewhere + "/offer/" + offer) },
		"offer's record":   func() string { return people("/console/r/" + offer) },
		"offer of a child": func() string { return rest(q("SELECT Id, (SELECT Body__c FROM Offers__r) FROM Job_Application__c")) },
		"notes":            func() string { return rest(q("SELECT Body__c FROM Application_Note__c")) },
		"reviews":          func() string { return rest(q("SELECT Assessment__c FROM Review__c")) },
		"review":           func() string { return rest("/sobjects/Review__c/" + review) },
		"letter elsewhere": func() string { return rest("/sobjects/Job_Application__c/" + elsewhere) },
		"page elsewhere":   func() string { return people("/console/recruit/a/" + elsewhere) },
		"record elsewhere": func() string { return people("/console/r/" + elsewhere) },
		"paper elsewhere":  func() string { return people("/console/recruit/a/" + elsewhere + "/file/" + paper) },
		"file elsewhere":   func() string { return rest("/sobjects/ContentVersion/" + paper + "/VersionData") },
		"letter":           func() string { return people("/console/recruit/" + position + "/move?to=Screened&id=" + application) },
		"download":         func() string { return people("/console/recruit/a/" + application + "/file/" + file) },
	}
	told := 0
	for name, ask := range doors {
		if strings.Contains(strings.ReplaceAll(ask(), "FIND {"+secret, ""), secret) {
			told++
			continue
		}
		t.Logf("%s does not tell it even where nothing is hidden: %.200s", name, ask())
	}
	if told < len(doors)*3/4 {
		t.Errorf("only %d of %d doors tell what is not hidden: this test asks the wrong questions", told, len(doors))
	}
	patch := func(object, id, body string) {
		t.Helper()
		if a := s.Do(t, servertest.Request{Method: "PATCH", Path: servertest.API + "/sobjects/" + object + "/" + id, Token: s.Token, Body: body}); a.Status != http.StatusNoContent {
			t.Fatalf("%s %s: %d %s", object, body, a.Status, a.Body)
		}
	}
	blind := func(when string) {
		t.Helper()
		for name, ask := range doors {
			if body := ask(); strings.Contains(body, secret) {
				t.Errorf("%s, %s tells who it is: %s", when, name, around(body))
			}
		}
	}
	patch("Position__c", position, `{"Blind_Until__c":"Interview"}`)
	blind("once the review is blind")
	for object, id := range map[string]string{"Candidate__c": candidate, "Job_Application__c": application, "ContentVersion": file} {
		patch(object, id, `{"Blind__c":false}`)
	}
	for object, id := range map[string]string{"Offer__c": offer, "Job_Application__c": elsewhere, "Review__c": review, "ContentVersion": paper} {
		field := map[bool]string{true: "Veiled__c", false: "Blind__c"}[object == "Job_Application__c"]
		patch(object, id, `{"`+field+`":false}`)
	}
	blind("after somebody took the flags away")
	patch("Job_Application__c", application, `{"Status__c":"Screened"}`)
	blind("one stage on")
	patch("Job_Application__c", application, `{"Status__c":"Interview"}`)
	for _, name := range []string{"candidate", "offer", "notes", "reviews", "paper elsewhere", "letter elsewhere"} {
		if !strings.Contains(doors[name](), secret) {
			t.Errorf("at its stage %s does not show the name", name)
		}
	}
}
