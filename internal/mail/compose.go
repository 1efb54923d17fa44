package mail

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"html"
	stdmail "net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"

	"stoa/internal/fault"
)

// A Draft is a message to be sent.
type Draft struct {
	ID          string // Message-ID without brackets, from NewID
	Date        time.Time
	From        Address
	To, Cc, Bcc []Address
	ReplyTo     Address // with the thread's token, from PlusAddress; the zero Address for none
	Subject     string
	Text        string
	HTML        string // made from Text where it is empty
	Files       []File
	InReplyTo   string   // the message id that this answers
	References  []string // oldest first
	Automatic   string   // Auto-Submitted: "auto-replied", "auto-generated", or "" for what a person wrote
	Unsubscribe string   // an https address that takes a POST without a question (RFC 8058); "" for none
	Language    string   // Content-Language; "" for none
}

// Bounds of what may be composed. Sources: RFC 5321 4.5.3.1 for addresses and
// recipients, RFC 5322 2.1.1 for lines, which are folded; the rest is ours.
const (
	maxAddress   = 254
	maxTo        = 100
	maxSubject   = 3000
	maxReference = 20 // message ids in References: the first and the last ones
)

// NewID returns a message id of ours, which nobody else makes, under domain.
func NewID(domain string) string {
	return ownID + strings.ToLower(rand.Text()) + "@" + domain
}

const ownID = "stoa."

// IsOwnID reports whether id has the form of those that NewID makes for domain.
func IsOwnID(id, domain string) bool {
	local, host, found := strings.Cut(id, "@")
	return found && domain != "" && strings.HasPrefix(strings.ToLower(local), ownID) && len(local) == len(ownID)+26 && strings.EqualFold(host, domain)
}

// An Envelope is what SMTP is told: who gets the message, and where a bounce goes.
type Envelope struct {
	From string
	To   []string
}

// Envelope returns the envelope of d. Bounces go to the address that answers
// go to, so that they find the thread.
func (d *Draft) Envelope() Envelope {
	e := Envelope{From: d.From.Addr}
	if d.ReplyTo.Addr != "" {
		e.From = d.ReplyTo.Addr
	}
	seen := map[string]bool{}
	for _, list := range [][]Address{d.To, d.Cc, d.Bcc} {
		for _, a := range list {
			if !seen[a.Addr] {
				seen[a.Addr] = true
				e.To = append(e.To, a.Addr)
			}
		}
	}
	return e
}

// Compose returns the bytes of d, ready to be signed and sent. Nothing in d
// can add a header field or an address: what would is refused with
// INVALID_EMAIL_ADDRESS or FIELD_INTEGRITY_EXCEPTION. Bcc is in the envelope alone.
func (d *Draft) Compose() ([]byte, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	m.SetMessageIDWithValue(d.ID)
	m.SetDateWithValue(d.Date)
	m.SetAddrHeaderFromMailAddress(gomail.HeaderFrom, std(d.From))
	m.SetAddrHeaderFromMailAddress(gomail.HeaderTo, stdList(d.To)...)
	if len(d.Cc) > 0 {
		m.SetAddrHeaderFromMailAddress(gomail.HeaderCc, stdList(d.Cc)...)
	}
	if d.ReplyTo.Addr != "" {
		m.SetAddrHeaderFromMailAddress(gomail.HeaderReplyTo, std(d.ReplyTo))
	}
	m.Subject(strings.TrimSpace(d.Subject))
	d.fields(m)
	body := d.HTML
	if strings.TrimSpace(body) == "" {
		body = HTMLOf(d.Text)
	}
	m.SetBodyString(gomail.TypeTextPlain, crlf(d.Text))
	m.AddAlternativeString(gomail.TypeTextHTML, crlf(body))
	for _, f := range d.Files {
		opts := []gomail.FileOption{gomail.WithFileContentType(gomail.ContentType(f.Type))}
		name := FileName(f.Name)
		var err error
		if f.Inline && f.ContentID != "" {
			err = m.EmbedReader(name, bytes.NewReader(f.Content), append(opts, gomail.WithFileContentID(f.ContentID))...)
		} else {
			err = m.AttachReader(name, bytes.NewReader(f.Content), opts...)
		}
		if err != nil {
			return nil, fmt.Errorf("attach file: %w", err)
		}
	}
	var out bytes.Buffer
	if _, err := m.WriteTo(&out); err != nil {
		return nil, fmt.Errorf("compose message: %w", err)
	}
	if out.Len() > MaxBytes {
		return nil, fault.New(fault.LimitExceeded, "The message is larger than %d MB.", MaxBytes>>20)
	}
	return out.Bytes(), nil
}

