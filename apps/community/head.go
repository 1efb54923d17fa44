package community

import (
	"github.com/a-h/templ"

	"stoa/internal/web/page"
)

// canonical names where a page is for good, in the visitor's language.
func canonical(v *page.Visit, path string) templ.Component {
	return linkCanonical(v.Surface.URL(v, path))
}

// noindex keeps a page out of search engines.
func noindex() templ.Component { return metaNoindex() }

func listHead(v *page.Visit, path string) templ.Component {
	return headOf([]templ.Component{canonical(v, path), linkFeed(v.Surface.URL(v, "/questions/feed.atom"), v.T("portal.questions"))})
}

func articleHead(v *page.Visit, a Article) templ.Component {
	return headOf([]templ.Component{canonical(v, "/articles/"+escaped(a.Name)), metaDescription(plain(a.Summary, 160)), linkFeed(v.Surface.URL(v, "/articles.atom"), v.T("portal.articles"))})
}

// threadHead describes a question to machines: a data block, which no browser runs.
func threadHead(v *page.Visit, t *Thread) templ.Component {
	if !t.Public() {
		return noindex()
	}
	parts := []templ.Component{canonical(v, t.Path()), metaDescription(plain(t.Body, 160))}
	if s, err := structured(v, t); err == nil {
		parts = append(parts, templ.Raw(`<script type="application/ld+json">`+s+`</script>`))
	}
	return headOf(parts)
}
