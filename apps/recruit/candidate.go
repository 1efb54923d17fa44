package recruit

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"stoa/internal/app"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/kit"
	"stoa/internal/web/page"
)

// A candidate is an application as staff see it: what a blind review hides is empty.
type candidate struct {
	ID                                   record.ID
	Position                             record.ID
	Title, Until                         string // of the position; the stage until which its review is blind
	Person                               person
	Stage, Reason, Reference, Source     string
	Applied, Since                       time.Time
	Years, Education, Employer, Language string
	Email, Phone, City                   string
	Letter                               string
	Answers                              []answered
	Needs                                string
	Files                                []paper
	Hidden                               int // files that a blind review hides
	Messages                             []mailed
	Events                               []stageEvent
	Others                               []other
	Notes                                []note
	Card                                 *card
	Talks                                []talkRow
	Offers                               []offerRow
	Staff                                []kit.Person
	Letters                              []letterChoice
	CanEdit                              bool
	Zone                                 *time.Location
	Arrange                              arrangeForm
	Problems                             []kit.Problem
	Said                                 []string
	Undo                                 *wayBack
}

// A paper is a file of an applicant, and how it is shown.
type paper struct {
	file
	Preview preview
	Text    string // of a document
	Broken  bool   // it is not what its name says
}

// A mailed is a message to or from the applicant.
type mailed struct {
	At            time.Time
	Subject, Body string
	Incoming      bool
	Hidden        bool
	Delivery      string
}

// A stageEvent is one move.
type stageEvent struct {
	At               time.Time
	From, To, Reason string
	By               string
}

// An other is another application of the same person.
type other struct {
	ID              record.ID
	Position, Stage string
	Applied         time.Time
}

// A note is what staff wrote down for each other.
type note struct {
	At   time.Time
	By   kit.Person
	Body string
}

// A talkRow is an interview with its panel.
type talkRow struct {
	interview
	Panel []kit.Person
}

// An offerRow is an offer.
type offerRow struct {
	ID                    record.ID
	Status                string
	Sent, Answered        time.Time
	Starts, Expires       time.Time
	Salary, Period, Lines string
}

func showCandidate(v *page.Visit) error {
	c, err := readCandidate(v)
	if err != nil {
		return err
	}
	c.Said, c.Undo = v.Flashed(), undoOf(v)
	return c.show(v, http.StatusOK)
}

func (c *candidate) show(v *page.Visit, status int) error {
	return v.Answer(page.Page{Title: c.Person.name(v), Icon: "user-round", Status: status, Body: candidatePage(v, c)})
}

func (c *candidate) path() string { return applicationPath(c.ID) }

func readCandidate(v *page.Visit) (*candidate, error) {
	id, err := idOf(v, "application", "Job_Application__c")
	if err != nil {
		return nil, err
	}
	res, err := app.Query(v.Ctx(), v.S, "SELECT Id, "+personFields+`, Position__c, Position__r.Name, Position__r.Blind_Until__c, Status__c, Reason__c, Reference__c, Source__c, Applied_On__c, Stage_Since__c,
		Cover_Letter__c, Answers__c, Candidate__r.Years_of_Experience__c, Candidate__r.Education__c, Candidate__r.Current_Employer__c, Candidate__r.Language__c,
		Candidate__r.Email__c, Candidate__r.Phone__c, Candidate__r.City__c FROM Job_Application__c WHERE Id = ?`, id)
	if err != nil {
		return nil, err
	}
	if res.Len() == 0 {
		return nil, page.NotFound()
	}
	get := func(path ...string) string { return app.Text(res.Get(0, path...)) }
	c := &candidate{
		ID: id, Position: res.Get(0, "Position__c").ID(), Title: get("Position__r", "Name"), Until: get("Position__r", "Blind_Until__c"), Person: personOf(res, 0), Stage: get("Status__c"), Reason: get("Reason__c"),
		Reference: get("Reference__c"), Source: get("Source__c"), Applied: dayOf(res.Get(0, "Applied_On__c")), Since: app.Instant(res.Get(0, "Stage_Since__c")),
		Years: get("Candidate__r", "Years_of_Experience__c"), Education: get("Candidate__r", "Education__c"), Employer: get("Candidate__r", "Current_Employer__c"), Language: get("Candidate__r", "Language__c"),
		Email: get("Candidate__r", "Email__c"), Phone: get("Candidate__r", "Phone__c"), City: get("Candidate__r", "City__c"), Letter: get("Cover_Letter__c"),
		CanEdit: mayEdit(v, "Job_Application__c"), Zone: v.Surface.Org().Zone(),
	}
	c.Arrange = arrangeForm{Minutes: "45", Kind: interviewKinds[0]}
	var said []answered
	if json.Unmarshal([]byte(get("Answers__c")), &said) == nil {
		for _, a := range said {
			if a.Question == "" {
				c.Needs = a.Answer
			} else {
				c.Answers = append(c.Answers, a)
			}
		}
	}
	for _, read := range []func(*page.Visit) error{c.readFiles, c.readMessages, c.readEvents, c.readOthers, c.readNotes, c.readTalks, c.readOffers, c.readStaff} {
		if err := read(v); err != nil {
			return nil, err
		}
	}
	if c.Card, err = readCard(v, c); err != nil {
		return nil, err
	}
	if c.CanEdit {
		c.Letters, err = letterChoices(v)
	}
	return c, err
}

