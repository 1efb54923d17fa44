package recruit

import (
	"context"
	"strings"
	"time"

	"stoa/internal/app"
	"stoa/internal/fault"
	"stoa/internal/i18n"
	"stoa/internal/org"
	"stoa/internal/record"
)

// The statuses of an offer.
const (
	offerDraft     = "Draft"
	offerSent      = "Sent"
	offerWithdrawn = "Withdrawn"
)

// Terms are what an offer says beside its letter.
type Terms struct {
	Body            string // Markdown
	Salary          record.Value
	Period          string // Hour or Year
	Starts, Expires record.Value
}

// beforeOffer keeps what was sent as it was: a letter that somebody has read does not change.
func beforeOffer(ctx context.Context, tx *org.Tx, b *org.Batch) error {
	for _, r := range b.Rows {
		if b.Imported() {
			continue
		}
		if b.Insert {
			blind, err := ownBlind(ctx, tx, []record.ID{r.Value("Job_Application__c").ID()})
			if err != nil {
				return err
			}
			if len(blind) > 0 { // the letter has a name in it
				r.Fail(fault.New(fault.CannotSave, "The review is still blind: move the application on before you write an offer."))
			}
			continue
		}
		was := app.Text(r.Was("Status__c"))
		if was == "" || was == offerDraft {
			continue
		}
		if r.Changes("Body__c") || r.Changes("Salary__c") || r.Changes("Pay_Period__c") || r.Changes("Start_Date__c") || r.Changes("Job_Application__c") {
			r.Fail(fault.New(fault.CannotSave, "An offer that was sent does not change any more. Withdraw it and write another one."))
		}
		if r.Changes("Status__c") && (was != offerSent || r.Text("Status__c") == offerDraft) {
			r.Fail(fault.New(fault.CannotSave, "This offer is %s: that is how it ended.", strings.ToLower(was)).On("Status__c"))
		}
	}
	return nil
}

// ownBlind returns which applications are in a blind review of their own.
func ownBlind(ctx context.Context, tx *org.Tx, ids []record.ID) (map[record.ID]bool, error) {
	res, err := app.Query(ctx, tx, "SELECT Id FROM Job_Application__c WHERE Id IN ? AND Blind__c = true", ids)
	if err != nil {
		return nil, err
	}
	is := map[record.ID]bool{}
	for i := range res.Len() {
		is[res.Get(i, "Id").ID()] = true
	}
	return is, nil
}

// Draft keeps an offer that nobody has sent yet; id is "" for a new one.
func (t *Terms) Draft(ctx context.Context, s *org.Session, application, id record.ID) (record.ID, error) {
	pairs := []any{"Body__c", t.Body, "Salary__c", t.Salary, "Pay_Period__c", t.Period, "Start_Date__c", t.Starts, "Expires__c", t.Expires}
	err := s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		if id != "" {
			_, err := org.Must(tx.Update(ctx, []record.Draft{app.Changes("Offer__c", id, pairs...)}, org.WriteOptions{AllOrNone: true}))
			return err
		}
		ids, err := org.Must(tx.Insert(ctx, []record.Draft{app.Draft("Offer__c", append(pairs, "Job_Application__c", application, "Status__c", offerDraft)...)}, org.WriteOptions{AllOrNone: true}))
		if err == nil {
			id = ids[0]
		}
		return err
	})
	return id, err
}

// SendOffer sends an offer that was written, and moves the application to its stage. Nobody has two at once.
func SendOffer(ctx context.Context, s *org.Session, id record.ID) error {
	return s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		res, err := app.Query(ctx, tx, `SELECT Job_Application__c, Job_Application__r.Status__c, Job_Application__r.Candidate__r.Language__c, Body__c, Blind__c, Status__c, Expires__c FROM Offer__c WHERE Id = ?`, id)
		if err != nil {
			return err
		}
		if res.Len() == 0 || app.Text(res.Get(0, "Status__c")) != offerDraft {
			return fault.New(fault.CannotSave, "This offer was sent before.")
		}
		application, stage := res.Get(0, "Job_Application__c").ID(), app.Text(res.Get(0, "Job_Application__r", "Status__c"))
		switch {
		case app.Text(res.Get(0, "Body__c")) == "" && res.Get(0, "Blind__c").Bool():
			return fault.New(fault.CannotSave, "Another review of this candidate is blind: whoever may see names sends the letter.")
		case app.Text(res.Get(0, "Body__c")) == "":
			return fault.New(fault.RequiredFieldMissing, "The letter is empty.").On("Body__c")
		case !Open(stage):
			return fault.New(fault.CannotSave, "This application is at an end: %s.", strings.ToLower(stage))
		case !res.Get(0, "Expires__c").IsNull() && dayOf(res.Get(0, "Expires__c")).Before(tx.Now().In(tx.Actor().Zone).AddDate(0, 0, -1)):
			return fault.New(fault.FieldIntegrity, "The day until which one may answer is past.").On("Expires__c")
		}
		others, err := app.Query(ctx, tx, "SELECT Id FROM Offer__c WHERE Job_Application__c = ? AND Status__c IN ('Sent', 'Accepted')", application)
		if err != nil {
			return err
		}
		if others.Len() > 0 {
			return fault.New(fault.CannotSave, "There is an offer already. Withdraw it first.")
		}
		drafts := []record.Draft{app.Changes("Offer__c", id, "Status__c", offerSent, "Sent_On__c", tx.Now())}
		if _, err := org.Must(tx.Update(ctx, drafts, org.WriteOptions{AllOrNone: true})); err != nil {
			return err
		}
		if stage != StageOffer {
			if _, err := org.Must(tx.Update(ctx, []record.Draft{app.Changes("Job_Application__c", application, "Status__c", StageOffer)}, org.WriteOptions{AllOrNone: true})); err != nil {
				return err
			}
		}
		lang := i18n.For(app.Text(res.Get(0, "Job_Application__r", "Candidate__r", "Language__c")))
		until := ""
		if v := res.Get(0, "Expires__c"); !v.IsNull() {
			until = lang.LongDay(dayOf(v))
		}
		return letter(ctx, tx, application, letterOffer, map[string]string{"Until": until})
	})
}

// WithdrawOffer takes an offer back that was not answered.
func WithdrawOffer(ctx context.Context, s *org.Session, id record.ID) error {
	_, err := org.Must(s.Update(ctx, []record.Draft{app.Changes("Offer__c", id, "Status__c", offerWithdrawn)}, org.WriteOptions{AllOrNone: true}))
	return err
}

// expired reports whether it is too late to answer on a day.
func (o *offer) expired(day time.Time) bool { return !o.Expires.IsZero() && o.Expires.Before(day) }
