package service

import (
	"context"
	"strings"

	"stoa/internal/hours"
	"stoa/internal/org"
	"stoa/internal/record"
)

// What holds where the service settings say nothing. Source: Stoa's own; business minutes.
const (
	replyMinutes    = 8 * 60
	solutionMinutes = 5 * 8 * 60
)

// DefaultSetting is the name of the row of Service_Setting__c that counts, the newest of several.
const DefaultSetting = "Default"

// A setting is how the desk works in an org.
type setting struct {
	prefix, queue      string // of references; default queue
	reply, solution    int    // minutes
	sender, from, site string
}

func loadSetting(ctx context.Context, r reader) (setting, error) {
	set := setting{prefix: "C", reply: replyMinutes, solution: solutionMinutes, site: r.Home()}
	res, err := query(ctx, r, `SELECT Reference_Prefix__c, Default_Queue__c, First_Reply_Minutes__c, Solution_Minutes__c, Sender_Name__c, Sender_Address__c, Site_Address__c
		FROM Service_Setting__c WHERE Name = ? ORDER BY CreatedDate DESC, Id DESC LIMIT 1`, DefaultSetting)
	if err != nil || res.Len() == 0 {
		return set, err
	}
	if p := strings.ToUpper(text(res.Get(0, "Reference_Prefix__c"))); p != "" {
		set.prefix = p
	}
	set.queue = text(res.Get(0, "Default_Queue__c"))
	set.reply = minutes(res.Get(0, "First_Reply_Minutes__c"), set.reply)
	set.solution = minutes(res.Get(0, "Solution_Minutes__c"), set.solution)
	set.sender, set.from = text(res.Get(0, "Sender_Name__c")), text(res.Get(0, "Sender_Address__c"))
	if at := strings.TrimSuffix(text(res.Get(0, "Site_Address__c")), "/"); at != "" {
		set.site = at
	}
	return set, nil
}

// minutes returns a number of minutes, or another one for null and for nothing.
func minutes(v record.Value, or int) int {
	if v.IsNull() || v.Int() <= 0 {
		return or
	}
	return int(v.Int())
}

// An offer is a service as the desk needs it.
type offer struct {
	name, slug, queue string
	reply, solution   int // minutes; those of the setting where the service has none
}

// A queue is a group that owns cases.
type queue struct {
	id   record.ID
	name string
}

// A desk is how an org's desk works, and the unit of work that asks. But for tx it never changes.
type desk struct {
	tx *org.Tx

	setting  setting
	rules    []rule
	services map[record.ID]offer
	calendar *hours.Calendar
	hoursID  record.ID
	statuses map[string]bool // folded: whether it closes
	types    map[string]record.ID
	queues   map[string]queue // by folded developer name
}

// loadDesk reads all of it.
func loadDesk(ctx context.Context, tx *org.Tx) (d *desk, err error) {
	d = &desk{tx: tx}
	if d.setting, err = loadSetting(ctx, tx); err != nil {
		return nil, err
	}
	if d.rules, err = loadRules(ctx, tx); err != nil {
		return nil, err
	}
	if d.queues, err = loadQueues(ctx, tx); err != nil {
		return nil, err
	}
	if d.calendar, d.hoursID, err = loadCalendar(ctx, tx); err != nil {
		return nil, err
	}
	if err := d.loadServices(ctx); err != nil {
		return nil, err
	}
	res, err := query(ctx, tx, "SELECT ApiName, IsClosed FROM CaseStatus")
	if err != nil {
		return nil, err
	}
	d.statuses = map[string]bool{}
	for i := range res.Len() {
		d.statuses[record.Fold(text(res.Get(i, "ApiName")))] = res.Get(i, "IsClosed").Bool()
	}
	d.types, err = loadTypes(ctx, tx)
	return d, err
}

func (d *desk) loadServices(ctx context.Context) error {
	res, err := query(ctx, d.tx, "SELECT Id, Name, Slug__c, Queue__c, First_Reply_Minutes__c, Solution_Minutes__c FROM Service__c")
	if err != nil {
		return err
	}
	d.services = map[record.ID]offer{}
	for i := range res.Len() {
		d.services[res.Get(i, "Id").ID()] = offer{
			name: text(res.Get(i, "Name")), slug: text(res.Get(i, "Slug__c")), queue: text(res.Get(i, "Queue__c")),
			reply: minutes(res.Get(i, "First_Reply_Minutes__c"), d.setting.reply), solution: minutes(res.Get(i, "Solution_Minutes__c"), d.setting.solution),
		}
	}
	return nil
}

func loadQueues(ctx context.Context, r reader) (map[string]queue, error) {
	res, err := query(ctx, r, "SELECT Id, Name, DeveloperName FROM Group WHERE Type = 'Queue'")
	if err != nil {
		return nil, err
	}
	all := map[string]queue{}
	for i := range res.Len() {
		all[record.Fold(text(res.Get(i, "DeveloperName")))] = queue{res.Get(i, "Id").ID(), text(res.Get(i, "Name"))}
	}
	return all, nil
}

// loadTypes returns the ids of milestone types by their names.
func loadTypes(ctx context.Context, r reader) (map[string]record.ID, error) {
	res, err := query(ctx, r, "SELECT Id, Name FROM MilestoneType")
	if err != nil {
		return nil, err
	}
	all := map[string]record.ID{}
	for i := range res.Len() {
		all[text(res.Get(i, "Name"))] = res.Get(i, "Id").ID()
	}
	return all, nil
}

// offer returns a service, and the settings' promises for none.
func (d *desk) offer(id record.ID) offer {
	if o, ok := d.services[id]; ok {
		return o
	}
	return offer{reply: d.setting.reply, solution: d.setting.solution}
}

// closes reports whether a status closes a case.
func (d *desk) closes(status string) bool { return d.statuses[record.Fold(status)] }

// queue returns a queue by its developer name; ok is false where there is none.
func (d *desk) queue(name string) (q queue, ok bool) {
	q, ok = d.queues[record.Fold(name)]
	return q, ok
}