// readFiles reads the papers, and the words of those that are text.
func (c *candidate) readFiles(v *page.Visit) error {
	all, err := filesOf(v.Ctx(), v.S, c.ID)
	if err != nil {
		return err
	}
	for _, f := range all {
		if f.Name == "" {
			c.Hidden++
			continue
		}
		p := paper{file: f, Preview: previewOf(f.Name)}
		if p.Preview == asText {
			data, err := fileData(v, f.ID)
			if err != nil {
				return err
			}
			text, ok := textOf(f.Name, data)
			p.Text, p.Broken = text, !ok
		}
		c.Files = append(c.Files, p)
	}
	return nil
}

func fileData(v *page.Visit, id record.ID) ([]byte, error) {
	res, err := app.Query(v.Ctx(), v.S, "SELECT VersionData FROM ContentVersion WHERE Id = ?", id)
	if err != nil {
		return nil, err
	}
	if res.Len() == 0 || res.Get(0, "VersionData").IsNull() {
		return nil, page.NotFound()
	}
	return []byte(res.Get(0, "VersionData").Text()), nil
}

func (c *candidate) readMessages(v *page.Visit) error {
	res, err := app.Query(v.Ctx(), v.S, "SELECT Subject, TextBody, MessageDate, Incoming, Delivery__c FROM EmailMessage WHERE RelatedToId = ? AND IsExternallyVisible = true ORDER BY MessageDate DESC, Id DESC LIMIT 100", c.ID)
	if err != nil {
		return err
	}
	for i := range res.Len() {
		m := mailed{At: app.Instant(res.Get(i, "MessageDate")), Subject: app.Text(res.Get(i, "Subject")), Body: app.Text(res.Get(i, "TextBody")), Incoming: res.Get(i, "Incoming").Bool(), Delivery: app.Text(res.Get(i, "Delivery__c"))}
		m.Hidden = m.Subject == "" && m.Body == ""
		c.Messages = append(c.Messages, m)
	}
	return nil
}

func (c *candidate) readEvents(v *page.Visit) error {
	res, err := app.Query(v.Ctx(), v.S, "SELECT From__c, To__c, Reason__c, CreatedDate, CreatedBy.Name FROM Stage_Event__c WHERE Job_Application__c = ? ORDER BY CreatedDate DESC, Name DESC LIMIT 100", c.ID)
	if err != nil {
		return err
	}
	for i := range res.Len() {
		get := func(path ...string) string { return app.Text(res.Get(i, path...)) }
		c.Events = append(c.Events, stageEvent{app.Instant(res.Get(i, "CreatedDate")), get("From__c"), get("To__c"), get("Reason__c"), get("CreatedBy", "Name")})
	}
	return nil
}

// readOthers reads what else the person applied for: not while he is hidden, since that may tell who he is.
func (c *candidate) readOthers(v *page.Visit) error {
	if c.Person.Hidden {
		return nil
	}
	res, err := app.Query(v.Ctx(), v.S, "SELECT Id, Position__r.Name, Status__c, Applied_On__c FROM Job_Application__c WHERE Candidate__c = ? AND Id != ? ORDER BY Applied_On__c DESC LIMIT 50", c.Person.ID, c.ID)
	if err != nil {
		return err
	}
	for i := range res.Len() {
		c.Others = append(c.Others, other{res.Get(i, "Id").ID(), app.Text(res.Get(i, "Position__r", "Name")), app.Text(res.Get(i, "Status__c")), dayOf(res.Get(i, "Applied_On__c"))})
	}
	return nil
}

