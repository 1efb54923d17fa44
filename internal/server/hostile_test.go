package server_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"stoa/apps"
	"stoa/internal/reference"
	"stoa/internal/server"
	"stoa/internal/server/servertest"
	"stoa/internal/store/storetest"
	"stoa/internal/web/page"
)

// hostile are what people put into forms who mean harm. No page may show one of them as it is.
var hostile = map[string]string{
	"script":             `<script>alert(7733)</script>`,
	"image":              `<img src=x onerror=alert(7733)>`,
	"attribute":          `" onfocus="alert(7733)" autofocus="`,
	"single quote":       `' onmouseover='alert(7733)`,
	"svg":                `<svg/onload=alert(7733)>`,
	"end of a text area": `</textarea><script>alert(7733)</script>`,
	"end of a title":     `</title><script>alert(7733)</script>`,
	"link":               `[a](javascript:alert(7733)) <a href="javascript:alert(7733)">a</a>`,
	"data link":          `<a href="data:text/html,<script>alert(7733)</script>">a</a>`,
	"header":             "a@b.example\r\nX-Injected: yes\r\nBcc: everybody@b.example",
	"path":               `../../../../etc/passwd`,
	"windows path":       `..\..\..\windows\win.ini`,
	"sql":                `' OR 1=1; DROP TABLE "Case"; --`,
	"soql":               `x' OR Name != '`,
	"search":             `") OR (a* NEAR b AND {`,
	"template":           `{!Case.Subject} {{.}} ${7*7}`,
	"redirect":           `//evil.example/x`,
	"broken text":        "a\xff\xfe\x00\x1b[31mb\u202Ec",
	"very long":          strings.Repeat("word ", 20_000),
	"number":             "-99999999999999999999",
	"markdown bomb":      strings.Repeat("[", 3000) + strings.Repeat("> ", 2000) + strings.Repeat("*a ", 2000),
}

// runs returns what of a page a browser would run of theirs: an element, an attribute or an address that names 7733.
func runs(body string) string {
	z, script := html.NewTokenizer(strings.NewReader(body)), false
	for {
		switch z.Next() {
		case html.ErrorToken:
			return ""
		case html.TextToken:
			if script && strings.Contains(string(z.Text()), "7733") {
				return "a script"
			}
		case html.EndTagToken:
			script = false
		case html.StartTagToken, html.SelfClosingTagToken:
			e := z.Token()
			script = e.Data == "script" || e.Data == "style"
			for _, a := range e.Attr {
				value := strings.ToLower(strings.TrimSpace(a.Val))
				if strings.Contains(value, "7733") && (strings.HasPrefix(a.Key, "on") || a.Key == "style" || strings.HasPrefix(value, "javascript:") || strings.HasPrefix(value, "data:")) {
					return e.String()
				}
			}
		}
	}
}

// A route as it was found in the apps.
type appRoute struct {
	page.Route
	site bool
}

func appRoutes() (all []appRoute) {
	site, _, _ := apps.All().Site()
	console, _ := apps.All().Console()
	for _, r := range site {
		all = append(all, appRoute{r, true})
	}
	for _, r := range console {
		all = append(all, appRoute{r, false})
	}
	return all
}

var place = regexp.MustCompile(`\{[a-z.]+\}`)

// fieldNames returns every name that a form of an app has, as its source says.
func fieldNames(t *testing.T) []string {
	t.Helper()
	names := map[string]bool{}
	read := regexp.MustCompile(`(?:Posted|Text)\("(\w+)"|name="(\w+)"`)
	err := filepath.WalkDir(filepath.Join("..", "..", "apps"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".templ") || strings.HasSuffix(path, "_templ.go") {
			return err
		}
		b, err := os.ReadFile(path)
		for _, m := range read.FindAllStringSubmatch(string(b), -1) {
			names[m[1]+m[2]] = true
		}
		return err
	})
	if err != nil || len(names) < 10 {
		t.Fatal(len(names), err)
	}
	return slices.Sorted(maps.Keys(names))
}

