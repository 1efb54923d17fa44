package mail

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/jhillyerd/enmime/v2"
	"github.com/jhillyerd/enmime/v2/mediatype"
)

// Bounds of what is read. Real messages stay far below; past them a message is
// kept as a whole and not taken apart.
const (
	maxDepth    = 20
	maxParts    = 1000
	maxProblems = 50
	maxText     = 4 << 20 // of Text and HTML, each; more is kept as a file
)

// Parse reads a message. It never fails: what cannot be understood is a
// problem, and what has no other place becomes a file.
func Parse(raw []byte) *Message {
	m := &Message{Headers: headerBlock(raw), Hash: bodyHash(raw)}
	if tooDeep(raw) {
		m.opaque(raw, "there are too many parts or levels")
		return m
	}
	parser := enmime.NewParser(
		enmime.RawContent(true), // we decode, and keep what is broken
		enmime.SkipMalformedParts(true),
		enmime.MultipartWOBoundaryAsSinglePart(true),
		enmime.StripMediaTypeInvalidCharacters(true),
		enmime.DisableTextConversion(true),
		enmime.MaxStoredPartErrors(maxProblems),
	)
	root, err := readParts(parser, raw)
	if err != nil {
		m.opaque(raw, "the structure cannot be read")
		return m
	}
	m.readHeader(root.Header)
	r := reader{m: m}
	r.part(root, "", 0)
	r.rest(raw)
	r.finish()
	return m
}

// readParts guards against a panic of the parser: a hostile message must not
// end the process that takes mail for everybody.
func readParts(p *enmime.Parser, raw []byte) (root *enmime.Part, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("parse message: %v", r)
		}
	}()
	return p.ReadParts(bytes.NewReader(raw))
}

// opaque makes of an unreadable message its header, and the whole as a file.
func (m *Message) opaque(raw []byte, why string) {
	code := ProblemStructure
	if strings.Contains(why, "too many") {
		code = ProblemTooDeep
	}
	m.problem(code, why)
	m.readHeader(looseHeader(raw))
	m.Files = append(m.Files, File{Name: "message.eml", Type: "message/rfc822", Declared: "message/rfc822", Content: raw})
}

func (m *Message) problem(code, detail string) {
	if len(m.Problems) < maxProblems {
		m.Problems = append(m.Problems, Problem{Code: code, Detail: clean(detail)})
	}
}

// bodyHash is the SHA-256 of what follows the header, line ends made alike and
// those at the end ignored: relays add header fields and mend line ends, and
// leave the body alone.
func bodyHash(raw []byte) string {
	_, body := split(raw)
	h := sha256.New()
	body = bytes.TrimRight(body, "\r\n")
	for len(body) > 0 {
		line, rest, _ := bytes.Cut(body, []byte("\n"))
		h.Write(bytes.TrimRight(line, "\r"))
		h.Write([]byte("\n"))
		body = rest
	}
	return hex.EncodeToString(h.Sum(nil))
}

// split cuts a message at its first empty line. Without one it is all header.
func split(raw []byte) (header, body []byte) {
	end, next := len(raw), len(raw)
	for _, blank := range []string{"\r\n\r\n", "\n\n"} {
		if i := bytes.Index(raw[:end], []byte(blank)); i >= 0 {
			end, next = i, i+len(blank)
		}
	}
	return raw[:end], raw[next:]
}

// A reader walks the parts of one message.
type reader struct {
	m          *Message
	texts      []string
	htmls      []string
	unnamed    int
	structured bool // a delivery report was read
}

// part takes p and what is below it. parent is the media type around it.
func (r *reader) part(p *enmime.Part, parent string, depth int) {
	for _, e := range p.Errors {
		r.m.problem(problemOf(e), e.Name+": "+e.Detail)
	}
	kind := strings.ToLower(p.ContentType)
	switch {
	case kind == "" && parent == "multipart/digest": // RFC 2046, 5.1.5
		kind = "message/rfc822"
	case !strings.Contains(kind, "/"):
		kind = "text/plain"
	}
	if p.FirstChild != nil && depth <= maxDepth {
		r.multipart(p, kind, depth)
		return
	}
	content, ok := transferDecode(p.Header.Get("Content-Transfer-Encoding"), p.Content)
	if !ok {
		r.m.problem(ProblemEncoding, "a part's transfer encoding is unknown or broken")
	}
	attached := strings.EqualFold(p.Disposition, "attachment") || p.FileName != "" && !strings.EqualFold(p.Disposition, "inline")
	switch {
	case kind == "multipart/report", strings.HasPrefix(kind, "multipart/"):
		// A multipart without parts: its text is all there is.
		r.m.problem(ProblemStructure, "a multipart has no parts")
		r.text(p, content)
	case kind == "message/delivery-status" || kind == "message/global-delivery-status":
		r.report(content)
		r.file(p, kind, content)
	case kind == "message/rfc822" || kind == "message/global" || kind == "text/rfc822-headers" || kind == "message/rfc822-headers":
		if parent == "multipart/report" {
			r.returned(content)
		}
		r.file(p, kind, content)
	case attached:
		r.file(p, kind, content)
	case kind == "text/plain":
		r.text(p, content)
	case kind == "text/html":
		r.html(p, content)
	default:
		r.file(p, kind, content)
	}
	r.signature(kind)
}

