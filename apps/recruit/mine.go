package recruit

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"stoa/internal/app"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/page"
)

// purposeMine is what an applicant's own page is read for.
const purposeMine = "recruit.applicant"

// A minePage is what an applicant sees of his application: never what others wrote about it.
type minePage struct {
	Key, Reference, Stage, Reason string
	Sent                          bool // it was sent a moment ago
	Job                           opening
	Steps                         []mineStep
	Letter                        string
	Answers                       []answered
	Files                         []file
	Messages                      []message
	Interview                     *interview
	Offer                         *offer

	id record.ID
}

// A mineStep is one of what happened or will.
type mineStep struct {
	Stage string
	At    time.Time // zero: not yet
	Now   bool
}

// A message is one that went to the applicant.
type message struct {
	At            time.Time
	Subject, Body string
}

// An interview as both sides see it.
type interview struct {
	ID                  record.ID
	Starts              time.Time
	Minutes             int
	Kind, Place, Status string
	UID                 string
	Sequence            int
}

// An offer as the applicant sees it.
type offer struct {
	ID              record.ID
	Body, Status    string
	Expires, Starts time.Time
}

// open reads the application that the address's key opens.
func openMine(v *page.Visit) (*org.Session, *minePage, error) {
	s, err := service(v, purposeMine)
	if err != nil {
		return nil, nil, err
	}
	id, err := byKey(v.Ctx(), s, v.Args["key"])
	if err != nil {
		return nil, nil, err
	}
	if id == "" {
		return nil, nil, page.NotFound()
	}
	p := &minePage{Key: v.Args["key"], Sent: v.Query("sent") != "", id: id}
	return s, p, p.load(v.Ctx(), s)
}

func (p *minePage) load(ctx context.Context, s *org.Session) error {
	res, err := app.Query(ctx, s, "SELECT Reference__c, Status__c, Reason__c, Cover_Letter__c, Answers__c, Position__r.Slug__c, Position__r.Name FROM Job_Application__c WHERE Id = ?", p.id)
	if err != nil {
		return err
	}
	if res.Len() == 0 {
		return page.NotFound()
	}
	get := func(path ...string) string { return app.Text(res.Get(0, path...)) }
	p.Reference, p.Stage, p.Reason, p.Letter = get("Reference__c"), get("Status__c"), get("Reason__c"), get("Cover_Letter__c")
	if err := json.Unmarshal([]byte(get("Answers__c")), &p.Answers); err != nil {
		p.Answers = nil // written by somebody else than the careers site
	}
	if p.Job, _, err = openingBySlug(ctx, s, get("Position__r", "Slug__c")); err != nil {
		return err
	}
	p.Job.Title = get("Position__r", "Name")
	if p.Files, err = filesOf(ctx, s, p.id); err != nil {
		return err
	}
	if err := p.loadSteps(ctx, s); err != nil {
		return err
	}
	mails, err := app.Query(ctx, s, "SELECT Subject, TextBody, MessageDate FROM EmailMessage WHERE RelatedToId = ? AND Incoming = false AND IsExternallyVisible = true ORDER BY MessageDate DESC LIMIT 50", p.id)
	if err != nil {
		return err
	}
	for i := range mails.Len() {
		p.Messages = append(p.Messages, message{app.Instant(mails.Get(i, "MessageDate")), app.Text(mails.Get(i, "Subject")), app.Text(mails.Get(i, "TextBody"))})
	}
	if p.Interview, err = nextInterview(ctx, s, p.id); err != nil {
		return err
	}
	p.Offer, err = offerOf(ctx, s, p.id)
	return err
}

// loadSteps tells the way so far, and what is still to come.
func (p *minePage) loadSteps(ctx context.Context, s *org.Session) error {
	res, err := app.Query(ctx, s, "SELECT To__c, CreatedDate FROM Stage_Event__c WHERE Job_Application__c = ? ORDER BY CreatedDate, Name", p.id)
	if err != nil {
		return err
	}
	for i := range res.Len() {
		p.Steps = append(p.Steps, mineStep{Stage: app.Text(res.Get(i, "To__c")), At: app.Instant(res.Get(i, "CreatedDate"))})
	}
	if len(p.Steps) == 0 {
		p.Steps = []mineStep{{Stage: p.Stage}}
	}
	p.Steps[len(p.Steps)-1].Now = true
	if !Open(p.Stage) {
		return nil
	}
	for _, stage := range Stages[reached(p.Stage)+1:] {
		if stage == StageRejected {
			break
		}
		p.Steps = append(p.Steps, mineStep{Stage: stage})
	}
	return nil
}

