package rest

import (
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"stoa/internal/engine/catalog"
)

// A route is one resource: a pattern of words and what each method does.
// {name} is any one word; {name...}, at the end, is one or more.
type route struct {
	pattern string
	full    string   // with what stands before
	words   []string // literals folded
	methods map[string]func(*call) error
	allow   string // for the Allow header: HEAD,GET,PATCH,DELETE
	open    bool   // the last word stands for one or more
}

type methods = map[string]func(*call) error

const (
	get    = http.MethodGet
	post   = http.MethodPost
	put    = http.MethodPut
	patch  = http.MethodPatch
	remove = http.MethodDelete
)

// routes lists all resources below a version. The first that fits is taken.
func routes() []*route {
	return []*route{
		on("limits", methods{get: (*call).limits}),
		on("query", methods{get: (*call).query}),
		on("query/{locator}", methods{get: (*call).more}),
		on("queryAll", methods{get: (*call).queryAll}),
		on("queryAll/{locator}", methods{get: (*call).more}),
		on("search", methods{get: (*call).search}),
		on("search/scopeOrder", methods{get: (*call).emptyList}),
		on("search/layout", methods{get: (*call).searchLayout}),
		on("search/suggestions", methods{get: (*call).suggestions}),
		on("parameterizedSearch", methods{get: (*call).searchByParams, post: (*call).searchByParams}),
		on("compactLayouts", methods{get: (*call).primaryCompactLayouts}),
		on("recent", methods{get: (*call).recent}),
		on("appMenu", methods{get: (*call).appMenu}),
		on("appMenu/AppSwitcher", methods{get: (*call).appSwitcher}),
		on("tabs", methods{get: (*call).tabs}),
		on("theme", methods{get: (*call).theme}),
		on("quickActions", methods{get: (*call).emptyList}),
		on("support", methods{get: (*call).support}),
		on("support/dataCategoryGroups", methods{get: (*call).categoryGroups}),
		on("support/dataCategoryGroups/{group}/dataCategories/{category}", methods{get: (*call).category}),
		on("sobjects", methods{get: (*call).describeGlobal}),
		on("sobjects/Global/describe/layouts", methods{get: (*call).globalLayouts}),
		on("sobjects/{object}", methods{get: (*call).objectInfo, post: (*call).create}),
		on("sobjects/{object}/describe", methods{get: (*call).describe}),
		on("sobjects/{object}/describe/layouts", methods{get: (*call).layouts}),
		on("sobjects/{object}/describe/layouts/{recordType}", methods{get: (*call).layout}),
		on("sobjects/{object}/describe/namedLayouts/{name}", methods{get: (*call).namedLayout}),
		on("sobjects/{object}/describe/compactLayouts", methods{get: (*call).compactLayouts}),
		on("sobjects/{object}/describe/approvalLayouts", methods{get: (*call).approvalLayouts}),
		on("sobjects/{object}/defaultValues", methods{get: (*call).defaultValues}),
		on("sobjects/{object}/quickActions", methods{get: (*call).emptyList}),
		on("sobjects/{object}/listviews", methods{get: (*call).listViews}),
		on("sobjects/{object}/listviews/{view}", methods{get: (*call).listView}),
		on("sobjects/{object}/listviews/{view}/describe", methods{get: (*call).describeListView}),
		on("sobjects/{object}/listviews/{view}/results", methods{get: (*call).listViewResults}),
		on("sobjects/{object}/listviews/{view}/explain", methods{get: (*call).explainListView}),
		on("sobjects/{object}/updated", methods{get: (*call).updated}),
		on("sobjects/{object}/deleted", methods{get: (*call).deleted}),
		on("sobjects/User/{id}/password", methods{get: (*call).passwordState, post: (*call).setPassword, remove: (*call).resetPassword}),
		on("sobjects/{object}/Id", methods{post: (*call).create}),
		on("sobjects/{object}/{id}", methods{get: (*call).row, patch: (*call).update, remove: (*call).delete}),
		on("sobjects/{object}/{field}/{value}", methods{get: (*call).beyond, patch: (*call).upsert, remove: (*call).deleteByKey}),
		on("sobjects/{object}/{id}/{relationship}/{more...}", methods{get: (*call).beyond}),
		on("composite", methods{get: (*call).compositeRoot, post: (*call).composite}),
		on("composite/batch", methods{post: (*call).batch}),
		on("composite/graph", methods{post: (*call).graphs}),
		on("composite/tree/{object}", methods{post: (*call).tree}),
		on("composite/sobjects", methods{post: (*call).createMany, patch: (*call).updateMany, remove: (*call).deleteMany}),
		on("composite/sobjects/{object}", methods{get: (*call).rows, post: (*call).rows}),
		on("composite/sobjects/{object}/{field}", methods{patch: (*call).upsertMany}),
	}
}

