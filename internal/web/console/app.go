package console

import (
	"slices"
	"strings"

	"github.com/a-h/templ"

	"stoa/internal/auth"
	"stoa/internal/org"
	"stoa/internal/web/kit"
	"stoa/internal/web/page"
)

// A Place is an entry of the rail that an app brings.
type Place struct {
	Icon, Label, Href, Key string // Label is the key of its words
	Object                 string // whose reading it needs, "" for none
	Before                 string // object of the console's place before which it stands, "" for the end
	Record, RecordLabel    string // begin of the address of a page for a record of Object, and the key of the words that lead there; "" for none
}

// appRoutes makes routes of the console from pages of apps. They come first: an app may give an object a page of its own.
func appRoutes(pages []page.Route) []route {
	var all []route
	for _, p := range pages {
		handle := func(v *visit) (err error) {
			if p.Purpose != "" && v.s != nil {
				if v.s, err = v.s.For(p.Purpose); err != nil {
					return err
				}
			}
			return p.Handle(v.page())
		}
		all = append(all, route{p.Method, p.Path, p.Open, handle, strings.Split(strings.Trim(p.Path, "/"), "/")})
	}
	return all
}

// page returns the visit as pages of apps know it.
func (v *visit) page() *page.Visit {
	return &page.Visit{W: v.w, R: v.r, S: v.s, UI: v.ui, Args: v.args, Surface: surface{v}}
}

// A surface is the console as pages of apps know it.
type surface struct{ *visit }

// Org returns the org.
func (s surface) Org() *org.Org { return s.console.opt.Org() }

// Gate is where staff sign in.
func (s surface) Gate() *auth.Gate { return s.console.opt.Gate }

// URL returns the absolute address of a path.
func (s surface) URL(_ *page.Visit, path string) string { return s.console.opt.Origin(s.r) + path }

// Frame draws the console around a page.
func (s surface) Frame(_ *page.Visit, p page.Page) templ.Component {
	f := s.frame(p.Title, p.Icon, p.Local)
	f.Toasts, f.Own = append(f.Toasts, p.Toasts...), p.Keys
	return framed(f, p.Body)
}

// reaches reports whether the person may read what a place is about.
func (v *visit) reaches(p Place) bool {
	o := v.s.Catalog().Object(p.Object)
	return p.Object == "" || o != nil && v.s.Rights(o).Read
}

// placed adds the places of apps to the rail, those without Before at its end.
func (v *visit) placed(nav []kit.Link, of map[string]int) []kit.Link {
	for _, p := range v.console.opt.Places {
		if !v.reaches(p) {
			continue
		}
		l := kit.Link{Icon: p.Icon, Label: v.ui.T(p.Label), Href: p.Href, Key: p.Key, Current: v.r.URL.Path == p.Href || strings.HasPrefix(v.r.URL.Path, p.Href+"/")}
		at, ok := of[p.Before]
		if !ok {
			at = len(nav)
		}
		nav = slices.Insert(nav, at, l)
		for name, i := range of {
			if i >= at {
				of[name] = i + 1
			}
		}
	}
	return nav
}
