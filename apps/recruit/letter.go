package recruit

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"maps"
	"regexp"
	"strings"
	"time"

	"stoa/internal/app"
	"stoa/internal/i18n"
	"stoa/internal/org"
	"stoa/internal/record"
)

// The letters that an applicant gets, by the names of their templates. The Spanish one of each ends in _es.
const (
	letterReceived    = "Recruit_Received"
	letterMoved       = "Recruit_Moved_On"
	letterNotSelected = "Recruit_Not_Selected"
	letterInterview   = "Recruit_Interview"
	letterOffer       = "Recruit_Offer"
	letterWithdrawn   = "Recruit_Withdrawn"
	letterChanged     = "Recruit_Interview_Changed"
	letterCancelled   = "Recruit_Interview_Cancelled"
)

// jobSend is the service app's job that sends an EmailMessage; its key and its body are the message's id.
const jobSend = "service.send"

var mergeField = regexp.MustCompile(`\{!\s*([A-Za-z]+)\s*\}`)

// jobLetter is the job that writes a letter to an applicant.
const jobLetter = "recruit.letter"

// A letterJob is its body. More are merge fields beside those that every letter
// has: Name, Position, Reference, Stage, Reason, Link and Organisation.
type letterJob struct {
	ID          string            `json:"id"` // tells one letter from another
	Application record.ID         `json:"application"`
	Template    string            `json:"template"`
	More        map[string]string `json:"more,omitempty"`

	Subject string       `json:"subject,omitempty"` // of a letter that somebody wrote by hand: with Text, in place of a template
	Text    string       `json:"text,omitempty"`
	While   string       `json:"while,omitempty"` // the stage without which it is not written any more, "" for any
	Files   []letterFile `json:"files,omitempty"`

	reason string // of a preview: one that is not written down yet
}

// A letterFile is a file that goes with a letter.
type letterFile struct {
	Name string `json:"name"`
	Body []byte `json:"body"`
}

// letter has the applicant written to, in his language, by a template that the org words.
func letter(ctx context.Context, tx *org.Tx, application record.ID, template string, more map[string]string) error {
	j := letterJob{Application: application, Template: template, More: more}
	return j.enqueue(ctx, tx, 0)
}

// enqueue has the letter written after a while.
func (j *letterJob) enqueue(ctx context.Context, tx *org.Tx, after time.Duration) error {
	j.ID = rand.Text()
	b, err := json.Marshal(j)
	if err != nil {
		return err
	}
	return tx.Enqueue(ctx, org.Job{Kind: jobLetter, Key: j.ID, Due: tx.Now().Add(after), Body: b})
}

// writeLetter is the job. One letter is written once, however often the job runs.
func writeLetter(ctx context.Context, s *org.Session, body []byte) error {
	var j letterJob
	if err := json.Unmarshal(body, &j); err != nil {
		return err
	}
	capability, err := app.Capability(ctx, s.Org(), kindMine, j.Application)
	if err != nil {
		return err
	}
	s.Once("letter-" + j.ID)
	return s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		out, err := j.compose(ctx, tx, capability)
		if err != nil || out.Object == "" {
			return err
		}
		ids, err := org.Must(tx.Insert(ctx, []record.Draft{out}, org.WriteOptions{AllOrNone: true}))
		if err != nil {
			return err
		}
		var files []record.Draft
		for _, f := range j.Files {
			files = append(files, app.Draft("ContentVersion", "Title", f.Name, "PathOnClient", f.Name, "VersionData", f.Body, "FirstPublishLocationId", ids[0]))
		}
		if _, err := org.Must(tx.Insert(ctx, files, org.WriteOptions{AllOrNone: true})); err != nil {
			return err
		}
		waiting := app.Changes("EmailMessage", ids[0], "Delivery__c", "Waiting")
		if _, err := org.Must(tx.Update(ctx, []record.Draft{waiting}, org.WriteOptions{Seed: true})); err != nil {
			return err
		}
		return tx.Enqueue(ctx, org.Job{Kind: jobSend, Key: string(ids[0]), Body: []byte(ids[0])})
	})
}

// compose returns the message, an empty draft where there is nobody to write to, the application went elsewhere, or
// the org has switched the template off.
func (j *letterJob) compose(ctx context.Context, tx *org.Tx, capability string) (out record.Draft, err error) {
	l, err := j.draw(ctx, tx, capability)
	if err != nil || l.text == "" || l.to == "" || j.While != "" && j.While != l.stage {
		return out, err
	}
	return app.Draft("EmailMessage", "RelatedToId", j.Application, "Subject", l.subject, "TextBody", l.text,
		"FromName", l.sender, "FromAddress", l.from, "ToAddress", l.to, "Incoming", false, "IsExternallyVisible", true, "Status", "3",
		"MessageDate", tx.Now()), nil
}

