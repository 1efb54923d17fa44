package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/reference"
)

var queryAll = org.QueryOptions{BatchSize: 2000}

// A matter is something that residents write about: what they say and how staff answer.
type matter struct {
	team, kind, service, subject, text, answer string
}

// %s is a street, %d a number between 2 and 30.
var matters = []matter{
	{"Benefits", "Question", "heating-allowance", "Which payslips do I need?", "I am paid weekly, does that mean twelve or thirteen payslips? The form does not say.", "Send the last thirteen weekly payslips. Photos are fine as long as every corner is visible."},
	{"Benefits", "Appeal", "appeal", "Winter heating allowance refused", "My application was refused because “the meter reading could not be verified”. I sent the photo %d days ago and it is clearly legible.", "We looked at your photo again and it is legible. The decision is withdrawn and the allowance will be paid on the first of the month."},
	{"Benefits", "Question", "", "Letter shows my old address", "I moved to %s on the second and told the counter, but your letter still went to the old flat.", "Your address is corrected in all our registers now. The letter is on its way to the new address."},
	{"Benefits", "Request", "", "Payment missing since last month", "My rent is due on the first and nothing has arrived since last month. I called %d times.", "The payment was returned by your bank because of a changed account number. We sent it again today."},
	{"Benefits", "Question", "", "Carer’s grant for my brother", "He turns 18 in January. Do I apply again, or does the grant go on by itself?", "The grant ends on his birthday. Apply again up to six weeks before; we will send you the short form."},
	{"Benefits", "Appeal", "appeal", "Overpayment letter, I disagree", "You counted the hours from my old job after it had ended. I enclose the letter of my employer.", "You are right, the hours were counted twice. Nothing has to be paid back."},
	{"Streets", "Report", "street-light", "Street lamp out on %s", "The lamp by number %d has been dark for a week and the crossing is there. Somebody will get hurt.", "The lamp was repaired this morning. Thank you for telling us."},
	{"Streets", "Report", "pothole", "Pothole at %s", "There is a hole as deep as my hand, right where bicycles pass. I nearly fell %d days ago.", "The hole is filled. The whole stretch is on the list for resurfacing in spring."},
	{"Streets", "Request", "", "Zebra crossing by the school on %s", "About %d children cross here every morning and cars do not slow down.", "We counted traffic for a week. A crossing with an island is planned; works begin after the holidays."},
	{"Streets", "Report", "", "Tree branch over the pavement, %s", "A large branch hangs low since the storm, people walk on the road to get around it.", "The branch was removed and the tree checked. It is sound."},
	{"Streets", "Complaint", "", "Roadworks on %s without a ramp", "I use a wheelchair and cannot reach my door since the works began.", "A ramp was put in place today and the contractor was told that it stays until the end of the works."},
	{"Waste and recycling", "Request", "missed-collection", "Missed collection on %s", "The brown bin was not emptied for the second time. The neighbours’ bins were.", "The crew comes tomorrow before noon. The route plan was wrong and is corrected."},
	{"Waste and recycling", "Question", "", "Where do I take paint?", "I have %d tins of old paint in the cellar. Can they go into the blue bin?", "Please bring them to the yard at Foundry Lane, Saturdays from 9 to 14. It is free for residents."},
	{"Waste and recycling", "Report", "dumped-rubbish", "Rubbish dumped behind %s", "Somebody left a sofa and about %d bags by the canal last night.", "Everything was cleared this afternoon. We found an address among the papers and have written to it."},
	{"Waste and recycling", "Request", "", "Larger recycling bin", "We are six in the house now and the bin is full after %d days.", "A 240-litre bin will be delivered on your next collection day."},
	{"Permits", "Question", "building-permit", "Do I need a permit for a shed?", "I want to build a garden shed of %d square metres at %s. Do I need a permit?", "Up to 10 square metres no permit is needed. Above that, send the short form with a sketch."},
	{"Permits", "Request", "street-party", "Street party on %s", "We want to close the street for our summer party. About %d households take part.", "Your street party is approved. The barriers are delivered the evening before."},
	{"Permits", "Request", "", "Market pitch for bread", "I would like a pitch at the Saturday market for my bakery, %d metres wide, with power.", "A pitch of 3 metres with power is free from next month. The contract is attached."},
	{"Permits", "Complaint", "building-permit", "Permit decision takes too long", "I applied %d weeks ago and have heard nothing since the receipt.", "We are sorry for the wait. The missing fire report arrived and the permit was granted today."},
	{"Water", "Report", "water-problem", "Brown water on %s", "The water is brown since this morning, also after it ran for %d minutes.", "A main was flushed next street. The water is safe; let it run until it is clear."},
	{"Water", "Report", "water-problem", "Leak under the road at %s", "Water comes up between the stones and freezes at night.", "The leak was closed during the night. The road is open again."},
	{"Water", "Question", "water-bill", "My water bill doubled", "We are two people as before and the bill is twice the last one.", "The meter was read wrongly: a 7 was taken for a 1. A corrected bill is on its way."},
	{"Housing", "Request", "housing-repair", "Damp in the bedroom", "There is mould on the wall to the north again, %d months after it was painted.", "An inspector comes on Thursday. Please move furniture away from that wall."},
	{"Housing", "Question", "housing-list", "Place on the housing list", "How many are before me? I applied %d months ago and my circumstances have changed.", "You are 41st for a flat with two rooms. The changes move you up; we need proof of the new income."},
	{"Housing", "Complaint", "housing-repair", "Lift at %s out of order", "The lift has been broken for %d days and I live on the sixth floor with a small child.", "The part arrived and the lift runs again. The landlord credits half a month’s rent."},
	{"Housing", "Request", "", "Two people with my name", "Letters for another person with my name come to me, and mine go to her.", "Both files now carry the date of birth on every letter. Please return what is not yours unopened."},
}

