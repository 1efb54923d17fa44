package service

import (
	"fmt"
	"testing"
	"time"

	"stoa/internal/hours"
	"stoa/internal/org"
	"stoa/internal/record"
)

// milestone returns fields of a case's milestone, parted by |, and the status of the case.
func (h *house) milestone(on record.ID, name, fields string) (values, status string) {
	h.t.Helper()
	id := h.ids("SELECT Id FROM CaseMilestone WHERE CaseId = ? AND MilestoneType.Name = ?", on, name)
	if len(id) != 1 {
		h.t.Fatalf("%d milestones %s", len(id), name)
	}
	return h.get(id[0], "CaseMilestone", fields), h.get(on, "Case", "MilestoneStatus")
}

// milestonesSayWhatIsLeft holds that the fields of a milestone and the status of its case are of the moment at which
// they are read: in a list, below a parent, among children, and to who retrieves them.
func milestonesSayWhatIsLeft(t *testing.T, h *house) {
	id := h.made()
	all, err := Promises(t.Context(), h.as(0), id, time.Now())
	if err != nil || len(all) != 2 {
		t.Fatalf("%d promises, %v", len(all), err)
	}
	values, status := h.milestone(id, "First Reply", "TimeRemainingInMins, TimeSinceTargetInMins, ElapsedTimeInMins, IsViolated, StoppedTimeInMins")
	var m, s int
	if n, err := fmt.Sscanf(values, "%d:%d|||false|0", &m, &s); n != 2 || err != nil {
		t.Fatalf("the milestone is %s", values)
	}
	if got := time.Duration(m)*time.Minute + time.Duration(s)*time.Second; got < 58*time.Minute || got > 60*time.Minute || (got-all[0].Left).Abs() > 10*time.Second {
		t.Errorf("%v is left, the desk says %v", got, all[0].Left)
	}
	if status != "Compliant" {
		t.Errorf("the case is %q", status)
	}
	past := time.Now().Add(-90 * time.Minute).Truncate(time.Second)
	row := h.ids("SELECT Id FROM CaseMilestone WHERE CaseId = ? AND MilestoneType.Name = 'First Reply'", id)[0]
	if _, err := org.Must(h.sys.Update(t.Context(), []record.Draft{changes("CaseMilestone", row, "TargetDate", past)}, org.WriteOptions{Seed: true})); err != nil {
		t.Fatal(err)
	}
	if values, status = h.milestone(id, "First Reply", "TimeRemainingInMins, IsViolated, TimeRemainingInHrs"); values != "00:00|true|00:00" || status != "Open Violation" {
		t.Errorf("late it is %s, the case %q", values, status)
	}
	res, err := query(t.Context(), h.as(0), "SELECT Id, (SELECT TimeSinceTargetInMins, Case.MilestoneStatus FROM CaseMilestones WHERE MilestoneType.Name = 'First Reply') FROM Case WHERE Id = ?", id)
	if err != nil || len(res.Children) != 1 || res.Children[0].Result.Len() != 1 {
		t.Fatalf("children: %v", err)
	}
	child := res.Children[0].Result
	var late int
	if _, err := fmt.Sscanf(text(child.Get(0, "TimeSinceTargetInMins")), "%d:", &late); err != nil || late < 90 || late > 92 {
		t.Errorf("a child is late by %q", text(child.Get(0, "TimeSinceTargetInMins")))
	}
	if got := text(child.Get(0, "Case", "MilestoneStatus")); got != "Open Violation" {
		t.Errorf("its parent is %q", got)
	}
	one, err := h.as(0).Retrieve(t.Context(), "CaseMilestone", row, nil)
	if err != nil || !one.Get(0, "IsViolated").Bool() {
		t.Errorf("retrieved it is kept: %v", err)
	}
	h.reply(0, ReplyIn{Case: id, Body: "We look.", Version: h.version(id)})
	h.release(h.ids("SELECT Id FROM EmailMessage WHERE ParentId = ? AND Incoming = false", id)[0])
	values, _ = h.milestone(id, "First Reply", "TimeRemainingInMins, ElapsedTimeInMins, IsCompleted, ActualElapsedTimeInHrs")
	if values != "|0|true|0" {
		t.Errorf("kept it is %s", values)
	}
	if got := h.get(h.insert(draft("Case", "Subject", "Of an import", "SuppliedEmail", "x@post.example")), "Case", "MilestoneStatus"); got != "Compliant" {
		t.Errorf("a new case is %q", got)
	}
}

// TestClock holds that what is left counts business hours, and stands still with the case.
func TestClock(t *testing.T) {
	t.Parallel()
	office := &hours.Calendar{}
	for day := time.Monday; day <= time.Friday; day++ {
		office.Week[day] = []hours.Span{{From: 9 * 60, To: 17 * 60}}
	}
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 11, day, hour, minute, 0, 0, time.UTC) } // the 27th is a Friday
	for name, k := range map[string]struct {
		clock clock
		now   time.Time
		want  string
	}{
		"over the weekend":         {clock{start: at(27, 16, 0), target: at(30, 10, 0)}, at(28, 12, 0), "60:00|01:00|||false"},
		"stopped":                  {clock{start: at(27, 9, 0), target: at(27, 12, 0), stoppedSince: at(27, 11, 30)}, at(30, 12, 0), "30:00|00:30|||false"},
		"late":                     {clock{start: at(27, 9, 0), target: at(27, 16, 30)}, at(30, 10, 0), "00:00|00:00|90:00||true"},
		"kept":                     {clock{start: at(27, 16, 0), target: at(30, 10, 0), kept: at(30, 9, 15)}, at(30, 15, 0), "|||75|false"},
		"kept, less what it stood": {clock{start: at(27, 9, 0), target: at(27, 12, 0), kept: at(27, 13, 0), stopped: time.Hour}, at(30, 15, 0), "|||240|true"},
	} {
		c := k.clock
		c.read(office, k.now)
		v := c.values()
		got := ""
		for i, f := range []string{"TimeRemainingInMins", "TimeRemainingInHrs", "TimeSinceTargetInMins", "ElapsedTimeInMins", "IsViolated"} {
			if i > 0 {
				got += "|"
			}
			got += text(v[f])
		}
		if got != k.want {
			t.Errorf("%s: %s, not %s", name, got, k.want)
		}
		if name == "kept, less what it stood" && text(v["ActualElapsedTimeInHrs"]) != "3" {
			t.Errorf("it took %s h of work", text(v["ActualElapsedTimeInHrs"]))
		}
	}
}
