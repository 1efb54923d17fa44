package desk

import (
	"cmp"
	"slices"
	"time"

	"stoa/apps/service"
	"stoa/internal/app"
	"stoa/internal/record"
	"stoa/internal/web/page"
)

// The queues that are none: a person's own cases, and those of all their queues.
const (
	mine = "mine"
	team = "team"
)

// How many cases a list shows, and up to which number cases are counted. Source: Stoa's own.
const (
	listMost  = 100
	countMost = 99
)

// A queue is a list of open cases.
type queue struct {
	key    string // of its address: mine, team, or the id of a group
	name   string
	own    bool // the person works in it
	count  int  // at most countMost + 1
	owners []record.ID
}

func (q *queue) path() string { return root + "/" + q.key }

// badge returns the number of cases as lists show it.
func (q *queue) badge(v *page.Visit) string {
	if q.count > countMost {
		return v.UI.Number(countMost, 0, 0) + "+"
	}
	return v.UI.Number(int64(q.count), 0, 0)
}

// queues returns the queues that the person may choose, their own first.
func queues(v *page.Visit) ([]*queue, error) {
	me := v.S.Actor().User
	res, err := app.Query(v.Ctx(), v.S, "SELECT QueueId, Queue.Name FROM QueueSobject WHERE SobjectType = 'Case' ORDER BY Queue.Name LIMIT 200")
	if err != nil {
		return nil, err
	}
	members, err := app.Query(v.Ctx(), v.S, "SELECT GroupId FROM GroupMember WHERE UserOrGroupId = ?", me)
	if err != nil {
		return nil, err
	}
	in := map[record.ID]bool{}
	for i := range members.Len() {
		in[members.Get(i, "GroupId").ID()] = true
	}
	all := []*queue{
		{key: mine, name: v.T("desk.mine"), own: true, owners: []record.ID{me}},
		{key: team, name: v.T("desk.team"), own: true},
	}
	for i := range res.Len() {
		id := res.Get(i, "QueueId").ID()
		all = append(all, &queue{key: string(id), name: app.Text(res.Get(i, "Queue", "Name")), own: in[id], owners: []record.ID{id}})
		if in[id] {
			all[1].owners = append(all[1].owners, id)
		}
	}
	slices.SortStableFunc(all, func(a, b *queue) int {
		switch {
		case a.own == b.own:
			return 0
		case a.own:
			return -1
		default:
			return 1
		}
	})
	return all, count(v, all)
}

// count counts the open cases of queues, each only so far as it is shown.
func count(v *page.Visit, all []*queue) error {
	for _, q := range all {
		if len(q.owners) == 0 {
			continue
		}
		res, err := app.Query(v.Ctx(), v.S, "SELECT Id FROM Case WHERE OwnerId IN ? AND IsClosed = false LIMIT ?", q.owners, countMost+1)
		if err != nil {
			return err
		}
		q.count = res.Len()
	}
	return nil
}

// find returns the queue of an address.
func find(all []*queue, key string) (*queue, error) {
	if id, err := record.ParseID(key); err == nil {
		key = string(id)
	}
	for _, q := range all {
		if q.key == key {
			return q, nil
		}
	}
	return nil, page.NotFound()
}

// An item is a case in a list.
type item struct {
	id             record.ID
	subject, from  string
	snippet        string
	status, kind   string
	urgent, unread bool
	since          time.Time // of the last message
	promise        promise
	owner          string
}

// items returns the cases of a queue: the one whose promise ends first comes first.
func items(v *page.Visit, q *queue, newest bool) ([]item, error) {
	if len(q.owners) == 0 {
		return nil, nil
	}
	order := "Reply_Due__c NULLS LAST, CreatedDate, Id"
	if newest {
		order = "CreatedDate DESC, Id DESC"
	}
	res, err := app.Query(v.Ctx(), v.S, `SELECT Id, Subject, Status, Type, Priority, CreatedDate, Contact.Name, SuppliedName, Snippet__c, Description, Last_Message_At__c,
		Last_From__c, Owner.Name, Reply_Due__c, Replied_At__c, Solve_Due__c, Solved_At__c, Paused_Since__c, LastViewedDate
		FROM Case WHERE OwnerId IN ? AND IsClosed = false ORDER BY `+order+" LIMIT ?", q.owners, listMost)
	if err != nil {
		return nil, err
	}
	calendar, err := service.Calendar(v.Ctx(), v.S)
	if err != nil {
		return nil, err
	}
	all := make([]item, res.Len())
	for i := range all {
		get := func(path ...string) string { return app.Text(res.Get(i, path...)) }
		it := item{
			id: res.Get(i, "Id").ID(), subject: get("Subject"), from: cmp.Or(get("Contact", "Name"), get("SuppliedName")), status: get("Status"), kind: get("Type"),
			urgent: get("Priority") == "High", owner: get("Owner", "Name"),
			snippet: app.Snippet(cmp.Or(get("Snippet__c"), get("Description"))),
		}
		it.since = app.Instant(res.Get(i, "CreatedDate"))
		if at := app.Instant(res.Get(i, "Last_Message_At__c")); !at.IsZero() {
			it.since = at
		}
		it.unread = get("Last_From__c") != "Staff" && app.Instant(res.Get(i, "LastViewedDate")).Before(it.since)
		it.promise = next(promisesOf(func(name string) record.Value { return res.Get(i, name) }, v.UI.Now, calendar))
		all[i] = it
	}
	if !newest {
		slices.SortStableFunc(all, func(a, b item) int { return a.promise.before(b.promise) })
	}
	return all, nil
}
