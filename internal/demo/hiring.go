package demo

import (
	"context"
	"fmt"
	"time"

	"stoa/internal/record"
)

// An applied is an application with what its reviews, interviews and offers need of it.
type applied struct {
	id    record.ID
	job   int // index of its opening
	stage string
	at    time.Time   // of the application
	moves []time.Time // when it came to each stage, the first is at
	way   []string    // the stages, as many as moves
}

// stagesOf invents the way of an application to its stage: one move every few days, none in the future.
func (c *city) stagesOf(at time.Time, stage string) (way []string, moves []time.Time) {
	full := []string{"Applied", "Screened", "Interview", "Offer", "Hired"}
	n := len(full)
	for i, s := range full {
		if s == stage {
			n = i + 1
		}
	}
	if stage == "Not selected" || stage == "Withdrawn" {
		way = append(way, full[:1+c.weighted(55, 25, 15, 5)]...)
		way = append(way, stage)
	} else {
		way = append(way, full[:n]...)
	}
	for range way {
		moves = append(moves, at)
		at = c.after(at.Add(20*time.Hour), 120)
	}
	return way, moves
}

// criteria are what is scored, and what the four steps mean.
var criteria = []struct {
	name    string
	weight  int
	anchors [4]string
}{
	{"Stays calm under pressure", 3, [4]string{"Loses the thread when two things happen at once", "Keeps going, but forgets what was first", "Sorts what comes, and says so", "Calms the others, too"}},
	{"Clear words", 2, [4]string{"One has to ask again and again", "Clear when asked", "Clear at once", "Clear to somebody who knows nothing of it"}},
	{"Knows the work", 2, [4]string{"Would need to learn all of it", "Knows the basics", "Could begin on Monday", "Could teach us"}},
	{"Works well with others", 1, [4]string{"Speaks badly of colleagues", "Works alone", "Asks and helps", "Others got better beside this person"}},
}

var evidence = []string{"Told of the night shift, with the order of calls.", "Read the question back before answering.", "No example, even when asked twice.", "Named what went wrong, and what changed after.", "Six years of practice, two of them alone.", ""}

var verdicts = []string{
	"Would begin tomorrow. The example from the last job was concrete, and checked.",
	"Good, but little that could be checked. I would ask for one more example.",
	"Strong on people, weaker on the work itself; could be taught.",
	"Not for this position. For the counter downstairs, perhaps.",
}