// guarded fails the test unless an answer is safe to show: no fault of ours, no markup of theirs, no header of theirs, no way off the site.
func guarded(t *testing.T, what string, a servertest.Answer) {
	t.Helper()
	switch {
	case a.Status >= 500:
		t.Errorf("%s: %d %s", what, a.Status, cut(a.Body))
	case strings.Contains(a.Header.Get("Content-Type"), "html") && runs(a.Body) != "":
		t.Errorf("%s: shows %s", what, runs(a.Body))
	case a.Header.Get("X-Injected") != "":
		t.Errorf("%s: a header was injected", what)
	}
	for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"} {
		if a.Header.Get(name) == "" && a.Status != http.StatusForbidden {
			t.Errorf("%s: %d without %s", what, a.Status, name)
		}
	}
	if to := a.Header.Get("Location"); to != "" && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//")) {
		t.Errorf("%s: leads to %s", what, to)
	}
}

func cut(s string) string { return s[:min(len(s), 300)] }

// A haunt is a server with something to attack: a service, a position, and what a visitor began there.
type haunt struct {
	*servertest.Server
	live map[string]string // path of a route → an address of it that is there
}

// browse sends a request as a browser does.
func (h *haunt) browse(t *testing.T, method, path, body string, header ...string) servertest.Answer {
	t.Helper()
	return h.Do(t, servertest.Request{Method: method, Path: path, Body: body, Header: append([]string{"Accept", "text/html,*/*;q=0.8"}, header...)})
}

