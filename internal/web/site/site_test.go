package site

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"stoa/internal/auth"
	"stoa/internal/i18n"
	"stoa/internal/org"
	"stoa/internal/web/page"
)

func serve(t *testing.T, method, path string, options ...func(*http.Request)) *http.Response {
	t.Helper()
	said := func(text string) templ.Component { return templ.Raw(templ.EscapeString(text)) }
	h := New(Options{
		Name: "Harborview", Gate: auth.New(nil, auth.Options{}), Origin: func(*http.Request) string { return "https://city.example" },
		Visitor:  func(*http.Request) (org.Actor, error) { return org.Actor{}, nil },
		Mirrored: true, Now: func() time.Time { return time.Unix(0, 0) },
		Routes: []page.Route{
			{Method: "GET", Path: "/", Open: true, Handle: func(v *page.Visit) error { return v.Answer(page.Page{Title: "Home", Body: said("in " + v.UI.Lang())}) }},
			{Method: "GET", Path: "/my", Handle: func(v *page.Visit) error { return v.Answer(page.Page{Title: "Mine", Body: said("mine")}) }},
			{Method: "POST", Path: "/ask", Open: true, Handle: func(v *page.Visit) error { return v.Redirect(v.Path("/")) }},
		},
		Nav: []page.Link{{Label: "site.my", Href: "/my"}},
	})
	r := httptest.NewRequest(method, path, nil)
	for _, o := range options {
		o(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTheAddressSaysTheLanguage(t *testing.T) {
	t.Parallel()
	for path, want := range map[string][]string{
		"/":      {`lang="en" dir="ltr"`, "in en", `hreflang="es" href="https://city.example/es"`, `href="/my"`},
		"/es":    {`lang="es" dir="ltr"`, "in es", `href="/es/my"`},
		"/es/":   {`lang="es"`},
		"/ar-XB": {`lang="ar-XB" dir="rtl"`},
	} {
		r := serve(t, "GET", path)
		text := body(t, r)
		if r.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", path, r.StatusCode)
		}
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s lacks %s: %s", path, w, text)
			}
		}
	}
}

func TestAStrangerGetsNoCookieAndTheHeaders(t *testing.T) {
	t.Parallel()
	r := serve(t, "GET", "/")
	if c := r.Cookies(); len(c) > 0 {
		t.Errorf("cookies %v", c)
	}
	if csp := r.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "script-src 'self'") || strings.Contains(csp, "unsafe") {
		t.Errorf("policy %q", csp)
	}
}

func TestWhatIsNotThereIsAPageInTheLanguage(t *testing.T) {
	t.Parallel()
	r := serve(t, "GET", "/es/nothing")
	if r.StatusCode != http.StatusNotFound || !strings.Contains(body(t, r), i18n.For("es").T("site.notFound")) {
		t.Errorf("%d", r.StatusCode)
	}
	if r := serve(t, "POST", "/"); r.StatusCode != http.StatusMethodNotAllowed || r.Header.Get("Allow") != "GET" {
		t.Errorf("%d %q", r.StatusCode, r.Header.Get("Allow"))
	}
}

func TestAPageOfOnesOwnAsksToSignIn(t *testing.T) {
	t.Parallel()
	r := serve(t, "GET", "/es/my")
	if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/es/signin?to=%2Fes%2Fmy" {
		t.Errorf("%d %s", r.StatusCode, r.Header.Get("Location"))
	}
}

func TestAPostOfAnotherSiteIsRefused(t *testing.T) {
	t.Parallel()
	r := serve(t, "POST", "/ask", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") })
	if r.StatusCode != http.StatusForbidden {
		t.Errorf("%d", r.StatusCode)
	}
	if r := serve(t, "POST", "/ask"); r.StatusCode != http.StatusSeeOther {
		t.Errorf("%d", r.StatusCode)
	}
}

func TestANetworkThatNeverStopsIsSlowedAndOthersAreNot(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	f := newFlood(func() time.Time { return now })
	for range postsAtOnce {
		if !f.admits("203.0.113.9:1") {
			t.Fatal("slowed too early")
		}
	}
	if f.admits("203.0.113.200:1") {
		t.Error("a network is taken for one place")
	}
	if !f.admits("198.51.100.1:1") || !f.admits("127.0.0.1:1") {
		t.Error("others are slowed with it")
	}
	now = now.Add(time.Minute)
	if !f.admits("203.0.113.9:1") {
		t.Error("it is slowed for ever")
	}
}

// TestEveryPublicWordIsSpanishToo holds that the languages of the site are complete.
func TestEveryPublicWordIsSpanishToo(t *testing.T) {
	t.Parallel()
	es := map[string]bool{}
	for _, k := range i18n.For("es").Keys() {
		es[k] = true
	}
	for _, k := range i18n.For("en").Keys() {
		area, _, _ := strings.Cut(k, ".")
		if (area == "site" || area == "ask" || area == "jobs" || area == "portal") && !es[k] {
			t.Errorf("%s has no Spanish text", k)
		}
	}
}
