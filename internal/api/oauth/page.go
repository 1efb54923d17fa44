package oauth

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

//go:embed page.html
var pageFile embed.FS

// pages returns the templates, parsed once.
var pages = sync.OnceValue(func() *template.Template { return template.Must(template.ParseFS(pageFile, "page.html")) })

// A view is what the pages show.
type view struct {
	Stylesheet, Org          string
	Title, Text, Code        string
	App, User, Username      string
	Rights                   []string
	Action, FormToken, Asked string
	Hidden                   []field
	Target                   string       // origin that a form may lead to
	Onward                   string       // address to go on to at once
	Link                     template.URL // the same for a link: the app registered it, whatever its scheme
}

// A field is a hidden field of a form.
type field struct{ Name, Value string }

func hidden(v url.Values) []field {
	var all []field
	for k, s := range v {
		if k != "prompt" {
			all = append(all, field{k, strings.Join(s, " ")})
		}
	}
	slices.SortFunc(all, func(a, b field) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// page draws one of the templates.
func (h *handler) page(w http.ResponseWriter, status int, name string, v view) error {
	v.Stylesheet, v.Org = h.Stylesheet, h.gate.OrgName()
	var b bytes.Buffer
	if err := pages().ExecuteTemplate(&b, name, v); err != nil {
		return err
	}
	to := ""
	if v.Target != "" {
		to = " " + v.Target // browsers hold also the redirect after a form to it
	}
	w.Header().Set("Content-Type", "text/html;charset=UTF-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; form-action 'self'"+to+"; base-uri 'none'; frame-ancestors 'none'")
	w.Header().Set("X-Frame-Options", "DENY")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
	return nil
}

// rights says in words what scopes let an app do.
func rights(scopes []string) []string {
	var all []string
	add := func(s string) {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	for _, s := range scopes {
		code, isPurpose := strings.CutPrefix(s, "purpose:")
		switch {
		case isPurpose:
			add("Use data for the purpose " + code + " only")
		case s == "full":
			add("Do everything that you can do")
		case s == "api":
			add("Read and change the records that you can")
		case s == "web", s == "visualforce", s == "lightning":
			add("Open pages in a browser as you")
		case s == "refresh_token", s == "offline_access":
			add("Come back later without asking you again")
		case s == "openid", s == "id", s == "profile", s == "email", s == "address", s == "phone":
			add("See your name and how to reach you")
		}
	}
	return all
}

// success is where clients send the browser that has done its part.
func (h *handler) success(w http.ResponseWriter, _ *http.Request) error {
	return h.page(w, http.StatusOK, "error", view{Title: "You are signed in", Text: "You can close this window and go back to the app."})
}
