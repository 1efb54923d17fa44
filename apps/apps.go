// Package apps lists what ships on the platform. Its one invariant is that the
// list is all there is: nothing registers itself.
package apps

import (
	"stoa/apps/community"
	"stoa/apps/recruit"
	"stoa/apps/service/desk"
	"stoa/apps/service/portal"
	"stoa/internal/app"
)

// All returns the apps, those that others require first.
func All() app.Apps {
	return app.Apps{
		portal.With(desk.App()),
		community.App(),
		recruit.App(),
	}
}
