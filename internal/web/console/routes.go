package console

import "strings"

// A route leads a path to its handler. Places in braces stand for one segment.
type route struct {
	method, path string
	open         bool // also for people who have not signed in
	handle       func(*visit) error
	parts        []string
}

// routes lists the addresses of the console; the first that fits answers, so words come before places.
func routes() []route {
	all := []route{
		{"GET", "/", true, root, nil},
		{"GET", "/login", true, showSignIn, nil},
		{"POST", "/login", true, signIn, nil},
		{"POST", "/login/demo", true, signInDemo, nil},
		{"GET", "/logout", true, askSignOut, nil},
		{"POST", "/logout", true, signOut, nil},

		{"GET", "/console", false, home, nil},
		{"GET", "/console/home", false, home, nil},
		{"GET", "/console/apps", false, launcher, nil},
		{"GET", "/console/keys", false, keys, nil},
		{"GET", "/console/search", false, search, nil},
		{"GET", jobsPath, false, showJobs, nil},
		{"POST", "/console/preferences", false, savePreferences, nil},
		{"POST", "/console/restore", false, restore, nil},
		{"GET", "/console/purpose", false, showPurposes, nil},
		{"POST", "/console/purpose", false, choosePurpose, nil},
		{"GET", "/console/bulk", false, showBulks, nil},
		{"GET", "/console/bulk/{bulk}", false, showBulk, nil},
		{"POST", "/console/bulk/{bulk}/undo", false, undoBulk, nil},

		{"GET", "/console/r/{id}", false, showRecord, nil},
		{"GET", "/console/r/{id}/actions", false, rowActions, nil},
		{"GET", "/console/r/{id}/edit", false, editRecord, nil},
		{"POST", "/console/r/{id}/edit", false, saveRecord, nil},
		{"POST", "/console/r/{id}/set", false, setField, nil},
		{"POST", "/console/r/{id}/delete", false, deleteRecord, nil},
		{"GET", "/console/r/{id}/related/{child}", false, relatedList, nil},
		{"GET", "/console/r/{id}/cell/{field}", false, editCell, nil},
		{"POST", "/console/r/{id}/cell/{field}", false, saveCell, nil},

		{"GET", "/console/{object}", false, toList, nil},
		{"GET", "/console/{object}/list", false, showList, nil},
		{"GET", "/console/{object}/export.csv", false, export, nil},
		{"GET", "/console/{object}/filter", false, filterValue, nil},
		{"GET", "/console/{object}/lookup", false, lookup, nil},
		{"POST", "/console/{object}/views", false, saveView, nil},
		{"POST", "/console/{object}/views/delete", false, deleteView, nil},
		{"POST", "/console/{object}/views/pin", false, pinView, nil},
		{"GET", "/console/{object}/new", false, newRecord, nil},
		{"POST", "/console/{object}/new", false, createRecord, nil},
		{"GET", "/console/{object}/bulk", false, editBulk, nil},
		{"POST", "/console/{object}/bulk", false, saveBulk, nil},
		{"POST", "/console/{object}/bulk/delete", false, deleteBulk, nil},

		{"GET", "/lightning/o/{object}/list", true, lightning("/console/{object}/list"), nil},
		{"GET", "/lightning/o/{object}/new", true, lightning("/console/{object}/new"), nil},
		{"GET", "/lightning/o/{object}/home", true, lightning("/console/{object}/list"), nil},
		{"GET", "/lightning/r/{object}/{id}/view", true, lightning("/console/r/{id}"), nil},
		{"GET", "/lightning/r/{object}/{id}/edit", true, lightning("/console/r/{id}/edit"), nil},
		{"GET", "/lightning/r/{object}/{id}/related/{child}/view", true, lightning("/console/r/{id}/related/{child}"), nil},
		{"GET", "/lightning/r/{id}/view", true, lightning("/console/r/{id}"), nil},
		{"GET", "/lightning/r/{id}/edit", true, lightning("/console/r/{id}/edit"), nil},
		{"GET", "/lightning/page/home", true, lightning("/console/home"), nil},
		{"GET", "/lightning", true, lightning("/console/home"), nil},
	}
	for i := range all {
		all[i].parts = strings.Split(strings.Trim(all[i].path, "/"), "/")
	}
	return all
}

// match returns the route of a request and what stands in its places. Where
// only the method is wrong it returns no route and the methods that are right.
func match(all []route, method, path string) (*route, map[string]string, string) {
	if method == "HEAD" {
		method = "GET"
	}
	parts := strings.Split(strings.Trim(path, "/"), "/")
	var allowed []string
	for i := range all {
		args, ok := all[i].fits(parts)
		if !ok {
			continue
		}
		if all[i].method == method {
			return &all[i], args, ""
		}
		allowed = append(allowed, all[i].method)
	}
	return nil, nil, strings.Join(allowed, ", ")
}

func (rt *route) fits(parts []string) (map[string]string, bool) {
	if len(parts) != len(rt.parts) {
		return nil, false
	}
	var args map[string]string
	for i, p := range rt.parts {
		if name, ok := strings.CutPrefix(p, "{"); ok {
			if args == nil {
				args = map[string]string{}
			}
			args[strings.TrimSuffix(name, "}")] = parts[i]
			continue
		}
		if p != parts[i] {
			return nil, false
		}
	}
	return args, true
}
