// Package desk draws the place at which staff answer cases: queues, one case
// with its conversation, and what is known around it; merging, macros, the
// supervisor's page and the editor of articles. What happens to a case is
// package service's; its one invariant is that each page works as plain HTML and
// that script only makes it faster.
package desk

import (
	"stoa/apps/service"
	"stoa/internal/app"
	"stoa/internal/web/page"
)

// App returns the service app with its pages.
func App() app.App {
	a := service.App()
	a.Purpose = "service.casework"
	a.Console = append(a.Console, routes()...)
	a.ConsoleNav = append(a.ConsoleNav,
		app.Place{Icon: "headset", Label: "desk.place", Href: root, Key: "G D", Object: "Case", Before: "Case", Record: root + "/case/", RecordLabel: "desk.open"},
		app.Place{Icon: "chart-column", Label: "service.place", Href: "/console/service", Key: "G S", Object: "Case", Before: "Contact"},
	)
	return a
}

// root is where the desk is.
const root = "/console/desk"

// routes lists the pages; words come before places.
func routes() []page.Route {
	get := func(path string, f func(*page.Visit) error) page.Route {
		return page.Route{Method: "GET", Path: root + path, Handle: f}
	}
	post := func(path string, f func(*page.Visit) error) page.Route {
		return page.Route{Method: "POST", Path: root + path, Handle: f}
	}
	return []page.Route{
		{Method: "GET", Path: "/console/service", Handle: supervise},
		{Method: "GET", Path: queuesRoot, Handle: showMembers},
		{Method: "POST", Path: queuesRoot, Handle: changeMembers},
		{Method: "GET", Path: macrosRoot, Handle: showMacros},
		{Method: "GET", Path: articlesRoot, Handle: showArticles},
		{Method: "GET", Path: articlesRoot + "/new", Handle: newArticle},
		{Method: "POST", Path: articlesRoot + "/new", Handle: saveArticle},
		{Method: "POST", Path: articlesRoot + "/preview", Handle: previewArticle},
		{Method: "GET", Path: articlesRoot + "/{article}", Handle: showArticle},
		{Method: "POST", Path: articlesRoot + "/{article}", Handle: saveArticle},
		{Method: "POST", Path: articlesRoot + "/{article}/act", Handle: actArticle},

		get("", showRoot),
		get("/live", stream),
		post("/presence", presence),
		post("/take", takeNext),
		post("/undo", undo),
		post("/bulk", bulk),
		get("/merge", showMerge),
		post("/merge", merge),
		get("/case/{case}", findCase),
		get("/mail/{message}", showOriginal),
		get("/mail/{message}/html", showHTML),
		get("/mail/{message}/why", showWhy),
		get("/mail/{message}/raw", sendRaw),
		get("/file/{version}", sendFile),
		post("/upload", beginUpload),
		get("/upload/{upload}", showUpload),
		{Method: "PUT", Path: root + "/upload/{upload}", Handle: addPiece},
		{Method: "DELETE", Path: root + "/upload/{upload}", Handle: dropUpload},
		get("/{queue}", showQueue),
		get("/{queue}/{case}", showCase),
		post("/{queue}/{case}/reply", reply),
		post("/{queue}/{case}/note", note),
		post("/{queue}/{case}/draft", saveDraft),
		post("/{queue}/{case}/preview", previewLetter),
		post("/{queue}/{case}/set", set),
		get("/{queue}/{case}/macro", showMacro),
		post("/{queue}/{case}/macro", runMacro),
		get("/{queue}/{case}/quick", quick),
		post("/{queue}/{case}/article", insertArticle),
		post("/{queue}/{case}/split", split),
		get("/{queue}/{case}/move", showMove),
		post("/{queue}/{case}/move", move),
		post("/{queue}/{case}/keep", keepHere),
		get("/{queue}/{case}/link", showLink),
		post("/{queue}/{case}/link", addLink),
		post("/{queue}/{case}/unlink", dropLink),
		get("/{queue}/{case}/public", showPublic),
		post("/{queue}/{case}/public", publish),
		post("/{queue}/{case}/public/withdraw", withdrawPublic),
		get("/{queue}/{case}/incidents", showIncidents),
		post("/{queue}/{case}/incidents", replyAll),
		post("/{queue}/{case}/unmerge", unmerge),
	}
}
