package kit

import (
	"bytes"
	"html"
	"regexp"
	"strings"
	"sync"

	"github.com/a-h/templ"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	render "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"
)

// letters turns a letter in CommonMark into HTML. Other than in an article a line ends where its writer ended it, and
// what looks like HTML is text: nothing of what somebody wrote is left out.
var letters = sync.OnceValue(func() goldmark.Markdown {
	p := parser.NewParser(
		parser.WithBlockParsers(
			util.Prioritized(parser.NewSetextHeadingParser(), 100), util.Prioritized(parser.NewThematicBreakParser(), 200),
			util.Prioritized(parser.NewListParser(), 300), util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewCodeBlockParser(), 500), util.Prioritized(parser.NewATXHeadingParser(), 600), util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
			util.Prioritized(parser.NewBlockquoteParser(), 800), util.Prioritized(parser.NewParagraphParser(), 1000)),
		parser.WithInlineParsers(
			util.Prioritized(parser.NewCodeSpanParser(), 100), util.Prioritized(parser.NewLinkParser(), 200),
			util.Prioritized(parser.NewAutoLinkParser(), 300), util.Prioritized(parser.NewEmphasisParser(), 500)),
		parser.WithParagraphTransformers(parser.DefaultParagraphTransformers()...),
	)
	return goldmark.New(goldmark.WithParser(p), goldmark.WithExtensions(extension.Linkify, extension.Strikethrough), goldmark.WithRendererOptions(render.WithHardWraps()))
})

// Letter draws a letter in Markdown as whoever gets it reads it.
func Letter(text string) templ.Component { return templ.Raw(letterHTML(text)) }

func letterHTML(text string) string {
	var b bytes.Buffer
	if err := letters().Convert([]byte(text), &b); err != nil { // a writer that fails: b does not
		return "<p>" + html.EscapeString(text) + "</p>"
	}
	return prose().Sanitize(headings.Replace(b.String()))
}

// plainTags are those that a letter without any format has.
var plainTags = regexp.MustCompile(`</?(?:p|br)\s*/?>|<a href="[^"]*" rel="[^"]*">[^<]*</a>`)

// LetterHTML returns a letter as HTML, "" where its writer used no format: then the text says it all.
func LetterHTML(text string) string {
	page := letterHTML(text)
	if !strings.Contains(text, "](") && !strings.Contains(plainTags.ReplaceAllString(page, ""), "<") {
		return ""
	}
	return page
}