// fields writes what is not an address or a body.
func (d *Draft) fields(m *gomail.Msg) {
	if d.InReplyTo != "" {
		m.SetGenHeader(gomail.HeaderInReplyTo, "<"+d.InReplyTo+">")
	}
	if refs := d.references(); len(refs) > 0 {
		m.SetGenHeaderPreformatted("References", "<"+strings.Join(refs, ">\r\n <")+">")
	}
	if d.Automatic != "" {
		m.SetGenHeader("Auto-Submitted", d.Automatic)
		m.SetGenHeader("X-Auto-Response-Suppress", "All")
	}
	if d.Unsubscribe != "" {
		m.SetGenHeader("List-Unsubscribe", "<"+d.Unsubscribe+">")
		m.SetGenHeader("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
	if d.Language != "" {
		m.SetGenHeader("Content-Language", d.Language)
	}
}

// references returns References with InReplyTo at its end, shortened in the
// middle as RFC 5537 3.4.4 has it.
func (d *Draft) references() []string {
	refs := d.References
	if d.InReplyTo != "" && (len(refs) == 0 || refs[len(refs)-1] != d.InReplyTo) {
		refs = append(refs[:len(refs):len(refs)], d.InReplyTo)
	}
	if len(refs) > maxReference {
		refs = append(refs[:1:1], refs[len(refs)-maxReference+1:]...)
	}
	return refs
}

func (d *Draft) check() error {
	if n := len(d.To) + len(d.Cc) + len(d.Bcc); n == 0 || n > maxTo {
		return fault.New(fault.InvalidEmail, "A message has between 1 and %d recipients, this one has %d.", maxTo, n)
	}
	lists := [][]Address{{d.From}, d.To, d.Cc, d.Bcc}
	if d.ReplyTo.Addr != "" {
		lists = append(lists, []Address{d.ReplyTo})
	}
	for _, list := range lists {
		for _, a := range list {
			if err := CheckAddress(a.Addr); err != nil {
				return err
			}
			if !oneLine(a.Name) {
				return fault.New(fault.FieldIntegrity, "The name of a recipient has control characters.")
			}
		}
	}
	if !oneLine(d.Subject) || len(d.Subject) > maxSubject {
		return fault.New(fault.FieldIntegrity, "The subject has line breaks or is too long.")
	}
	for _, s := range append([]string{d.ID, d.InReplyTo, d.Automatic, d.Language, d.Unsubscribe}, d.References...) {
		if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '<' || r == '>' }) {
			return fault.New(fault.FieldIntegrity, "A header field of the message has characters that it cannot have.")
		}
	}
	if d.ID == "" || d.Date.IsZero() {
		return fault.New(fault.RequiredFieldMissing, "A message has an id and a date.")
	}
	return nil
}

// CheckAddress refuses what is not one plain address: no name, no list, no
// control character, no address literal, nothing longer than SMTP takes.
func CheckAddress(addr string) error {
	bad := fault.New(fault.InvalidEmail, "%s is not an email address.", clean(addr[:min(len(addr), maxAddress)]))
	local, domain, found := strings.Cut(addr, "@")
	if !found || local == "" || len(addr) > maxAddress || len(local) > 64 || !utf8.ValidString(addr) || !strings.Contains(domain, ".") && domain != "localhost" {
		return bad
	}
	if strings.ContainsFunc(addr, func(r rune) bool {
		return r <= ' ' || r == 0x7f || unicode.IsControl(r) || unicode.IsSpace(r) || turnsDirection(r) || strings.ContainsRune(`<>()[]\,;:"`, r)
	}) {
		return bad
	}
	if p, err := stdmail.ParseAddress(addr); err != nil || p.Address != addr {
		return bad
	}
	return nil
}

func oneLine(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' })
}

func std(a Address) *stdmail.Address { return &stdmail.Address{Name: a.Name, Address: a.Addr} }

func stdList(list []Address) []*stdmail.Address {
	out := make([]*stdmail.Address, len(list))
	for i, a := range list {
		out[i] = std(a)
	}
	return out
}

func crlf(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")
}

// HTMLOf returns the HTML alternative of a text: paragraphs, line breaks, and
// nothing that the text did not say.
func HTMLOf(text string) string {
	var b strings.Builder
	b.WriteString("<!doctype html>\n<html><body>\n")
	for p := range strings.SplitSeq(strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")), "\n\n") {
		if p = strings.Trim(p, "\n"); p != "" {
			b.WriteString("<p>" + strings.ReplaceAll(html.EscapeString(p), "\n", "<br>\n") + "</p>\n")
		}
	}
	b.WriteString("</body></html>\n")
	return b.String()
}
