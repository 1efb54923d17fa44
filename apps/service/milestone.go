package service

import (
	"context"
	"fmt"
	"time"

	"stoa/internal/hours"
	"stoa/internal/org"
	"stoa/internal/record"
)

// The fields that are worked out when somebody reads them. Source: Object Reference, Case and CaseMilestone.
var (
	milestoneFields = []string{
		"IsCompleted", "IsViolated", "TimeRemainingInMins", "TimeRemainingInHrs", "TimeRemainingInDays", "TimeSinceTargetInMins", "ElapsedTimeInMins", "ElapsedTimeInHrs", "ElapsedTimeInDays",
		"StoppedTimeInMins", "StoppedTimeInHrs", "StoppedTimeInDays", "ActualElapsedTimeInMins", "ActualElapsedTimeInHrs", "ActualElapsedTimeInDays",
	}
	statusFields = []string{"MilestoneStatus"}
)

// The values of Case.MilestoneStatus. Source: Object Reference, Case.
const (
	milestonesCompliant = "Compliant"
	milestonesOpenLate  = "Open Violation"
	milestonesLate      = "Closed Violation"
)

// derived are the numbers of promises as of the moment at which somebody reads them: the same that the desk shows.
func derived(m *memory) []org.Derived {
	return []org.Derived{
		{Object: "CaseMilestone", Fields: milestoneFields, Of: m.milestones},
		{Object: "Case", Fields: statusFields, Of: m.milestoneStatus},
	}
}

// A clock is what a milestone stands at.
type clock struct {
	on                  record.ID // case
	start, target, kept time.Time
	stoppedSince        time.Time // zero while it runs
	stopped             time.Duration
	left, elapsed       time.Duration // business time; left is negative for over
	completed, violated bool
}

// clocks reads milestones by a condition, as a moment sees them.
func (m *memory) clocks(ctx context.Context, r reader, now time.Time, where string, args ...any) (map[record.ID]clock, error) {
	res, err := query(ctx, r, "SELECT Id, CaseId, StartDate, TargetDate, CompletionDate, Case.Paused_Since__c, Case.Paused_Seconds__c FROM CaseMilestone WHERE "+where, args...)
	if err != nil || res.Len() == 0 {
		return nil, err
	}
	c, err := m.hours(ctx, r, now)
	if err != nil {
		return nil, err
	}
	all := make(map[record.ID]clock, res.Len())
	for i := range res.Len() {
		k := clock{on: res.Get(i, "CaseId").ID(), start: instant(res.Get(i, "StartDate")), target: instant(res.Get(i, "TargetDate")), kept: instant(res.Get(i, "CompletionDate")),
			stoppedSince: instant(res.Get(i, "Case", "Paused_Since__c")), stopped: time.Duration(res.Get(i, "Case", "Paused_Seconds__c").Int()) * time.Second}
		k.read(c, now)
		all[res.Get(i, "Id").ID()] = k
	}
	return all, nil
}

// read reckons what a milestone stands at. What is left waits with a case that is stopped.
func (k *clock) read(c *hours.Calendar, now time.Time) {
	k.completed = !k.kept.IsZero()
	at := now
	switch {
	case k.completed:
		at = k.kept
	case !k.stoppedSince.IsZero():
		at = k.stoppedSince
		k.stopped += max(c.Between(k.stoppedSince, now), 0)
	}
	k.violated = !k.target.IsZero() && at.After(k.target)
	k.left = c.Between(at, k.target)
	k.elapsed = max(c.Between(k.start, at), 0)
}

// milestones works out the fields of CaseMilestone.
func (m *memory) milestones(ctx context.Context, r org.Reader, now time.Time, ids []record.ID) (map[record.ID]map[string]record.Value, error) {
	all, err := m.clocks(ctx, r, now, "Id IN ?", ids)
	if err != nil {
		return nil, err
	}
	values := make(map[record.ID]map[string]record.Value, len(all))
	for id, k := range all {
		values[id] = k.values()
	}
	return values, nil
}

// values returns the fields of a milestone. What it took is known once it is kept; what is left, and how long it is
// late, as long as it is not.
func (k clock) values() map[string]record.Value {
	v := map[string]record.Value{"IsCompleted": record.OfBool(k.completed), "IsViolated": record.OfBool(k.violated)}
	for _, name := range milestoneFields[2:] {
		v[name] = record.Value{}
	}
	lengths(v, "StoppedTime", k.stopped)
	if k.completed {
		lengths(v, "ElapsedTime", k.elapsed)
		lengths(v, "ActualElapsedTime", max(k.elapsed-k.stopped, 0))
		return v
	}
	if k.target.IsZero() {
		return v
	}
	left, late := max(k.left, 0), max(-k.left, 0)
	v["TimeRemainingInMins"] = record.OfText(fmt.Sprintf("%02d:%02d", int(left/time.Minute), int(left%time.Minute/time.Second)))
	v["TimeRemainingInHrs"] = record.OfText(fmt.Sprintf("%02d:%02d", int(left/time.Hour), int(left%time.Hour/time.Minute)))
	v["TimeRemainingInDays"] = record.OfText(string(record.AppendDecimal(nil, hundredths(left, 24*time.Hour), 2)))
	if k.violated {
		v["TimeSinceTargetInMins"] = record.OfText(fmt.Sprintf("%02d:%02d", int(late/time.Minute), int(late%time.Minute/time.Second)))
	}
	return v
}

// lengths sets a length in minutes, hours and days.
func lengths(v map[string]record.Value, name string, d time.Duration) {
	v[name+"InMins"] = record.OfInt(int64(d / time.Minute))
	v[name+"InHrs"] = record.OfDecimal(hundredths(d, time.Hour), 2)
	v[name+"InDays"] = record.OfDecimal(hundredths(d, 24*time.Hour), 2)
}

// hundredths returns how many hundredths of a unit a length has.
func hundredths(d, unit time.Duration) int64 { return int64((d*100 + unit/2) / unit) }

// milestoneStatus works out Case.MilestoneStatus: null for a case that was promised nothing.
func (m *memory) milestoneStatus(ctx context.Context, r org.Reader, now time.Time, ids []record.ID) (map[record.ID]map[string]record.Value, error) {
	all, err := m.clocks(ctx, r, now, "CaseId IN ?", ids)
	if err != nil {
		return nil, err
	}
	status := map[record.ID]string{}
	for _, k := range all {
		is := milestonesCompliant
		switch {
		case k.violated && !k.completed:
			is = milestonesOpenLate
		case k.violated:
			is = milestonesLate
		}
		if was := status[k.on]; was == "" || was == milestonesCompliant || is == milestonesOpenLate {
			status[k.on] = is
		}
	}
	values := make(map[record.ID]map[string]record.Value, len(status))
	for id, s := range status {
		values[id] = map[string]record.Value{"MilestoneStatus": record.OfText(s)}
	}
	return values, nil
}
