package desk

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"stoa/apps/service"
	"stoa/internal/app"
	"stoa/internal/hours"
	"stoa/internal/record"
	"stoa/internal/web/kit"
	"stoa/internal/web/page"
)

// What the supervisor's page looks at. Source: Stoa's own.
const (
	superviseDays = 14
	superviseMost = 5000 // cases of those days that are read for promises and channels
	longest       = 8    // cases that wait longest
	soon          = time.Hour
	soonMost      = 50
	hereFor       = 15 * time.Minute // who did something since then is here
)

// An overview is what the supervisor's page shows.
type overview struct {
	v                  *page.Visit
	open               int64
	fresh, solved      int64 // today
	kept               int   // of the promises that ended, in percent; -1 for none
	ended              int
	soon               []item
	waiting            []item
	backlog, flow      kit.Series
	channels, promises kit.Series
	here               []kit.Person
	cut                bool // there are more cases than were read
	longest            string
	longestSubject     string
}

// supervise shows how service stands.
func supervise(v *page.Visit) error {
	o := &overview{v: v}
	for _, part := range []func() error{o.readBacklog, o.readFlow, o.readWaiting, o.readSoon, o.readHere} {
		if err := part(); err != nil {
			return err
		}
	}
	if v.Fragment() {
		return v.Draw(http.StatusOK, overviewBody(o))
	}
	return v.Answer(page.Page{Title: v.T("service.title"), Icon: "chart-column", Body: overviewPage(o), Toasts: toasts(v)})
}

// readBacklog counts the open cases by who has them.
func (o *overview) readBacklog() error {
	v := o.v
	res, err := app.Query(v.Ctx(), v.S, "SELECT OwnerId, COUNT(Id) n FROM Case WHERE IsClosed = false GROUP BY OwnerId")
	if err != nil {
		return err
	}
	names, err := app.Query(v.Ctx(), v.S, "SELECT QueueId, Queue.Name FROM QueueSobject WHERE SobjectType = 'Case' LIMIT 200")
	if err != nil {
		return err
	}
	queues := map[record.ID]string{}
	for i := range names.Len() {
		queues[names.Get(i, "QueueId").ID()] = app.Text(names.Get(i, "Queue", "Name"))
	}
	o.backlog = kit.Series{Title: v.T("service.backlog"), Label: v.T("desk.queue"), Unit: v.T("service.open")}
	people := int64(0)
	for i := range res.Len() {
		id, n := res.Get(i, "OwnerId").ID(), res.Get(i, "n").Int()
		o.open += n
		if name, ok := queues[id]; ok {
			o.backlog.Points = append(o.backlog.Points, kit.Point{Label: name, Count: n, Href: root + "/" + string(id)})
		} else {
			people += n
		}
	}
	slices.SortFunc(o.backlog.Points, func(a, b kit.Point) int {
		return cmp.Or(int(b.Count-a.Count), cmp.Compare(a.Label, b.Label))
	})
	if people > 0 {
		o.backlog.Points = append(o.backlog.Points, kit.Point{Label: v.T("service.withPeople"), Count: people})
	}
	o.backlog.Says = v.T("service.backlogSays", "n", o.open)
	return nil
}

// readFlow reads the cases of the last days: what came, by which way, and which promises were kept.
func (o *overview) readFlow() error {
	v := o.v
	now := v.UI.In(v.UI.Now)
	from := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location()).AddDate(0, 0, 1-superviseDays)
	res, err := app.Query(v.Ctx(), v.S, `SELECT CreatedDate, Origin, Reply_Due__c, Replied_At__c, Solve_Due__c, Solved_At__c, Paused_Since__c FROM Case
		WHERE CreatedDate >= ? ORDER BY CreatedDate DESC LIMIT ?`, from, superviseMost)
	if err != nil {
		return err
	}
	o.cut = res.Len() == superviseMost
	fresh, origins := map[string]int64{}, map[string]int64{}
	var kept, broken, running [2]int64
	for i := range res.Len() {
		fresh[v.UI.In(app.Instant(res.Get(i, "CreatedDate"))).Format(time.DateOnly)]++
		origins[cmp.Or(app.Text(res.Get(i, "Origin")), v.T("service.unknown"))]++
		for _, p := range promisesOf(func(name string) record.Value { return res.Get(i, name) }, v.UI.Now, &hours.Calendar{}) { // states do not need the hours
			at := 0
			if p.name == "desk.promise.solution" {
				at = 1
			}
			switch p.state {
			case met:
				kept[at]++
			case late, missed:
				broken[at]++
			default:
				running[at]++
			}
		}
	}
	closed, err := app.Query(v.Ctx(), v.S, "SELECT DAY_ONLY(convertTimezone(ClosedDate)) d, COUNT(Id) n FROM Case WHERE ClosedDate >= ? GROUP BY DAY_ONLY(convertTimezone(ClosedDate))", from)
	if err != nil {
		return err
	}
	solved := map[string]int64{}
	for i := range closed.Len() {
		solved[closed.Get(i, "d").String()] = closed.Get(i, "n").Int()
	}
	o.flow = kit.Series{Title: v.T("service.flow"), Label: v.T("service.day"), Unit: v.T("service.new"), SecondUnit: v.T("service.solved")}
	came, went := int64(0), int64(0)
	for i := range superviseDays {
		day := from.AddDate(0, 0, i)
		key := day.Format(time.DateOnly)
		o.flow.Points = append(o.flow.Points, kit.Point{Label: v.UI.Day(day), Count: fresh[key]})
		o.flow.Second = append(o.flow.Second, kit.Point{Label: v.UI.Day(day), Count: solved[key]})
		came, went = came+fresh[key], went+solved[key]
		o.fresh, o.solved = fresh[key], solved[key]
	}
	o.flow.Says = v.T("service.flowSays", "came", came, "went", went, "days", superviseDays)
	o.channels = kit.Series{Title: v.T("service.channels"), Label: v.T("desk.fact.origin"), Unit: v.T("service.new"), Says: v.T("service.channelsSays", "n", came)}
	for name, n := range origins {
		o.channels.Points = append(o.channels.Points, kit.Point{Label: name, Count: n})
	}
	slices.SortFunc(o.channels.Points, func(a, b kit.Point) int { return cmp.Or(int(b.Count-a.Count), cmp.Compare(a.Label, b.Label)) })
	o.tellPromises(kept, broken, running)
	return nil
}

