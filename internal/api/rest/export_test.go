package rest

import "strings"

// Routes lists method and pattern of every resource, such as "GET query/{locator}".
func Routes() []string {
	var all []string
	for _, r := range routes() {
		for m := range r.methods {
			all = append(all, m+" "+r.pattern)
		}
	}
	return all
}

// RouteOf returns the pattern of the resource that answers a path below the version.
func RouteOf(path string) string {
	h := New(Options{})
	path, _, _ = strings.Cut(path, "?")
	c := &call{h: h, words: strings.Split(strings.Trim(path, "/"), "/")}
	if r := h.match(c); r != nil {
		return r.pattern
	}
	return ""
}
