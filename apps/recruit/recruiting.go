package recruit

import (
	"slices"
	"time"

	"stoa/internal/app"
	"stoa/internal/record"
	"stoa/internal/web/kit"
	"stoa/internal/web/page"
)

// maxListed is how many positions the home page shows at most.
const maxListed = 60

// A homePage is what a recruiter or a reviewer begins the day with.
type homePage struct {
	Mine      bool // only positions of who visits
	HasMine   bool
	Positions []position
	Waiting   []tile // applications that nobody has looked at
	More      bool
	Reviews   []asked // reviews that who visits was asked for
	Talks     []talk
	Hires     int
	TimeTo    kit.Series // days from application to hire, by month
	Median    int
	Said      []string
}

// A position is one as the home page shows it.
type position struct {
	ID                               record.ID
	Title, Department, Status, Blind string
	Openings, Hired, New             int
	Closes                           time.Time
	Funnel                           kit.Series
}

// An asked review is one that somebody waits for.
type asked struct {
	Application record.ID
	Person      person
	Position    string
	Since       time.Time
}

// A talk is an interview of the coming week.
type talk struct {
	Application                record.ID
	Person                     person
	Position                   string
	Starts                     time.Time
	Minutes                    int
	Kind, Place, Status, Panel string
	Mine                       bool
}

func showHome(v *page.Visit) error {
	p := &homePage{Said: v.Flashed()}
	for _, read := range []func(*page.Visit) error{p.positions, p.waiting, p.reviews, p.talks, p.timeToHire} {
		if err := read(v); err != nil {
			return err
		}
	}
	return v.Answer(page.Page{Title: v.T("recruit.place"), Icon: "briefcase", Body: homeBody(v, p)})
}

func (p *homePage) positions(v *page.Visit) error {
	me := v.S.Actor().User
	res, err := app.Query(v.Ctx(), v.S, `SELECT Id, Name, Department__c, Status__c, Blind_Until__c, Openings__c, Close_Date__c, Hiring_Manager__c, OwnerId FROM Position__c
		WHERE Status__c IN ('Open', 'On Hold') ORDER BY Close_Date__c NULLS LAST, Name LIMIT ?`, maxListed)
	if err != nil {
		return err
	}
	mine := func(i int) bool {
		return app.Text(res.Get(i, "Hiring_Manager__c")) == string(me) || app.Text(res.Get(i, "OwnerId")) == string(me)
	}
	for i := range res.Len() {
		p.HasMine = p.HasMine || mine(i)
	}
	p.Mine = p.HasMine && v.Query("show") != "all"
	var ids []record.ID
	for i := range res.Len() {
		if p.Mine && !mine(i) {
			continue
		}
		get := func(name string) string { return app.Text(res.Get(i, name)) }
		ids = append(ids, res.Get(i, "Id").ID())
		p.Positions = append(p.Positions, position{ID: res.Get(i, "Id").ID(), Title: get("Name"), Department: get("Department__c"), Status: get("Status__c"), Blind: get("Blind_Until__c"),
			Openings: max(1, int(number(res.Get(i, "Openings__c")))), Closes: dayOf(res.Get(i, "Close_Date__c"))})
	}
	counted, err := app.Query(v.Ctx(), v.S, "SELECT Position__c, Status__c, COUNT(Id) n FROM Job_Application__c WHERE Position__c IN ? GROUP BY Position__c, Status__c", ids)
	if err != nil {
		return err
	}
	counts := map[record.ID]map[string]int{}
	for i := range counted.Len() {
		id := counted.Get(i, "Position__c").ID()
		if counts[id] == nil {
			counts[id] = map[string]int{}
		}
		counts[id][app.Text(counted.Get(i, "Status__c"))] = int(counted.Get(i, "n").Int())
	}
	last, err := furthest(v.Ctx(), v.S, ids)
	if err != nil {
		return err
	}
	for i := range p.Positions {
		at := &p.Positions[i]
		at.New, at.Hired = counts[at.ID][StageApplied], counts[at.ID][StageHired]
		at.Funnel = funnel(v, counts[at.ID], last[at.ID])
		at.Funnel.Title = v.T("recruit.funnelOf", "what", at.Title)
	}
	return nil
}

// maxWaiting is how many of those who wait the home page names.
const maxWaiting = 8

// waiting reads the applications of open positions that were not looked at, the oldest first.
func (p *homePage) waiting(v *page.Visit) error {
	var ids []record.ID
	for _, at := range p.Positions {
		ids = append(ids, at.ID)
	}
	res, err := app.Query(v.Ctx(), v.S, "SELECT Id, "+personFields+`, Status__c, Source__c, Applied_On__c, Stage_Since__c, Average_Rating__c, Number_of_Reviews__c, Answers__c, Position__r.Name
		FROM Job_Application__c WHERE Position__c IN ? AND Status__c = ? ORDER BY Stage_Since__c, Applied_On__c, Id LIMIT ?`, ids, StageApplied, maxWaiting+1)
	if err != nil {
		return err
	}
	p.More = res.Len() > maxWaiting
	for i := range min(res.Len(), maxWaiting) {
		t := tileOf(res, i)
		t.Source = app.Text(res.Get(i, "Position__r", "Name"))
		p.Waiting = append(p.Waiting, t)
	}
	return nil
}

