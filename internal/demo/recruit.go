package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"stoa/internal/record"
)

// An opening is a position with what its applications need of it.
type opening struct {
	id     record.ID
	opened time.Time
	closed bool
}

var jobs = []struct{ title, department, grade string }{
	{"Harbor pilot dispatcher", "Port Authority", "G7"}, {"Benefits adviser", "Social Services", "G6"}, {"Street inspector", "Public Works", "G6"},
	{"Water engineer", "Water", "G9"}, {"Librarian", "Libraries", "G6"}, {"School crossing guard", "Education", "G3"}, {"Data analyst", "Digital Services", "G8"},
	{"Accessibility specialist", "Digital Services", "G9"}, {"Tree surgeon", "Parks", "G5"}, {"Lifeguard", "Sports", "G4"}, {"Paralegal", "Legal", "G7"},
	{"Housing officer", "Housing", "G6"}, {"Nurse, school health", "Health", "G8"}, {"Electrician", "Public Works", "G6"}, {"Planner", "Planning", "G8"},
	{"Bus driver", "Transport", "G5"}, {"Archivist", "City Archive", "G7"}, {"Interpreter coordinator", "Social Services", "G7"},
	{"Emergency call handler", "Emergency Services", "G6"}, {"Gardener", "Parks", "G4"},
}

func (c *city) positions(ctx context.Context) error {
	var drafts []record.Draft
	for i := range c.n(120) {
		j := jobs[i%len(jobs)]
		days := 5 + c.rng.IntN(700)
		at := c.workTime(days)
		status := "Open"
		if days > 60 {
			status = []string{"Filled", "Closed"}[c.weighted(8, 2)]
		}
		low := 3_200_000 + 400_000*int(j.grade[1]-'2') + 10_000*c.rng.IntN(30)
		drafts = append(drafts, created(draft("Position__c", "Name", j.title, "Department__c", j.department, "Grade__c", j.grade,
			"Status__c", status, "Openings__c", 1+c.weighted(8, 3, 1), "Open_Date__c", day(at), "Close_Date__c", day(at.AddDate(0, 0, 42)),
			"Min_Pay__c", cents(low), "Max_Pay__c", cents(low+900_000), "Remote__c", c.rng.IntN(4) == 0,
			"Job_Description__c", fmt.Sprintf("%s in %s. You work with people of all ages and walks of life, in a team that plans its own week.\n\nWe train you on the job, pay by grade %s, and reply to every application.", j.title, j.department, j.grade)),
			at, c.memberOf("Recruiting"), at))
		c.openings = append(c.openings, opening{opened: at, closed: status != "Open"})
	}
	ids, err := c.add(ctx, "positions", drafts)
	for i, id := range ids {
		c.openings[i].id = id
	}
	return err
}

func (c *city) applications(ctx context.Context) error {
	people := c.n(4200)
	candidates := make([]record.Draft, 0, people)
	for i := range people {
		first, last := pick(c, firstNames), pick(c, lastNames)
		candidates = append(candidates, draft("Candidate__c", "First_Name__c", first, "Last_Name__c", last,
			"Email__c", fmt.Sprintf("%s.%d@mail.example", strings.ToLower(first), i), "Phone__c", c.phone(), "City__c", "Harborview",
			"Years_of_Experience__c", c.rng.IntN(25), "Education__c", pick(c, []string{"Secondary school", "Apprenticeship", "Bachelor", "Master"})))
	}
	ids, err := c.add(ctx, "candidates", candidates)
	if err != nil {
		return err
	}
	n := min(c.n(6000), len(c.openings)*len(ids)/2) // nobody applies twice for the same
	drafts := make([]record.Draft, 0, n)
	taken := map[[2]record.ID]bool{}
	for len(drafts) < n {
		o, cand := pick(c, c.openings), pick(c, ids)
		if taken[[2]record.ID{o.id, cand}] {
			continue
		}
		taken[[2]record.ID{o.id, cand}] = true
		at := o.opened.Add(time.Duration(c.rng.IntN(40*24)) * time.Hour)
		if at.After(c.now) {
			at = o.opened
		}
		stage := []string{"Applied", "Screened", "Interview", "Offer"}[c.weighted(50, 25, 15, 2)]
		if o.closed {
			stage = []string{"Not selected", "Withdrawn", "Hired"}[c.weighted(86, 10, 4)]
		}
		drafts = append(drafts, created(draft("Job_Application__c", "Position__c", o.id, "Candidate__c", cand, "Status__c", stage,
			"Source__c", pick(c, []string{"Careers site", "Careers site", "Referral", "Job board", "Counter"}), "Applied_On__c", day(at),
			"Cover_Letter__c", pick(c, letters)), at, c.memberOf("Recruiting"), c.after(at, 100)))
	}
	_, err = c.add(ctx, "applications", drafts)
	return err
}

var letters = []string{
	"I have lived in the city all my life and would like to work for it. My last job taught me to stay calm when it gets loud.",
	"Your notice says that you train people on the job. That is what I am looking for after eight years in a warehouse.",
	"I bring the certificate that the notice asks for and six years of practice. I can begin after the school holidays.",
	"I would be glad to explain the gap in my papers in person: I cared for my mother.",
	"Please note that I use a wheelchair; your building at Quay Street is accessible, the one at Kiln Lane is not.",
}