// on returns a route with what its methods do.
func on(pattern string, m methods) *route {
	r := &route{pattern: pattern, full: Prefix + "/{version}/" + pattern, methods: m}
	for w := range strings.SplitSeq(pattern, "/") {
		if strings.HasSuffix(w, "...}") {
			r.open = true
		}
		if w[0] == '{' {
			w = ""
		}
		r.words = append(r.words, catalog.Fold(w))
	}
	var allow []string
	if m[get] != nil {
		allow = append(allow, http.MethodHead)
	}
	for _, name := range []string{get, post, put, patch, remove} {
		if m[name] != nil {
			allow = append(allow, name)
		}
	}
	r.allow = strings.Join(allow, ",")
	return r
}

// match returns the route of c's path and fills in its arguments, nil if there is none.
func (h *Handler) match(c *call) *route {
	for _, r := range h.routes[catalog.Fold(c.words[0])] {
		if r.fits(c.words) {
			c.args = c.argSpace[:0]
			for i, w := range c.words {
				if i >= len(r.words) || r.words[i] == "" {
					c.args = append(c.args, w)
				}
			}
			return r
		}
	}
	return nil
}

func (r *route) fits(words []string) bool {
	if len(words) != len(r.words) && (!r.open || len(words) < len(r.words)) {
		return false
	}
	for i, w := range r.words {
		if w != "" && !strings.EqualFold(w, words[i]) {
			return false
		}
	}
	return true
}

// splitPath returns the words of a path, which slashes separate, however many.
// An escaped slash belongs to its word. ok is false where an escape is broken, a word is no UTF-8 or the path is too long.
func splitPath(r *http.Request, words []string) (_ []string, ok bool) {
	path, escaped := r.URL.Path, false
	if r.URL.RawPath != "" {
		path, escaped = r.URL.RawPath, true
	}
	for len(path) > 0 {
		var w string
		w, path, _ = strings.Cut(path, "/")
		if w == "" {
			continue
		}
		if escaped {
			var err error
			if w, err = url.PathUnescape(w); err != nil {
				return nil, false
			}
		}
		if len(words) == maxWords || !utf8.ValidString(w) {
			return nil, false
		}
		words = append(words, w)
	}
	return words, true
}

// maxWords bounds a path. The longest goes over three relationships.
const maxWords = 12

// param returns a parameter of the query string, "" where it is absent. A
// semicolon is part of a value, unlike in net/url: SOQL has them.
func (c *call) param(name string) string {
	v, _ := c.lookup(name)
	return v
}

// lookup is param that tells an empty parameter from an absent one.
func (c *call) lookup(name string) (value string, ok bool) {
	for q := c.r.URL.RawQuery; q != ""; {
		var pair string
		pair, q, _ = strings.Cut(q, "&")
		key, raw, _ := strings.Cut(pair, "=")
		if k, err := url.QueryUnescape(key); err != nil || k != name {
			continue
		}
		v, err := url.QueryUnescape(raw)
		return v, err == nil
	}
	return "", false
}
