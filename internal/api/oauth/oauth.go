// Package oauth is the door where programs get their tokens: OAuth 2.0 with
// the grants and answers that Salesforce clients expect, OpenID Connect on top,
// and the ways from a token to a browser session. It keeps nothing itself: auth
// does; its one invariant is that it redirects a browser only to a callback that
// the connected app registered, or to a page of this server.
package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"stoa/internal/auth"
	"stoa/internal/fault"
)

// Options are what the door needs from the rest of the server.
type Options struct {
	Gate *auth.Gate
	// AllowedOrigins are the web origins whose scripts may call the endpoints for programs; "*" is any.
	AllowedOrigins []string
	Stylesheet     string // path of the style sheet of the few pages here, "" for none
	SignInPath     string // page that signs a browser in and goes on to the path in its parameter to; /login
	HomePath       string // where frontdoor.jsp leads without a retURL; /console
	Log            *slog.Logger
}

const (
	maxForm  = 64 << 10
	jsonType = "application/json;charset=UTF-8"
)

type handler struct {
	Options
	gate *auth.Gate
}

// Routes adds the endpoints to mux.
func Routes(mux *http.ServeMux, opt Options) {
	h := &handler{Options: opt, gate: opt.Gate}
	if h.SignInPath == "" {
		h.SignInPath = "/login"
	}
	if h.HomePath == "" {
		h.HomePath = "/console"
	}
	if h.Log == nil {
		h.Log = slog.New(slog.DiscardHandler)
	}
	for _, r := range []struct {
		path, methods string
		serve         func(http.ResponseWriter, *http.Request) error
	}{
		{"/services/oauth2/token", "POST", h.token},
		{"/services/oauth2/authorize", "GET POST", h.authorize},
		{"/services/oauth2/revoke", "GET POST", h.revoke},
		{"/services/oauth2/introspect", "POST", h.introspect},
		{"/services/oauth2/userinfo", "GET POST", h.userinfo},
		{"/services/oauth2/singleaccess", "GET POST", h.singleAccess},
		{"/services/oauth2/device", "GET POST", h.device},
		{registerPath, "GET POST", h.register},
		{registerPath + "/{id}", "GET PUT DELETE", h.registered},
		{registerPath + "/{id}/secret", "POST", h.newSecret},
		{"/services/oauth2/success", "GET", h.success},
		{"/secur/frontdoor.jsp", "GET POST", h.frontDoor},
		{PasswordPath, "GET POST", h.password},
		{"/.well-known/openid-configuration", "GET", h.configuration},
		{"/id/keys", "GET", h.keys},
		{"/id/{org}/{user}", "GET POST", h.identity},
	} {
		methods := strings.Fields(r.methods)
		serve := h.serve(methods, r.serve)
		mux.Handle(r.path, serve)
		mux.Handle(r.path+"/{$}", serve)
	}
	mux.Handle("/services/oauth2/", h.serve([]string{"GET", "POST"}, func(http.ResponseWriter, *http.Request) error {
		return &problem{status: http.StatusNotFound, code: "not_found", description: "unknown endpoint"}
	}))
}

// A problem is an error as OAuth answers it.
type problem struct {
	status            int
	code, description string
	basic             bool // the client tried HTTP Basic
}

func (p *problem) Error() string { return p.code + ": " + p.description }

// refuse returns a problem with status 400.
func refuse(code, description string) error {
	return &problem{status: http.StatusBadRequest, code: code, description: description}
}

// problemOf returns what err looks like in OAuth.
func problemOf(err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	switch f := fault.From(err); f.Code {
	case fault.InvalidLogin:
		return &problem{status: http.StatusBadRequest, code: "invalid_grant", description: "authentication failure"}
	case fault.RequestLimitExceeded:
		return &problem{status: http.StatusBadRequest, code: "invalid_grant", description: "login rate exceeded"}
	case fault.PasswordExpired:
		return &problem{status: http.StatusBadRequest, code: "invalid_grant", description: "password expired"}
	case fault.ServerUnavailable:
		return &problem{status: http.StatusServiceUnavailable, code: "temporarily_unavailable", description: f.Message}
	case fault.UnknownException:
		return &problem{status: http.StatusInternalServerError, code: "server_error", description: "An unexpected error occurred."}
	default:
		return &problem{status: http.StatusBadRequest, code: "invalid_request", description: f.Message}
	}
}