// signIn returns the cookies of the administrator's session.
func (h *haunt) signIn(t *testing.T) string {
	t.Helper()
	form := url.Values{"username": {servertest.Admin}, "password": {servertest.Password}}
	a := h.browse(t, "POST", "/login", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	var pairs []string
	for _, c := range a.Header.Values("Set-Cookie") {
		pair, _, _ := strings.Cut(c, ";")
		pairs = append(pairs, pair)
	}
	if a.Status != http.StatusSeeOther || len(pairs) == 0 {
		t.Fatal("sign in", a.Status)
	}
	return strings.Join(pairs, "; ")
}

// settle makes records and walks the site from its beginning, so that each route that can be reached has an address that works.
func settle(t *testing.T, s *servertest.Server) *haunt {
	t.Helper()
	h := &haunt{s, map[string]string{}}
	h.Create(t, "Service__c", map[string]any{"Name": "Street light", "Slug__c": "street-light", "First_Reply_Minutes__c": 60, "Solution_Minutes__c": 600, "Public__c": true, "Summary__c": "Lamps", "Body__c": "Tell us"})
	h.Create(t, "Position__c", map[string]any{"Name": "Librarian", "Slug__c": "librarian", "Status__c": "Open", "Job_Description__c": "Books"})
	topic := h.Create(t, "Topic", map[string]any{"Name": "Heating"})
	h.Create(t, "FeedItem", map[string]any{"ParentId": topic, "Type": "QuestionPost", "Title": "How warm?", "Body": "Is it warm?", "Status": "Published", "Visibility": "AllUsers", "Slug__c": "how-warm"})
	todo, seen := []string{"/", "/jobs/librarian", "/questions", "/ask", "/services/street-light", "/track"}, map[string]bool{}
	routes := appRoutes()
	link := regexp.MustCompile(`(?:href|action)="(/[^"#]*)"`)
	for len(todo) > 0 && len(seen) < 150 {
		path := todo[0]
		if todo = todo[1:]; seen[path] || strings.HasPrefix(path, "/assets") || strings.HasPrefix(path, "/es") {
			continue
		}
		seen[path] = true
		bare, _, _ := strings.Cut(path, "?")
		for _, r := range routes {
			if found, _, _ := page.NewRoutes(r.Route).Match(r.Method, bare); found != nil && h.live[r.Method+" "+r.Path] == "" {
				h.live[r.Method+" "+r.Path] = bare
			}
		}
		a := h.browse(t, "GET", path, "")
		for _, m := range link.FindAllStringSubmatch(a.Body, -1) {
			todo = append(todo, strings.ReplaceAll(m[1], "&amp;", "&"))
		}
		if to := a.Header.Get("Location"); strings.HasPrefix(to, "/") {
			todo = append(todo, to)
		}
		switch form := []string{"Content-Type", "application/x-www-form-urlencoded"}; bare {
		case "/jobs/librarian":
			todo = append(todo, h.browse(t, "POST", bare+"/apply", "", form...).Header.Get("Location"))
		case "/services/street-light":
			v := url.Values{"title": {"Lamp"}, "body": {"It is dark"}, "name": {"Ann"}, "email": {"ann@home.example"}, "service": {"street-light"}}
			received := h.browse(t, "POST", "/requests", v.Encode(), form...).Header.Get("Location")
			todo = append(todo, received, strings.TrimSuffix(received, "/received"))
		}
	}
	return h
}

// address fills the places of a route: with those of an address that is there, or with one value in all of them.
func (h *haunt) address(r appRoute, value string) string {
	if at := h.live[r.Method+" "+r.Path]; at != "" && value == "" {
		return at
	}
	if value == "" {
		value = "nowhere"
	}
	return place.ReplaceAllLiteralString(r.Path, url.PathEscape(value))
}

// Whatever is posted to whichever form of the public site, it answers with no fault, with nothing that a browser would
// run, and with its security headers. A new form of an app is among them without a word.
func TestNoFormOfTheSiteCanBeAbused(t *testing.T) {
	if testing.Short() {
		t.Skip("posts thousands of forms")
	}
	fields := fieldNames(t)
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		h := settle(t, s)
		form := []string{"Content-Type", "application/x-www-form-urlencoded"}
		forms := 0
		for _, r := range appRoutes() {
			if !r.site || r.Method != "POST" {
				continue
			}
			forms++
			post := func(what, path, body string, header []string) {
				guarded(t, r.Path+" with "+what, h.browse(t, "POST", path, body, header...))
			}
			here := h.address(r, "")
			for name, text := range hostile {
				v := url.Values{}
				for _, f := range fields {
					v[f] = []string{text}
				}
				v.Del("website") // which only machines fill in
				post(name, here, v.Encode(), form)
				if len(text) < 200 {
					post(name+" in its address", h.address(r, text), v.Encode(), form)
				}
				// As far as anybody gets who fills in the rest as it should be.
				v.Set("email", "ann@home.example")
				v.Set("service", "street-light")
				v.Del("once")
				post(name+" and a good address", here, v.Encode(), form)
				if name == "script" {
					for _, f := range fields {
						v[f] = []string{text, "second", text}
					}
					post(name+" several times", here, v.Encode(), form)
				}
			}
			post("nothing", here, "", form)
			post("no type", here, "a=b", []string{"Content-Type", ""})
			post("JSON", here, `{"a":{"b":[1,2,3]}}`, []string{"Content-Type", "application/json"})
			post("XML", here, `<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>`, []string{"Content-Type", "text/xml"})
			post("a form that breaks off", here, "a=%zz&%=%&;=;", form)
			post("parts without an end", here, "--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nabc", []string{"Content-Type", "multipart/form-data; boundary=b"})
			post("parts without a boundary", here, "--b--", []string{"Content-Type", "multipart/form-data"})
			post("hostile files", here, files(fields), []string{"Content-Type", "multipart/form-data; boundary=b"})
			post("three megabytes", here, "text="+strings.Repeat("a", 3<<20), form)
			post("a header of its own language", here, "a=b", append(slices.Clone(form), "Accept-Language", hostile["script"], "User-Agent", hostile["image"], "Referer", "https://evil.example/"+url.QueryEscape(hostile["svg"])))
			a := h.browse(t, "POST", here, "a=b", append(slices.Clone(form), "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example")...)
			if a.Status != http.StatusForbidden {
				t.Errorf("%s from another site: %d", r.Path, a.Status)
			}
		}
		// Staff's forms, by somebody who may do everything.
		admin := h.signIn(t)
		for _, r := range appRoutes() {
			if r.site || r.Method != "POST" {
				continue
			}
			for _, name := range []string{"script", "attribute", "header", "soql", "broken text", "number", "very long"} {
				v := url.Values{}
				for _, f := range fields {
					v[f] = []string{hostile[name]}
				}
				guarded(t, r.Path+" by staff with "+name, h.browse(t, "POST", h.address(r, ""), v.Encode(), append(slices.Clone(form), "Cookie", admin)...))
			}
		}
		for _, q := range []string{"SELECT Id FROM Case ORDER BY CreatedDate DESC LIMIT 30", "SELECT Id FROM FeedItem LIMIT 20"} {
			for _, row := range h.Query(t, q) {
				for _, path := range []string{"/console/r/", "/console/desk/case/", "/questions/"} {
					a := h.browse(t, "GET", path+row["Id"].(string), "", "Cookie", admin)
					if to := a.Header.Get("Location"); to != "" {
						a = h.browse(t, "GET", to, "", "Cookie", admin)
					}
					guarded(t, "what was kept at "+path, a)
				}
			}
		}
		for _, path := range []string{"/console/desk/team", "/console/moderation", "/console/home", "/console/Case/list", "/console/service"} {
			guarded(t, path, h.browse(t, "GET", path, "", "Cookie", admin))
		}
		// What was kept is shown by the pages of the site, to everybody and to staff.
		for _, r := range appRoutes() {
			if r.site && r.Method == "GET" {
				guarded(t, "GET "+r.Path, h.browse(t, "GET", h.address(r, ""), ""))
				for _, text := range []string{hostile["script"], hostile["path"], hostile["header"], hostile["broken text"]} {
					guarded(t, "GET "+r.Path+" in its address", h.browse(t, "GET", h.address(r, text), ""))
					guarded(t, "GET "+r.Path+" in its query", h.browse(t, "GET", h.address(r, "")+"?"+url.Values{"q": {text}, "to": {text}, "in": {text}, "page": {text}, "after": {text}, "topic": {text}}.Encode(), ""))
				}
			}
		}
		for _, r := range appRoutes() {
			if r.site && r.Open && r.Method == "POST" && strings.Contains(r.Path, "{") && h.live[r.Method+" "+r.Path] == "" {
				t.Logf("%s was only attacked at an address that is not there", r.Path)
			}
		}
		t.Logf("%d forms, %d names of fields, %d texts; %d routes with an address that is there", forms, len(fields), len(hostile), len(h.live))
	})
}

