package recruit

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"slices"
	"strings"
	"time"

	"stoa/internal/app"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/page"
)

// careersRoutes are the public pages.
func careersRoutes() []page.Route {
	return []page.Route{
		{Method: "GET", Path: "/jobs", Open: true, Handle: showJobs},
		{Method: "GET", Path: "/jobs/feed.xml", Open: true, Handle: jobsFeed},
		{Method: "GET", Path: "/jobs/apply/{key}", Open: true, Handle: resumeApplication},
		{Method: "GET", Path: "/jobs/apply/{key}/{step}", Open: true, Handle: showStep},
		{Method: "POST", Path: "/jobs/apply/{key}/{step}", Open: true, Handle: saveStep},
		{Method: "GET", Path: "/jobs/mine/{key}", Open: true, Handle: showMine},
		{Method: "POST", Path: "/jobs/mine/{key}/withdraw", Open: true, Handle: withdraw},
		{Method: "POST", Path: "/jobs/mine/{key}/interview", Open: true, Handle: answerInterview},
		{Method: "POST", Path: "/jobs/mine/{key}/offer", Open: true, Handle: answerOffer},
		{Method: "GET", Path: "/jobs/mine/{key}/interview.ics", Open: true, Handle: interviewFile},
		{Method: "GET", Path: "/jobs/mine/{key}/offer.pdf", Open: true, Handle: myOffer},
		{Method: "GET", Path: "/jobs/mine/{key}/file/{id}", Open: true, Handle: myFile},
		{Method: "GET", Path: "/jobs/{slug}", Open: true, Handle: showJob},
		{Method: "POST", Path: "/jobs/{slug}/apply", Open: true, Handle: beginApplication},
	}
}

// reader opens a session of the public.
func reader(v *page.Visit) (*org.Session, error) {
	return v.Surface.Org().Guest(v.Ctx(), org.Portal, purposeCareers, v.Visitor, public())
}

// jobsPage is what the list shows.
type jobsPage struct {
	Search             search
	Jobs               []opening
	Types, Departments []choice
	NoDegree, Remote   int
	Total              int
}

func showJobs(v *page.Visit) error {
	s, err := reader(v)
	if err != nil {
		return err
	}
	all, err := openings(v.Ctx(), s, today(v))
	if err != nil {
		return err
	}
	q := v.R.URL.Query()
	p := jobsPage{Total: len(all), Search: search{
		Text: app.Cut(strings.TrimSpace(q.Get("q")), 100), Types: q["type"], Departments: q["department"], NoDegree: q.Get("nodegree") != "", Remote: q.Get("remote") != "",
	}}
	found, err := p.Search.find(v.Ctx(), s)
	if err != nil {
		return err
	}
	p.Jobs = p.Search.matching(all, found)
	p.Types = choices(all, func(o opening) string { return o.Type }, p.Search.Types)
	p.Departments = choices(all, func(o opening) string { return o.Department }, p.Search.Departments)
	for _, o := range all {
		if o.Degree == "" {
			p.NoDegree++
		}
		if o.Remote {
			p.Remote++
		}
	}
	v.W.Header().Set("Cache-Control", "public, max-age=60")
	return v.Answer(page.Page{Title: v.T("jobs.title"), Class: "main", Head: jobsHead(v), Body: jobsList(v, &p)})
}

// today returns the day of the visit in the organisation's zone, as a date.
func today(v *page.Visit) time.Time {
	y, m, d := v.UI.In(v.UI.Now).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

func showJob(v *page.Visit) error {
	s, err := reader(v)
	if err != nil {
		return err
	}
	o, ok, err := openingBySlug(v.Ctx(), s, v.Args["slug"])
	if err != nil {
		return err
	}
	if !ok {
		return page.NotFound()
	}
	if !o.open(today(v)) {
		return v.Answer(page.Page{Title: o.Title, Class: "main", Status: http.StatusGone, Body: jobClosed(v, &o)})
	}
	at, err := houseAddress(v.Ctx(), s)
	if err != nil {
		return err
	}
	e := employer{Name: v.Surface.Org().Name(), Site: v.Surface.URL(v, "/"), Page: v.Surface.URL(v, "/jobs/"+o.Slug), Zone: v.UI.Zone, At: at}
	v.W.Header().Set("Cache-Control", "public, max-age=60")
	return v.Answer(page.Page{Title: o.Title, Class: "main", Head: jobHead(v, &o, e), Body: jobPage(v, &o)})
}

// An atomFeed is RFC 4287, as much as a list of openings needs.
type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Lang    string      `xml:"xml:lang,attr"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated string      `xml:"updated"`
	Author  string      `xml:"author>name"`
	Links   []atomLink  `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	ID      string   `xml:"id"`
	Title   string   `xml:"title"`
	Updated string   `xml:"updated"`
	Link    atomLink `xml:"link"`
	Summary string   `xml:"summary"`
}

