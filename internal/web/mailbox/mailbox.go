// Package mailbox shows the other side of the mail of a demonstration: what
// residents got, and a form to write as one of them. It knows messages and no
// case. Its one invariant is that it answers to this machine alone.
package mailbox

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"stoa/internal/fault"
	"stoa/internal/mail"
	"stoa/internal/mail/send"
	"stoa/internal/web/kit"
	"stoa/internal/web/page"
)

// Options are what the pages stand on.
type Options struct {
	Box   *send.Mailbox
	Write func(ctx context.Context, e mail.Envelope, raw []byte) error // sends as the program of somebody outside would; nil where no mail is taken
	To    string                                                       // whom the form writes to unless somebody says otherwise
}

// Routes returns the pages.
func Routes(o Options) []page.Route {
	b := &box{o}
	return []page.Route{
		{Method: "GET", Path: "/mailbox", Open: true, Handle: here(b.people)},
		{Method: "GET", Path: "/mailbox/write", Open: true, Handle: here(b.blank)},
		{Method: "POST", Path: "/mailbox/write", Open: true, Handle: here(b.write)},
		{Method: "GET", Path: "/mailbox/{address}", Open: true, Handle: here(b.list)},
		{Method: "GET", Path: "/mailbox/{address}/{message}", Open: true, Handle: here(b.read)},
		{Method: "GET", Path: "/mailbox/{address}/{message}/source", Open: true, Handle: here(b.source)},
	}
}

// here hides a page from everybody but this machine.
func here(next func(*page.Visit) error) func(*page.Visit) error {
	return func(v *page.Visit) error {
		if !page.Loopback(v.R) {
			return page.NotFound()
		}
		return next(v)
	}
}

type box struct{ o Options }

// An owner is somebody with mail.
type owner struct {
	Address string
	Count   int
	Last    time.Time
}

// maxOwners is how many of those with mail the first page shows, the newest first.
const maxOwners = 200

func (b *box) people(v *page.Visit) error {
	all, err := b.o.Box.Addresses()
	if err != nil {
		return err
	}
	owners := make([]owner, 0, len(all))
	for _, a := range all {
		list, err := b.o.Box.List(a)
		if err != nil {
			return err
		}
		if len(list) > 0 {
			owners = append(owners, owner{a, len(list), list[0].At})
		}
	}
	slices.SortStableFunc(owners, func(x, y owner) int { return y.Last.Compare(x.Last) })
	return v.Answer(page.Page{Title: v.T("mailbox.title"), Class: "main", Body: peoplePage(v, owners[:min(len(owners), maxOwners)], b.o)})
}

// A row is a message in a list.
type row struct {
	Href             string
	Subject, Snippet string
	Who              string // the other side
	At               time.Time
	Sent             bool
	Files            int
}

// maxRows is how many messages of somebody a page shows.
const maxRows = 100

func (b *box) list(v *page.Visit) error {
	address, list, err := b.of(v)
	if err != nil {
		return err
	}
	var rows []row
	for _, e := range list[:min(len(list), maxRows)] {
		m, err := b.message(address, e.Name)
		if err != nil {
			return err
		}
		r := row{Href: path(address, e.Name), Subject: m.Subject, Snippet: snippet(mail.NewText(m.Text)), At: e.At, Sent: e.Sent, Files: len(m.Files)}
		if e.Sent {
			r.Who = names(m.To)
		} else {
			r.Who = names(m.From)
		}
		rows = append(rows, r)
	}
	return v.Answer(page.Page{Title: v.T("mailbox.of", "address", address), Class: "main", Body: listPage(v, address, rows, b.o)})
}

// of returns whose mail the address names, and its messages.
func (b *box) of(v *page.Visit) (string, []send.Entry, error) {
	address := v.Args["address"]
	list, err := b.o.Box.List(address)
	if err == nil && len(list) == 0 {
		err = page.NotFound()
	}
	return mail.FoldAddress(address), list, err
}

func (b *box) message(address, name string) (*mail.Message, error) {
	raw, err := b.o.Box.Read(address, name)
	if err != nil {
		return nil, err
	}
	return mail.Parse(raw), nil
}

func (b *box) read(v *page.Visit) error {
	address, list, err := b.of(v)
	if err != nil {
		return err
	}
	name := v.Args["message"]
	at := slices.IndexFunc(list, func(e send.Entry) bool { return e.Name == name })
	if at < 0 {
		return page.NotFound()
	}
	m, err := b.message(address, name)
	if err != nil {
		return err
	}
	w := draft{From: address, Subject: m.Subject, Answers: name}
	if to, ok := m.AnswerTo(); ok && !list[at].Sent {
		w.To = to.Addr
	}
	if !strings.HasPrefix(strings.ToLower(w.Subject), "re:") {
		w.Subject = "Re: " + w.Subject
	}
	return v.Answer(page.Page{Title: m.Subject, Class: "main", Body: readPage(v, address, list[at], m, w, b.o)})
}

