package desk

import (
	"cmp"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"strings"

	"stoa/apps/service"
	"stoa/internal/app"
	"stoa/internal/mail"
	"stoa/internal/record"
	"stoa/internal/web/kit"
	"stoa/internal/web/page"
)

// An entry is one thing of the conversation as it is drawn.
type entry struct {
	service.Entry
	who   kit.Person
	parts []part // of its text
	html  bool   // the message has a form of its own that can be looked at
	files []file
	words string // of an event
	icon  string
	fresh bool // not read yet

	unsure *service.Receipt // of a message of which it was not sure where it belongs; nil for others
}

// A part of a text: what is new, what was quoted, who signed.
type part struct {
	kind  mail.SpanKind
	runs  []run
	lines int
}

// A run is text; a mention stands out in notes.
type run struct {
	text    string
	mention bool
}

func (c *view) loadThread() error {
	all, err := service.Thread(c.v.Ctx(), c.v.S, c.id)
	if err != nil {
		return err
	}
	rich, err := c.richMessages(all)
	if err != nil {
		return err
	}
	c.thread = c.entries(all)
	for i := range c.thread {
		c.thread[i].html = rich[c.thread[i].ID]
	}
	return nil
}

// entries makes entries as they are drawn.
func (c *view) entries(all []service.Entry) []entry {
	out := make([]entry, 0, len(all))
	for _, e := range all {
		x := entry{Entry: e, who: kit.Person{ID: e.ByID, Name: cmp.Or(e.By, e.From, c.person.Name)}}
		if e.Kind == service.KindEvent {
			x.icon, x.words = c.tells(e)
		} else if !e.Letter {
			x.parts = partsOf(e.Body, e.Kind)
		}
		out = append(out, x)
	}
	return out
}

// richMessages returns which messages have HTML of their own.
func (c *view) richMessages(all []service.Entry) (map[record.ID]bool, error) {
	var ids []record.ID
	for _, e := range all {
		if e.Kind == service.KindMessage {
			ids = append(ids, e.ID)
		}
	}
	rich := map[record.ID]bool{}
	if len(ids) == 0 {
		return rich, nil
	}
	res, err := app.Query(c.v.Ctx(), c.v.S, "SELECT Id, HtmlBody, Markdown__c FROM EmailMessage WHERE Id IN ?", ids)
	if err != nil {
		return nil, err
	}
	for i := range res.Len() {
		rich[res.Get(i, "Id").ID()] = app.Text(res.Get(i, "HtmlBody")) != "" && !res.Get(i, "Markdown__c").Bool()
	}
	return rich, nil
}

var mentioned = regexp.MustCompile(`(^|[^\w@.])(@[\p{L}\p{N}][\p{L}\p{N}._-]*)`)

// partsOf cuts a text into what is new, quotations and signatures; mentions only count in notes.
func partsOf(body string, kind service.Kind) (parts []part) {
	spans := []mail.Span{{Kind: mail.New, Text: body}}
	if kind == service.KindMessage {
		spans = mail.Fold(body)
	}
	for _, s := range spans {
		text := strings.Trim(s.Text, "\r\n")
		if strings.TrimSpace(text) == "" {
			continue
		}
		p := part{kind: s.Kind, lines: strings.Count(text, "\n") + 1}
		at := 0
		if kind == service.KindNote {
			for _, m := range mentioned.FindAllStringSubmatchIndex(text, 50) {
				p.runs = append(p.runs, run{text: text[at:m[4]]}, run{text: text[m[4]:m[5]], mention: true})
				at = m[5]
			}
		}
		p.runs = append(p.runs, run{text: text[at:]})
		parts = append(parts, p)
	}
	return parts
}

// icons of the lines that the desk writes.
func eventIcon(kind string) string {
	switch kind {
	case "made":
		return "inbox"
	case "routed":
		return "route"
	case "status", "owner", "priority", "service":
		return "arrow-right-left"
	case "reply.warning", "reply.breach", "solution.warning", "solution.breach":
		return "timer"
	case "merged", "absorbed", "unmerged", "split", "split.from", "unsplit":
		return "git-merge"
	case "moved", "moved.from", "kept.here":
		return "route"
	case "linked", "unlinked":
		return "link"
	case "replied.all":
		return "send"
	case "public.asked", "public.agreed", "public.told", "public.declined", "public.withdrawn", "published", "article.drafted":
		return "globe"
	case "macro":
		return "zap"
	case "undone":
		return "undo-2"
	case "reopened":
		return "rotate-ccw"
	default:
		return "info"
	}
}