func (c *candidate) readNotes(v *page.Visit) error {
	res, err := app.Query(v.Ctx(), v.S, "SELECT Body__c, CreatedDate, CreatedById, CreatedBy.Name FROM Application_Note__c WHERE Job_Application__c = ? ORDER BY CreatedDate DESC, Id DESC LIMIT 100", c.ID)
	if err != nil {
		return err
	}
	for i := range res.Len() {
		c.Notes = append(c.Notes, note{app.Instant(res.Get(i, "CreatedDate")), kit.Person{ID: res.Get(i, "CreatedById").ID(), Name: app.Text(res.Get(i, "CreatedBy", "Name"))}, app.Text(res.Get(i, "Body__c"))})
	}
	return nil
}

func (c *candidate) readTalks(v *page.Visit) error {
	res, err := app.Query(v.Ctx(), v.S, "SELECT Id, Starts__c, Minutes__c, Kind__c, Place__c, Status__c, Calendar_UID__c, Sequence__c FROM Interview__c WHERE Job_Application__c = ? ORDER BY Starts__c DESC LIMIT 50", c.ID)
	if err != nil {
		return err
	}
	var ids []record.ID
	for i := range res.Len() {
		in := interviewOf(res, i)
		ids = append(ids, in.ID)
		c.Talks = append(c.Talks, talkRow{interview: *in})
	}
	of, err := panels(v, ids)
	for i := range c.Talks {
		c.Talks[i].Panel = of[c.Talks[i].ID]
	}
	return err
}

func (c *candidate) readOffers(v *page.Visit) error {
	res, err := app.Query(v.Ctx(), v.S, "SELECT Id, Status__c, Sent_On__c, Answered_On__c, Start_Date__c, Expires__c, Salary__c, Pay_Period__c FROM Offer__c WHERE Job_Application__c = ? ORDER BY CreatedDate DESC, Id DESC LIMIT 50", c.ID)
	if err != nil {
		return err
	}
	for i := range res.Len() {
		o := offerRow{ID: res.Get(i, "Id").ID(), Status: app.Text(res.Get(i, "Status__c")), Sent: app.Instant(res.Get(i, "Sent_On__c")), Answered: app.Instant(res.Get(i, "Answered_On__c")),
			Starts: dayOf(res.Get(i, "Start_Date__c")), Expires: dayOf(res.Get(i, "Expires__c")), Period: app.Text(res.Get(i, "Pay_Period__c"))}
		o.Salary = payText(v.UI, res.Get(i, "Salary__c"), o.Period)
		c.Offers = append(c.Offers, o)
	}
	return nil
}

// maxStaff is of how many colleagues one chooses reviewers and panels.
const maxStaff = 500

// readStaff reads who can be asked for a review or sit on a panel.
func (c *candidate) readStaff(v *page.Visit) error {
	if !c.CanEdit {
		return nil
	}
	res, err := app.Query(v.Ctx(), v.S, "SELECT Id, Name FROM User WHERE IsActive = true AND UserType = 'Standard' ORDER BY Name LIMIT ?", maxStaff)
	if err != nil {
		return err
	}
	for i := range res.Len() {
		c.Staff = append(c.Staff, kit.Person{ID: res.Get(i, "Id").ID(), Name: app.Text(res.Get(i, "Name"))})
	}
	return nil
}

// steps is the way of the application as the page draws it.
func (c *candidate) steps(v *page.Visit) kit.Path {
	p := kit.Path{Label: v.T("recruit.path", "stage", stageName(v, c.Stage)), Field: "Status__c", Hidden: []kit.Hidden{{Name: "was", Value: c.Stage}, {Name: "back", Value: c.path()}}}
	if c.CanEdit {
		p.Action = c.path() + "/move"
	}
	for _, s := range Stages {
		if reached(s) >= 0 || s == c.Stage {
			p.Steps = append(p.Steps, kit.Step{Value: s, Label: stageName(v, s), Now: s == c.Stage, Done: reached(c.Stage) > reached(s) && reached(s) >= 0})
		}
	}
	return p
}

// next is the stage after this one, "" where there is none but a decision.
func (c *candidate) next() string {
	if i := reached(c.Stage); i >= 0 && i < reached(StageOffer) {
		return Stages[i+1]
	}
	return ""
}

