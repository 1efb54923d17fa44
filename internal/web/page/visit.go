// Package page is what every page for people stands on: routes, the visit that
// a request is, forms, uploads, cookies and answers. It knows no screen and no
// object; its one invariant is that a page leaves with the security headers on
// it and only leads to addresses of ours.
package page

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"stoa/internal/auth"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/kit"
)

// A Visit is one request of a person's browser under way.
type Visit struct {
	W    http.ResponseWriter
	R    *http.Request
	S    *org.Session // of staff in the console; nil on the site, whose pages open sessions with a scope
	UI   *kit.UI
	Args map[string]string // places of the route's path

	Visitor org.Actor // on the site: who has signed in, without a user where nobody has

	// Surface is the door that the visit came through.
	Surface Surface

	form  url.Values
	files *uploads
	bad   error // of the form
}

// A Surface is one of the two doors for people: the console and the public site.
type Surface interface {
	// Frame draws what stands around a page's own content.
	Frame(v *Visit, p Page) templ.Component
	// Org returns the org whose pages these are.
	Org() *org.Org
	// Gate is where people sign in.
	Gate() *auth.Gate
	// URL returns the absolute address of a path of this surface, for mails and feeds.
	URL(v *Visit, path string) string
}

// A Page is a page's own content and what its frame needs to know of it.
type Page struct {
	Title  string
	Icon   string // of the console's work tab
	Local  []kit.Link
	Class  string          // of the site's main element, "" for none
	Status int             // 200 where 0
	Toasts []kit.Toast     // of the console: what happened before, and the way back
	Keys   []kit.Key       // of the console: single keys that only this page has
	Head   templ.Component // in the head of the site's pages: canonical address, feeds, structured data; nil for none
	Body   templ.Component
}

// A Link leads to a page of the site from its head or its foot.
type Link struct {
	Label string // key of its words
	Href  string // path without language
	Group string // of the foot
}

// Ctx returns the request's context.
func (v *Visit) Ctx() context.Context { return v.R.Context() }

type endKey struct{}

// WithEnd returns a context under which visits know when the server is about to stop.
func WithEnd(ctx context.Context, end <-chan struct{}) context.Context {
	return context.WithValue(ctx, endKey{}, end)
}

// Ending is closed when the server is about to stop: a stream that has no end of its own ends then. nil, which
// blocks for ever, where nobody says so.
func (v *Visit) Ending() <-chan struct{} {
	end, _ := v.Ctx().Value(endKey{}).(<-chan struct{})
	return end
}

// Fragment reports whether the page's own script asks, which wants a part and not a page.
func (v *Visit) Fragment() bool { return v.R.Header.Get("HX-Request") == "true" }

// T returns words in the visitor's language.
func (v *Visit) T(key string, args ...any) string { return v.UI.T(key, args...) }

// Path returns a path of the site in the visitor's language: /jobs is /es/jobs in Spanish.
func (v *Visit) Path(path string) string {
	if lang := v.UI.Lang(); lang != "en" && v.S == nil {
		return "/" + lang + strings.TrimSuffix(path, "/")
	}
	return path
}

// Query returns a parameter of the address.
func (v *Visit) Query(name string) string { return v.R.URL.Query().Get(name) }

// Answer writes a page, or only its body where the page's own script asks.
func (v *Visit) Answer(p Page) error {
	status := p.Status
	if status == 0 {
		status = http.StatusOK
	}
	if v.Fragment() {
		return v.Draw(status, p.Body)
	}
	return v.Draw(status, v.Surface.Frame(v, p))
}

// Draw writes a component with a status.
func (v *Visit) Draw(status int, c templ.Component) error {
	var b bytes.Buffer
	if err := c.Render(v.Ctx(), &b); err != nil {
		return err
	}
	v.W.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.W.WriteHeader(status)
	if v.R.Method == http.MethodHead {
		return nil
	}
	_, _ = v.W.Write(b.Bytes()) // the other side is gone: nobody to tell
	return nil
}