func jobsFeed(v *page.Visit) error {
	s, err := reader(v)
	if err != nil {
		return err
	}
	all, err := openings(v.Ctx(), s, today(v))
	if err != nil {
		return err
	}
	slices.SortStableFunc(all, func(a, b opening) int { return b.Changed.Compare(a.Changed) })
	list := v.Surface.URL(v, "/jobs")
	f := atomFeed{Lang: v.UI.Lang(), ID: list, Title: v.T("jobs.title") + " · " + v.Surface.Org().Name(), Author: v.Surface.Org().Name(), Updated: time.Unix(0, 0).UTC().Format(time.RFC3339),
		Links: []atomLink{{"alternate", list}, {"self", list + "/feed.xml"}}}
	for _, o := range all {
		href := v.Surface.URL(v, "/jobs/"+o.Slug)
		f.Entries = append(f.Entries, atomEntry{ID: href, Title: o.Title, Updated: o.Changed.UTC().Format(time.RFC3339), Link: atomLink{"alternate", href}, Summary: inShort(v, &o)})
	}
	if len(f.Entries) > 0 {
		f.Updated = f.Entries[0].Updated
	}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	if err := xml.NewEncoder(&b).Encode(f); err != nil {
		return err
	}
	return v.Write(http.StatusOK, "application/atom+xml; charset=utf-8", b.Bytes())
}

// inShort returns department, hours and place of an opening on one line.
func inShort(v *page.Visit, o *opening) string {
	var parts []string
	for _, p := range []string{o.Department, typeName(v, o.Type), o.Location} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if o.Remote {
		parts = append(parts, v.T("jobs.remote"))
	}
	return strings.Join(parts, ", ")
}

// typeName returns the kind of employment in the visitor's language.
func typeName(v *page.Visit, t string) string {
	switch t {
	case "Full Time":
		return v.T("jobs.type.full")
	case "Part Time":
		return v.T("jobs.type.part")
	case "Seasonal":
		return v.T("jobs.type.seasonal")
	case "Internship":
		return v.T("jobs.type.intern")
	case "Temporary":
		return v.T("jobs.type.temporary")
	default:
		return t
	}
}

// pay returns what a position pays, "" where it does not say.
func pay(v *page.Visit, o *opening) string {
	if o.MinPay.IsNull() {
		return ""
	}
	amount := func(val record.Value) string {
		c, scale := val.Decimal()
		return v.UI.Currency + v.UI.Number(c, scale, 0)
	}
	key := "jobs.pay.year"
	if o.Period == "Hour" {
		key = "jobs.pay.hour"
	}
	if o.MaxPay.IsNull() || o.MaxPay == o.MinPay {
		return v.T(key, "amount", amount(o.MinPay))
	}
	return v.T(key, "amount", v.T("jobs.pay.range", "low", amount(o.MinPay), "high", amount(o.MaxPay)))
}

// iconOf returns the picture of a department.
func iconOf(department string) string {
	for _, i := range []struct{ word, icon string }{
		{"Port", "ship"}, {"Social", "users"}, {"Park", "tree-deciduous"}, {"Transport", "bus"}, {"Librar", "library"}, {"Digital", "monitor"}, {"Water", "waves"},
		{"Education", "graduation-cap"}, {"Health", "heart"}, {"Works", "wrench"},
	} {
		if strings.Contains(department, i.word) {
			return i.icon
		}
	}
	return "briefcase"
}
