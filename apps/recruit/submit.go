package recruit

import (
	"context"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"stoa/internal/app"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/kit"
	"stoa/internal/web/page"
)

// kindMine is the kind of the capabilities that open an applicant's page.
const kindMine = "recruit-mine"

// submit makes an application of a draft. Twice the same is one: the draft names the write.
func submit(v *page.Visit, s *org.Session, f *draftForm) error {
	for _, step := range steps(&f.Job) {
		at := &draftForm{Job: f.Job, Data: f.Data, Step: step}
		for _, p := range at.missing(v) {
			p.Field = "" // it is on another page
			f.Problems = append(f.Problems, p)
		}
	}
	if !f.Job.open(today(v)) {
		f.Problems = append(f.Problems, kit.Problem{Text: v.T("jobs.closed")})
	}
	if len(f.Problems) > 0 {
		return f.show(v, 422)
	}
	var made record.ID
	s.Once("apply-" + string(f.ID))
	err := s.Do(v.Ctx(), func(ctx context.Context, tx *org.Tx) (err error) {
		made, err = f.apply(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	if res, again := s.Repeated(); again && len(res) > 0 {
		made = res[0].ID
	}
	return toMine(v, s, made)
}

// apply writes candidate, application and files. The application is the first record that the unit makes.
func (f *draftForm) apply(ctx context.Context, tx *org.Tx) (record.ID, error) {
	d := &f.Data
	years, _ := strconv.ParseFloat(strings.Replace(d.Years, ",", ".", 1), 64)
	person := app.Draft("Candidate__c", "First_Name__c", d.First, "Last_Name__c", d.Last, "Email__c", d.Email, "Phone__c", d.Phone,
		"Years_of_Experience__c", int(math.Round(years)), "Education__c", d.Learned, "Current_Employer__c", d.Employer, "Language__c", d.Language)
	// The address was not proved: who writes it must not change what another one has told of himself.
	res, err := app.Query(ctx, tx, "SELECT Id FROM Candidate__c WHERE Email__c = ? AND Last_Name__c = ? ORDER BY Id LIMIT 1", d.Email, d.Last)
	if err != nil {
		return "", err
	}
	a := app.Draft("Job_Application__c", "Position__c", f.Job.ID, "Status__c", StageApplied, "Source__c", "Careers site", "Cover_Letter__c", d.Letter, "Answers__c", f.answers())
	if res.Len() > 0 {
		a.Set("Candidate__c", record.OfID(res.Get(0, "Id").ID()))
	} else {
		ids, err := org.Must(tx.System().Insert(ctx, []record.Draft{person}, org.WriteOptions{AllOrNone: true}))
		if err != nil {
			return "", err
		}
		a.Set("Candidate__c", record.OfID(ids[0]))
	}
	ids, err := org.Must(tx.Insert(ctx, []record.Draft{a}, org.WriteOptions{AllOrNone: true}))
	if err != nil {
		return "", err
	}
	var links []record.Draft
	for _, file := range f.Files {
		links = append(links, app.Draft("ContentDocumentLink", "ContentDocumentId", file.Doc, "LinkedEntityId", ids[0], "ShareType", "V", "Visibility", "AllUsers"))
	}
	if _, err := org.Must(tx.System().Insert(ctx, links, org.WriteOptions{AllOrNone: true})); err != nil {
		return "", err
	}
	if err := letter(ctx, tx, ids[0], letterReceived, nil); err != nil {
		return "", err
	}
	done := app.Changes("Application_Draft__c", f.ID, "Application__c", string(ids[0]), "Data__c", "{}", "Email__c", nil)
	_, err = org.Must(tx.System().Update(ctx, []record.Draft{done}, org.WriteOptions{AllOrNone: true}))
	return ids[0], err
}

// An answered is a question and what an applicant says to it.
type answered struct {
	Question string `json:"q"`
	Answer   string `json:"a"`
}

// answers returns questions and answers as the application keeps them: with the words that were asked.
func (f *draftForm) answers() string {
	var all []answered
	for i, q := range f.Job.Questions {
		all = append(all, answered{q, f.Data.Answers[i]})
	}
	if f.Data.Adjust != "" {
		all = append(all, answered{"", f.Data.Adjust})
	}
	if len(all) == 0 {
		return ""
	}
	b, err := json.Marshal(all)
	if err != nil {
		return ""
	}
	return string(b)
}

// mineKey returns what opens the page of an application: its reference and a capability.
func mineKey(ctx context.Context, s *org.Session, id record.ID) (string, error) {
	res, err := app.Query(ctx, s, "SELECT Reference__c FROM Job_Application__c WHERE Id = ?", id)
	if err != nil || res.Len() == 0 {
		return "", err
	}
	c, err := app.Capability(ctx, s.Org(), kindMine, id)
	return app.Text(res.Get(0, "Reference__c")) + "-" + c, err
}

// byKey returns the application that a key opens, "" for none.
func byKey(ctx context.Context, s *org.Session, key string) (record.ID, error) {
	i := strings.LastIndexByte(key, '-')
	if i < 0 {
		return "", nil
	}
	res, err := app.Query(ctx, s, "SELECT Id FROM Job_Application__c WHERE Reference__c = ?", key[:i])
	if err != nil || res.Len() == 0 {
		return "", err
	}
	id := res.Get(0, "Id").ID()
	if ok, err := app.Opens(ctx, s.Org(), kindMine, id, key[i+1:]); err != nil || !ok {
		return "", err
	}
	return id, nil
}