// nextInterview returns the interview that is arranged or proposed, nil for none.
func nextInterview(ctx context.Context, r app.Reader, application record.ID) (*interview, error) {
	res, err := app.Query(ctx, r, `SELECT Id, Starts__c, Minutes__c, Kind__c, Place__c, Status__c, Calendar_UID__c, Sequence__c FROM Interview__c
		WHERE Job_Application__c = ? AND Status__c IN ('Proposed', 'Confirmed') ORDER BY Starts__c DESC LIMIT 1`, application)
	if err != nil || res.Len() == 0 {
		return nil, err
	}
	return interviewOf(res, 0), nil
}

func interviewOf(res *record.Result, i int) *interview {
	get := func(name string) string { return app.Text(res.Get(i, name)) }
	in := &interview{ID: res.Get(i, "Id").ID(), Starts: app.Instant(res.Get(i, "Starts__c")), Kind: get("Kind__c"), Place: get("Place__c"), Status: get("Status__c"), UID: get("Calendar_UID__c"), Minutes: 45}
	if n := res.Get(i, "Minutes__c"); !n.IsNull() {
		in.Minutes = int(n.Int())
	}
	if n := res.Get(i, "Sequence__c"); !n.IsNull() {
		in.Sequence = int(n.Int())
	}
	return in
}

// offerOf returns the offer that was sent, nil for none.
func offerOf(ctx context.Context, r app.Reader, application record.ID) (*offer, error) {
	res, err := app.Query(ctx, r, "SELECT Id, Body__c, Status__c, Expires__c, Start_Date__c FROM Offer__c WHERE Job_Application__c = ? AND Status__c IN ('Sent', 'Accepted', 'Declined') ORDER BY Sent_On__c DESC LIMIT 1", application)
	if err != nil || res.Len() == 0 {
		return nil, err
	}
	return &offer{ID: res.Get(0, "Id").ID(), Body: app.Text(res.Get(0, "Body__c")), Status: app.Text(res.Get(0, "Status__c")), Expires: dayOf(res.Get(0, "Expires__c")), Starts: dayOf(res.Get(0, "Start_Date__c"))}, nil
}

func showMine(v *page.Visit) error {
	_, p, err := openMine(v)
	if err != nil {
		return err
	}
	v.W.Header().Set("Cache-Control", "no-store")
	v.W.Header().Set("Referrer-Policy", "no-referrer") // the address is the key
	return v.Answer(page.Page{Title: p.Job.Title, Class: "main", Body: minePageBody(v, p)})
}

// withdraw takes the application back.
func withdraw(v *page.Visit) error {
	s, p, err := openMine(v)
	if err != nil {
		return err
	}
	if Open(p.Stage) {
		err := s.Do(v.Ctx(), func(ctx context.Context, tx *org.Tx) error {
			d := app.Changes("Job_Application__c", p.id, "Status__c", StageWithdrawn, "Reason__c", "Withdrew")
			if _, err := org.Must(tx.Update(ctx, []record.Draft{d}, org.WriteOptions{AllOrNone: true})); err != nil {
				return err
			}
			return letter(ctx, tx, p.id, letterWithdrawn, nil)
		})
		if err != nil {
			return err
		}
	}
	return v.Redirect(mine(v, p.Key))
}

// answerInterview says whether the time suits.
func answerInterview(v *page.Visit) error {
	status := map[string]string{"yes": "Confirmed", "no": "Declined"}[v.Posted("answer")]
	s, p, err := openMine(v)
	if err != nil {
		return err
	}
	if p.Interview != nil && status != "" && record.ID(v.Posted("id")) == p.Interview.ID {
		d := app.Changes("Interview__c", p.Interview.ID, "Status__c", status)
		if _, err := org.Must(s.Update(v.Ctx(), []record.Draft{d}, org.WriteOptions{AllOrNone: true})); err != nil {
			return err
		}
	}
	return v.Redirect(mine(v, p.Key))
}

