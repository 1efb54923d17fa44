// Package site is the door for the public: languages by the address, visitors
// without an account, the frame around every page. What the pages are, the apps
// say. Its one invariant is that a visitor gets no cookie, no script of others
// and no more than a guest may see, until he signs in.
package site

import (
	"crypto/rand"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"

	"stoa/internal/auth"
	"stoa/internal/fault"
	"stoa/internal/i18n"
	"stoa/internal/org"
	"stoa/internal/web/kit"
	"stoa/internal/web/page"
)

// Options are what a site stands on.
type Options struct {
	Name string // of the organisation
	Org  func() *org.Org
	Gate *auth.Gate
	// Origin returns the scheme and host under which the browser of a request reaches us: https://city.example.
	Origin func(*http.Request) string
	// Visitor returns who has signed in, an actor without a user where nobody has.
	Visitor func(*http.Request) (org.Actor, error)
	// Zone is that of the organisation, in which its promises are kept; the org's where nil.
	Zone *time.Location

	Routes []page.Route
	Nav    []page.Link // of the head, in order
	Foot   []page.Link // of the foot, by group
	// Mirrored offers the language for tests that is written from right to left.
	Mirrored bool

	Log *slog.Logger
	Now func() time.Time // time.Now where nil
}

// A Site answers every path that no other door has.
type Site struct {
	opt    Options
	routes *page.Routes
	flood  *flood
}

// New returns the site as a handler. It sets the security headers itself and refuses cross-origin posts.
func New(opt Options) http.Handler {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	s := &Site{opt: opt, routes: page.NewRoutes(opt.Routes...), flood: newFlood(opt.Now)}
	return http.NewCrossOriginProtection().Handler(s)
}

// Fallback is the language of addresses without a prefix.
const Fallback = "en"

// ServeHTTP finds the language, the route and the visitor, and answers.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	page.Headers(w.Header())
	w.Header().Set("Cache-Control", "no-cache, private")
	w.Header().Set("Vary", "HX-Request, Cookie")
	lang, path := s.language(r.URL.Path)
	v := &page.Visit{W: w, R: r, Surface: s, UI: &kit.UI{Messages: i18n.For(lang), Zone: s.zone(), Now: s.opt.Now(), Currency: "$"}}
	if err := s.answer(v, path); err != nil {
		s.fail(v, err)
	}
}

func (s *Site) zone() *time.Location {
	switch {
	case s.opt.Zone != nil:
		return s.opt.Zone
	case s.opt.Org != nil:
		return s.opt.Org().Zone()
	default:
		return time.UTC
	}
}

func (s *Site) answer(v *page.Visit, path string) error {
	var err error
	if v.Visitor, err = s.opt.Visitor(v.R); err != nil {
		return err
	}
	rt, args, allowed := s.routes.Match(v.R.Method, path)
	if rt == nil {
		if allowed != "" {
			v.W.Header().Set("Allow", allowed)
			return fault.New(fault.MethodNotAllowed, "")
		}
		return page.NotFound()
	}
	v.Args = args
	v.R.Pattern = rt.Path
	if v.R.Method == http.MethodPost && !s.flood.admits(s.opt.Gate.Address(v.R)) {
		v.W.Header().Set("Retry-After", "60")
		return fault.New(fault.RequestLimitExceeded, "")
	}
	if !rt.Open && v.Visitor.User == "" {
		return v.Redirect(kit.Query(v.Path("/signin"), "to", v.R.URL.RequestURI()))
	}
	return rt.Handle(v)
}

// language takes the language from a path: /es/jobs is /jobs in Spanish.
func (s *Site) language(path string) (lang, rest string) {
	first, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if first == i18n.Mirrored && s.opt.Mirrored {
		return first, "/" + rest
	}
	for _, l := range i18n.Languages() {
		if l == first && l != Fallback {
			return l, "/" + rest
		}
	}
	return Fallback, path
}

// Org returns the org whose site it is.
func (s *Site) Org() *org.Org { return s.opt.Org() }

// Gate is where visitors sign in.
func (s *Site) Gate() *auth.Gate { return s.opt.Gate }

// URL returns the absolute address of a path in the visitor's language.
func (s *Site) URL(v *page.Visit, path string) string { return s.opt.Origin(v.R) + v.Path(path) }

// Frame draws a page of the site.
func (s *Site) Frame(v *page.Visit, p page.Page) templ.Component {
	f := frame{UI: v.UI, visit: v, page: p, org: s.opt.Name, nav: s.opt.Nav, foot: s.opt.Foot}
	_, path := s.language(v.R.URL.Path)
	f.path = path
	for _, l := range i18n.Languages() {
		href := path
		if l != Fallback {
			href = "/" + l + strings.TrimSuffix(path, "/")
		}
		f.languages = append(f.languages, language{Lang: l, Name: i18n.For(l).T("site.language"), Href: href, URL: s.opt.Origin(v.R) + href, Current: l == v.UI.Lang()})
	}
	return document(&f)
}

// fail answers with the page for an error; only what the visitor may know is shown.
func (s *Site) fail(v *page.Visit, err error) {
	f := fault.From(err)
	status, reference := f.Code.Status(), ""
	title, text := v.T("error.title"), f.Message
	switch f.Code {
	case fault.NotFound:
		title, text = v.T("site.notFound"), v.T("site.notFoundText")
	case fault.MethodNotAllowed:
		status, text = http.StatusMethodNotAllowed, v.T("site.notFoundText")
	case fault.RequestLimitExceeded:
		status, title, text = http.StatusTooManyRequests, v.T("site.slower"), v.T("site.slowerText")
	case fault.UnknownException:
		reference = rand.Text()[:8]
		text = v.T("site.failedText")
		s.opt.Log.ErrorContext(v.Ctx(), "page failed", slog.String("reference", reference), slog.String("path", v.R.URL.Path), slog.Any("error", err), slog.Any("cause", f.Unwrap()))
	default:
	}
	p := page.Page{Title: title, Status: status, Body: lost(v, title, text, reference)}
	if err := v.Draw(status, s.Frame(v, p)); err != nil {
		http.Error(v.W, title, status)
	}
}