// at returns a moment in the org's zone, in which interviews are.
func (c *candidate) at(t time.Time) time.Time { return t.In(c.Zone) }

// revealed returns until when a blind review hides who somebody is.
func (c *candidate) revealed(v *page.Visit) string {
	if !c.Person.Blind || c.Until == "" { // he applied elsewhere, too
		return v.T("recruit.veiled.other")
	}
	return v.T("recruit.veiled", "stage", stageName(v, c.Until))
}

// sendMessage writes to the applicant, by a template or in one's own words.
func sendMessage(v *page.Visit) error {
	c, err := readCandidate(v)
	if err != nil {
		return err
	}
	j := letterJob{Application: c.ID, Template: v.Posted("letter"), Subject: v.Text("subject", 200), Text: v.Text("text", 8000)}
	known := false
	for _, l := range c.Letters {
		known = known || l.Name == j.Template
	}
	switch {
	case !c.CanEdit:
		return page.NotFound()
	case j.Template != "" && !known:
		return page.NotFound()
	case j.Template != "":
		j.Subject, j.Text = "", ""
	case j.Text == "":
		c.Problems = append(c.Problems, kit.Problem{Field: "text", Text: v.T("recruit.message.empty")})
		return c.show(v, http.StatusUnprocessableEntity)
	case j.Subject == "":
		j.Subject = c.Title
	}
	o, err := v.Surface.Org().Service(v.Ctx(), v.S.Actor(), org.Console, purposeReview)
	if err != nil {
		return err
	}
	if err := send(v, o, j); err != nil {
		return err
	}
	v.Flash(v.T("recruit.message.sent"))
	return v.Redirect(c.path() + "#messages")
}

// addNote keeps a note.
func addNote(v *page.Visit) error {
	c, err := readCandidate(v)
	if err != nil {
		return err
	}
	body := v.Text("note", 8000)
	if body == "" {
		c.Problems = append(c.Problems, kit.Problem{Field: "note", Text: v.T("recruit.note.empty")})
		return c.show(v, http.StatusUnprocessableEntity)
	}
	if _, err := org.Must(v.S.Insert(v.Ctx(), []record.Draft{app.Draft("Application_Note__c", "Job_Application__c", c.ID, "Body__c", body)}, org.WriteOptions{AllOrNone: true})); err != nil {
		return err
	}
	v.Flash(v.T("recruit.note.kept"))
	return v.Redirect(c.path() + "#notes")
}

// fileOf returns the file of the address, where it is one of the application's that who visits may see.
func fileOf(v *page.Visit) (file, error) {
	id, err := idOf(v, "application", "Job_Application__c")
	if err != nil {
		return file{}, err
	}
	all, err := filesOf(v.Ctx(), v.S, id)
	if err != nil {
		return file{}, err
	}
	for _, f := range all {
		if string(f.ID) == v.Args["file"] && f.Name != "" {
			return f, nil
		}
	}
	return file{}, page.NotFound()
}

// sendFile gives a paper out in such a way that no browser runs it.
func sendFile(v *page.Visit) error {
	f, err := fileOf(v)
	if err != nil {
		return err
	}
	return download(v, v.S, f)
}

// viewFile shows a PDF in a frame that may do nothing, and a picture drawn anew. Nothing else is shown from here.
func viewFile(v *page.Visit) error {
	f, err := fileOf(v)
	if err != nil {
		return err
	}
	data, err := fileData(v, f.ID)
	if err != nil {
		return err
	}
	v.W.Header().Set("Cache-Control", "private, no-store")
	switch previewOf(f.Name) {
	case asPDF:
		if !strings.HasPrefix(string(data[:min(len(data), 5)]), "%PDF-") {
			return page.NotFound()
		}
		// Browsers show no PDF in a sandbox. Theirs runs nothing of a file against the site that it came from, and nosniff keeps
		// the file from being anything else.
		v.W.Header().Set("Content-Security-Policy", "default-src 'none'; object-src 'self'; frame-ancestors 'self'")
		v.W.Header().Set("Content-Disposition", "inline")
		return v.Write(http.StatusOK, "application/pdf", data)
	case asPicture:
		b, err := picture(data)
		if err != nil {
			return page.NotFound()
		}
		v.W.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'")
		return v.Write(http.StatusOK, "image/jpeg", b)
	default:
		return page.NotFound()
	}
}
