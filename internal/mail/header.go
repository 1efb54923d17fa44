package mail

import (
	"bufio"
	"bytes"
	"encoding/base64"
	stdmail "net/mail"
	"net/textproto"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jhillyerd/enmime/v2"
)

// maxHeaderBytes bounds the header block that is kept as text, and
// maxAddresses and maxIDs the lists that are read from it: more is an attack.
const (
	maxHeaderBytes = 64 << 10
	maxAddresses   = 500
	maxIDs         = 200
)

// readHeader fills m from the fields of its header.
func (m *Message) readHeader(fields textproto.MIMEHeader) {
	m.Header = make(Header, len(fields))
	for name, values := range fields {
		for _, v := range values {
			m.Header[name] = append(m.Header[name], decodeHeader(v))
		}
	}
	m.Subject = m.Header.Get("Subject")
	m.From = m.addresses(fields, "From")
	if s := m.addresses(fields, "Sender"); len(s) > 0 {
		m.Sender = &s[0]
	}
	m.ReplyTo = m.addresses(fields, "Reply-To")
	m.To = m.addresses(fields, "To")
	m.Cc = m.addresses(fields, "Cc")
	m.Bcc = m.addresses(fields, "Bcc")
	switch n := len(m.From); {
	case n == 0:
		m.problem(ProblemFrom, "there is no From")
	case n > 1:
		m.problem(ProblemFrom, "there are several senders")
	}
	if ids := messageIDs(fields.Get("Message-Id")); len(ids) > 0 {
		m.ID = ids[0]
	}
	m.InReplyTo = messageIDs(strings.Join(fields["In-Reply-To"], " "))
	m.References = messageIDs(strings.Join(fields["References"], " "))
	m.ThreadIndex = threadIndex(fields.Get("Thread-Index"))
	m.Date = m.date(fields.Get("Date"))
}

// zones are the names that RFC 5322, 4.3, gives a meaning.
var zones = map[string]string{
	"EST": "-0500", "EDT": "-0400", "CST": "-0600", "CDT": "-0500", "MST": "-0700", "MDT": "-0600", "PST": "-0800", "PDT": "-0700", "UT": "+0000",
}

func (m *Message) date(s string) time.Time {
	if s == "" {
		m.problem(ProblemDate, "there is no Date")
		return time.Time{}
	}
	if i := strings.LastIndexByte(s, ' '); i > 0 {
		if offset, ok := zones[strings.ToUpper(s[i+1:])]; ok {
			s = s[:i+1] + offset
		}
	}
	t, err := stdmail.ParseDate(s)
	// A year beyond four digits cannot be written again by RFC 3339.
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		m.problem(ProblemDate, "the Date cannot be read")
		return time.Time{}
	}
	return t.UTC()
}

func (m *Message) addresses(fields textproto.MIMEHeader, name string) []Address {
	var out []Address
	for _, v := range fields[name] {
		if strings.TrimSpace(v) == "" {
			continue
		}
		list, err := enmime.ParseAddressList(v)
		if err != nil {
			list = looseAddresses(v)
			if len(list) == 0 && !emptyGroup(v) {
				m.problem(ProblemAddress, "the addresses of "+name+" cannot be read")
			}
		}
		for _, a := range list {
			addr := clean(a.Address)
			if addr == "" || len(out) == maxAddresses {
				continue
			}
			out = append(out, Address{Name: clean(decodeHeader(a.Name)), Addr: addr})
		}
	}
	return out
}

var (
	looseAddress = regexp.MustCompile(`[^\s<>()\[\]:;,"@]+@[\pL\pN][\pL\pN.-]*`)
	groupOfNone  = regexp.MustCompile(`^[^:@]*:\s*;?\s*$`)
)

// emptyGroup reports whether v is a group without members, as in "undisclosed-recipients:;".
func emptyGroup(v string) bool { return groupOfNone.MatchString(v) }

// looseAddresses finds what looks like an address in a list that does not parse.
func looseAddresses(v string) []*stdmail.Address {
	var out []*stdmail.Address
	for _, a := range looseAddress.FindAllString(v, maxAddresses) {
		out = append(out, &stdmail.Address{Address: strings.TrimRight(a, ".-")})
	}
	return out
}

// decodeHeader returns a field's value in UTF-8 on one line: RFC 2047 words
// decoded, bare 8-bit text guessed, control characters and line ends gone, so
// that it can be neither shown nor written as more than one field.
func decodeHeader(v string) string {
	if !utf8.ValidString(v) {
		v = windows1252(v)
	}
	return clean(enmime.DecodeRFC2047(v))
}

// clean makes s one line without control characters, without the marks that
// turn the direction of what follows, in valid UTF-8.
func clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t' || r == '\u2028' || r == '\u2029':
			return ' '
		case unicode.IsControl(r), turnsDirection(r):
			return -1
		default:
			return r
		}
	}, s))
}

// turnsDirection reports whether r is one of the invisible characters that
// make text read in another order than it is stored in.
func turnsDirection(r rune) bool {
	return r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069' ||
		r == '\u200E' || r == '\u200F' || r == '\u061C'
}

var (
	bracketedID = regexp.MustCompile(`<\s*([^<>\s]{1,995})\s*>`)
	bareID      = regexp.MustCompile(`[^\s<>",;()]+@[^\s<>",;()]+`)
)

// messageIDs returns the ids of a Message-ID, In-Reply-To or References field,
// each once, without brackets; old programs write phrases or no brackets.
func messageIDs(v string) []string {
	v = strings.ToValidUTF8(v, "\uFFFD")
	var out []string
	seen := map[string]bool{}
	add := func(id string) {
		if id = clean(id); id != "" && !seen[id] && len(out) < maxIDs {
			seen[id] = true
			out = append(out, id)
		}
	}
	for _, f := range bracketedID.FindAllStringSubmatch(v, 10*maxIDs) {
		add(f[1])
	}
	if len(out) == 0 {
		for _, f := range bareID.FindAllString(v, maxIDs) {
			add(f)
		}
	}
	return out
}

// threadIndexBytes is the part of Outlook's Thread-Index that all messages of
// a conversation share: 6 bytes of time and a GUID. Source: [MS-OXOMSG]
// 2.2.1.3, PidTagConversationIndex.
const threadIndexBytes = 22

func threadIndex(v string) string {
	v = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, v)
	b, err := base64.StdEncoding.DecodeString(v)
	if err != nil || len(b) < threadIndexBytes {
		return ""
	}
	return base64.StdEncoding.EncodeToString(b[:threadIndexBytes])
}

// headerBlock returns the raw header of a message as text.
func headerBlock(raw []byte) string {
	head, _ := split(raw)
	s := string(head[:min(len(head), maxHeaderBytes)])
	if !utf8.ValidString(s) {
		s = windows1252(s)
	}
	return printable(s)
}

// looseHeader reads a header when the whole message cannot be.
func looseHeader(raw []byte) textproto.MIMEHeader {
	h, err := enmime.ReadHeader(bufio.NewReader(bytes.NewReader(raw[:min(len(raw), maxHeaderBytes)])), ignore{})
	if err != nil || h == nil {
		return textproto.MIMEHeader{}
	}
	return h
}

// ignore takes what enmime finds wrong with a header that is known to be broken.
type ignore struct{}

func (ignore) AddError(string, string, ...any)   {}
func (ignore) AddWarning(string, string, ...any) {}
