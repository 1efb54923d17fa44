// Package app is what an app is: metadata, behaviour and pages on top of the
// platform. It holds no app; the platform is handed those there are and imports
// none of them. Its one invariant is that an app reaches records only as every
// other client does, through an org.Session.
package app

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"

	"stoa/internal/org"
	"stoa/internal/web/page"
)

// An App is one of the things that ship on the platform.
type App struct {
	Name     string   // of its folder below apps
	Requires []string // apps whose objects it stands on

	Metadata  fs.FS              // source format; nil for none
	Grants    []org.ProfileGrant // what profiles may do with its objects
	Hooks     []org.Hook         // what it does to writes
	Jobs      []org.JobKind      // what it does later, each named after the app: service.fetch
	Schedules []org.Schedule     // of its jobs
	Masks     []org.Mask         // what it hides, and while
	Derived   []org.Derived      // what it works out when somebody reads it

	Console    []page.Route    // pages of staff, below /console
	Purpose    string          // what those pages read for, where a route does not say: service.casework
	ConsoleNav []Place         // of the rail, in order
	Mail       func(Post) Mail // what it does with mail; nil where it has none

	Site     []page.Route // public pages
	SiteNav  []page.Link  // of the public site's head
	SiteFoot []page.Link  // of its foot

	// Ready runs once the org stands, before a request is answered: for rows that depend on the org's own, such as queue members. It must be safe to run again.
	Ready func(context.Context, *org.Org) error
}

// A Place is an entry of the console's rail.
type Place struct {
	Icon, Label, Href string // Label is the key of its words
	Key               string // shortcut as it is shown: G Q
	Object            string // whose reading it needs, "" for none
	Before            string // place of the console before which it stands, by object; "" for the end

	// Record begins the address of a page of the place's own for a record of Object, whose id follows; the
	// record's page leads there with the words of RecordLabel. "" for none.
	Record, RecordLabel string
}

// Apps are the apps of a Stoa, those that others require first.
type Apps []App

// Install puts the metadata of every app into an org, where it is not there yet.
func (all Apps) Install(ctx context.Context, o *org.Org) error {
	there := map[string]bool{}
	for _, a := range all {
		for _, need := range a.Requires {
			if !there[need] {
				return fmt.Errorf("the app %s requires %s, which is not there before it", a.Name, need)
			}
		}
		there[a.Name] = true
		p := &org.Package{}
		if a.Metadata != nil {
			var err error
			if p, err = org.ReadPackage(a.Metadata); err != nil {
				return fmt.Errorf("app %s: %w", a.Name, err)
			}
		}
		if err := o.Install(ctx, a.Name, p, a.Grants); err != nil {
			return err
		}
		if a.Ready != nil {
			if err := a.Ready(ctx, o); err != nil {
				return fmt.Errorf("app %s: %w", a.Name, err)
			}
		}
	}
	return nil
}

// Hooks returns what all apps do to writes, in their order.
func (all Apps) Hooks() (hooks []org.Hook) {
	for _, a := range all {
		hooks = append(hooks, a.Hooks...)
	}
	return hooks
}

// Jobs returns what all apps do later, and when again and again.
func (all Apps) Jobs() (kinds []org.JobKind, schedules []org.Schedule) {
	for _, a := range all {
		kinds, schedules = append(kinds, a.Jobs...), append(schedules, a.Schedules...)
	}
	return kinds, schedules
}

// Masks returns what all apps hide.
func (all Apps) Masks() (masks []org.Mask) {
	for _, a := range all {
		masks = append(masks, a.Masks...)
	}
	return masks
}

// Derived returns what all apps work out when somebody reads it.
func (all Apps) Derived() (derived []org.Derived) {
	for _, a := range all {
		derived = append(derived, a.Derived...)
	}
	return derived
}

// Site returns the public pages of all apps, and what head and foot lead to.
func (all Apps) Site() (routes []page.Route, nav, foot []page.Link) {
	for _, a := range all {
		routes, nav, foot = append(routes, a.Site...), append(nav, a.SiteNav...), append(foot, a.SiteFoot...)
	}
	return routes, nav, foot
}

// Console returns the staff's pages of all apps and their places on the rail.
func (all Apps) Console() (routes []page.Route, places []Place) {
	for _, a := range all {
		places = append(places, a.ConsoleNav...)
		for _, r := range a.Console {
			r.Purpose = cmp.Or(r.Purpose, a.Purpose)
			routes = append(routes, r)
		}
	}
	return routes, places
}
