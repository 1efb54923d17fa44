package recruit

import (
	"context"
	"crypto/rand"
	"slices"
	"strconv"
	"time"

	"stoa/internal/app"
	"stoa/internal/fault"
	"stoa/internal/i18n"
	"stoa/internal/org"
	"stoa/internal/record"
)

// The statuses of an interview.
const (
	interviewProposed  = "Proposed"
	interviewCancelled = "Cancelled"
)

// interviewKinds are how people meet.
var interviewKinds = [...]string{"In person", "Phone", "Video"}

// maxMinutes is how long an interview takes at most: a day.
const maxMinutes = 8 * 60

// An Arrangement is when and where an interview is to be, and with whom.
type Arrangement struct {
	Starts      time.Time
	Minutes     int
	Kind, Place string
	Panel       []record.ID
}

func (a *Arrangement) check(now time.Time) error {
	switch {
	case a.Starts.IsZero():
		return fault.New(fault.RequiredFieldMissing, "Enter the day and the time.").On("Starts__c")
	case a.Starts.Before(now):
		return fault.New(fault.FieldIntegrity, "The interview would be in the past.").On("Starts__c")
	case a.Minutes < 5 || a.Minutes > maxMinutes:
		return fault.New(fault.NumberOutsideValidRange, "An interview takes from 5 to %d minutes.", maxMinutes).On("Minutes__c")
	case !slices.Contains(interviewKinds[:], a.Kind):
		return fault.New(fault.InvalidPicklistValue, "Choose how you meet.").On("Kind__c")
	}
	return nil
}

// beforeInterview keeps what calendars go by: one name for ever, and a number that grows with every change. An interview
// that is put elsewhere is a proposal again.
func beforeInterview(_ context.Context, _ *org.Tx, b *org.Batch) error {
	for _, r := range b.Rows {
		if r.Text("Calendar_UID__c") == "" {
			r.Put("Calendar_UID__c", record.OfText(rand.Text()))
		}
		if v := r.Value("Minutes__c"); !v.IsNull() && (v.Int() < 1 || v.Int() > maxMinutes) {
			r.Fail(fault.New(fault.NumberOutsideValidRange, "An interview takes from 1 to %d minutes.", maxMinutes).On("Minutes__c"))
		}
		if b.Insert {
			if r.Value("Sequence__c").IsNull() {
				r.Put("Sequence__c", record.OfInt(0))
			}
			continue
		}
		if put := r.Changes("Starts__c") || r.Changes("Minutes__c") || r.Changes("Place__c"); put || r.Changes("Status__c") && r.Text("Status__c") == interviewCancelled {
			r.Put("Sequence__c", record.OfInt(int64(number(r.Was("Sequence__c")))+1))
			if put && !r.Changes("Status__c") {
				r.Put("Status__c", record.OfText(interviewProposed))
			}
		}
	}
	return nil
}

// Propose arranges an interview and writes to the applicant, with a file for his calendar.
func Propose(ctx context.Context, s *org.Session, application record.ID, a Arrangement) error {
	return s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		if err := a.check(tx.Now()); err != nil {
			return err
		}
		ids, err := org.Must(tx.Insert(ctx, []record.Draft{app.Draft("Interview__c", "Job_Application__c", application, "Starts__c", a.Starts, "Minutes__c", a.Minutes,
			"Kind__c", a.Kind, "Place__c", a.Place, "Status__c", interviewProposed)}, org.WriteOptions{AllOrNone: true}))
		if err != nil {
			return err
		}
		if err := seat(ctx, tx, ids[0], a.Panel); err != nil {
			return err
		}
		return invitation(ctx, tx, ids[0], letterInterview, s.Org().Zone())
	})
}

// Reschedule puts an interview elsewhere, and tells the applicant.
func Reschedule(ctx context.Context, s *org.Session, id record.ID, a Arrangement) error {
	return s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		if err := a.check(tx.Now()); err != nil {
			return err
		}
		if err := stands(ctx, tx, id); err != nil {
			return err
		}
		d := app.Changes("Interview__c", id, "Starts__c", a.Starts, "Minutes__c", a.Minutes, "Kind__c", a.Kind, "Place__c", a.Place)
		if _, err := org.Must(tx.Update(ctx, []record.Draft{d}, org.WriteOptions{AllOrNone: true})); err != nil {
			return err
		}
		if err := seat(ctx, tx, id, a.Panel); err != nil {
			return err
		}
		return invitation(ctx, tx, id, letterChanged, s.Org().Zone())
	})
}

// Cancel calls an interview off, and tells the applicant.
func Cancel(ctx context.Context, s *org.Session, id record.ID) error {
	return s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		if err := stands(ctx, tx, id); err != nil {
			return err
		}
		d := app.Changes("Interview__c", id, "Status__c", interviewCancelled)
		if _, err := org.Must(tx.Update(ctx, []record.Draft{d}, org.WriteOptions{AllOrNone: true})); err != nil {
			return err
		}
		return invitation(ctx, tx, id, letterCancelled, s.Org().Zone())
	})
}