// Write writes bytes of another kind than a page.
func (v *Visit) Write(status int, contentType string, body []byte) error {
	v.W.Header().Set("Content-Type", contentType)
	v.W.WriteHeader(status)
	if v.R.Method != http.MethodHead {
		_, _ = v.W.Write(body) // the other side is gone: nobody to tell
	}
	return nil
}

// Redirect leads to a page of ours after a post, or on a plain GET.
func (v *Visit) Redirect(to string) error {
	if v.Fragment() {
		v.W.Header().Set("HX-Redirect", to)
		v.W.WriteHeader(http.StatusNoContent)
		return nil
	}
	http.Redirect(v.W, v.R, to, http.StatusSeeOther)
	return nil
}

// SignIn gives the visitor a session as a user; SignOut ends it.
func (v *Visit) SignIn(user record.ID) error {
	g := v.Surface.Gate()
	token, _, err := g.Open(v.Ctx(), auth.Login{User: user, Kind: auth.UI, IP: g.Address(v.R), Agent: v.R.UserAgent()})
	if err != nil {
		return err
	}
	g.SetCookie(v.W, v.R, token)
	return nil
}

func (v *Visit) SignOut() error {
	g := v.Surface.Gate()
	c := auth.CredentialsOf(v.R, org.Portal)
	g.ClearCookie(v.W, v.R)
	if c.Token == "" {
		return nil
	}
	_, err := g.SignOut(v.Ctx(), c.Token)
	return err
}

const flashCookie = "stoa_said"

// Flash keeps words for the next page.
func (v *Visit) Flash(text string) {
	if len(text) < 1000 {
		v.Keep(flashCookie, base64.RawURLEncoding.EncodeToString([]byte(text)), time.Minute)
	}
}

// Flashed takes the words that the page before left.
func (v *Visit) Flashed() []string {
	b, err := base64.RawURLEncoding.DecodeString(v.Cookie(flashCookie))
	if err != nil || len(b) == 0 || v.Fragment() {
		return nil
	}
	v.Forget(flashCookie)
	return []string{string(b)}
}

// NotFound is the error of a page that is not there, or not for this visitor.
func NotFound() error { return fault.New(fault.NotFound, "") }

// Keep sets a cookie; Forget removes it.
func (v *Visit) Keep(name, value string, age time.Duration) {
	http.SetCookie(v.W, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(age / time.Second), HttpOnly: true, Secure: v.Secure(), SameSite: http.SameSiteLaxMode,
	})
}

func (v *Visit) Forget(name string) {
	http.SetCookie(v.W, &http.Cookie{Name: name, Path: "/", MaxAge: -1, HttpOnly: true, Secure: v.Secure(), SameSite: http.SameSiteLaxMode})
}

// Cookie returns the value of a cookie, "" if there is none.
func (v *Visit) Cookie(name string) string {
	c, err := v.R.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// Secure reports whether the browser spoke TLS to us or to a proxy of ours.
func (v *Visit) Secure() bool {
	return v.R.TLS != nil || strings.HasPrefix(v.Surface.URL(v, "/"), "https:")
}

// Loopback reports whether a request comes from this machine, by its address and by the name it asks for.
func Loopback(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return false
	}
	name := r.Host
	if h, _, err := net.SplitHostPort(name); err == nil {
		name = h
	}
	return name == "localhost" || net.ParseIP(strings.Trim(name, "[]")).IsLoopback()
}

// Within returns to if it is a path of ours below one of the prefixes, else the
// fallback: a form must not lead elsewhere.
func Within(to, fallback string, prefixes ...string) string {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || !strings.HasPrefix(u.Path, "/") || strings.Contains(u.Path, "//") || strings.ContainsAny(to, "\\\r\n") {
		return fallback
	}
	for _, p := range prefixes {
		if strings.HasPrefix(u.Path, p) {
			return u.RequestURI()
		}
	}
	return fallback
}

// Headers sets what every page leaves with.
func Headers(h http.Header) {
	h.Set("Content-Security-Policy", kit.Policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
}

// TooLarge returns the fault of a form that brings more than it may, nil where err is not that.
func TooLarge(err error) error {
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fault.New(fault.RequestBodyTooLarge, "The form is larger than %d MB.", tooLarge.Limit>>20)
	}
	return nil
}