// tellPromises says how many of the promises that ended were kept.
func (o *overview) tellPromises(kept, broken, running [2]int64) {
	v := o.v
	o.kept = -1
	o.promises = kit.Series{Title: v.T("service.promises"), Label: v.T("service.promise"), Unit: v.T("service.share")}
	for i, name := range []string{"desk.promise.reply", "desk.promise.solution"} {
		all := kept[i] + broken[i]
		o.ended += int(all)
		if all == 0 {
			continue
		}
		o.promises.Points = append(o.promises.Points, kit.Point{
			Label: v.T(name), Count: kept[i] * 100 / all, Text: v.T("service.percent", "n", kept[i]*100/all),
		})
	}
	if o.ended > 0 {
		o.kept = int((kept[0] + kept[1]) * 100 / int64(o.ended))
	}
	o.promises.Says = v.T("service.promisesSays", "kept", kept[0]+kept[1], "late", broken[0]+broken[1], "running", running[0]+running[1])
}

// readWaiting reads the cases that have waited longest for the staff.
func (o *overview) readWaiting() (err error) {
	v := o.v
	res, err := app.Query(v.Ctx(), v.S, `SELECT Id, Subject, Status, Contact.Name, SuppliedName, CreatedDate, Owner.Name, Reply_Due__c, Replied_At__c, Solve_Due__c, Solved_At__c, Paused_Since__c
		FROM Case WHERE IsClosed = false AND Status NOT IN ('Waiting', 'On Hold') ORDER BY CreatedDate LIMIT ?`, longest)
	if err != nil {
		return err
	}
	if o.waiting, err = rows(v, res); err != nil {
		return err
	}
	if len(o.waiting) > 0 {
		o.longest, o.longestSubject = duration(v, v.UI.Now.Sub(o.waiting[0].since)), o.waiting[0].subject
	}
	return nil
}

// readSoon reads the cases whose first reply is due within the hour.
func (o *overview) readSoon() error {
	v := o.v
	res, err := app.Query(v.Ctx(), v.S, `SELECT Id, Subject, Status, Contact.Name, SuppliedName, CreatedDate, Owner.Name, Reply_Due__c, Replied_At__c, Solve_Due__c, Solved_At__c, Paused_Since__c
		FROM Case WHERE IsClosed = false AND Replied_At__c = null AND Paused_Since__c = null AND Reply_Due__c > ? AND Reply_Due__c <= ? ORDER BY Reply_Due__c LIMIT ?`,
		v.UI.Now, v.UI.Now.Add(soon), soonMost)
	if err != nil {
		return err
	}
	o.soon, err = rows(v, res)
	return err
}

func rows(v *page.Visit, res *record.Result) ([]item, error) {
	calendar, err := service.Calendar(v.Ctx(), v.S)
	if err != nil {
		return nil, err
	}
	all := make([]item, res.Len())
	for i := range all {
		all[i] = item{
			id: res.Get(i, "Id").ID(), subject: app.Text(res.Get(i, "Subject")), status: app.Text(res.Get(i, "Status")), owner: app.Text(res.Get(i, "Owner", "Name")),
			from: cmp.Or(app.Text(res.Get(i, "Contact", "Name")), app.Text(res.Get(i, "SuppliedName"))), since: app.Instant(res.Get(i, "CreatedDate")),
			promise: next(promisesOf(func(name string) record.Value { return res.Get(i, name) }, v.UI.Now, calendar)),
		}
	}
	return all, nil
}

// readHere finds who did something at the desk lately; those who only look are told by the stream.
func (o *overview) readHere() error {
	v := o.v
	since := v.UI.Now.Add(-hereFor)
	res, err := app.Query(v.Ctx(), v.S, `SELECT CreatedById, CreatedBy.Name, CreatedBy.UserType FROM Case_Event__c WHERE SystemModstamp >= ? AND CreatedDate >= ?
		ORDER BY SystemModstamp DESC LIMIT 500`, since, since) // by the index; an import has old lines, written now
	if err != nil {
		return err
	}
	seen := map[record.ID]bool{}
	for i := range res.Len() {
		id := res.Get(i, "CreatedById").ID()
		if seen[id] || app.Text(res.Get(i, "CreatedBy", "UserType")) != "Standard" {
			continue
		}
		seen[id] = true
		o.here = append(o.here, kit.Person{ID: id, Name: app.Text(res.Get(i, "CreatedBy", "Name"))})
	}
	return nil
}