// files is a form with a file of a hostile name and content in every field that could take one.
func files(fields []string) string {
	var b bytes.Buffer
	for _, f := range append(fields, "file", "files") {
		fmt.Fprintf(&b, "--b\r\nContent-Disposition: form-data; name=%q; filename=\"../../<img src=x onerror=alert(7733)>.html\"\r\nContent-Type: text/html\r\n\r\n%s\r\n", f, hostile["script"])
	}
	b.WriteString("--b--\r\n")
	return b.String()
}

// Who has not signed in is led to where that is done, from every page of an app that is not open; a wrong method is told so.
func TestRoutesOfAppsAreClosedToStrangers(t *testing.T) {
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		h := &haunt{s, nil}
		byPath := map[string][]string{}
		for _, r := range appRoutes() {
			byPath[r.Path] = append(byPath[r.Path], r.Method)
		}
		for _, r := range appRoutes() {
			what := r.Method + " " + r.Path
			a := h.browse(t, r.Method, h.address(r, ""), "")
			guarded(t, what, a)
			signIn := "/signin"
			if !r.site {
				signIn = "/login"
			}
			switch to := a.Header.Get("Location"); {
			case r.Open && a.Status >= 200 && a.Status < 500:
			case !r.Open && a.Status == http.StatusSeeOther && strings.HasPrefix(to, signIn):
			case !r.Open && r.Method == "POST" && (a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden):
			default:
				t.Errorf("%s without a session: %d %s", what, a.Status, to)
			}
			if a := h.browse(t, "DELETE", h.address(r, ""), ""); a.Status != http.StatusMethodNotAllowed && a.Status != http.StatusNotFound && a.Status != http.StatusSeeOther {
				t.Errorf("DELETE %s: %d", r.Path, a.Status)
			}
		}
	})
}

