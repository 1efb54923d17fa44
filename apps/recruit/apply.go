package recruit

import (
	"context"
	"encoding/json"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"stoa/internal/app"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/kit"
	"stoa/internal/web/page"
)

// purposeApply is what an applicant's words are kept for.
const purposeApply = "recruit.apply"

const (
	draftLife   = 30 * 24 * time.Hour // how long one may come back to an application
	maxFiles    = 5
	maxFileSize = 10 << 20
	maxLetter   = 8000
	maxAnswer   = 2000
)

// fileTypes are what an applicant may send, by ending, with how such a file begins.
var fileTypes = map[string]string{
	".pdf": "%PDF-", ".docx": "PK\x03\x04", ".odt": "PK\x03\x04", ".rtf": "{\\rtf", ".jpg": "\xff\xd8\xff", ".jpeg": "\xff\xd8\xff", ".png": "\x89PNG", ".txt": "",
}

// An application is what somebody has written so far.
type application struct {
	First    string   `json:"first,omitempty"`
	Last     string   `json:"last,omitempty"`
	Email    string   `json:"email,omitempty"`
	Phone    string   `json:"phone,omitempty"`
	Years    string   `json:"years,omitempty"`
	Learned  string   `json:"education,omitempty"`
	Employer string   `json:"employer,omitempty"`
	Answers  []string `json:"answers,omitempty"`
	Letter   string   `json:"letter,omitempty"`
	Adjust   string   `json:"adjust,omitempty"`
	Language string   `json:"language,omitempty"`
}

// A draftForm is an application under way: whose key the address holds.
type draftForm struct {
	ID       record.ID
	Key      string
	Job      opening
	Data     application
	Files    []file
	Step     string
	Problems []kit.Problem
	Done     record.ID // the application that was made of it, "" for none yet
}

// A file is one that an applicant has sent.
type file struct {
	ID   record.ID // of the version
	Doc  record.ID
	Name string
	Size int
}

// The steps: one thing a page. Those of the position's own questions are question-1, question-2, …
const (
	stepYou        = "you"
	stepExperience = "experience"
	stepLetter     = "letter"
	stepFiles      = "files"
	stepAdjust     = "adjustments"
	stepCheck      = "check"
)

func steps(o *opening) []string {
	all := []string{stepYou, stepExperience}
	for i := range o.Questions {
		all = append(all, "question-"+strconv.Itoa(i+1))
	}
	return append(all, stepLetter, stepFiles, stepAdjust, stepCheck)
}

// question returns the index of a question's step, -1 for others.
func (f *draftForm) question() int {
	if n, ok := strings.CutPrefix(f.Step, "question-"); ok {
		if i, err := strconv.Atoi(n); err == nil && i >= 1 && i <= len(f.Job.Questions) {
			return i - 1
		}
	}
	return -1
}

func (f *draftForm) at() int { return slices.Index(steps(&f.Job), f.Step) }

func (f *draftForm) path(v *page.Visit, step string) string {
	return v.Path("/jobs/apply/" + f.Key + "/" + step)
}

// service opens a session of the app in the visitor's name.
func service(v *page.Visit, why string) (*org.Session, error) {
	return v.Surface.Org().Service(v.Ctx(), v.Visitor, org.Portal, why)
}

// beginApplication makes a draft whose key only its writer has.
func beginApplication(v *page.Visit) error {
	public, err := reader(v)
	if err != nil {
		return err
	}
	o, ok, err := openingBySlug(v.Ctx(), public, v.Args["slug"])
	if err != nil {
		return err
	}
	if !ok || !o.open(today(v)) {
		return page.NotFound()
	}
	s, err := service(v, purposeApply)
	if err != nil {
		return err
	}
	key, hash := app.NewKey()
	data, err := json.Marshal(application{Language: v.UI.Lang(), Email: v.Visitor.Email})
	if err != nil {
		return err
	}
	d := app.Draft("Application_Draft__c", "Position__c", o.ID, "Key_Hash__c", hash, "Data__c", string(data), "Expires__c", v.UI.Now.Add(draftLife))
	if _, err := org.Must(s.Insert(v.Ctx(), []record.Draft{d}, org.WriteOptions{AllOrNone: true})); err != nil {
		return err
	}
	return v.Redirect(v.Path("/jobs/apply/" + key + "/" + stepYou))
}

