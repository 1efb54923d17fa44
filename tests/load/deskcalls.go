package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"time"

	"stoa/apps/service"
	"stoa/internal/app"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/store/sqlite"
)

// A deskCalls knows the addresses of a large desk.
type deskCalls struct {
	s               *proc
	cookie          string
	cases, messages int
	queues          []string
	open            []record.ID // cases, by the queue at the same place
	in              []string
	any             []record.ID // cases of two years
	longest         record.ID   // the case with the most messages
	tracked         []string    // keys
}

// varied is how many records of a kind are asked for in turn.
const varied = 60

// lookAround opens the org of a data folder, which no server has open, and notes what there is to ask for.
func (d *deskCalls) lookAround(ctx context.Context, dir string) (err error) {
	db, err := sqlite.Open(ctx, sqlite.Options{Dir: dir})
	if err != nil {
		return err
	}
	o, err := org.Open(ctx, org.Settings{DB: db, JournalDir: filepath.Join(dir, "journal")})
	if err != nil {
		return errors.Join(err, db.Close())
	}
	defer func() { err = errors.Join(err, o.Close(ctx)) }()
	s, err := o.System(ctx, org.System, "operation")
	if err != nil {
		return err
	}
	count := func(object string) int {
		res, e := app.Query(ctx, s, "SELECT COUNT() FROM "+object)
		if err = errors.Join(err, e); e != nil {
			return 0
		}
		return res.Total
	}
	if d.cases, d.messages = count("Case"), count("EmailMessage"); err != nil {
		return err
	}
	queues, err := app.Query(ctx, s, "SELECT QueueId FROM QueueSobject WHERE SobjectType = 'Case' ORDER BY Queue.Name")
	if err != nil {
		return err
	}
	for i := range queues.Len() {
		q := queues.Get(i, "QueueId").ID()
		d.queues = append(d.queues, string(q))
		res, err := app.Query(ctx, s, "SELECT Id FROM Case WHERE OwnerId = ? AND IsClosed = false ORDER BY CreatedDate LIMIT 20", q)
		if err != nil {
			return err
		}
		for k := range res.Len() {
			d.open, d.in = append(d.open, res.Get(k, "Id").ID()), append(d.in, string(q))
		}
	}
	for i := range varied {
		res, err := app.Query(ctx, s, "SELECT Id FROM Case WHERE CreatedDate > ? ORDER BY CreatedDate, Id LIMIT 1", time.Now().AddDate(0, 0, -3-12*i))
		if err != nil {
			return err
		}
		if res.Len() == 0 {
			continue
		}
		id := res.Get(0, "Id").ID()
		d.any = append(d.any, id)
		key, err := service.TrackKey(ctx, o, id)
		if err != nil {
			return err
		}
		d.tracked = append(d.tracked, key)
	}
	res, err := app.Query(ctx, s, "SELECT ParentId p, COUNT(Id) n FROM EmailMessage GROUP BY ParentId ORDER BY COUNT(Id) DESC LIMIT 1")
	if err == nil && res.Len() > 0 {
		d.longest = res.Get(0, "p").ID()
	}
	return err
}

// enter signs an agent in, who gets a password where they have none yet.
func (d *deskCalls) enter(ctx context.Context, s *proc) error {
	d.s = s
	var err error
	if d.cookie, err = signIn(s); err == nil {
		return nil
	}
	token, err := login(s, admin)
	if err != nil {
		return err
	}
	users, err := ids(s, token, "SELECT Id FROM User WHERE Username = '"+agent+"'")
	if err != nil {
		return err
	}
	req, err := request(ctx, http.MethodPost, s.url+api+"/sobjects/User/"+users[0]+"/password", token, map[string]string{"NewPassword": password})
	if err != nil {
		return err
	}
	if err := send(req); err != nil {
		return err
	}
	d.cookie, err = signIn(s)
	return err
}

// A group is one kind of page, at as many addresses as there are to vary.
type group struct {
	what  string
	paths []string
	staff bool // asked for by the agent, else by nobody in particular
	part  bool // asked for by the page's script
}

const desk = "/console/desk/"

// groups returns the pages that are measured.
func (d *deskCalls) groups() []group {
	queues, own := make([]string, len(d.queues)), []string{desk + "mine", desk + "team"}
	parts := make([]string, len(d.queues))
	for i, q := range d.queues {
		queues[i], parts[i] = desk+q, desk+q+"?part=list"
	}
	var pages, ahead, old, records, tracks []string
	for i, id := range d.open {
		pages, ahead = append(pages, desk+d.in[i]+"/"+string(id)), append(ahead, desk+d.in[i]+"/"+string(id)+"?ahead=1")
	}
	for i, id := range d.any {
		old, records, tracks = append(old, desk+"mine/"+string(id)), append(records, "/console/r/"+string(id)), append(tracks, "/track/"+d.tracked[i])
	}
	var searches, asks, filtered []string
	for _, w := range []string{"okaf", "ros", "maria smi", "rosa", "harborview"} {
		filtered = append(filtered, "/console/Contact/list?view=AllContacts&q="+url.QueryEscape(w))
	}
	for i, w := range []string{"lamp", "water meter", "missed collection", "Rosa", "permit shed", "heating allowance", "bridge"} {
		searches = append(searches, "/console/search?q="+url.QueryEscape(w), fmt.Sprintf("/console/search?q=%06d", 1234*(i+1)))
		asks = append(asks, "/search?q="+url.QueryEscape(w))
	}
	return []group{
		{"desk, a queue", queues, true, false},
		{"desk, one's own cases and the team's", own, true, false},
		{"desk, a queue's list alone", parts, true, true},
		{"desk, a waiting case in its queue", pages, true, false},
		{"desk, the next case, fetched ahead", ahead, true, true},
		{"desk, a case of the past", old, true, false},
		{"desk, the case with the most messages", []string{desk + "mine/" + string(d.longest)}, true, false},
		{"supervisor's page", []string{"/console/service"}, true, false},
		{"console, lists of cases", views("/console/Case/list?view=", "AllOpenCases", "MyOpenCases", "AllClosedCases", "AllCases"), true, false},
		{"console, contacts filtered by words", filtered, true, false},
		{"console, contacts filtered by digits", []string{"/console/Contact/list?view=AllContacts&q=1234"}, true, false},
		{"console, a case's record", records, true, false},
		{"console, search", searches, true, false},
		{"site, search", asks, false, false},
		{"site, a case by its key", tracks, false, false},
		{"site, open positions", []string{"/jobs", "/es/jobs"}, false, false},
	}
}