// stands refuses what was called off or is over.
func stands(ctx context.Context, tx *org.Tx, id record.ID) error {
	res, err := app.Query(ctx, tx, "SELECT Id FROM Interview__c WHERE Id = ? AND Status__c IN ('Proposed', 'Confirmed', 'Declined')", id)
	if err == nil && res.Len() == 0 {
		err = fault.New(fault.CannotSave, "This interview was called off or is over.")
	}
	return err
}

// seat makes the panel what it is to be.
func seat(ctx context.Context, tx *org.Tx, id record.ID, panel []record.ID) error {
	res, err := app.Query(ctx, tx, "SELECT Id, User__c FROM Interview_Panel__c WHERE Interview__c = ?", id)
	if err != nil {
		return err
	}
	var gone []record.ID
	have := map[record.ID]bool{}
	for i := range res.Len() {
		user := res.Get(i, "User__c").ID()
		if have[user] || !slices.Contains(panel, user) {
			gone = append(gone, res.Get(i, "Id").ID())
		}
		have[user] = true
	}
	var drafts []record.Draft
	for _, user := range panel {
		if !have[user] {
			have[user] = true
			drafts = append(drafts, app.Draft("Interview_Panel__c", "Interview__c", id, "User__c", user))
		}
	}
	if len(gone) > 0 {
		if _, err := org.Must(tx.Delete(ctx, gone, org.WriteOptions{AllOrNone: true})); err != nil {
			return err
		}
	}
	_, err = org.Must(tx.Insert(ctx, drafts, org.WriteOptions{AllOrNone: true}))
	return err
}

// invitation has the applicant written to about an interview as it is now, with times of the org's zone.
func invitation(ctx context.Context, tx *org.Tx, id record.ID, template string, zone *time.Location) error {
	res, err := app.Query(ctx, tx.System(), `SELECT Id, Job_Application__c, Job_Application__r.Position__r.Name, Job_Application__r.Candidate__r.Language__c,
		Starts__c, Minutes__c, Kind__c, Place__c, Status__c, Calendar_UID__c, Sequence__c FROM Interview__c WHERE Id = ?`, id)
	if err != nil || res.Len() == 0 {
		return err
	}
	in := interviewOf(res, 0)
	_, sender, _, err := house(ctx, tx.System())
	if err != nil {
		return err
	}
	lang := i18n.For(app.Text(res.Get(0, "Job_Application__r", "Candidate__r", "Language__c")))
	at := in.Starts.In(zone)
	where := in.Place
	if where == "" {
		where = lang.T("jobs.kind." + kindKey(in.Kind))
	}
	j := letterJob{
		Application: res.Get(0, "Job_Application__c").ID(), Template: template,
		More:  map[string]string{"When": lang.LongDay(at) + ", " + lang.Clock(at) + " " + at.Format("MST"), "Minutes": strconv.Itoa(in.Minutes), "Place": where},
		Files: []letterFile{{"interview.ics", calendar(sender, app.Text(res.Get(0, "Job_Application__r", "Position__r", "Name")), in, tx.Now())}},
	}
	return j.enqueue(ctx, tx, 0)
}

// kindKey returns the end of the key of the words of a way to meet.
func kindKey(kind string) string { return reasonKey(kind) }

// A Clash is another interview of a member of the panel at the same time.
type Clash struct {
	Who    string
	Starts time.Time
}

// Clashes returns what members of a panel have at the time, but for the interview itself. Somebody who is double
// booked may have a reason, so it is told and not refused.
func Clashes(ctx context.Context, r app.Reader, a Arrangement, itself record.ID) (all []Clash, err error) {
	end := a.Starts.Add(time.Duration(a.Minutes) * time.Minute)
	res, err := app.Query(ctx, r, `SELECT User__r.Name, Interview__c, Interview__r.Starts__c, Interview__r.Minutes__c FROM Interview_Panel__c WHERE User__c IN ?
		AND Interview__r.Status__c IN ('Proposed', 'Confirmed') AND Interview__r.Starts__c > ? AND Interview__r.Starts__c < ?`, a.Panel, a.Starts.Add(-maxMinutes*time.Minute), end)
	if err != nil {
		return nil, err
	}
	for i := range res.Len() {
		starts := app.Instant(res.Get(i, "Interview__r", "Starts__c"))
		ends := starts.Add(time.Duration(number(res.Get(i, "Interview__r", "Minutes__c"))) * time.Minute)
		if res.Get(i, "Interview__c").ID() != itself && ends.After(a.Starts) {
			all = append(all, Clash{app.Text(res.Get(i, "User__r", "Name")), starts})
		}
	}
	return all, nil
}
