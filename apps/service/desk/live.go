package desk

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"stoa/apps/service"
	"stoa/internal/app"
	"stoa/internal/auth"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/page"
)

// What bodies of a case's topic say of people, besides what package service says there.
const (
	saysLooking = "looking"
	saysTyping  = "typing"
	saysLeft    = "left"
)

// topicDesk is where people who are at the desk say so, for the supervisor's page.
const topicDesk = "desk"

// How often a stream looks whether its session still stands, and says that it is alive. Source: Stoa's own.
const streamBeat = 15 * time.Second

// A told is an event as the stream sends it.
type told struct {
	Topic string `json:"topic"`
	Says  string `json:"says"`
	By    string `json:"by,omitempty"`   // id of who did it
	Name  string `json:"name,omitempty"` // their name
	Me    bool   `json:"me,omitempty"`   // by the person who listens
}

// stream sends what happens to a case and a queue, as server-sent events. It
// ends with the session, with the server, and at the end of the time that a request has; browsers ask again.
func stream(v *page.Visit) error {
	topics, err := topicsOf(v)
	if err != nil {
		return err
	}
	events, stop := v.S.Org().Listen(topics...)
	defer stop()
	h := v.W.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("X-Accel-Buffering", "no")
	v.W.WriteHeader(http.StatusOK)
	w := http.NewResponseController(v.W)
	send := func(text string) bool {
		if _, err := fmt.Fprint(v.W, text); err != nil {
			return false
		}
		return w.Flush() == nil
	}
	if !send("retry: 1000\nevent: ready\ndata: {}\n\n") {
		return nil
	}
	names := map[record.ID]string{}
	beat := time.NewTicker(streamBeat)
	defer beat.Stop()
	for {
		select {
		case <-v.Ctx().Done():
			return nil
		case <-v.Ending():
			return nil
		case <-beat.C:
			if !stillIn(v) || !send(": alive\n\n") {
				return nil
			}
		case e, ok := <-events:
			if !ok {
				return nil
			}
			if !stillIn(v) || !send(line(v, e, names)) { // who was signed out meanwhile hears nothing more
				return nil
			}
		}
	}
}

// stillIn reports whether the session that opened a stream has not ended.
func stillIn(v *page.Visit) bool {
	_, err := v.Surface.Gate().Authenticate(v.Ctx(), auth.CredentialsOf(v.R, org.Console))
	return err == nil
}

func line(v *page.Visit, e org.Event, names map[record.ID]string) string {
	t := told{Topic: e.Topic, Says: e.Body, By: string(e.Actor), Me: e.Actor == v.S.Actor().User}
	if e.Actor != "" && (t.Says == saysLooking || t.Says == saysTyping || t.Says == saysLeft || e.Topic == topicDesk) {
		name, ok := names[e.Actor]
		if !ok {
			var err error
			if name, err = ownerName(v, e.Actor); err == nil {
				names[e.Actor] = name
			}
		}
		t.Name = name
	}
	b, err := json.Marshal(t)
	if err != nil {
		return ""
	}
	return "event: told\ndata: " + string(b) + "\n\n"
}

// topicsOf returns what a stream listens to: only cases that the person sees.
func topicsOf(v *page.Visit) ([]string, error) {
	var topics []string
	if id, err := record.ParseID(v.Query("case")); err == nil {
		res, err := app.Query(v.Ctx(), v.S, "SELECT Id FROM Case WHERE Id = ?", id)
		if err != nil {
			return nil, err
		}
		if res.Len() == 0 {
			return nil, page.NotFound()
		}
		topics = append(topics, service.TopicCase(res.Get(0, "Id").ID()))
	}
	switch key := v.Query("queue"); {
	case key == "":
	case key == mine || key == team:
		topics = append(topics, service.TopicCases)
	default:
		id, err := record.ParseID(key)
		if err != nil {
			return nil, page.NotFound()
		}
		topics = append(topics, service.TopicQueue(id))
	}
	if v.Query("service") != "" {
		topics = append(topics, service.TopicCases, topicDesk)
	}
	if len(topics) == 0 {
		return nil, page.NotFound()
	}
	return append(topics, org.TopicLost), nil
}

// presence says to others that the person looks at a case, writes, or has left it.
func presence(v *page.Visit) error {
	id, err := record.ParseID(v.Posted("case"))
	if err != nil {
		return page.NotFound()
	}
	res, err := app.Query(v.Ctx(), v.S, "SELECT Reference__c, CaseNumber FROM Case WHERE Id = ?", id)
	if err != nil {
		return err
	}
	if res.Len() == 0 {
		return page.NotFound()
	}
	says := v.Posted("says")
	if says != saysLooking && says != saysTyping && says != saysLeft {
		says = saysLooking
	}
	if err := v.S.Announce(v.Ctx(), service.TopicCase(id), says); err != nil {
		return err
	}
	where := app.Text(res.Get(0, "Reference__c"))
	if where == "" {
		where = app.Text(res.Get(0, "CaseNumber"))
	}
	if err := v.S.Announce(v.Ctx(), topicDesk, strings.Join([]string{says, string(id), where}, " ")); err != nil {
		return err
	}
	v.W.WriteHeader(http.StatusNoContent)
	return nil
}