// reviews reads what who visits was asked to review and has not yet.
func (p *homePage) reviews(v *page.Visit) error {
	waits, err := app.Query(v.Ctx(), v.S, "SELECT Job_Application__c, CreatedDate FROM Review__c WHERE Reviewer__c = ? AND Submitted__c = false ORDER BY CreatedDate LIMIT 50", v.S.Actor().User)
	if err != nil || waits.Len() == 0 {
		return err
	}
	since := map[record.ID]time.Time{}
	var ids []record.ID
	for i := range waits.Len() {
		id := waits.Get(i, "Job_Application__c").ID()
		ids, since[id] = append(ids, id), app.Instant(waits.Get(i, "CreatedDate"))
	}
	res, err := app.Query(v.Ctx(), v.S, "SELECT Id, "+personFields+", Position__r.Name FROM Job_Application__c WHERE Id IN ? AND Status__c NOT IN ('Hired', 'Not selected', 'Withdrawn')", ids)
	if err != nil {
		return err
	}
	for i := range res.Len() {
		id := res.Get(i, "Id").ID()
		p.Reviews = append(p.Reviews, asked{id, personOf(res, i), app.Text(res.Get(i, "Position__r", "Name")), since[id]})
	}
	slices.SortStableFunc(p.Reviews, func(a, b asked) int { return a.Since.Compare(b.Since) })
	return nil
}

// talks reads the interviews of the next seven days.
func (p *homePage) talks(v *page.Visit) error {
	res, err := app.Query(v.Ctx(), v.S, `SELECT Id, Job_Application__c, Starts__c, Minutes__c, Kind__c, Place__c, Status__c FROM Interview__c WHERE Status__c IN ('Proposed', 'Confirmed')
		AND Starts__c >= ? AND Starts__c < ? ORDER BY Starts__c LIMIT 50`, v.UI.Now.Add(-2*time.Hour), v.UI.Now.AddDate(0, 0, 7))
	if err != nil || res.Len() == 0 {
		return err
	}
	var ids, on []record.ID
	for i := range res.Len() {
		ids, on = append(ids, res.Get(i, "Id").ID()), append(on, res.Get(i, "Job_Application__c").ID())
	}
	people, err := app.Query(v.Ctx(), v.S, "SELECT Id, "+personFields+", Position__r.Name FROM Job_Application__c WHERE Id IN ?", on)
	if err != nil {
		return err
	}
	who := map[record.ID]int{}
	for i := range people.Len() {
		who[people.Get(i, "Id").ID()] = i
	}
	panel, err := panels(v, ids)
	if err != nil {
		return err
	}
	for i := range res.Len() {
		at, ok := who[on[i]]
		if !ok {
			continue
		}
		in := interviewOf(res, i)
		t := talk{Application: on[i], Person: personOf(people, at), Position: app.Text(people.Get(at, "Position__r", "Name")), Starts: in.Starts, Minutes: in.Minutes, Kind: in.Kind, Place: in.Place, Status: in.Status}
		for _, m := range panel[in.ID] {
			t.Mine = t.Mine || m.ID == v.S.Actor().User
			if t.Panel != "" {
				t.Panel += ", "
			}
			t.Panel += m.Name
		}
		p.Talks = append(p.Talks, t)
	}
	return nil
}

// panels returns who sits on interviews.
func panels(v *page.Visit, interviews []record.ID) (map[record.ID][]kit.Person, error) {
	res, err := app.Query(v.Ctx(), v.S, "SELECT Interview__c, User__c, User__r.Name FROM Interview_Panel__c WHERE Interview__c IN ? ORDER BY User__r.Name", interviews)
	if err != nil {
		return nil, err
	}
	all := map[record.ID][]kit.Person{}
	for i := range res.Len() {
		id := res.Get(i, "Interview__c").ID()
		all[id] = append(all[id], kit.Person{ID: res.Get(i, "User__c").ID(), Name: app.Text(res.Get(i, "User__r", "Name"))})
	}
	return all, nil
}

// hireMonths is how far back the time to hire looks.
const hireMonths = 6

// timeToHire reckons how many days went by from an application to its hire, by the month of the hire.
func (p *homePage) timeToHire(v *page.Visit) error {
	now := v.UI.In(v.UI.Now)
	from := time.Date(now.Year(), now.Month()-hireMonths+1, 1, 0, 0, 0, 0, now.Location())
	res, err := app.Query(v.Ctx(), v.S, "SELECT Applied_On__c, Stage_Since__c FROM Job_Application__c WHERE Status__c = ? AND Stage_Since__c >= ? AND Applied_On__c != null ORDER BY Stage_Since__c DESC LIMIT 2000", StageHired, from)
	if err != nil {
		return err
	}
	byMonth := make([][]int, hireMonths)
	var all []int
	for i := range res.Len() {
		at := app.Instant(res.Get(i, "Stage_Since__c")).In(now.Location())
		took := max(0, int(at.Sub(dayOf(res.Get(i, "Applied_On__c")))/(24*time.Hour)))
		month := (at.Year()-from.Year())*12 + int(at.Month()-from.Month())
		if month >= 0 && month < hireMonths {
			byMonth[month] = append(byMonth[month], took)
			all = append(all, took)
		}
	}
	p.Hires, p.Median = len(all), median(all)
	p.TimeTo = kit.Series{Title: v.T("recruit.timeToHire"), Label: v.T("recruit.month"), Unit: v.T("recruit.daysUnit"), Says: v.T("recruit.timeToHire.says", "n", p.Hires, "days", p.Median)}
	for i, of := range byMonth {
		p.TimeTo.Points = append(p.TimeTo.Points, kit.Point{Label: v.T("month." + itoa(int(from.AddDate(0, i, 0).Month()))), Count: int64(median(of))})
	}
	return nil
}

// median returns the middle one of numbers, 0 of none.
func median(all []int) int {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}
