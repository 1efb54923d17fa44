// Package community is the citizens' side of the site: questions that everybody
// may read and help to answer, one search over answers, questions and services,
// the page of one's own, and the moderators who keep it kind. It stands on the
// objects of the service app; its one invariant is that a visitor reads through
// a scope, so that no page can show what the scope does not name.
package community

import (
	"embed"
	"io/fs"

	"stoa/internal/app"
	"stoa/internal/org"
	"stoa/internal/web/page"
)

//go:embed metadata
var files embed.FS

// App returns the community app.
func App() app.App {
	c := &commons{}
	return app.App{
		Name: "community", Requires: []string{"service"}, Metadata: metadata(), Grants: grants(),
		Jobs: []org.JobKind{
			{Name: jobTell, Run: tellFollowers},
			{Name: jobClear, Run: clearNetwork},
			{Name: jobTake, Run: take},
		},
		Hooks: []org.Hook{{Object: offerObject, When: org.After, Run: takeOffers}},
		Mail:  mailOf,
		Site:  c.routes(),
		SiteNav: []page.Link{
			{Label: "portal.nav.services", Href: "/services"}, {Label: "portal.nav.ask", Href: "/ask"}, {Label: "portal.nav.questions", Href: "/questions"},
		},
		SiteFoot: []page.Link{
			{Group: "help", Label: "portal.nav.ask", Href: "/ask"}, {Group: "help", Label: "portal.nav.track", Href: "/track"}, {Group: "help", Label: "portal.nav.services", Href: "/services"},
			{Group: "part", Label: "portal.nav.questions", Href: "/questions"},
			{Group: "about", Label: "portal.nav.rules", Href: "/rules"},
		},
		Console: []page.Route{
			{Method: "GET", Path: "/console/moderation", Handle: showQueue},
			{Method: "POST", Path: "/console/moderation/clear", Handle: askToClear},
			{Method: "POST", Path: "/console/moderation/{id}", Handle: decide},
		},
		ConsoleNav: []app.Place{{Icon: "shield-check", Label: "mod.title", Href: "/console/moderation", Object: "Moderation_Case__c"}},
	}
}

// A commons is what the pages of one process remember between two requests.
type commons struct {
	numbers kept // of the week
}

// routes lists the public pages; words come before places.
func (c *commons) routes() []page.Route {
	get := func(path string, h func(*page.Visit) error) page.Route {
		return page.Route{Method: "GET", Path: path, Open: true, Handle: h}
	}
	post := func(path string, h func(*page.Visit) error) page.Route {
		return page.Route{Method: "POST", Path: path, Open: true, Handle: h}
	}
	mine := func(method, path string, h func(*page.Visit) error) page.Route {
		return page.Route{Method: method, Path: path, Handle: h}
	}
	return []page.Route{
		get("/", c.home),
		get("/search", search), get("/suggest", suggest),
		get("/articles/{name}", showArticle), post("/articles/{name}/helpful", rateArticle),

		get("/ask", askPage), post("/ask", sendQuestion), post("/ask/solved", solved),
		get("/questions", listQuestions), get("/questions/feed.atom", questionsFeed), post("/questions", postQuestion),
		get("/questions/{id}", showThread), post("/questions/{id}/answers", postAnswer),
		get("/questions/{id}/{slug}", showThread),
		mine("GET", "/posts/{id}/edit", editPost), mine("POST", "/posts/{id}/edit", savePost),
		get("/posts/{id}/history", showHistory),
		mine("POST", "/posts/{id}/vote", vote), mine("POST", "/posts/{id}/accept", accept), mine("POST", "/posts/{id}/follow", followQuestion),
		get("/posts/{id}/report", reportPage), post("/posts/{id}/report", report),
		mine("POST", "/topics/{id}/follow", followTopic),
		get("/rules", showRules),

		get("/signin", signInPage), post("/signin", signIn), get("/signin/{token}", linkPage), post("/signin/{token}", arrive),
		get("/signout", signOutPage), post("/signout", signOut),
		mine("GET", "/my", showMine), mine("POST", "/my/details", saveDetails), mine("POST", "/my/everywhere", signOutEverywhere),
		mine("POST", "/my/appeal/{id}", appeal),
		get("/unsubscribe/{token}", unsubscribePage), post("/unsubscribe/{token}", unsubscribe),

		get("/sitemap.xml", sitemap), get("/sitemaps/{part}", sitemapPart), get("/robots.txt", robots), get("/articles.atom", articlesFeed),
	}
}

func metadata() fs.FS {
	sub, err := fs.Sub(files, "metadata")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}

// grants lets staff moderate; what was decided and how a post once read nobody changes.
func grants() []org.ProfileGrant {
	read := org.Rights{Read: true}
	objects := []string{"Moderation_Case__c", "Moderation_Entry__c", "Post_Revision__c", "Follow__c", "Deflection__c"}
	return []org.ProfileGrant{
		{Profile: "Standard User", Rights: read, Objects: objects},
		{Profile: "Read Only", Rights: read, Objects: objects},
	}
}
