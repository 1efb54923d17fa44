package server

import (
	"net/http"
	"net/url"
	"strings"
)

// A door is a handler for all paths below one of its prefixes.
type door struct {
	prefix string // in lower case
	to     http.Handler
	// people is a door for browsers, whose cookies must not work for other
	// sites' pages. Programs' doors take no cookies, and never redirect.
	people bool
}

// doors dispatches requests by the longest prefix. It does not clean paths by
// redirecting, as http.ServeMux does: clients follow a redirect of a POST with a GET.
type doors []door

func (all doors) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	clean := collapsed(r)
	path := clean.URL.Path
	best := -1
	for i := range all {
		p := all[i].prefix
		if len(path) >= len(p) && strings.EqualFold(path[:len(p)], p) && (len(path) == len(p) || path[len(p)] == '/' || p == "/") && (best < 0 || len(p) > len(all[best].prefix)) {
			best = i
		}
	}
	if best < 0 {
		http.NotFound(w, r)
		return
	}
	d := &all[best]
	if r.Pattern = d.prefix; d.people {
		// A page's own handler knows whether its paths end in a slash.
		d.to.ServeHTTP(w, r)
		return
	}
	if climbs(clean.URL) {
		noProgram(w, r) // http.ServeMux would redirect
		return
	}
	clean.Pattern = d.prefix
	d.to.ServeHTTP(w, clean)
	r.Pattern = clean.Pattern
}

// climbs reports whether a path has a word of one or two points. An escaped slash separates no words.
func climbs(u *url.URL) bool {
	path := u.Path
	if u.RawPath != "" { // else nothing is escaped that bears on it
		path = u.EscapedPath()
	}
	if !strings.HasPrefix(path, ".") && !strings.Contains(path, "/.") {
		return false
	}
	for word := range strings.SplitSeq(path, "/") {
		if word == "." || word == ".." {
			return true
		}
	}
	return false
}

// offers answers paths below /services at which there is no program: the site's
// pages of what the city offers are there, too. Programs come with a token, or ask for JSON.
func offers(public http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" || strings.Contains(r.Header.Get("Accept"), "json") || r.Method != http.MethodGet && r.Method != http.MethodHead {
			noProgram(w, r)
			return
		}
		public.ServeHTTP(w, r)
	})
}

// noProgram answers paths below /services at which there is nothing, in the form that clients parse.
func noProgram(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(http.StatusNotFound)
	_, _ = w.Write([]byte(`[{"message":"The requested resource does not exist","errorCode":"NOT_FOUND"}]`))
}
