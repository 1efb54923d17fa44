package service

import (
	"context"
	"time"

	"stoa/internal/hours"
	"stoa/internal/record"
)

// A Promise is what a citizen was told a time for, as the desk shows it: the time and why it is that one.
type Promise struct {
	Name      string // of its milestone: First Reply or Solution
	Due       time.Time
	Kept      time.Time     // zero for not yet
	Paused    bool          // it does not run: the case waits, or is closed
	Broken    bool          // it was not kept in time, or is not kept yet and the time has passed
	Minutes   int           // of business hours that it has
	Service   string        // whose promise it is, "" for that of the settings
	Hours     string        // name of the business hours that it is reckoned by
	Left      time.Duration // business time that is left, negative for over; zero where it is kept
	Reckoning time.Duration // business time by which it was moved because the case waited
}

// Calendar returns the business hours by which promises are reckoned.
func Calendar(ctx context.Context, r reader) (*hours.Calendar, error) {
	c, _, err := loadCalendar(ctx, r)
	return c, err
}

// Promises returns what was promised about a case, as the moment now sees it, the first reply first.
func Promises(ctx context.Context, r reader, on record.ID, now time.Time) ([]Promise, error) {
	res, err := query(ctx, r, "SELECT Service__r.Name, Paused_Since__c, Paused_Seconds__c, IsClosed FROM Case WHERE Id = ?", on)
	if err != nil || res.Len() == 0 {
		return nil, err
	}
	rows, err := query(ctx, r, "SELECT MilestoneType.Name, TargetDate, CompletionDate, TargetResponseInMins, BusinessHours.Name FROM CaseMilestone WHERE CaseId = ? ORDER BY MilestoneType.Name, Id", on)
	if err != nil || rows.Len() == 0 {
		return nil, err
	}
	c, _, err := loadCalendar(ctx, r)
	if err != nil {
		return nil, err
	}
	paused := instant(res.Get(0, "Paused_Since__c"))
	all := make([]Promise, rows.Len())
	for i := range all {
		p := Promise{
			Name: text(rows.Get(i, "MilestoneType", "Name")), Due: instant(rows.Get(i, "TargetDate")), Kept: instant(rows.Get(i, "CompletionDate")),
			Minutes: int(rows.Get(i, "TargetResponseInMins").Int()), Service: text(res.Get(0, "Service__r", "Name")), Hours: text(rows.Get(i, "BusinessHours", "Name")),
			Reckoning: time.Duration(res.Get(0, "Paused_Seconds__c").Int()) * time.Second,
		}
		if p.Kept.IsZero() {
			p.Paused = !paused.IsZero()
			at := now
			if p.Paused {
				at = paused // what is left waits with the case
			}
			p.Left, p.Broken = c.Between(at, p.Due), at.After(p.Due)
		} else {
			p.Broken = p.Kept.After(p.Due)
		}
		all[i] = p
	}
	return all, nil
}