// hiring fills in what happened to applications: moves, scorecards, interviews, offers, and who may see what.
func (c *city) hiring(ctx context.Context) error {
	for _, step := range []func(context.Context) error{c.recruiters, c.moves, c.scorecards, c.interviews, c.jobOffers} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// recruiters gives recruiters the right to see who candidates are; those who review do without.
func (c *city) recruiters(ctx context.Context) error {
	sets, err := c.lookup(ctx, "SELECT Id, Name FROM PermissionSet WHERE Name IN ('Recruiter', 'Hiring_Panel')")
	if err != nil || len(sets) < 2 {
		return err // a city without the recruiting app
	}
	var drafts []record.Draft
	for i, p := range c.staff {
		switch {
		case p.team == "Recruiting":
			drafts = append(drafts, draft("PermissionSetAssignment", "PermissionSetId", sets["Recruiter"], "AssigneeId", p.id))
		case staff[i].profile == "Standard User":
			drafts = append(drafts, draft("PermissionSetAssignment", "PermissionSetId", sets["Hiring_Panel"], "AssigneeId", p.id))
		}
	}
	_, err = c.add(ctx, "recruiters", drafts)
	return err
}

func (c *city) moves(ctx context.Context) error {
	var drafts []record.Draft
	for _, a := range c.applied {
		by := c.memberOf("Recruiting")
		for i, at := range a.moves {
			from := ""
			if i > 0 {
				from = a.way[i-1]
			}
			drafts = append(drafts, created(draft("Stage_Event__c", "Job_Application__c", a.id, "From__c", from, "To__c", a.way[i]), at, by, at))
		}
	}
	_, err := c.add(ctx, "moves", drafts)
	return err
}

// panelOf returns who reviews the applications of an opening: always the same three, two of them roles of the sign-in page.
func (c *city) panelOf(job int) []record.ID {
	return []record.ID{c.staff[0].id, c.staff[3].id, c.staff[4+job%8].id}
}

// scorecards gives open positions what is scored, and invites three people for each application that was read.
func (c *city) scorecards(ctx context.Context) error {
	attributes := map[int][]record.ID{}
	for job, o := range c.openings {
		if o.closed {
			continue
		}
		var drafts []record.Draft
		for i, k := range criteria {
			drafts = append(drafts, draft("Scorecard_Attribute__c", "Name", k.name, "Position__c", o.id, "Weight__c", k.weight, "Order__c", i+1,
				"Anchor_1__c", k.anchors[0], "Anchor_2__c", k.anchors[1], "Anchor_3__c", k.anchors[2], "Anchor_4__c", k.anchors[3]))
		}
		ids, err := c.add(ctx, "scorecards", drafts)
		if err != nil {
			return err
		}
		attributes[job] = ids
	}
	var reviews, scores []record.Draft
	var of [][]int // the scores of each review, nil for one that is not given
	var job []int
	for _, a := range c.applied {
		if c.openings[a.job].closed || a.stage != "Screened" && a.stage != "Interview" && a.stage != "Offer" {
			continue
		}
		given := 3
		if a.stage == "Screened" {
			given = c.weighted(2, 2, 2, 3)
		}
		for i, by := range c.panelOf(a.job) {
			at := c.after(a.moves[len(a.moves)-1], 30)
			d := draft("Review__c", "Job_Application__c", a.id, "Reviewer__c", by)
			var points []int
			if i >= 3-given {
				sum, weights := 0, 0
				for _, k := range criteria {
					n := 2 + c.weighted(3, 5, 3)
					points, sum, weights = append(points, n), sum+n*k.weight, weights+k.weight
				}
				rating := sum * 100 / weights
				d = draft("Review__c", "Job_Application__c", a.id, "Reviewer__c", by, "Submitted__c", true, "Submitted_On__c", record.OfInstant(at), "Rating__c", cents(rating),
					"Recommendation__c", []string{"No", "Yes", "Strong yes"}[min(2, (rating-200)/60)], "Assessment__c", verdicts[min(3, (400-rating)/50)])
			}
			reviews, of, job = append(reviews, created(d, at, by, at)), append(of, points), append(job, a.job)
		}
	}
	ids, err := c.add(ctx, "reviews", reviews)
	if err != nil {
		return err
	}
	for i, points := range of {
		for k, n := range points {
			scores = append(scores, draft("Review_Score__c", "Review__c", ids[i], "Attribute__c", attributes[job[i]][k], "Score__c", n, "Note__c", pick(c, evidence)))
		}
	}
	_, err = c.add(ctx, "scores", scores)
	return err
}

// interviews arranges one for everybody at that stage, within a week of today.
func (c *city) interviews(ctx context.Context) error {
	var drafts []record.Draft
	var jobs []int
	for i, a := range c.applied {
		if a.stage != "Interview" && a.stage != "Offer" || c.openings[a.job].closed {
			continue
		}
		day := c.now.AddDate(0, 0, 1+i%9)
		status := []string{"Proposed", "Confirmed", "Confirmed"}[i%3]
		if a.stage == "Offer" {
			day, status = c.now.AddDate(0, 0, -4), "Held"
		}
		for day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
			day = day.AddDate(0, 0, 1)
		}
		starts := day.Add(time.Duration(14+i%6) * time.Hour)
		kind := []string{"In person", "Video", "Phone"}[i%3]
		place := map[string]string{"In person": "City Hall, room 214", "Video": "The link comes the day before", "Phone": "We call you"}[kind]
		drafts = append(drafts, draft("Interview__c", "Job_Application__c", a.id, "Starts__c", record.OfInstant(starts), "Minutes__c", 45, "Kind__c", kind, "Place__c", place,
			"Status__c", status, "Calendar_UID__c", fmt.Sprintf("harborview-%d", i), "Sequence__c", 0))
		jobs = append(jobs, a.job)
	}
	ids, err := c.add(ctx, "interviews", drafts)
	if err != nil {
		return err
	}
	var panel []record.Draft
	for i, id := range ids {
		for _, user := range c.panelOf(jobs[i])[:2] {
			panel = append(panel, draft("Interview_Panel__c", "Interview__c", id, "User__c", user))
		}
	}
	_, err = c.add(ctx, "panels", panel)
	return err
}

func (c *city) jobOffers(ctx context.Context) error {
	var drafts []record.Draft
	for _, a := range c.applied {
		if a.stage != "Offer" && a.stage != "Hired" {
			continue
		}
		sent := a.moves[len(a.moves)-1]
		status, answered := "Sent", record.Value{}
		if a.stage == "Hired" {
			status, answered = "Accepted", record.OfInstant(sent)
			sent = a.moves[len(a.moves)-2]
		}
		expires := c.now.AddDate(0, 0, 7)
		pay := 3_600_000 + 50_000*c.rng.IntN(60)
		drafts = append(drafts, created(draft("Offer__c", "Job_Application__c", a.id, "Status__c", status, "Salary__c", cents(pay), "Pay_Period__c", "Year",
			"Start_Date__c", day(sent.AddDate(0, 2, 0)), "Expires__c", day(expires), "Sent_On__c", record.OfInstant(sent), "Answered_On__c", answered,
			"Body__c", "We are glad to offer you this position.\n\n- **Pay:** $"+fmt.Sprint(pay/100)+" a year\n- **Thirty days of leave**, a pension and a bus pass\n\nWe look forward to working with you.\n\nCity of Harborview"),
			sent, c.memberOf("Recruiting"), sent))
	}
	_, err := c.add(ctx, "offers", drafts)
	return err
}