func (r *reader) multipart(p *enmime.Part, kind string, depth int) {
	if kind == "multipart/signed" {
		r.signature(strings.ToLower(parameters(p)["protocol"]))
	}
	texts, htmls := len(r.texts), len(r.htmls)
	for c := p.FirstChild; c != nil; c = c.NextSibling {
		r.part(c, kind, depth+1)
	}
	if kind != "multipart/alternative" {
		return
	}
	// Of alternatives the last of each kind is the best.
	if len(r.texts) > texts+1 {
		r.texts = append(r.texts[:texts], best(r.texts[texts:]))
	}
	if len(r.htmls) > htmls+1 {
		r.htmls = append(r.htmls[:htmls], best(r.htmls[htmls:]))
	}
}

func best(s []string) string {
	for i := len(s) - 1; i >= 0; i-- {
		if strings.TrimSpace(s[i]) != "" {
			return s[i]
		}
	}
	return s[len(s)-1]
}

func (r *reader) signature(kind string) {
	switch kind {
	case "application/pkcs7-signature", "application/x-pkcs7-signature", "application/pkcs7-mime", "application/x-pkcs7-mime":
		r.m.Signed = "smime"
	case "application/pgp-signature":
		r.m.Signed = "pgp"
	}
}

// parameters returns those of a part's Content-Type, nil where it cannot be read.
func parameters(p *enmime.Part) map[string]string {
	_, params, _, err := mediatype.Parse(p.Header.Get("Content-Type"))
	if err != nil {
		return nil
	}
	return params
}

func (r *reader) text(p *enmime.Part, content []byte) {
	s := r.decode(p, content)
	if params := parameters(p); strings.EqualFold(params["format"], "flowed") {
		s = unflow(s, strings.EqualFold(params["delsp"], "yes"))
	}
	if len(s) > maxText {
		r.file(p, "text/plain", content)
		return
	}
	r.texts = append(r.texts, s)
}

func (r *reader) html(p *enmime.Part, content []byte) {
	s := r.decode(p, content)
	if len(s) > maxText {
		r.file(p, "text/html", content)
		return
	}
	r.htmls = append(r.htmls, s)
}

func (r *reader) decode(p *enmime.Part, content []byte) string {
	s, ok := toUTF8(p.Charset, content)
	if !ok {
		r.m.problem(ProblemCharset, fmt.Sprintf("text said to be in %q is not", p.Charset))
	}
	return printable(s)
}

func (r *reader) file(p *enmime.Part, kind string, content []byte) {
	f := File{
		Declared:  clean(kind),
		Type:      MediaType(content, kind),
		ContentID: clean(strings.Trim(p.ContentID, "<> ")),
		Inline:    strings.EqualFold(p.Disposition, "inline") || p.Disposition == "" && p.ContentID != "",
		Content:   content,
	}
	name := decodeHeader(p.FileName)
	if name == "" {
		r.unnamed++
		name = fmt.Sprintf("attachment-%d%s", r.unnamed, extensionOf(f.Type))
	}
	f.Name = FileName(name)
	r.m.Files = append(r.m.Files, f)
}

// rest takes the body as it stands when the parts gave nothing, as when the
// boundary is not the one that was announced.
func (r *reader) rest(raw []byte) {
	if len(r.htmls) > 0 || len(r.m.Files) > 0 || strings.TrimSpace(strings.Join(r.texts, "")) != "" {
		return
	}
	_, body := split(raw)
	if body = bytes.TrimSpace(body); len(body) == 0 {
		return
	}
	r.m.problem(ProblemStructure, "the body is shown as it came")
	s, _ := toUTF8("", body[:min(len(body), maxText)])
	r.texts = []string{printable(s)}
}

// finish joins the texts, or makes one of the HTML.
func (r *reader) finish() {
	m := r.m
	m.HTML = join(r.htmls, "\n<hr>\n")
	m.Text = join(r.texts, "\n\n")
	if strings.TrimSpace(m.Text) == "" && m.HTML != "" {
		m.Text, m.FromHTML = TextOf(m.HTML), true
	}
	if m.Report == nil && !r.structured {
		m.guessReport()
	}
}

func join(s []string, between string) string {
	out := s[:0:0]
	for _, t := range s {
		if strings.TrimSpace(t) != "" {
			out = append(out, t)
		}
	}
	return strings.Join(out, between)
}

func problemOf(e *enmime.Error) string {
	switch e.Name {
	case enmime.ErrorMalformedHeader:
		return ProblemHeader
	case enmime.ErrorMalformedBase64, enmime.ErrorContentEncoding:
		return ProblemEncoding
	case enmime.ErrorCharsetConversion, enmime.ErrorCharsetDeclaration:
		return ProblemCharset
	default:
		return ProblemStructure
	}
}

// unflow joins the lines that format=flowed broke softly: those that end in a
// space, at one depth of quoting. Source: RFC 3676, section 4.
func unflow(s string, delsp bool) string {
	var out strings.Builder
	depth, open := 0, false
	for line := range strings.SplitSeq(s, "\n") {
		d := 0
		for d < len(line) && line[d] == '>' {
			d++
		}
		text := strings.TrimPrefix(line[d:], " ")
		flowed := strings.HasSuffix(text, " ") && text != "-- "
		if flowed && delsp {
			text = text[:len(text)-1]
		}
		if open && d == depth && text != "-- " {
			out.WriteString(text)
		} else {
			if out.Len() > 0 || open {
				out.WriteByte('\n')
			}
			if d > 0 {
				out.WriteString(strings.Repeat(">", d) + " ")
			}
			out.WriteString(text)
		}
		depth, open = d, flowed
	}
	return out.String()
}