// load reads the draft of the address's key.
func load(v *page.Visit, s *org.Session) (*draftForm, error) {
	f := &draftForm{Key: v.Args["key"], Step: v.Args["step"]}
	res, err := app.Query(v.Ctx(), s, "SELECT Id, Data__c, Application__c, Position__r.Slug__c FROM Application_Draft__c WHERE Key_Hash__c = ? AND Expires__c > ?", app.KeyHash(f.Key), v.UI.Now)
	if err != nil {
		return nil, err
	}
	if res.Len() == 0 {
		return nil, page.NotFound()
	}
	f.ID, f.Done = res.Get(0, "Id").ID(), record.ID(app.Text(res.Get(0, "Application__c")))
	if err := json.Unmarshal([]byte(app.Text(res.Get(0, "Data__c"))), &f.Data); err != nil {
		return nil, err
	}
	o, ok, err := openingBySlug(v.Ctx(), s, app.Text(res.Get(0, "Position__r", "Slug__c")))
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, page.NotFound()
	}
	f.Job = o
	f.Data.Answers = append(f.Data.Answers, make([]string, max(0, len(o.Questions)-len(f.Data.Answers)))...)
	if f.Files, err = filesOf(v.Ctx(), s, f.ID); err != nil {
		return nil, err
	}
	if f.Step != "" && f.at() < 0 {
		return nil, page.NotFound()
	}
	return f, nil
}

// filesOf returns the files on a record.
func filesOf(ctx context.Context, r app.Reader, on record.ID) ([]file, error) {
	links, err := app.Query(ctx, r, "SELECT ContentDocumentId FROM ContentDocumentLink WHERE LinkedEntityId = ?", on)
	if err != nil || links.Len() == 0 {
		return nil, err
	}
	var docs []record.ID
	for i := range links.Len() {
		docs = append(docs, links.Get(i, "ContentDocumentId").ID())
	}
	res, err := app.Query(ctx, r, "SELECT Id, ContentDocumentId, PathOnClient, ContentSize FROM ContentVersion WHERE IsLatest = true AND ContentDocumentId IN ? ORDER BY Id", docs)
	if err != nil {
		return nil, err
	}
	var all []file
	for i := range res.Len() {
		all = append(all, file{ID: res.Get(i, "Id").ID(), Doc: res.Get(i, "ContentDocumentId").ID(), Name: app.Text(res.Get(i, "PathOnClient")), Size: int(res.Get(i, "ContentSize").Int())})
	}
	return all, nil
}

// resumeApplication leads back to the first thing that is missing.
func resumeApplication(v *page.Visit) error {
	s, err := service(v, purposeApply)
	if err != nil {
		return err
	}
	f, err := load(v, s)
	if err != nil {
		return err
	}
	if f.Done != "" {
		return toMine(v, s, f.Done)
	}
	for _, f.Step = range steps(&f.Job) {
		if f.Step == stepCheck || len(f.missing(v)) > 0 {
			break
		}
	}
	return v.Redirect(f.path(v, f.Step))
}

func showStep(v *page.Visit) error {
	s, err := service(v, purposeApply)
	if err != nil {
		return err
	}
	f, err := load(v, s)
	if err != nil {
		return err
	}
	if f.Done != "" {
		return toMine(v, s, f.Done)
	}
	return f.show(v, 0)
}

func (f *draftForm) show(v *page.Visit, status int) error {
	return v.Answer(page.Page{Title: f.title(v), Class: "main", Status: status, Body: applyPage(v, f)})
}

// title returns what the page asks.
func (f *draftForm) title(v *page.Visit) string {
	if i := f.question(); i >= 0 {
		return f.Job.Questions[i]
	}
	return v.T("jobs.step." + f.Step)
}

// saveStep keeps what a page asked for and leads on; what is wrong is told beside it, and kept, too.
func saveStep(v *page.Visit) error {
	s, err := service(v, purposeApply)
	if err != nil {
		return err
	}
	f, err := load(v, s)
	if err != nil {
		return err
	}
	if f.Done != "" {
		return toMine(v, s, f.Done)
	}
	if err := v.BadForm(); err != nil {
		f.Problems = []kit.Problem{{Text: fault.From(err).Message}}
		return f.show(v, 413)
	}
	if f.Step == stepCheck {
		return submit(v, s, f)
	}
	f.take(v)
	if f.Step == stepFiles {
		if err := f.takeFiles(v, s); err != nil {
			return err
		}
	}
	if err := f.keep(v.Ctx(), s); err != nil {
		return err
	}
	f.Problems = append(f.Problems, f.missing(v)...)
	if len(f.Problems) > 0 {
		return f.show(v, 422)
	}
	next := steps(&f.Job)[f.at()+1]
	switch {
	case v.Posted("more") != "":
		next = f.Step
	case v.Posted("back-to-check") != "":
		next = stepCheck
	}
	return v.Redirect(f.path(v, next))
}

