package kit

import (
	"bytes"
	"html"
	"strings"
	"sync"

	"github.com/a-h/templ"
	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
)

// markdown turns CommonMark into HTML; raw HTML in it is left out.
var markdown = sync.OnceValue(func() goldmark.Markdown {
	return goldmark.New(goldmark.WithExtensions(extension.Linkify, extension.Strikethrough, extension.Table))
})

// prose is what may stand in a text that people write: no pictures, no styles, no names that
// the page's own script or style would find, and links that promise nothing.
var prose = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "h2", "h3", "h4", "ul", "ol", "li", "strong", "em", "del", "code", "pre", "blockquote", "table", "thead", "tbody", "tr", "th", "td")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto", "tel")
	p.AllowRelativeURLs(true)
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnFullyQualifiedLinks(true)
	return p
})

// headings begins a text's own headings below the page's.
var headings = strings.NewReplacer("<h1>", "<h2>", "</h1>", "</h2>", "<h2>", "<h3>", "</h2>", "</h3>", "<h3>", "<h4>", "</h3>", "</h4>",
	"<h5>", "<h4>", "</h5>", "</h4>", "<h6>", "<h4>", "</h6>", "</h4>")

// Markdown draws a text in CommonMark, whoever wrote it.
func Markdown(text string) templ.Component { return templ.Raw(MarkdownHTML(text)) }

// MarkdownHTML returns the HTML that Markdown draws.
func MarkdownHTML(text string) string {
	var b bytes.Buffer
	if err := markdown().Convert([]byte(text), &b); err != nil { // a writer that fails: b does not
		return "<p>" + html.EscapeString(text) + "</p>"
	}
	return prose().Sanitize(headings.Replace(b.String()))
}

// MarkdownText returns the words of a text in Markdown without its marks, on one line, as lists show the beginning of it.
func MarkdownText(text string) string {
	return strings.Join(strings.Fields(html.UnescapeString(bluemonday.StrictPolicy().Sanitize(MarkdownHTML(text)))), " ")
}
