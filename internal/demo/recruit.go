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

// A job is a kind of work that the city has.
type job struct {
	title, department, grade, location, kind, degree string
	about                                            string
	does, brings                                     []string
	questions                                        []string
}

var jobs = []job{
	{"Harbor Pilot Dispatcher", "Port Authority", "G7", "Pilot Tower, Old Quay", "Full Time", "",
		"You are the calm voice that brings forty ships a day safely past the breakwater.",
		[]string{"Match each arriving ship with a pilot, a tide window and a tug.", "Talk on the radio, with short and clear words.", "Write down what happened, so that the next shift starts where you stopped."},
		[]string{"Two years on a radio or in a control room. Hospitals, buses and fire services count.", "You stay kind when three people talk at once."},
		[]string{"Tell us about a time when three things happened at once. What did you do first?"}},
	{"Benefits Adviser", "Social Services", "G6", "14 Quay Street", "Full Time", "",
		"You sit with people on a bad day and find out what they have a right to.",
		[]string{"Explain decisions in plain words.", "Check papers, and say at once what is missing.", "Correct our own mistakes before anybody has to ask."},
		[]string{"You have worked with people who were under pressure.", "A second language helps."}, []string{"Which languages do you speak, and how well?"}},
	{"Street Inspector", "Public Works", "G6", "Depot North", "Full Time", "",
		"You know every crossing, and what it will look like after the next frost.",
		[]string{"Walk or ride a district every week.", "Decide what is dangerous and have it closed.", "Answer the people who reported it."},
		[]string{"A practical trade, or years of practice.", "You like to be outside."}, nil},
	{"Water Engineer", "Water", "G9", "Waterworks, Mill Lane", "Full Time", "A degree in civil or environmental engineering.",
		"You plan the pipes that the city will drink from in fifty years.",
		[]string{"Plan and check repairs of mains.", "Model pressure and quality.", "Explain to citizens why the street is open."}, []string{"Experience with networks of any kind."}, nil},
	{"Librarian", "Libraries", "G6", "Central Library", "Part Time", "A diploma in library studies, or five years of practice.",
		"You are the first person that a newcomer to this city talks to.",
		[]string{"Advise readers of all ages.", "Run the evening for people who learn the language.", "Choose what we buy in your field."}, []string{"You read, and you listen."}, nil},
	{"School Crossing Guard", "Education", "G3", "All districts", "Part Time", "",
		"Twice a day you stop the traffic for two hundred children.",
		[]string{"Be there, in every weather.", "Know the children, and what is unusual."}, []string{"Patience. The rest we teach you."}, nil},
	{"Data Analyst", "Digital Services", "G8", "City Hall", "Full Time", "",
		"You find out whether what we promise is what we do.",
		[]string{"Answer questions of departments with numbers that hold.", "Publish the data behind them.", "Say so when a number means nothing."},
		[]string{"SQL, and statistics that you can explain to your grandmother."}, []string{"Describe a number that you refused to publish, and why."}},
	{"Accessibility Specialist", "Digital Services", "G9", "City Hall", "Full Time", "",
		"Nothing of ours goes online before you could use it with your eyes closed.",
		[]string{"Test with people who depend on it.", "Teach our teams.", "Stop what does not work."}, []string{"You know the guidelines and their limits."}, nil},
	{"Tree Surgeon", "Parks", "G5", "Depot South", "Full Time", "A climbing certificate; we pay for the second one.",
		"Twelve thousand trees, and you know which ones worry you.", []string{"Look after old trees, and plant new ones.", "Work at heights in a team of three."}, []string{"No fear of heights, and respect for them."}, nil},
	{"Lifeguard", "Sports", "G4", "Harbor Baths", "Seasonal", "", "You see what happens before it happens.", []string{"Watch the water.", "Teach children to swim."}, []string{"A rescue badge, or the will to earn one with us."}, nil},
	{"Paralegal", "Legal", "G7", "City Hall", "Full Time", "A certificate as a paralegal.", "You keep the city's word in order.", []string{"Prepare contracts and answers to courts.", "Publish what may be published."}, []string{"Care, and a feeling for plain words."}, nil},
	{"Housing Officer", "Housing", "G6", "Kiln Lane 3", "Full Time", "", "You find flats where there are none.", []string{"Know landlords and what they need.", "Stand by tenants in their first year."}, []string{"You can say no and stay friends."}, nil},
	{"School Nurse", "Health", "G8", "Four schools in the west", "Part Time", "A licence as a nurse.", "You hear what nobody tells the teachers.", []string{"First aid, advice, and quiet talks.", "Vaccination days."}, []string{"Work with children or young people."}, nil},
	{"Electrician", "Public Works", "G6", "Depot North", "Full Time", "A journeyman's certificate.", "Nine thousand street lamps, and you can reach all of them.", []string{"Repair and change to LED.", "Stand by one week in six."}, []string{"A driving licence."}, nil},
	{"Planner", "Planning", "G8", "City Hall", "Full Time", "A degree in planning or architecture.", "You draw what is not there yet, and ask those who will live with it.", []string{"Draft plans for two districts.", "Run consultations, and change the plan afterwards."}, []string{"You can draw and you can listen."}, nil},
	{"Bus Driver", "Transport", "G5", "Terminal East", "Full Time", "", "You bring four hundred people home every evening.", []string{"Drive, on time and gently.", "Help people in and out."}, []string{"A driving licence; we train you for the bus."}, []string{"Which shifts could you work?"}},
	{"Archivist", "City Archive", "G7", "Old Customs House", "Part Time", "A diploma in archival studies.", "You keep what the city would rather forget, too.", []string{"Take over records and describe them.", "Help people find their families."}, []string{"Old handwriting does not scare you."}, nil},
	{"Interpreter Coordinator", "Social Services", "G7", "14 Quay Street", "Full Time", "", "Nobody signs what he does not understand: you see to it.", []string{"Find an interpreter within a day, for fourteen languages.", "Train and pay them fairly."}, []string{"Two languages besides English."}, []string{"Which languages do you speak, and how well?"}},
	{"Emergency Call Handler", "Emergency Services", "G6", "Control Room, Fire House 1", "Full Time", "", "Somebody's worst minute is your working day.", []string{"Answer in seven seconds.", "Guide people until help is there."}, []string{"A clear voice. We train you for six months."}, nil},
	{"Gardener", "Parks", "G4", "Depot South", "Internship", "", "You learn a trade in eleven parks.", []string{"Plant, prune and plan with the team."}, []string{"Curiosity, and boots."}, nil},
}