// serve wraps an endpoint: methods, body, cross-origin answers and errors.
func (h *handler) serve(methods []string, f func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		h.crossOrigin(w, r)
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		if !slices.Contains(methods, method) {
			w.Header().Set("Allow", strings.Join(append(slices.Clone(methods), http.MethodOptions), ","))
			if method == http.MethodOptions {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			h.fail(w, r, &problem{status: http.StatusMethodNotAllowed, code: "invalid_request", description: "HTTP method not allowed"})
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := readForm(r); err != nil {
			h.fail(w, r, err)
			return
		}
		if err := f(w, r); err != nil {
			h.fail(w, r, err)
		}
	})
}

// readForm parses the query and a form, urlencoded or multipart.
func readForm(r *http.Request) error {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	err := r.ParseForm()
	if kind == "multipart/form-data" {
		err = r.ParseMultipartForm(maxForm)
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &problem{status: http.StatusRequestEntityTooLarge, code: "invalid_request", description: "request too large"}
	}
	if err != nil {
		return refuse("invalid_request", "malformed form")
	}
	return nil
}

// fail answers with one JSON object and logs what nobody should have to see.
func (h *handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	if p.status >= http.StatusInternalServerError && !errors.Is(err, context.Canceled) {
		h.Log.ErrorContext(r.Context(), "oauth request failed", slog.String("path", r.URL.Path), slog.Any("error", err))
	}
	if p.basic {
		w.Header().Set("WWW-Authenticate", `Basic realm="stoa"`)
	}
	sendJSON(w, p.status, struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}{p.code, p.description})
}

func sendJSON(w http.ResponseWriter, status int, body any) {
	b, err := json.Marshal(body)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(status)
	_, _ = w.Write(b) // a client that went away is nobody's error
}

// crossOrigin lets scripts of the allowed origins read the answer. Pages for people are not for scripts:
// they need the cookie, which such scripts do not send.
func (h *handler) crossOrigin(w http.ResponseWriter, r *http.Request) {
	origin := r.Header.Get("Origin")
	if origin == "" || len(h.AllowedOrigins) == 0 {
		return
	}
	w.Header().Add("Vary", "Origin")
	if !slices.Contains(h.AllowedOrigins, "*") && !slices.Contains(h.AllowedOrigins, origin) {
		return
	}
	w.Header().Set("Access-Control-Allow-Origin", origin)
	if r.Method == http.MethodOptions {
		w.Header().Set("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE")
		w.Header().Set("Access-Control-Max-Age", "86400")
		if want := r.Header.Get("Access-Control-Request-Headers"); want != "" {
			w.Header().Set("Access-Control-Allow-Headers", want)
		}
	}
}

// client returns the connected app that a request names, and the secret it
// brought. An app that has a secret must show it where prove is true.
func (h *handler) client(r *http.Request, prove bool) (app *auth.App, secret string, err error) {
	id, secret := r.Form.Get("client_id"), r.Form.Get("client_secret")
	basic := false
	if user, password, ok := r.BasicAuth(); ok {
		id, secret, basic = unescape(user), unescape(password), true
	}
	if id == "" {
		return nil, "", refuse("invalid_request", "missing required parameter: client_id")
	}
	app, ok, err := h.gate.App(r.Context(), id)
	if err != nil {
		return nil, "", err
	}
	if !ok {
		return nil, "", &problem{status: http.StatusBadRequest, code: "invalid_client_id", description: "client identifier invalid", basic: basic}
	}
	if app.Public || secret == "" && !prove {
		return app, "", nil
	}
	if !app.Proves(secret) {
		return nil, "", &problem{status: http.StatusBadRequest, code: "invalid_client", description: "invalid client credentials", basic: basic}
	}
	return app, secret, nil
}

// unescape reads a part of HTTP Basic, which RFC 6749 2.3.1 wants form-encoded; not everybody does it.
func unescape(s string) string {
	if u, err := url.QueryUnescape(s); err == nil && !strings.Contains(s, "+") {
		return u
	}
	return s
}
