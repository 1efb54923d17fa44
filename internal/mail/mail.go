// Package mail holds what is true of every electronic message and knows no
// case: reading one of any shape, showing it safely, telling new text from
// quoted text, telling people from machines, deciding to which thread it
// belongs, and composing one. Package receive takes messages from the network
// and package send hands them over to it.
//
// Its invariant: Parse answers every sequence of bytes with a Message. What
// was wrong with it stands in Problems; nothing is dropped, since whoever
// receives the message also keeps the bytes.
package mail

import (
	"strings"
	"time"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// MaxBytes is the largest message that is taken or sent, headers and all.
const MaxBytes = 30 << 20

// A Message is one mail as people read it: decoded, in UTF-8, without the
// structure that carried it.
type Message struct {
	ID          string    // Message-ID without its angle brackets; "" when there is none
	Date        time.Time // as the sender's clock says; zero when it is missing or unreadable
	From        []Address
	Sender      *Address
	ReplyTo     []Address
	To, Cc, Bcc []Address
	Subject     string
	InReplyTo   []string // message ids without brackets
	References  []string // oldest first
	ThreadIndex string   // the first 22 bytes of Outlook's Thread-Index in base64; "" when there is none

	Header   Header // every header field, decoded
	Headers  string // the header block as it came, made UTF-8
	Text     string // the whole text, from HTML where no text was sent
	FromHTML bool   // Text was made from HTML
	HTML     string // as it was sent: hostile. Show only what SafeHTML returns
	Files    []File
	Report   *Report // of a delivery status notification, else nil
	Signed   string  // "smime" or "pgp" when the message carries a signature; it is kept, not verified
	Hash     string  // SHA-256 of the body in hex: with ID it tells a redelivery
	Problems []Problem
}

// An Address is a name and an addr-spec. Both are free of control characters.
type Address struct {
	Name string
	Addr string
}

// A Header maps the canonical name of a field to its values in order.
type Header map[string][]string

// Get returns the first value of the field name, which is written in
// canonical form as net/textproto has it, or "".
func (h Header) Get(name string) string {
	if v := h[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// A File is a part that is neither the text nor the HTML of the message.
type File struct {
	Name      string // safe to store: no path, no control characters, at most 120 bytes
	Type      string // media type by content where it can be told, else as declared
	Declared  string // media type as the sender wrote it
	ContentID string // without brackets; what cid: addresses refer to
	Inline    bool   // meant to be seen within the text
	Content   []byte
}

// A Problem is something wrong with a message that did not keep it from being read.
type Problem struct {
	Code   string // one of the Problem constants
	Detail string // for people, in English
}

// The codes of problems.
const (
	ProblemHeader    = "header"    // a header field that no rule allows
	ProblemCharset   = "charset"   // a character set that is unknown or not the one declared
	ProblemEncoding  = "encoding"  // a transfer encoding that is unknown or broken
	ProblemStructure = "structure" // parts that do not fit together
	ProblemTooDeep   = "too-deep"  // more parts or levels than are read; the whole is kept as a file
	ProblemFrom      = "from"      // no sender, or several
	ProblemDate      = "date"      // no date, or none that can be read
	ProblemAddress   = "address"   // an address list that could not be read
	ProblemReport    = "report"    // a delivery status that could not be read
)

// Sender returns the address that an answer to m goes to: Reply-To, From, or
// Sender, the first that is there. ok is false when there is none.
func (m *Message) Author() (a Address, ok bool) {
	switch {
	case len(m.From) > 0:
		return m.From[0], true
	case m.Sender != nil:
		return *m.Sender, true
	default:
		return Address{}, false
	}
}

// AnswerTo returns where an answer to m goes: Reply-To, else the author.
func (m *Message) AnswerTo() (a Address, ok bool) {
	if len(m.ReplyTo) > 0 {
		return m.ReplyTo[0], true
	}
	return m.Author()
}

// Fold returns the form of an address by which two are the same mailbox to
// us: without letter case and without the part after a plus. The standard
// leaves the case of the local part to its host; no host of this century minds.
func FoldAddress(addr string) string {
	addr = cases.Fold().String(norm.NFC.String(strings.TrimSpace(addr)))
	at := strings.LastIndexByte(addr, '@')
	if at < 0 {
		return addr
	}
	local, domain := addr[:at], strings.TrimSuffix(addr[at+1:], ".")
	if plus := strings.IndexByte(local, '+'); plus > 0 {
		local = local[:plus]
	}
	return local + "@" + domain
}

// Domain returns the part of an address after its last @, in lower case.
func Domain(addr string) string {
	return strings.ToLower(strings.TrimSuffix(addr[strings.LastIndexByte(addr, '@')+1:], "."))
}
