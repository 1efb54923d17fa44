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
	set := setting{prefix: "C", reply: replyMinutes, solution: solutionMinutes}
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
	set.site = strings.TrimSuffix(text(res.Get(0, "Site_Address__c")), "/")
	return set, nil
}

// minutes returns a number of minutes, or another one for null and for nothing.
func minutes(v record.Value, or int) int {
	if v.IsNull() || v.Int() <= 0 {
		return or
	}
	return int(v.Int())
}

// A desk is what hooks know of the org's desk, as it is in their transaction. Parts are read when they are first asked for.
type desk struct {
	tx      *org.Tx
	setting setting

	services map[record.ID]offer
	calendar *hours.Calendar
	hoursID  record.ID
	statuses map[string]bool // folded: whether it closes
	types    map[string]record.ID
	queues   map[string]queue // by folded developer name
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

func loadDesk(ctx context.Context, tx *org.Tx) (*desk, error) {
	set, err := loadSetting(ctx, tx)
	return &desk{tx: tx, setting: set}, err
}

// offer returns a service, the settings' promises for none.
func (d *desk) offer(ctx context.Context, id record.ID) (offer, error) {
	none := offer{reply: d.setting.reply, solution: d.setting.solution}
	if id == "" {
		return none, nil
	}
	if o, ok := d.services[id]; ok {
		return o, nil
	}
	res, err := query(ctx, d.tx, "SELECT Name, Slug__c, Queue__c, First_Reply_Minutes__c, Solution_Minutes__c FROM Service__c WHERE Id = ?", id)
	if err != nil || res.Len() == 0 {
		return none, err
	}
	o := offer{
		name: text(res.Get(0, "Name")), slug: text(res.Get(0, "Slug__c")), queue: text(res.Get(0, "Queue__c")),
		reply: minutes(res.Get(0, "First_Reply_Minutes__c"), none.reply), solution: minutes(res.Get(0, "Solution_Minutes__c"), none.solution),
	}
	if d.services == nil {
		d.services = map[record.ID]offer{}
	}
	d.services[id] = o
	return o, nil
}

// closes reports whether a status closes a case.
func (d *desk) closes(ctx context.Context, status string) (bool, error) {
	if d.statuses == nil {
		res, err := query(ctx, d.tx, "SELECT ApiName, IsClosed FROM CaseStatus")
		if err != nil {
			return false, err
		}
		d.statuses = map[string]bool{}
		for i := range res.Len() {
			d.statuses[record.Fold(text(res.Get(i, "ApiName")))] = res.Get(i, "IsClosed").Bool()
		}
	}
	return d.statuses[record.Fold(status)], nil
}

// queue returns a queue by its developer name; ok is false where there is none.
func (d *desk) queue(ctx context.Context, name string) (q queue, ok bool, err error) {
	if d.queues == nil {
		res, err := query(ctx, d.tx, "SELECT Id, Name, DeveloperName FROM Group WHERE Type = 'Queue'")
		if err != nil {
			return queue{}, false, err
		}
		d.queues = map[string]queue{}
		for i := range res.Len() {
			d.queues[record.Fold(text(res.Get(i, "DeveloperName")))] = queue{res.Get(i, "Id").ID(), text(res.Get(i, "Name"))}
		}
	}
	q, ok = d.queues[record.Fold(name)]
	return q, ok, nil
}

// milestone returns the id of a milestone type by its name, "" where the org has none of that name.
func (d *desk) milestone(ctx context.Context, name string) (record.ID, error) {
	if d.types == nil {
		res, err := query(ctx, d.tx, "SELECT Id, Name FROM MilestoneType")
		if err != nil {
			return "", err
		}
		d.types = map[string]record.ID{}
		for i := range res.Len() {
			d.types[text(res.Get(i, "Name"))] = res.Get(i, "Id").ID()
		}
	}
	return d.types[name], nil
}
