package recruit

import (
	"strings"
	"time"

	"stoa/internal/app"
	"stoa/internal/web/kit"
	"stoa/internal/web/page"
)

// A badge says one thing of an opening.
type badge struct{ tone, text string }

// soon is how many days before its end an opening is said to close soon.
const soon = 5

func badgesOf(v *page.Visit, o *opening) (all []badge) {
	if o.Openings > 1 {
		all = append(all, badge{"accent", v.T("jobs.openings", "n", o.Openings)})
	}
	if o.Degree == "" {
		all = append(all, badge{"accent", v.T("jobs.noDegree")})
	}
	if !o.Closes.IsZero() && o.Closes.Sub(today(v)) <= soon*24*time.Hour {
		all = append(all, badge{"warn", v.T("jobs.closesSoon")})
	}
	return all
}

// summary returns the beginning of a description for search engines.
func summary(o *opening) string { return app.Cut(kit.MarkdownText(o.About), 155) }

func placeOf(v *page.Visit, o *opening) string {
	switch {
	case o.Remote && o.Location == "":
		return v.T("jobs.remote")
	case o.Remote:
		return o.Location + ", " + strings.ToLower(v.T("jobs.remote"))
	default:
		return o.Location
	}
}

// problem returns what is wrong with a field, "" for nothing.
func (f *draftForm) problem(field string) string {
	for _, p := range f.Problems {
		if p.Field == field {
			return p.Text
		}
	}
	return ""
}

// describes returns the ids of a field's hint and error.
func (f *draftForm) describes(field, hint string) string {
	var ids []string
	if hint != "" {
		ids = append(ids, field+"-hint")
	}
	if f.problem(field) != "" {
		ids = append(ids, field+"-error")
	}
	return strings.Join(ids, " ")
}

func (f *draftForm) fileNames() string {
	var names []string
	for _, file := range f.Files {
		names = append(names, file.Name)
	}
	return strings.Join(names, "\n")
}

// size writes the size of a file.
func size(v *page.Visit, bytes int) string {
	if bytes < 1<<20 {
		return v.UI.Number(int64((bytes+1023)>>10), 0, 0) + " KB"
	}
	return v.UI.Number(int64(bytes*10>>20), 1, 1) + " MB"
}

func stepClass(s mineStep) string {
	switch {
	case s.Now:
		return "now"
	case s.At.IsZero():
		return "later"
	default:
		return "done"
	}
}

func stepIcon(s mineStep) string {
	switch {
	case s.Stage == StageWithdrawn || s.Stage == StageRejected:
		return "x"
	case s.Stage == StageInterview:
		return "users"
	case s.Stage == StageOffer || s.Stage == StageHired:
		return "handshake"
	default:
		return "check"
	}
}
