package site

import (
	"slices"
	"strings"

	"stoa/internal/web/kit"
	"stoa/internal/web/page"
)

// A frame is everything around a page's own content.
type frame struct {
	*kit.UI
	visit     *page.Visit
	page      page.Page
	org, path string
	nav, foot []page.Link
	languages []language
}

// A language is one that the page is there in, too.
type language struct {
	Lang, Name, Href, URL string
	Current               bool
}

// groups returns the groups of the foot, in the order of their first links.
func (f *frame) groups() []string {
	var all []string
	for _, l := range f.foot {
		if !slices.Contains(all, l.Group) {
			all = append(all, l.Group)
		}
	}
	return all
}

// here reports whether the page is the one that a link leads to, or below it.
func (f *frame) here(href string) bool {
	return f.path == href || href != "/" && strings.HasPrefix(f.path, href+"/")
}
