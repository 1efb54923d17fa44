// Package console is the door for signed-in staff: sign-in, home, lists,
// record pages, boards and search, drawn on the server. It reads requests,
// calls the org and draws kit components; it holds no rule of its own. Its one
// invariant is that every read and write goes through the person's org.Session.
package console

import (
	"bytes"
	"context"
	"crypto/rand"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"stoa/internal/auth"
	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/i18n"
	"stoa/internal/org"
	"stoa/internal/web/assets"
	"stoa/internal/web/kit"
	"stoa/internal/web/page"
)

// Options are what the console stands on. All functions must be set, but SignInAs where Demo is empty.
type Options struct {
	OrgName string

	// Session returns the session of the request's cookie, nil where nobody is signed in.
	Session func(*http.Request) (*org.Session, error)
	// SignIn checks a password and sets the cookie. A *fault.Error tells the person why not.
	SignIn func(w http.ResponseWriter, r *http.Request, username, password string) error
	// SignInAs signs a user of Demo in without a password; it is called for requests from this machine only.
	SignInAs func(w http.ResponseWriter, r *http.Request, username string) error
	// SignOut ends the session of the request and clears the cookie.
	SignOut func(http.ResponseWriter, *http.Request) error

	// Pages are those of apps, Places what the rail leads to besides the console's own.
	Pages  []page.Route
	Places []Place
	// Org returns the org, Origin the scheme and host under which the browser of a request reaches us.
	Org    func() *org.Org
	Gate   *auth.Gate
	Origin func(*http.Request) string

	// Demo lists the people that a visitor of the demo can be, with one click.
	Demo []DemoUser

	Log *slog.Logger
	Now func() time.Time // time.Now where nil
}

// A DemoUser is one of the people of the demo.
type DemoUser struct{ Username, Name, Role, Does string }

// A Console answers /login, /logout, /console/…, /lightning/…, /assets/… and the root.
type Console struct {
	opt    Options
	routes []route
}

// New returns the console as a handler. It sets the security headers itself and
// refuses cross-origin posts; the server mounts it for every path that no other
// door has, at "/", and need not wrap it.
//
//	mux.Handle("/", console.New(console.Options{…}))
func New(opt Options) http.Handler {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	c := &Console{opt: opt}
	c.routes = append(appRoutes(opt.Pages), routes()...)
	return http.NewCrossOriginProtection().Handler(c)
}

// maxBody is the most that a form may bring: 2 MB, far above the longest record.
const maxBody = 2 << 20

// ServeHTTP finds the route, the session and answers.
func (c *Console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", kit.Policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	if strings.HasPrefix(r.URL.Path, assets.Prefix) {
		assets.Handler().ServeHTTP(w, r)
		return
	}
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "HX-Request, Cookie")
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)

	rt, args, allowed := match(c.routes, r.Method, r.URL.Path)
	v := &visit{console: c, w: w, r: r, args: args, ui: c.ui(r)}
	if rt == nil {
		if allowed != "" {
			h.Set("Allow", allowed)
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		v.identify()
		v.fail(fault.New(fault.NotFound, ""))
		return
	}
	if err := c.answer(v, rt); err != nil {
		v.fail(err)
	}
}

// passwordPage is where who must change the password does it.
const passwordPage = "/secur/changepassword"

func (c *Console) answer(v *visit, rt *route) error {
	if rt.open {
		return rt.handle(v)
	}
	if err := v.identify(); err != nil {
		if fault.From(err).Code == fault.PasswordExpired {
			return v.redirect(passwordPage)
		}
		return err
	}
	if v.s == nil {
		return v.askSignIn()
	}
	return rt.handle(v)
}

// ui returns the words and the look for a request, before it is known who asks.
func (c *Console) ui(r *http.Request) *kit.UI {
	ui := &kit.UI{Messages: i18n.For(acceptedLanguage(r)), Zone: time.UTC, Now: c.opt.Now(), Currency: "$"}
	if k, err := r.Cookie(themeCookie); err == nil && (k.Value == "light" || k.Value == "dark") {
		ui.Theme = k.Value
	}
	if k, err := r.Cookie(keysCookie); err == nil {
		ui.KeysOff = k.Value == "off"
	}
	return ui
}

// acceptedLanguage returns the first language of Accept-Language that there are words for.
func acceptedLanguage(r *http.Request) string {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		lang, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		for _, l := range i18n.Languages() {
			if strings.EqualFold(l, lang) || strings.HasPrefix(strings.ToLower(lang), l+"-") {
				return l
			}
		}
	}
	return ""
}