func (b *box) source(v *page.Visit) error {
	raw, err := b.o.Box.Read(v.Args["address"], v.Args["message"])
	if err != nil {
		return err
	}
	return v.Write(200, "text/plain; charset=utf-8", []byte(strings.ToValidUTF8(string(raw), "\uFFFD")))
}

// A draft is what somebody writes.
type draft struct {
	From, Name, To, Subject, Text string
	Answers                       string // the message in the writer's mailbox, "" for none
	Problems                      []kit.Problem
}

func (d draft) problem(id string) string {
	for _, p := range d.Problems {
		if p.Field == id {
			return p.Text
		}
	}
	return ""
}

func (b *box) blank(v *page.Visit) error {
	return b.form(v, draft{From: v.Query("from"), To: b.o.To}, 200)
}

func (b *box) form(v *page.Visit, d draft, status int) error {
	return v.Answer(page.Page{Title: v.T("mailbox.write"), Class: "main", Status: status, Body: writePage(v, d, b.o)})
}

func (b *box) write(v *page.Visit) error {
	if err := v.BadForm(); err != nil {
		return err
	}
	d := draft{From: v.Text("from", 254), Name: oneLine(v.Text("name", 100)), To: v.Text("to", 254), Subject: oneLine(v.Text("subject", 300)), Text: v.Text("text", 100_000), Answers: v.Text("answers", 100)}
	for id, addr := range map[string]string{"from": d.From, "to": d.To} {
		if mail.CheckAddress(addr) != nil {
			d.Problems = append(d.Problems, kit.Problem{Field: id, Text: v.T("mailbox.badAddress")})
		}
	}
	if strings.TrimSpace(d.Text) == "" {
		d.Problems = append(d.Problems, kit.Problem{Field: "text", Text: v.T("mailbox.noText")})
	}
	if len(d.Problems) > 0 {
		slices.SortFunc(d.Problems, func(x, y kit.Problem) int { return strings.Compare(x.Field, y.Field) })
		return b.form(v, d, 422)
	}
	m, err := b.composed(v, d)
	if err != nil {
		return err
	}
	raw, err := m.Compose()
	if err != nil {
		return err
	}
	if err := b.o.Write(v.Ctx(), m.Envelope(), raw); err != nil {
		// The other server's words are for whoever writes: they are what a mail program would show.
		d.Problems = []kit.Problem{{Field: "to", Text: v.T("mailbox.refused", "why", err.Error())}}
		return b.form(v, d, 422)
	}
	v.Flash(v.T("mailbox.sent"))
	return v.Redirect(v.Path(path(mail.FoldAddress(d.From), "")))
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// composed makes the message of a draft, as a mail program does.
func (b *box) composed(v *page.Visit, d draft) (*mail.Draft, error) {
	m := &mail.Draft{
		ID: mail.NewID(mail.Domain(d.From)), Date: v.UI.Now, From: mail.Address{Name: d.Name, Addr: d.From}, To: []mail.Address{{Addr: d.To}}, Subject: d.Subject, Text: d.Text,
	}
	for _, u := range v.Uploads() {
		m.Files = append(m.Files, mail.File{Name: u.Name, Type: mail.MediaType(u.Data, ""), Content: u.Data})
	}
	if d.Answers == "" {
		return m, nil
	}
	to, err := b.message(d.From, d.Answers)
	if fault.From(err).Code == fault.NotFound {
		return m, nil // it was written under another address after all
	}
	if err != nil {
		return nil, err
	}
	m.InReplyTo, m.References = to.ID, to.References
	m.Text += "\n\n" + quoted(to)
	return m, nil
}

// quoted is the text that a mail program puts below an answer.
func quoted(m *mail.Message) string {
	var s strings.Builder
	if a, ok := m.Author(); ok {
		s.WriteString("On " + m.Date.Format("2 January 2006 at 15:04") + ", " + strings.TrimSpace(a.Name+" <"+a.Addr+">") + " wrote:\n\n")
	}
	for line := range strings.SplitSeq(strings.TrimSpace(m.Text), "\n") {
		s.WriteString(strings.TrimSpace("> "+line) + "\n")
	}
	return s.String()
}

func path(address, message string) string {
	p := "/mailbox/" + url.PathEscape(address)
	if message != "" {
		p += "/" + url.PathEscape(message)
	}
	return p
}

func names(list []mail.Address) string {
	var all []string
	for _, a := range list {
		if a.Name != "" {
			all = append(all, a.Name)
		} else {
			all = append(all, mail.FoldAddress(a.Addr)) // a token behind a plus says nothing to people
		}
	}
	return strings.Join(all, ", ")
}

func snippet(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 160 {
		return string(r[:159]) + "…"
	}
	return s
}
