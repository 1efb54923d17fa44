package oauth

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"stoa/internal/auth"
	"stoa/internal/org"
)

// A request is an authorization request whose client and callback are known to be good.
type request struct {
	app                *auth.App
	redirect           string // where the answer goes
	named              string // the callback as the request named it, "" where it named none
	kind               string // code or token
	state              string
	scopes             []string
	challenge, nonce   string
	prompt             []string
	fragment           bool // the answer goes into the fragment
	query              url.Values
	display, loginHint string
}

// authorize asks the signed-in person whether an app may act for them, and
// sends the browser back to the app with a code or a token.
func (h *handler) authorize(w http.ResponseWriter, r *http.Request) error {
	q, err := h.authorization(r)
	if err != nil {
		// Nothing is known to be good enough to redirect to.
		p := problemOf(err)
		if p.status >= http.StatusInternalServerError {
			return err
		}
		return h.page(w, p.status, "error", view{Title: "This link does not work", Text: p.description, Code: p.code})
	}
	if err := h.check(r, q); err != nil {
		return h.back(w, r, q, problemForm(err))
	}
	token, s, actor, err := h.browser(r)
	if err != nil {
		return err
	}
	if s == nil || slices.Contains(q.prompt, "login") && r.Method != http.MethodPost {
		if slices.Contains(q.prompt, "none") {
			return h.back(w, r, q, problemForm(refuse("login_required", "nobody is signed in")))
		}
		return h.signIn(w, r, q.again())
	}
	if r.Method == http.MethodPost {
		if !auth.CheckForm(token, formConsent, r.PostForm.Get("form_token")) {
			return h.page(w, http.StatusForbidden, "error", view{Title: "This page is too old", Text: "Go back to the app and try again.", Code: "csrf"})
		}
		if r.PostForm.Get("answer") != "allow" {
			return h.back(w, r, q, problemForm(refuse("access_denied", "end-user denied authorization")))
		}
		if err := h.gate.Consent(r.Context(), s.User, q.app, q.scopes); err != nil {
			return err
		}
		return h.grant(w, r, q, actor)
	}
	agreed, err := h.gate.Consented(r.Context(), s.User, q.app, q.scopes)
	if err != nil {
		return err
	}
	if agreed && !slices.Contains(q.prompt, "consent") {
		return h.grant(w, r, q, actor)
	}
	if slices.Contains(q.prompt, "none") {
		return h.back(w, r, q, problemForm(refuse("consent_required", "the user has not let the app in yet")))
	}
	return h.consentPage(w, q, actor, token)
}

// afterSignIn marks a request to which the sign-in form led. Browsers let a form lead, over whatever
// redirects, only where its page's policy says, so the way on to the app begins on a page of its own.
const afterSignIn = "signed_in"

const (
	formConsent = "oauth consent"
	formDevice  = "oauth device"
)

// authorization reads the request and holds client and callback to what is registered.
func (h *handler) authorization(r *http.Request) (*request, error) {
	app, ok, err := h.gate.App(r.Context(), r.Form.Get("client_id"))
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, refuse("invalid_client_id", "client identifier invalid")
	}
	q := &request{
		app: app, named: r.Form.Get("redirect_uri"), kind: r.Form.Get("response_type"), state: r.Form.Get("state"),
		challenge: strings.TrimRight(r.Form.Get("code_challenge"), "="), nonce: r.Form.Get("nonce"),
		prompt: strings.Fields(r.Form.Get("prompt")), fragment: r.Form.Get("response_type") == "token", query: url.Values{},
	}
	for _, k := range []string{
		"client_id", "redirect_uri", "response_type", "state", "scope", "prompt", "code_challenge", "code_challenge_method", "nonce", "display", "login_hint",
	} {
		if v := r.Form.Get(k); v != "" {
			q.query.Set(k, v)
		}
	}
	if q.redirect, ok = app.Redirect(q.named); !ok {
		return nil, refuse("redirect_uri_mismatch", "redirect_uri must match configuration")
	}
	return q, nil
}

// check holds the rest to the rules; the app hears of what is wrong.
func (h *handler) check(r *http.Request, q *request) (err error) {
	switch q.kind {
	case "code":
		if !q.app.Allows(auth.GrantCode) {
			return refuse("unauthorized_client", "this app may not use codes")
		}
		if q.app.Public && q.challenge == "" {
			return refuse("invalid_request", "missing required code challenge")
		}
	case "token":
		if !q.app.Allows(auth.GrantImplicit) {
			return refuse("unauthorized_client", "this app may not use the implicit flow")
		}
	default:
		return refuse("unsupported_response_type", "response type not supported")
	}
	if method := r.Form.Get("code_challenge_method"); method != "" && method != "S256" {
		return refuse("invalid_request", "code_challenge_method must be S256")
	}
	if len(q.challenge) > 128 || len(q.state) > 4096 || len(q.nonce) > 512 {
		return refuse("invalid_request", "a parameter is too long")
	}
	q.scopes, err = granted(q.app, r.Form.Get("scope"), q.app.Allows(auth.GrantRefresh))
	return err
}