// answerOffer accepts or declines, once, while the offer stands.
func answerOffer(v *page.Visit) error {
	status := map[string]string{"yes": "Accepted", "no": "Declined"}[v.Posted("answer")]
	s, p, err := openMine(v)
	if err != nil {
		return err
	}
	if p.Offer == nil || status == "" || !Open(p.Stage) || p.Offer.Status != offerSent || record.ID(v.Posted("id")) != p.Offer.ID || p.Offer.expired(today(v)) {
		return v.Redirect(mine(v, p.Key))
	}
	err = s.Do(v.Ctx(), func(ctx context.Context, tx *org.Tx) error {
		drafts := []record.Draft{app.Changes("Offer__c", p.Offer.ID, "Status__c", status, "Answered_On__c", tx.Now())}
		if _, err := org.Must(tx.Update(ctx, drafts, org.WriteOptions{AllOrNone: true})); err != nil || status != "Accepted" {
			return err
		}
		_, err := org.Must(tx.Update(ctx, []record.Draft{app.Changes("Job_Application__c", p.id, "Status__c", StageHired)}, org.WriteOptions{AllOrNone: true}))
		return err
	})
	if err != nil {
		return err
	}
	return v.Redirect(mine(v, p.Key))
}

// interviewFile is the interview as calendars take it.
func interviewFile(v *page.Visit) error {
	_, p, err := openMine(v)
	if err != nil {
		return err
	}
	if p.Interview == nil {
		return page.NotFound()
	}
	v.W.Header().Set("Content-Disposition", `attachment; filename="interview.ics"`)
	return v.Write(http.StatusOK, "text/calendar; charset=utf-8; method=PUBLISH", calendar(v.Surface.Org().Name(), p.Job.Title, p.Interview, v.UI.Now))
}

// calendar writes an interview as RFC 5545 has it.
func calendar(house, title string, in *interview, now time.Time) []byte {
	escape := strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`)
	const stamp = "20060102T150405Z"
	uid := in.UID
	if uid == "" {
		uid = string(in.ID)
	}
	status := map[string]string{"Confirmed": "CONFIRMED", "Cancelled": "CANCELLED", "Declined": "CANCELLED"}[in.Status]
	if status == "" {
		status = "TENTATIVE"
	}
	lines := []string{
		"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Stoa//Recruiting//EN", "METHOD:PUBLISH", "BEGIN:VEVENT",
		"UID:" + escape.Replace(uid), "DTSTAMP:" + now.UTC().Format(stamp), "DTSTART:" + in.Starts.UTC().Format(stamp),
		"DTEND:" + in.Starts.Add(time.Duration(in.Minutes)*time.Minute).UTC().Format(stamp), "SEQUENCE:" + record.OfInt(int64(in.Sequence)).String(),
		"SUMMARY:" + escape.Replace(title+", "+house), "LOCATION:" + escape.Replace(in.Place), "STATUS:" + status, "END:VEVENT", "END:VCALENDAR",
	}
	var b strings.Builder
	for _, l := range lines {
		for len(l) > 73 { // a line has at most 75 octets, and a character is not cut
			cut := 73
			for cut > 0 && l[cut]&0xC0 == 0x80 {
				cut--
			}
			b.WriteString(l[:cut] + "\r\n ")
			l = l[cut:]
		}
		b.WriteString(l + "\r\n")
	}
	return []byte(b.String())
}

// myFile gives an applicant back what he has sent.
func myFile(v *page.Visit) error {
	s, p, err := openMine(v)
	if err != nil {
		return err
	}
	for _, f := range p.Files {
		if string(f.ID) == v.Args["id"] {
			return download(v, s, f)
		}
	}
	return page.NotFound()
}

// download writes a file in such a way that no browser runs it.
func download(v *page.Visit, s *org.Session, f file) error {
	res, err := app.Query(v.Ctx(), s, "SELECT VersionData FROM ContentVersion WHERE Id = ?", f.ID)
	if err != nil {
		return err
	}
	if res.Len() == 0 {
		return page.NotFound()
	}
	v.W.Header().Set("Content-Disposition", page.Attachment(f.Name))
	v.W.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'")
	return v.Write(http.StatusOK, "application/octet-stream", []byte(res.Get(0, "VersionData").Text()))
}