// A visit is one request under way.
type visit struct {
	console *Console
	w       http.ResponseWriter
	r       *http.Request
	s       *org.Session // nil before sign-in

	signedFor string // purpose of the session before the person chose another one
	ui        *kit.UI
	args      map[string]string // places of the route's path
	form      url.Values
}

func (v *visit) ctx() context.Context { return v.r.Context() }

// identify finds out who asks.
func (v *visit) identify() error {
	s, err := v.console.opt.Session(v.r)
	if err != nil || s == nil {
		return err
	}
	v.s = s
	a := s.Actor()
	v.ui.Messages = i18n.For(a.Language)
	if a.Zone != nil {
		v.ui.Zone = a.Zone
	}
	return v.bindPurpose()
}

// fragment reports whether the page's own script asks, which wants a part and not a page.
func (v *visit) fragment() bool { return v.r.Header.Get("HX-Request") == "true" }

// query returns a parameter of the address, posted a value of the form.
func (v *visit) query(name string) string { return v.r.URL.Query().Get(name) }

func (v *visit) posted(name string) string { return v.values().Get(name) }

// values returns the posted form.
func (v *visit) values() url.Values {
	if v.form == nil {
		_ = v.r.ParseForm()
		v.form = v.r.PostForm
	}
	return v.form
}

// object returns the object that the address names, if the person may read it.
func (v *visit) object() (*catalog.Object, error) {
	o := v.s.Catalog().Object(v.args["object"])
	if o == nil || !o.Queryable || !v.s.Rights(o).Read {
		return nil, fault.New(fault.NotFound, "")
	}
	return o, nil
}

// draw writes a component with a status.
func (v *visit) draw(status int, c templ.Component) error {
	var b bytes.Buffer
	if err := c.Render(v.ctx(), &b); err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	if v.r.Method == http.MethodHead {
		return nil
	}
	_, _ = v.w.Write(b.Bytes())
	return nil
}

// redirect leads to a page of ours after a post, or on a plain GET.
func (v *visit) redirect(to string) error {
	if v.fragment() {
		v.w.Header().Set("HX-Redirect", to)
		v.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
	return nil
}

// local returns to if it is a path of the console, or one where a program waits for somebody to
// sign in, else the fallback: a form must not lead elsewhere.
func local(to, fallback string) string {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/console/") && !strings.HasPrefix(u.Path, "/services/oauth2/") || strings.Contains(u.Path, "//") || strings.ContainsAny(to, "\\\r\n") {
		return fallback
	}
	return u.RequestURI()
}

// loopback reports whether a request comes from this machine, by its address and by the name it asks for.
func loopback(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	if ip == nil || !ip.IsLoopback() {
		return false
	}
	name := r.Host
	if h, _, err := net.SplitHostPort(name); err == nil {
		name = h
	}
	return name == "localhost" || net.ParseIP(strings.Trim(name, "[]")).IsLoopback()
}

// fail answers with the page for an error; only what the client may know is shown.
func (v *visit) fail(err error) {
	f := fault.From(err)
	status := f.Code.Status()
	id := ""
	switch f.Code {
	case fault.InsufficientAccess, fault.InsufficientAccessOnRef:
		status = http.StatusForbidden
	case fault.UnknownException:
		id = rand.Text()[:8]
		v.console.opt.Log.ErrorContext(v.ctx(), "page failed", slog.String("reference", id), slog.String("path", v.r.URL.Path), slog.Any("error", err), slog.Any("cause", f.Unwrap()))
	}
	title, text := v.ui.T("error.title"), f.Message
	switch status {
	case http.StatusNotFound:
		title, text = v.ui.T("error.notFound"), v.ui.T("error.notFoundText")
	case http.StatusForbidden:
		title, text = v.ui.T("error.forbidden"), v.ui.T("error.forbiddenText")
	case http.StatusInternalServerError:
		text = v.ui.T("error.text")
	}
	var c templ.Component
	switch {
	case v.fragment():
		c = kit.Notice("danger", "circle-alert", title, text)
	case v.s == nil:
		c = outside(v.ui, v.console.opt.OrgName, title, text, id)
	default:
		frame := v.frame(title, "circle-alert", nil)
		frame.Passing = true
		c = framed(frame, kit.Lost(v.ui, title, text, id))
	}
	if err := v.draw(status, c); err != nil {
		http.Error(v.w, title, status)
	}
}