// A flood of posts from one network is refused, also behind a proxy, and does not keep others out.
func TestAFloodFromOneNetworkIsRefused(t *testing.T) {
	proxied := server.Settings{Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	t.Run("sqlite", func(t *testing.T) { aFloodIsRefused(t, servertest.Start(t, proxied)) })
	t.Run("postgres", func(t *testing.T) {
		proxied.Database, proxied.Schema = storetest.Schema(t)
		aFloodIsRefused(t, servertest.Start(t, proxied))
	})
}

func aFloodIsRefused(t *testing.T, s *servertest.Server) {
	post := func(from string) int {
		return s.Do(t, servertest.Request{Method: "POST", Path: "/track", Body: "reference=HV-2222-22&email=a%40b.example",
			Header: []string{"Content-Type", "application/x-www-form-urlencoded", "X-Forwarded-For", from}}).Status
	}
	refused := 0
	for i := range 1000 {
		if status := post(fmt.Sprintf("198.51.100.%d", i%250)); status == http.StatusTooManyRequests {
			refused++
		} else if status >= 500 {
			t.Fatal(status)
		}
	}
	if refused < 900 {
		t.Errorf("%d of 1,000 posts were refused", refused)
	}
	if status := post("203.0.113.7"); status >= 400 && status != http.StatusUnprocessableEntity {
		t.Errorf("another network is answered %d", status)
	}
}

// Whether there is a case of a reference and an address, nobody learns by asking: neither from the answer nor from its time.
func TestTrackingTellsNothingOfWhatThereIs(t *testing.T) {
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		h := &haunt{s, nil}
		h.Create(t, "Case", map[string]any{"Subject": "Lamp", "SuppliedEmail": "ann@home.example", "Origin": "Web"})
		ref, _ := h.Query(t, "SELECT Reference__c FROM Case")[0]["Reference__c"].(string)
		prefix, _, _ := strings.Cut(ref, "-")
		none := reference.New(prefix, reference.Numbered(77))
		if none == ref || len(none) != len(ref) {
			t.Fatal(ref, none)
		}
		asks := []struct{ what, ref, email string }{
			{"a case and its address", ref, "ann@home.example"}, {"a case and another's address", ref, "bob@home.example"}, {"no case", none, "ann@home.example"},
		}
		took := make([][]time.Duration, len(asks))
		var first string
		for range 30 {
			for i, q := range asks {
				begun := time.Now()
				a := h.browse(t, "POST", "/track", url.Values{"reference": {q.ref}, "email": {q.email}}.Encode(), "Content-Type", "application/x-www-form-urlencoded")
				took[i] = append(took[i], time.Since(begun))
				a.Header.Del("X-Request-Id")
				a.Header.Del("Date")
				said := fmt.Sprint(a.Status, a.Header, strings.NewReplacer(q.ref, "REFERENCE", q.email, "ADDRESS").Replace(a.Body))
				if first == "" {
					first = said
				}
				if diff := cmp.Diff(first, said); diff != "" || a.Status != http.StatusOK {
					t.Fatalf("%s is answered %d, and otherwise than %s: %s", q.what, a.Status, asks[0].what, diff)
				}
			}
		}
		middle := func(i int) time.Duration { slices.Sort(took[i]); return took[i][len(took[i])/2] }
		for i := 1; i < len(asks); i++ {
			if a, b := middle(0), middle(i); max(a, b) > 3*min(a, b) { // a look-up of its own would be ten times
				t.Errorf("%s takes %v, %s %v", asks[0].what, a, asks[i].what, b)
			}
		}
	})
}
