package mail

import (
	"bufio"
	"bytes"
	"net/textproto"
	"regexp"
	"strings"
)

// A Report is what a delivery status notification (RFC 3464) says, or what
// could be read out of a bounce in prose.
type Report struct {
	Recipients []Recipient
	OriginalID string // Message-ID of the message that was sent; "" when the report does not tell
	Structured bool   // from machine-readable fields, not from prose
}

// A Recipient is the fate of one address.
type Recipient struct {
	Address    string // the final recipient
	Action     string // failed, delayed, delivered, relayed or expanded
	Status     string // such as 5.1.1 (RFC 3463); "" when it does not tell
	Diagnostic string // what the other server said
}

// Failed returns the recipients that will not get the message.
func (r *Report) Failed() []Recipient {
	var out []Recipient
	for _, x := range r.Recipients {
		if x.Action == "failed" {
			out = append(out, x)
		}
	}
	return out
}

// Undeliverable reports whether the address of x is no good, as against a full
// mailbox, a refused content or a server that was away. Source: RFC 3463:
// class 5, subject 1 (address) other than 5.1.7 and 5.1.8, which are about the
// sender; and 5.2.1, a mailbox that is disabled.
func (x Recipient) Undeliverable() bool {
	if x.Action != "failed" {
		return false
	}
	if x.Status == "5.2.1" || x.Status == "5.4.4" {
		return true
	}
	return strings.HasPrefix(x.Status, "5.1.") && x.Status != "5.1.7" && x.Status != "5.1.8"
}

const maxRecipients = 100

// report reads the fields of a message/delivery-status part: one block for the
// message, then one a recipient.
func (r *reader) report(content []byte) {
	rep := &Report{Structured: true}
	for block := range strings.SplitSeq(strings.ReplaceAll(printable(string(content)), "\n\n\n", "\n\n"), "\n\n") {
		fields, _ := textproto.NewReader(bufio.NewReader(strings.NewReader(strings.TrimLeft(block, "\n") + "\n\n"))).ReadMIMEHeader()
		addr := fields.Get("Final-Recipient")
		if addr == "" {
			addr = fields.Get("Original-Recipient")
		}
		if addr == "" || len(rep.Recipients) == maxRecipients {
			continue
		}
		rep.Recipients = append(rep.Recipients, Recipient{
			Address:    typed(addr),
			Action:     strings.ToLower(clean(fields.Get("Action"))),
			Status:     status.FindString(fields.Get("Status")),
			Diagnostic: typed(fields.Get("Diagnostic-Code")),
		})
	}
	r.structured = true
	if len(rep.Recipients) == 0 {
		r.m.problem(ProblemReport, "the delivery status names no recipient")
	}
	r.m.Report = rep
}

// typed returns the value of a field of the form "rfc822; value".
func typed(v string) string {
	kind, value, found := strings.Cut(v, ";")
	if !found || strings.ContainsAny(kind, "@ ") {
		value = v
	}
	return clean(strings.Trim(strings.TrimSpace(value), "<>"))
}

// returned reads the id of the message that a report gives back.
func (r *reader) returned(content []byte) {
	if r.m.Report == nil {
		r.m.Report = &Report{}
	}
	if ids := messageIDs(looseHeader(content).Get("Message-Id")); len(ids) > 0 {
		r.m.Report.OriginalID = ids[0]
	}
}

var (
	status        = regexp.MustCompile(`\b[245]\.\d{1,3}\.\d{1,3}\b`)
	proseFailure  = regexp.MustCompile(`(?m)^\s*<?([^\s<>:;,"]+@[\pL\pN][\pL\pN.-]*[\pL\pN])>?\s*:?\s*$|<([^\s<>:;,"]+@[\pL\pN][\pL\pN.-]*[\pL\pN])>:`)
	proseID       = regexp.MustCompile(`(?im)^\s*Message-ID:\s*(<[^<>\s]+>)`)
	bounceSubject = regexp.MustCompile(`(?i)undeliver|delivery (status|has failed|failure|incomplete)|mail delivery|failure notice|returned mail|` +
		`unzustellbar|zustellung|no se (ha podido|pudo) entregar|non remis|échec de la remise|mancata consegna|niet bezorgd|não entregue`)
)

// guessReport reads a bounce of a server that writes prose: by Exim's field,
// or by sender and subject together.
func (m *Message) guessReport() {
	failed := m.Header.Get("X-Failed-Recipients")
	if failed == "" && !(m.fromDaemon() && bounceSubject.MatchString(m.Subject)) {
		return
	}
	rep := m.Report
	if rep == nil {
		rep = &Report{}
	}
	text := m.Text[:min(len(m.Text), maxHeaderBytes)]
	code := status.FindString(text)
	add := func(addr string) {
		if addr != "" && len(rep.Recipients) < maxRecipients {
			rep.Recipients = append(rep.Recipients, Recipient{Address: addr, Action: "failed", Status: code, Diagnostic: clean(firstLine(text, code))})
		}
	}
	if failed != "" {
		for a := range strings.SplitSeq(failed, ",") {
			add(strings.TrimSpace(a))
		}
	} else if f := proseFailure.FindStringSubmatch(text); f != nil {
		add(f[1] + f[2])
	}
	if f := proseID.FindStringSubmatch(m.Text); f != nil && rep.OriginalID == "" {
		rep.OriginalID = messageIDs(f[1])[0]
	}
	for _, f := range m.Files {
		if rep.OriginalID == "" && f.Declared == "message/rfc822" {
			if ids := messageIDs(looseHeader(f.Content).Get("Message-Id")); len(ids) > 0 {
				rep.OriginalID = ids[0]
			}
		}
	}
	m.Report = rep
}

// firstLine returns the line of text that holds what, or "".
func firstLine(text, what string) string {
	if what == "" {
		return ""
	}
	for line := range strings.SplitSeq(text, "\n") {
		if strings.Contains(line, what) {
			return line[:min(len(line), 500)]
		}
	}
	return ""
}

func (m *Message) fromDaemon() bool {
	a, ok := m.Author()
	if !ok {
		return false
	}
	local, _, _ := bytes.Cut([]byte(strings.ToLower(a.Addr)), []byte("@"))
	switch string(local) {
	case "mailer-daemon", "postmaster", "mailerdaemon", "mail-daemon", "double-bounce":
		return true
	}
	return false
}