// tells says an event in words.
func (c *view) tells(e service.Entry) (icon, words string) {
	icon = eventIcon(e.Event)
	key := e.Event
	if kind, ok := e.Data["kind"].(string); ok && (key == "linked" || key == "unlinked") {
		key += "." + kind
	}
	if _, ok := e.Data["why"]; ok && (key == "moved" || key == "moved.from" || key == "split" || key == "split.from") {
		key += ".why"
	}
	if e.Event == "routed" {
		for _, by := range []string{"rule", "service", "default"} {
			if _, ok := e.Data[by]; ok {
				key += "." + by
				break
			}
		}
	}
	if !c.v.UI.Has("desk.event." + key) {
		return icon, e.Event
	}
	args := []any{"who", cmp.Or(e.By, c.v.T("desk.system"))}
	for name, value := range e.Data {
		switch x := value.(type) {
		case []any:
			var all []string
			for _, one := range x {
				all = append(all, fmt.Sprint(one))
			}
			args = append(args, name, strings.Join(all, ", "))
		case float64: // a number of JSON
			args = append(args, name, int(x))
		default:
			args = append(args, name, fmt.Sprint(x))
		}
	}
	for _, name := range []string{"from", "to", "rule", "queue", "reference", "references", "macro", "what", "service"} {
		if _, ok := e.Data[name]; !ok {
			args = append(args, name, "")
		}
	}
	return icon, c.v.T("desk.event."+key, args...)
}

// A file is one on a case or a message of it.
type file struct {
	on      record.ID
	version record.ID
	name    string
	size    string
	image   bool
}

func (c *view) loadFiles() error {
	on := []record.ID{c.id}
	for _, e := range c.thread {
		if e.Kind == service.KindMessage {
			on = append(on, e.ID)
		}
	}
	res, err := app.Query(c.v.Ctx(), c.v.S, `SELECT LinkedEntityId, ContentDocument.Title, ContentDocument.LatestPublishedVersionId, ContentDocument.ContentSize, ContentDocument.FileExtension
		FROM ContentDocumentLink WHERE LinkedEntityId IN ? ORDER BY Id LIMIT 500`, on)
	if err != nil {
		return err
	}
	for i := range res.Len() {
		f := file{on: res.Get(i, "LinkedEntityId").ID(), version: res.Get(i, "ContentDocument", "LatestPublishedVersionId").ID(), name: app.Text(res.Get(i, "ContentDocument", "Title"))}
		ext := strings.ToLower(app.Text(res.Get(i, "ContentDocument", "FileExtension")))
		if ext != "" && !strings.HasSuffix(strings.ToLower(f.name), "."+ext) {
			f.name += "." + ext
		}
		f.size = bytes(c.v, res.Get(i, "ContentDocument", "ContentSize").Int())
		f.image = ext == "png" || ext == "jpg" || ext == "jpeg" || ext == "gif" || ext == "webp"
		c.files = append(c.files, f)
		for j := range c.thread {
			if c.thread[j].ID == f.on {
				c.thread[j].files = append(c.thread[j].files, f)
			}
		}
	}
	return nil
}

// bytes says a size as people read it.
func bytes(v *page.Visit, n int64) string {
	switch {
	case n >= 1<<20:
		return v.T("desk.size.mb", "n", v.UI.Number(n*10>>20, 1, 1))
	default:
		return v.T("desk.size.kb", "n", v.UI.Number(max(n>>10, 1), 0, 0))
	}
}

// sendFile sends a file to be kept: what a stranger sent is never opened in our name.
func sendFile(v *page.Visit) error {
	id, err := record.ParseID(v.Args["version"])
	if err != nil {
		return page.NotFound()
	}
	res, err := app.Query(v.Ctx(), v.S, "SELECT Title, PathOnClient, VersionData FROM ContentVersion WHERE Id = ?", id)
	if err != nil {
		return err
	}
	if res.Len() == 0 {
		return page.NotFound()
	}
	body := []byte(res.Get(0, "VersionData").Text())
	v.W.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": page.FileName(cmp.Or(app.Text(res.Get(0, "PathOnClient")), app.Text(res.Get(0, "Title"))))}))
	v.W.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'")
	return v.Write(http.StatusOK, "application/octet-stream", body)
}

// message reads a message of a case that the person may see.
func message(v *page.Visit, fields string) (*record.Result, error) {
	id, err := record.ParseID(v.Args["message"])
	if err != nil {
		return nil, page.NotFound()
	}
	res, err := app.Query(v.Ctx(), v.S, "SELECT "+fields+" FROM EmailMessage WHERE Id = ?", id)
	if err == nil && res.Len() == 0 {
		err = page.NotFound()
	}
	return res, err
}

// showOriginal shows a message as it came: its head and all of its text.
func showOriginal(v *page.Visit) error {
	res, err := message(v, "Headers, TextBody")
	if err != nil {
		return err
	}
	text := strings.TrimSpace(app.Text(res.Get(0, "Headers"))) + "\n\n" + app.Text(res.Get(0, "TextBody"))
	return v.Write(http.StatusOK, "text/plain; charset=utf-8", []byte(strings.TrimLeft(text, "\n")))
}

// showHTML shows the HTML of a message, cleaned, in a document that may do nothing: it stands in a sandboxed frame.
func showHTML(v *page.Visit) error {
	res, err := message(v, "HtmlBody")
	if err != nil {
		return err
	}
	safe := mail.SafeHTML(app.Text(res.Get(0, "HtmlBody")), mail.HTMLOptions{})
	h := v.W.Header()
	h.Set("Content-Security-Policy", "sandbox allow-popups; default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; frame-ancestors 'self'")
	return v.Write(http.StatusOK, "text/html; charset=utf-8", []byte("<!doctype html><meta charset=utf-8><title></title><base target=_blank>"+safe.HTML))
}
