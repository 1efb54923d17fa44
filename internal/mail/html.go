package mail

import (
	"html"
	"regexp"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
	nethtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// HTMLOptions say what becomes of the pictures of a message.
type HTMLOptions struct {
	// Inline returns the address of the file that the message carries under a
	// content id: a path of this server that begins with a slash. "" leaves
	// the picture out. nil: no inline picture is shown.
	Inline func(contentID string) string
	// Remote returns the address of a proxy for a picture that the message
	// wants loaded from elsewhere, as Inline does. nil: none is loaded, since
	// that tells the sender when and where the mail was read.
	Remote func(url string) string
	// Placeholder stands for a picture that is not shown and has no
	// description of its own.
	Placeholder string
}

// Safe is HTML that may be shown, in a frame of its own or not.
type Safe struct {
	HTML   string
	Remote int // pictures from elsewhere that were left out
}

// SafeHTML makes of a stranger's HTML what may be shown: text, tables, lists
// and links. Nothing runs, nothing loads from elsewhere, nothing can be
// mistaken for the page around it: no scripts, styles, classes, ids, forms,
// frames, htmx attributes or addresses relative to this server.
func SafeHTML(source string, o HTMLOptions) Safe {
	p := pictures{o: o}
	drawn := p.rewrite(source)
	return Safe{HTML: policy().Sanitize(drawn), Remote: p.remote}
}

// policy has the last word on what SafeHTML returns.
var policy = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "div", "span", "br", "hr", "b", "strong", "i", "em", "u", "s", "strike", "del", "ins", "sub", "sup", "small", "big",
		"blockquote", "q", "cite", "pre", "code", "kbd", "samp", "tt", "address", "center", "abbr", "dl", "dt", "dd", "ul", "ol", "li",
		"h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "colgroup", "col", "figure", "figcaption", "img", "a")
	number := regexp.MustCompile(`^[0-9]{1,4}%?$`)
	p.AllowAttrs("colspan", "rowspan", "span", "start").Matching(regexp.MustCompile(`^[0-9]{1,3}$`)).OnElements("td", "th", "col", "colgroup", "ol")
	p.AllowAttrs("width", "height").Matching(number).OnElements("img", "table", "td", "th", "col")
	p.AllowAttrs("align").Matching(regexp.MustCompile(`(?i)^(left|right|center|justify)$`)).OnElements("p", "div", "td", "th", "tr", "table", "h1", "h2", "h3")
	p.AllowAttrs("valign").Matching(regexp.MustCompile(`(?i)^(top|middle|bottom|baseline)$`)).OnElements("td", "th", "tr")
	p.AllowAttrs("dir").Matching(regexp.MustCompile(`(?i)^(ltr|rtl|auto)$`)).Globally()
	p.AllowAttrs("lang").Matching(regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}$`)).Globally()
	p.AllowAttrs("alt", "title").OnElements("img", "abbr", "td", "th")
	p.AllowAttrs("src").Matching(ownPath).OnElements("img")
	p.AllowAttrs("href").Matching(regexp.MustCompile(`(?i)^(https?://[^\s/]|mailto:|tel:)`)).OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto", "tel")
	p.AllowRelativeURLs(true) // of pictures: what src matches
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true) // which adds rel=noopener
	return p
})

// ownPath is an address on this server: one slash, and no second that would
// make it another's.
var ownPath = regexp.MustCompile(`^/[^/\\]`)

// silent are the elements whose content is not text to be read.
var silent = map[atom.Atom]bool{
	atom.Script: true, atom.Style: true, atom.Noscript: true, atom.Iframe: true, atom.Noembed: true, atom.Noframes: true, atom.Xmp: true,
	atom.Plaintext: true, atom.Textarea: true, atom.Title: true, atom.Template: true, atom.Svg: true, atom.Math: true, atom.Object: true,
	atom.Select: true, atom.Audio: true, atom.Video: true, atom.Canvas: true, atom.Applet: true,
}

// skipSilent reads past the end of the silent element that t starts.
func skipSilent(z *nethtml.Tokenizer, t nethtml.Token) {
	for depth := 1; depth > 0; {
		switch z.Next() {
		case nethtml.ErrorToken:
			return
		case nethtml.StartTagToken:
			if n := z.Token(); n.DataAtom == t.DataAtom {
				depth++
			}
		case nethtml.EndTagToken:
			if n := z.Token(); n.DataAtom == t.DataAtom {
				depth--
			}
		}
	}
}

// pictures writes HTML anew with every picture replaced by one that may be
// shown or by words.
type pictures struct {
	o      HTMLOptions
	remote int
}

func (p *pictures) rewrite(source string) string {
	var b strings.Builder
	z := nethtml.NewTokenizer(strings.NewReader(source))
	for {
		kind := z.Next()
		if kind == nethtml.ErrorToken {
			return b.String()
		}
		t := z.Token()
		switch {
		case kind == nethtml.CommentToken || kind == nethtml.DoctypeToken:
		case kind == nethtml.StartTagToken && silent[t.DataAtom]:
			skipSilent(z, t)
		case (kind == nethtml.StartTagToken || kind == nethtml.SelfClosingTagToken) && (t.DataAtom == atom.Img || t.DataAtom == atom.Image):
			p.picture(&b, t)
		default:
			b.WriteString(t.String())
		}
	}
}

func (p *pictures) picture(b *strings.Builder, t nethtml.Token) {
	var src, alt, width, height string
	for _, a := range t.Attr {
		switch a.Key {
		case "src":
			src = strings.TrimSpace(a.Val)
		case "alt":
			alt = a.Val
		case "width":
			width = a.Val
		case "height":
			height = a.Val
		}
	}
	show := ""
	lower := strings.ToLower(src)
	switch {
	case strings.HasPrefix(lower, "cid:"):
		if p.o.Inline != nil {
			show = p.o.Inline(strings.Trim(src[len("cid:"):], "<> "))
		}
	case strings.HasPrefix(lower, "http://"), strings.HasPrefix(lower, "https://"), strings.HasPrefix(lower, "//"):
		if p.o.Remote != nil {
			show = p.o.Remote(src)
		} else if width != "1" && height != "1" && width != "0" && height != "0" { // a dot only counts readers
			p.remote++
		} else {
			return
		}
	}
	if ownPath.MatchString(show) {
		b.WriteString(`<img src="` + html.EscapeString(show) + `" alt="` + html.EscapeString(alt) + `"`)
		if width != "" {
			b.WriteString(` width="` + html.EscapeString(width) + `"`)
		}
		if height != "" {
			b.WriteString(` height="` + html.EscapeString(height) + `"`)
		}
		b.WriteString(">")
		return
	}
	if alt = strings.TrimSpace(alt); alt == "" {
		alt = p.o.Placeholder
	}
	if alt != "" {
		b.WriteString("[" + html.EscapeString(alt) + "]")
	}
}