// openNow is how many positions take applications on the day of loading.
const openNow = 17

// bullets writes lines as a list in Markdown.
func bullets(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return "- " + strings.Join(lines, "\n- ")
}

func (c *city) positions(ctx context.Context) error {
	var drafts []record.Draft
	for i := range c.n(120) {
		j := jobs[i%len(jobs)]
		days := 40 + c.rng.IntN(660)
		if i < openNow {
			days = 1 + c.rng.IntN(36)
		}
		at := c.workTime(days)
		status := "Open"
		if days > 40 {
			status = []string{"Filled", "Closed"}[c.weighted(8, 2)]
		}
		low := 3_200_000 + 400_000*int(j.grade[1]-'2') + 10_000*c.rng.IntN(30)
		blind := ""
		if c.rng.IntN(3) > 0 {
			blind = "Interview"
		}
		slug := strings.ToLower(strings.ReplaceAll(j.title, " ", "-"))
		if i >= len(jobs) {
			slug += fmt.Sprintf("-%d", i/len(jobs)+1)
		}
		drafts = append(drafts, created(draft("Position__c", "Name", j.title, "Department__c", j.department, "Grade__c", j.grade, "Location__c", j.location, "Type__c", j.kind,
			"Status__c", status, "Openings__c", 1+c.weighted(8, 3, 1), "Open_Date__c", day(at), "Close_Date__c", day(at.AddDate(0, 0, 42)), "Start_Date__c", day(at.AddDate(0, 3, 0)),
			"Min_Pay__c", cents(low), "Max_Pay__c", cents(low+900_000), "Pay_Period__c", "Year", "Remote__c", j.department == "Digital Services",
			"Job_Description__c", j.about, "Responsibilities__c", bullets(j.does), "Skills_Required__c", bullets(j.brings), "Educational_Requirements__c", j.degree,
			"Benefits__c", "A permanent contract, thirty days of leave, a pension, and a bus pass. We train you on the job and reply to every application.",
			"Questions__c", strings.Join(j.questions, "\n"), "Slug__c", slug, "Blind_Until__c", blind, "Hiring_Manager__c", c.memberOf("Recruiting")), at, c.memberOf("Recruiting"), at))
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
		job, cand := c.rng.IntN(len(c.openings)), pick(c, ids)
		o := c.openings[job]
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
		way, moves := c.stagesOf(at, stage)
		c.applied = append(c.applied, applied{job: job, stage: stage, at: at, way: way, moves: moves})
		drafts = append(drafts, created(draft("Job_Application__c", "Position__c", o.id, "Candidate__c", cand, "Status__c", stage,
			"Source__c", pick(c, []string{"Careers site", "Careers site", "Referral", "Job board", "Counter"}), "Applied_On__c", day(at),
			"Stage_Since__c", record.OfInstant(moves[len(moves)-1]), "Reason__c", reasonOf(c, stage), "Cover_Letter__c", pick(c, letters)), at, c.memberOf("Recruiting"), c.after(at, 100)))
	}
	if ids, err = c.add(ctx, "applications", drafts); err != nil {
		return err
	}
	for i, id := range ids {
		c.applied[i].id = id
	}
	return nil
}

// reasonOf returns why an application came to nothing, "" where it did not.
func reasonOf(c *city, stage string) string {
	switch stage {
	case "Not selected":
		return pick(c, []string{"Others were stronger", "Others were stronger", "Does not meet a requirement"})
	case "Withdrawn":
		return "Withdrew"
	default:
		return ""
	}
}

var letters = []string{
	"I have lived in the city all my life and would like to work for it. My last job taught me to stay calm when it gets loud.",
	"Your notice says that you train people on the job. That is what I am looking for after eight years in a warehouse.",
	"I bring the certificate that the notice asks for and six years of practice. I can begin after the school holidays.",
	"I would be glad to explain the gap in my papers in person: I cared for my mother.",
	"Please note that I use a wheelchair; your building at Quay Street is accessible, the one at Kiln Lane is not.",
}
