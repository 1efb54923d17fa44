package page

import (
	"slices"
	"strings"
)

// A Route leads a path to its handler. A place in braces, {id}, stands for one
// segment; one that ends in three dots, {rest...}, for all that are left.
type Route struct {
	Method, Path string
	Open         bool   // also for people who have not signed in
	Purpose      string // of the console's session while it answers; "" for the one that it has
	Handle       func(*Visit) error
}

// Routes finds the route of a request. It does not change, so it needs no lock.
type Routes struct {
	all   []Route
	parts [][]string
}

// NewRoutes returns routes; of those that fit a path the first answers, so words come before places.
func NewRoutes(all ...Route) *Routes {
	rs := &Routes{all: all}
	for _, r := range all {
		rs.parts = append(rs.parts, split(r.Path))
	}
	return rs
}

// All returns the routes in order. The caller must not change them.
func (rs *Routes) All() []Route { return rs.all }

// Match returns the route of a request and what stands in its places. Where
// only the method is wrong it returns no route and the methods that are right.
func (rs *Routes) Match(method, path string) (rt *Route, args map[string]string, allowed string) {
	if method == "HEAD" {
		method = "GET"
	}
	parts := split(path)
	var right []string
	for i := range rs.all {
		args, ok := fits(rs.parts[i], parts)
		if !ok {
			continue
		}
		if rs.all[i].Method == method {
			return &rs.all[i], args, ""
		}
		if !slices.Contains(right, rs.all[i].Method) {
			right = append(right, rs.all[i].Method)
		}
	}
	return nil, nil, strings.Join(right, ", ")
}

func split(path string) []string { return strings.Split(strings.Trim(path, "/"), "/") }

func fits(pattern, parts []string) (args map[string]string, ok bool) {
	for i, p := range pattern {
		place, isPlace := strings.CutPrefix(p, "{")
		place = strings.TrimSuffix(place, "}")
		if rest, ok := strings.CutSuffix(place, "..."); isPlace && ok {
			if len(parts) <= i {
				return nil, false
			}
			return with(args, rest, strings.Join(parts[i:], "/")), true
		}
		if i >= len(parts) || !isPlace && p != parts[i] || isPlace && parts[i] == "" {
			return nil, false
		}
		if isPlace {
			args = with(args, place, parts[i])
		}
	}
	return args, len(parts) == len(pattern)
}

func with(args map[string]string, name, value string) map[string]string {
	if args == nil {
		args = map[string]string{}
	}
	args[name] = value
	return args
}
