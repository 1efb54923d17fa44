// Package portal is what citizens see of the service: what is offered, the form
// that asks for it, and the page of a case, which whoever has its link can read
// and answer. Its one invariant is that it shows of a case what
// service.PublicThread gives, and nothing else.
package portal

import (
	"stoa/internal/app"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/page"
)

// why is the purpose of what visitors read and write here.
const why = "service.case"

// With returns the service app with its public pages.
func With(a app.App) app.App {
	a.Site = append(a.Site, routes()...)
	return a
}

func routes() []page.Route {
	open := func(method, path string, h func(*page.Visit) error) page.Route {
		return page.Route{Method: method, Path: path, Open: true, Handle: h}
	}
	return []page.Route{
		open("GET", "/services", listServices), open("GET", "/services/{slug}", showService), open("GET", "/services/{slug}/start", startRequest),
		open("POST", "/requests", sendRequest),
		{Method: "GET", Path: "/requests/{id}", Handle: ownRequest},
		open("GET", "/track", trackForm), open("POST", "/track", mailLink),
		open("GET", "/track/{key}", showCase), open("GET", "/track/{key}/received", showReceived),
		open("POST", "/track/{key}/messages", addMessage), open("POST", "/track/{key}/withdraw", withdraw), open("POST", "/track/{key}/reopen", reopen),
		open("GET", "/track/{key}/public", askConsent), open("POST", "/track/{key}/public", giveConsent),
		open("GET", "/track/{key}/files/{id}", download),
	}
}

func equal(field string, v record.Value) org.Cond {
	return org.Cond{Field: field, Op: org.Equal, Values: []record.Value{v}}
}

// public is what everybody may see: the services that are offered.
func public() org.Scope {
	return org.Scope{"Service__c": {
		Fields: []string{"Name", "Name_es__c", "Slug__c", "Summary__c", "Summary_es__c", "Body__c", "Body_es__c", "Icon__c", "Order__c", "First_Reply_Minutes__c", "Solution_Minutes__c", "Public__c"},
		Rows:   []org.Grant{{equal("Public__c", record.OfBool(true))}},
	}}
}

// link is what the holder of a case's link sees of the case itself. Its messages are those of service.PublicThread.
func link(id record.ID) org.Scope {
	sc := public()
	sc["Case"] = org.Part{
		Fields: []string{"Reference__c", "Subject", "Status", "IsClosed", "CreatedDate", "ClosedDate", "Reply_Due__c", "Replied_At__c", "Solve_Due__c", "Solved_At__c", "Paused_Since__c", "Service__c", "Merged_Into__c", "Language"},
		Rows:   []org.Grant{{equal("Id", record.OfID(id))}},
	}
	return sc
}

// reading opens the session of the public, or of who holds a link.
func reading(v *page.Visit, sc org.Scope) (*org.Session, error) {
	return v.Surface.Org().Guest(v.Ctx(), org.Portal, why, org.Actor{}, sc)
}

// acting opens the session that reads threads and writes in the visitor's name.
func acting(v *page.Visit) (*org.Session, error) {
	return v.Surface.Org().Service(v.Ctx(), v.Visitor, org.Portal, why)
}