// A caseRow is a case under construction: when what happened to it, and what was said.
type caseRow struct {
	id, owner          record.ID // owner: who took it, or will
	matter             int       // in matters
	who                resident
	es                 bool // written in Spanish
	subject, team, ref string
	at, changed        time.Time
	status, priority   string

	replyMinutes, solutionMinutes int
	replied, solved               time.Time // zero for not yet
	replyDue, solveDue            time.Time
	pausedSince                   time.Time
	paused                        time.Duration
	said                          []said
}

var matterWeights = []int{9, 5, 6, 7, 3, 3, 12, 11, 2, 5, 2, 10, 5, 6, 3, 4, 3, 2, 2, 4, 3, 4, 5, 5, 3, 2}

func (c *city) cases(ctx context.Context) error {
	n := c.n(25000)
	guest := c.s.Org().SiteGuest()
	drafts := make([]record.Draft, 0, n)
	c.caseRows = make([]caseRow, 0, n)
	for i := range n {
		// More of the cases are recent, as in a service that people find easier every year.
		days := int(float64(730) * (1 - float64(i+1)/float64(n)) * (0.6 + 0.4*c.rng.Float64()))
		row := c.live(days)
		row.ref = reference.New(prefix, reference.Numbered(i))
		m, r := matters[row.matter], row.who
		subject, text := m.subject, m.text
		if row.es {
			subject, text = spanish[row.matter].subject, spanish[row.matter].text
		}
		row.subject = c.say(subject)
		about := c.say(text) + "\n\n" + r.first + " " + r.last
		origin := []string{"Web", "Email", "Phone"}[c.weighted(45, 35, 20)]
		by := guest
		if origin == "Phone" {
			by = row.owner
		}
		c.converse(&row)
		d := draft("Case", "Subject", row.subject, "Description", about, "ContactId", r.id, "AccountId", r.account, "SuppliedName", r.first+" "+r.last,
			"SuppliedEmail", r.email, "Origin", origin, "Type", m.kind, "Service__c", c.services[m.service], "Priority", row.priority, "Status", row.status,
			"Language", row.language(), "Reference__c", row.ref, "Reply_Due__c", row.replyDue, "Solve_Due__c", row.solveDue, "Paused_Seconds__c", int(row.paused/time.Second),
			"Thread_Version__c", len(row.said), "IsEscalated", row.broken(c.now))
		owner := row.owner
		if row.status == "New" {
			owner = c.teams[row.team]
		}
		d.Set("OwnerId", record.OfID(owner))
		row.setTimes(&d)
		row.setLast(&d, about)
		drafts = append(drafts, created(d, row.at, by, row.changed))
		c.caseRows = append(c.caseRows, row)
	}
	ids, err := c.add(ctx, "cases", drafts)
	for i, id := range ids {
		c.caseRows[i].id = id
	}
	return err
}

// prefix begins the references of the city.
const prefix = "HV"

func (r *caseRow) language() string {
	if r.es {
		return "es"
	}
	return "en_US"
}

// broken reports whether a promise of an open case is broken by a moment.
func (r *caseRow) broken(now time.Time) bool {
	return r.solved.IsZero() && r.pausedSince.IsZero() && (r.replied.IsZero() && r.replyDue.Before(now) || r.solveDue.Before(now))
}

func (r *caseRow) setTimes(d *record.Draft) {
	for _, f := range []struct {
		name string
		at   time.Time
	}{{"Replied_At__c", r.replied}, {"Solved_At__c", r.solved}, {"ClosedDate", r.solved}, {"Paused_Since__c", r.pausedSince}} {
		if !f.at.IsZero() {
			d.Set(f.name, record.OfInstant(f.at))
		}
	}
}

// setLast says who wrote last for the public to read, and how it begins.
func (r *caseRow) setLast(d *record.Draft, about string) {
	at, from, text := r.at, "Citizen", about
	for _, s := range r.said {
		if s.kind != note {
			at, from, text = s.at, "Citizen", s.text
			if s.kind == fromStaff {
				from = "Staff"
			}
		}
	}
	d.Set("Last_Message_At__c", record.OfInstant(at)).Set("Last_From__c", record.OfText(from)).Set("Snippet__c", record.OfText(beginning(text)))
}

// beginning is a text on one line, at most 160 characters of it.
func beginning(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > 160 {
		return string(r[:159]) + "…"
	}
	return text
}

// say fills the street and the number of a text.
func (c *city) say(text string) string {
	var args []any
	for i := 0; i+1 < len(text); i++ {
		switch text[i : i+2] {
		case "%s":
			args = append(args, c.street())
		case "%d":
			args = append(args, 2+c.rng.IntN(29))
		}
	}
	if len(args) == 0 {
		return text
	}
	return strings.TrimSpace(fmt.Sprintf(text, args...))
}