// A drawn letter is one as it would go now.
type drawn struct {
	subject, text, from, sender, to, stage string
}

// draw fills a letter with what the reader may see: a preview of somebody who must not see a name has none.
func (j *letterJob) draw(ctx context.Context, r app.Reader, capability string) (l drawn, err error) {
	res, err := app.Query(ctx, r, `SELECT Reference__c, Status__c, Reason__c, Position__r.Name, Candidate__r.First_Name__c, Candidate__r.Last_Name__c, Candidate__r.Email__c,
		Candidate__r.Language__c FROM Job_Application__c WHERE Id = ?`, j.Application)
	if err != nil || res.Len() == 0 {
		return l, err
	}
	get := func(path ...string) string { return app.Text(res.Get(0, path...)) }
	lang := i18n.For(get("Candidate__r", "Language__c"))
	subject, text := j.Subject, j.Text
	if text == "" {
		if subject, text, err = templateText(ctx, r, j.Template, lang.Lang()); err != nil {
			return l, err
		}
	}
	from, sender, site, err := house(ctx, r)
	if err != nil {
		return l, err
	}
	stage, reason := get("Status__c"), get("Reason__c")
	if j.While != "" {
		stage = j.While
	}
	if j.reason != "" {
		reason = j.reason
	}
	values := map[string]string{
		"Name": strings.TrimSpace(get("Candidate__r", "First_Name__c") + " " + get("Candidate__r", "Last_Name__c")), "Position": get("Position__r", "Name"),
		"Reference": get("Reference__c"), "Stage": lang.T("jobs.stage." + stageKey(stage)), "Reason": reasonWords(lang, reason), "Organisation": sender,
		"Link": site + "/jobs/mine/" + get("Reference__c") + "-" + capability,
	}
	maps.Copy(values, j.More)
	fill := func(text string) string {
		return mergeField.ReplaceAllStringFunc(text, func(m string) string { return values[mergeField.FindStringSubmatch(m)[1]] })
	}
	return drawn{strings.Join(strings.Fields(fill(subject)), " "), fill(text), from, sender, get("Candidate__r", "Email__c"), get("Status__c")}, nil
}

// templateText returns subject and body of a template in a language, "" where the org has switched it off.
func templateText(ctx context.Context, r app.Reader, name, lang string) (subject, body string, err error) {
	res, err := app.Query(ctx, r, "SELECT DeveloperName, Subject, Body FROM EmailTemplate WHERE DeveloperName IN ? AND IsActive = true ORDER BY DeveloperName", []string{name, name + "_" + lang})
	if err != nil {
		return "", "", err
	}
	for i := range res.Len() { // the one in the language comes last, if there is one
		subject, body = app.Text(res.Get(i, "Subject")), app.Text(res.Get(i, "Body"))
	}
	return subject, body, nil
}

// house returns the address and the name that letters come from, and where the public site is.
func house(ctx context.Context, r app.Reader) (from, sender, site string, err error) {
	res, err := app.Query(ctx, r, "SELECT Sender_Name__c, Sender_Address__c, Site_Address__c FROM Service_Setting__c WHERE Name = 'Default' LIMIT 1")
	if err != nil || res.Len() == 0 {
		return "", "", r.Home(), err
	}
	return app.Text(res.Get(0, "Sender_Address__c")), app.Text(res.Get(0, "Sender_Name__c")), cmp.Or(strings.TrimSuffix(app.Text(res.Get(0, "Site_Address__c")), "/"), r.Home()), nil
}

// stageKey returns the end of the key of a stage's words.
func stageKey(stage string) string { return strings.ToLower(strings.ReplaceAll(stage, " ", "")) }

// reasonWords returns why somebody was not selected in a language.
func reasonWords(lang *i18n.Messages, reason string) string {
	if words := lang.T("jobs.reason." + reasonKey(reason)); reason != "" && !strings.HasPrefix(words, "jobs.") {
		return words
	}
	return reason
}

// reasonKey returns the end of the key of a reason's words.
func reasonKey(reason string) string {
	return strings.ToLower(strings.ReplaceAll(reason, " ", ""))
}