// again returns the address of the request without the wish to sign in, so that it is asked once.
func (q *request) again() string {
	v := url.Values{}
	for k, s := range q.query {
		v[k] = s
	}
	if p := slices.DeleteFunc(slices.Clone(q.prompt), func(s string) bool { return s == "login" || s == "select_account" }); len(p) > 0 {
		v.Set("prompt", strings.Join(p, " "))
	} else {
		v.Del("prompt")
	}
	v.Set(afterSignIn, "1")
	return "/services/oauth2/authorize?" + v.Encode()
}

// grant sends the browser back with what the app asked for.
func (h *handler) grant(w http.ResponseWriter, r *http.Request, q *request, a org.Actor) error {
	if q.kind == "code" {
		code, err := h.gate.NewCode(r.Context(), auth.Code{
			User: a.User, App: q.app.ID, Redirect: q.named, Scopes: q.scopes, Challenge: q.challenge, Nonce: q.nonce,
		})
		if err != nil {
			return err
		}
		return h.back(w, r, q, url.Values{"code": {code}})
	}
	got, err := h.issue(r, auth.Login{User: a.User, App: q.app, Scopes: q.scopes}, "", q.nonce, q.app.Allows(auth.GrantRefresh))
	if err != nil {
		return err
	}
	return h.back(w, r, q, got.form())
}

// back redirects to the app's callback. Errors travel in the query, tokens in the fragment.
func (h *handler) back(w http.ResponseWriter, r *http.Request, q *request, v url.Values) error {
	u, err := url.Parse(q.redirect)
	if err != nil {
		return refuse("redirect_uri_mismatch", "redirect_uri must match configuration")
	}
	if q.state != "" {
		v.Set("state", q.state)
	}
	target := ""
	if q.fragment && !v.Has("error") {
		target = u.String() + "#" + v.Encode()
	} else {
		have := u.Query()
		for k, s := range v {
			have[k] = s
		}
		u.RawQuery = have.Encode()
		target = u.String()
	}
	w.Header().Set("Referrer-Policy", "no-referrer")
	if r.Method != http.MethodPost && r.Form.Get(afterSignIn) != "" {
		return h.page(w, http.StatusOK, "onward", view{Title: "Back to " + q.app.Name, App: q.app.Name, Onward: target, Link: template.URL(target)})
	}
	http.Redirect(w, r, target, http.StatusFound)
	return nil
}

func problemForm(err error) url.Values {
	p := problemOf(err)
	return url.Values{"error": {p.code}, "error_description": {p.description}}
}

// browser returns the browser session behind the cookie with its token, nil where nobody is signed in or
// a new password is due.
func (h *handler) browser(r *http.Request) (token string, s *auth.Session, a org.Actor, err error) {
	token, s, a, err = h.cookie(r)
	if s != nil && s.MustChange {
		return "", nil, a, nil
	}
	return token, s, a, err
}

// cookie is browser, also for who must change the password.
func (h *handler) cookie(r *http.Request) (token string, s *auth.Session, a org.Actor, err error) {
	k, err := r.Cookie(auth.Cookie)
	if err != nil {
		return "", nil, a, nil
	}
	s, a, err = h.gate.Session(r.Context(), k.Value)
	if err != nil {
		if problemOf(err).status >= http.StatusInternalServerError {
			return "", nil, a, err
		}
		return "", nil, a, nil
	}
	if s.Kind != auth.UI {
		return "", nil, a, nil
	}
	return k.Value, s, a, nil
}

// signIn sends the browser to the sign-in page, which comes back to path.
func (h *handler) signIn(w http.ResponseWriter, r *http.Request, path string) error {
	http.Redirect(w, r, h.SignInPath+"?to="+url.QueryEscape(path), http.StatusFound)
	return nil
}

func (h *handler) consentPage(w http.ResponseWriter, q *request, a org.Actor, token string) error {
	u, err := url.Parse(q.redirect)
	if err != nil {
		return refuse("redirect_uri_mismatch", "redirect_uri must match configuration")
	}
	return h.page(w, http.StatusOK, "consent", view{
		Title: "Let " + q.app.Name + " in?", App: q.app.Name, User: a.Name, Username: a.Username, Rights: rights(q.scopes),
		Action: "/services/oauth2/authorize", Hidden: hidden(q.query), FormToken: auth.FormToken(token, formConsent), Target: source(u),
	})
}

// source returns u as a content security policy names where a form may lead.
func source(u *url.URL) string {
	if u.Host == "" {
		return u.Scheme + ":"
	}
	return u.Scheme + "://" + u.Host
}