// take reads the fields of the step.
func (f *draftForm) take(v *page.Visit) {
	d := &f.Data
	switch f.Step {
	case stepYou:
		d.First, d.Last, d.Email, d.Phone = v.Text("first", 50), v.Text("last", 50), v.Text("email", 80), v.Text("phone", 40)
	case stepExperience:
		d.Years, d.Learned, d.Employer = v.Text("years", 5), v.Text("education", 80), v.Text("employer", 80)
	case stepLetter:
		d.Letter = v.Text("letter", maxLetter)
	case stepAdjust:
		d.Adjust = v.Text("adjust", maxAnswer)
	default:
		if i := f.question(); i >= 0 {
			d.Answers[i] = v.Text("answer", maxAnswer)
		}
	}
}

// missing returns what the step still lacks.
func (f *draftForm) missing(v *page.Visit) (p []kit.Problem) {
	add := func(field, key string) { p = append(p, kit.Problem{Field: field, Text: v.T(key)}) }
	d := &f.Data
	switch f.Step {
	case stepYou:
		if d.Last == "" {
			add("last", "jobs.error.name")
		}
		if a, err := mail.ParseAddress(d.Email); err != nil || a.Name != "" || a.Address != d.Email || !strings.Contains(d.Email[strings.LastIndexByte(d.Email, '@'):], ".") {
			add("email", "jobs.error.email")
		}
	case stepExperience:
		if n, err := strconv.ParseFloat(strings.Replace(d.Years, ",", ".", 1), 64); err != nil || n < 0 || n > 70 {
			add("years", "jobs.error.years")
		}
	case stepLetter:
		if d.Letter == "" {
			add("letter", "jobs.error.letter")
		}
	default:
		if i := f.question(); i >= 0 && d.Answers[i] == "" {
			add("answer", "jobs.error.answer")
		}
	}
	return p
}

// keep writes the draft.
func (f *draftForm) keep(ctx context.Context, s *org.Session) error {
	b, err := json.Marshal(f.Data)
	if err != nil {
		return err
	}
	_, err = org.Must(s.Update(ctx, []record.Draft{app.Changes("Application_Draft__c", f.ID, "Data__c", string(b), "Email__c", f.Data.Email)}, org.WriteOptions{AllOrNone: true}))
	return err
}

// takeFiles keeps the files of the form, and removes one where that was asked.
func (f *draftForm) takeFiles(v *page.Visit, s *org.Session) error {
	if gone := record.ID(v.Posted("remove")); gone != "" {
		for _, have := range f.Files {
			if have.ID == gone {
				_, err := org.Must(s.Delete(v.Ctx(), []record.ID{have.Doc}, org.WriteOptions{AllOrNone: true}))
				v.Values().Set("more", "1")
				return err
			}
		}
		return nil
	}
	var drafts []record.Draft
	for _, u := range v.Uploads() {
		if problem := refusal(v, u); problem != "" {
			f.Problems = append(f.Problems, kit.Problem{Field: "file", Text: problem})
			continue
		}
		if len(f.Files)+len(drafts) >= maxFiles {
			f.Problems = append(f.Problems, kit.Problem{Field: "file", Text: v.T("jobs.error.files", "n", maxFiles)})
			break
		}
		drafts = append(drafts, app.Draft("ContentVersion", "Title", u.Name, "PathOnClient", u.Name, "VersionData", u.Data, "FirstPublishLocationId", f.ID))
	}
	if _, err := org.Must(s.Insert(v.Ctx(), drafts, org.WriteOptions{AllOrNone: true})); err != nil {
		return err
	}
	var err error
	f.Files, err = filesOf(v.Ctx(), s, f.ID)
	return err
}

// refusal returns why a file cannot be taken, "" where it can: by its ending and by how it begins.
func refusal(v *page.Visit, u page.Upload) string {
	i := strings.LastIndexByte(u.Name, '.')
	if i < 0 {
		i = 0
	}
	begin, known := fileTypes[strings.ToLower(u.Name[i:])]
	switch {
	case len(u.Data) == 0:
		return v.T("jobs.error.empty", "name", u.Name)
	case len(u.Data) > maxFileSize:
		return v.T("jobs.error.large", "name", u.Name, "n", maxFileSize>>20)
	case !known, !strings.HasPrefix(string(u.Data[:min(len(u.Data), 16)]), begin), begin == "" && strings.ContainsRune(string(u.Data[:min(len(u.Data), 4096)]), 0):
		return v.T("jobs.error.type", "name", u.Name)
	default:
		return ""
	}
}

// mine begins the addresses of the pages of who has applied.
func mine(v *page.Visit, key string) string { return v.Path("/jobs/mine/" + url.PathEscape(key)) }

// toMine leads to the page of an application that was sent.
func toMine(v *page.Visit, s *org.Session, application record.ID) error {
	key, err := mineKey(v.Ctx(), s, application)
	if err != nil {
		return err
	}
	return v.Redirect(mine(v, key) + "?sent=1")
}
