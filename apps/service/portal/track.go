package portal

import (
	"context"
	"mime"
	"net"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"stoa/apps/service"
	"stoa/internal/app"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/kit"
	"stoa/internal/web/page"
)

// A File hangs on a case or on a public message of it.
type File struct {
	ID   record.ID // ContentVersion
	Name string
	Size int
	on   record.ID
}

// A Case is one as its citizen sees it.
type Case struct {
	ID                 record.ID
	Key                string
	Reference, Subject string
	Status             string
	Closed             bool
	At                 time.Time
	ReplyDue, Replied  time.Time
	SolveDue, Solved   time.Time
	Paused             bool
	Service            string
	Thread             []service.Entry
	Files              []File
}

// Due is the promise that counts now; first says whether it is that of the first answer. The zero time is none.
func (c *Case) Due() (due time.Time, first bool) {
	switch {
	case c.Closed || c.Paused:
		return time.Time{}, false
	case c.Replied.IsZero():
		return c.ReplyDue, true
	default:
		return c.SolveDue, false
	}
}

// filesOn returns the files of a message.
func (c *Case) filesOn(id record.ID) []File {
	var out []File
	for _, f := range c.Files {
		if f.on == id {
			out = append(out, f)
		}
	}
	return out
}

// tracked returns the case that a visit's key opens; NOT_FOUND for any other key. With thread its messages and files, too.
func tracked(v *page.Visit, thread bool) (*Case, error) {
	v.W.Header().Set("Cache-Control", "no-store")
	o, key := v.Surface.Org(), v.Args["key"]
	id, ok, err := service.TrackedCase(v.Ctx(), o, key)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, page.NotFound()
	}
	s, err := reading(v, link(id))
	if err != nil {
		return nil, err
	}
	res, err := app.Query(v.Ctx(), s, "SELECT Reference__c, Subject, Status, IsClosed, CreatedDate, Reply_Due__c, Replied_At__c, Solve_Due__c, Solved_At__c, Paused_Since__c, Service__r.Name, Service__r.Name_es__c FROM Case WHERE Id = ?", id)
	if err != nil {
		return nil, err
	}
	if res.Len() == 0 {
		return nil, page.NotFound()
	}
	at := func(f string) time.Time { return app.Instant(res.Get(0, f)) }
	c := &Case{ID: id, Key: key, Reference: app.Text(res.Get(0, "Reference__c")), Subject: app.Text(res.Get(0, "Subject")), Status: app.Text(res.Get(0, "Status")), Closed: res.Get(0, "IsClosed").Bool(),
		At: at("CreatedDate"), ReplyDue: at("Reply_Due__c"), Replied: at("Replied_At__c"), SolveDue: at("Solve_Due__c"), Solved: at("Solved_At__c"), Paused: !res.Get(0, "Paused_Since__c").IsNull(),
		Service: app.Text(res.Get(0, "Service__r", "Name"))}
	if es := app.Text(res.Get(0, "Service__r", "Name_es__c")); v.UI.Lang() == "es" && es != "" {
		c.Service = es
	}
	if !thread {
		return c, nil
	}
	sys, err := acting(v)
	if err != nil {
		return nil, err
	}
	if c.Thread, err = service.PublicThread(v.Ctx(), sys, id); err != nil {
		return nil, err
	}
	return c, c.loadFiles(v.Ctx(), sys)
}

// loadFiles finds the files of what the citizen may read, and of nothing else.
func (c *Case) loadFiles(ctx context.Context, s *org.Session) error {
	var on []record.ID
	for _, e := range c.Thread {
		if e.Kind == service.KindMessage || e.Kind == service.KindOpening {
			on = append(on, e.ID)
		}
	}
	if len(on) == 0 {
		return nil
	}
	links, err := app.Query(ctx, s, "SELECT LinkedEntityId, ContentDocumentId FROM ContentDocumentLink WHERE LinkedEntityId IN ? AND Visibility != 'InternalUsers' ORDER BY Id LIMIT 200", on)
	if err != nil || links.Len() == 0 {
		return err
	}
	of := map[record.ID]record.ID{}
	var docs []record.ID
	for i := range links.Len() {
		doc := links.Get(i, "ContentDocumentId").ID()
		of[doc] = links.Get(i, "LinkedEntityId").ID()
		docs = append(docs, doc)
	}
	res, err := app.Query(ctx, s, "SELECT Id, ContentDocumentId, PathOnClient, ContentSize, CreatedBy.UserType FROM ContentVersion WHERE IsLatest = true AND ContentDocumentId IN ? ORDER BY Id", docs)
	if err != nil {
		return err
	}
	for i := range res.Len() {
		doc := res.Get(i, "ContentDocumentId").ID()
		// What the staff puts on the case itself is theirs; what it sends hangs on the message.
		staff := !(org.Actor{UserType: app.Text(res.Get(i, "CreatedBy", "UserType"))}).External()
		if of[doc].Prefix() == "500" && staff {
			continue
		}
		c.Files = append(c.Files, File{ID: res.Get(i, "Id").ID(), Name: page.FileName(app.Text(res.Get(i, "PathOnClient"))), Size: minutes(res.Get(i, "ContentSize")), on: of[doc]})
	}
	return nil
}

// A trackPage is the page of a case.
type trackPage struct {
	*Case
	Asks     bool   // something waits for the citizen's yes
	Text     string // of a message on its way
	Problems []kit.Problem
}

func showCase(v *page.Visit) error {
	c, err := tracked(v, true)
	if err != nil {
		return err
	}
	return drawCase(v, trackPage{Case: c}, http.StatusOK)
}

func drawCase(v *page.Visit, p trackPage, status int) error {
	open, err := waiting(v, p.ID)
	if err != nil {
		return err
	}
	p.Asks = len(open) > 0
	return v.Answer(page.Page{Title: p.Reference, Class: "main", Status: status, Head: metaNoindex(), Body: caseBody(v, p)})
}

func showReceived(v *page.Visit) error {
	c, err := tracked(v, false)
	if err != nil {
		return err
	}
	return v.Answer(page.Page{Title: v.T("track.received"), Class: "main", Head: metaNoindex(), Body: receivedBody(v, c)})
}

// kinds are the endings of the files that citizens may send: papers and photos.
var kinds = []string{".pdf", ".jpg", ".jpeg", ".png", ".gif", ".webp", ".heic", ".txt", ".csv", ".doc", ".docx", ".odt", ".xls", ".xlsx", ".ods", ".eml"}

// Bounds of what one message may bring.
const (
	mostFiles = 10
	fileBytes = 10 << 20
)

// filesOf returns the files of a form, and the names of those that are refused: too large, of a kind that is not taken, or not what they say they are.
func filesOf(v *page.Visit) (files []service.File, refused []string) {
	for _, u := range v.Uploads() {
		if len(u.Data) == 0 && u.Name == "file" {
			continue // no file was chosen
		}
		name := page.FileName(u.Name)
		ext := strings.ToLower(path.Ext(name))
		if len(files) == mostFiles || len(u.Data) == 0 || len(u.Data) > fileBytes || !slices.Contains(kinds, ext) || !fits(ext, u.Data) {
			refused = append(refused, name)
			continue
		}
		files = append(files, service.File{Name: name, Body: withoutPlace(ext, u.Data)})
	}
	return files, refused
}

// fits reports whether the beginning of a file is that of its kind, for those that browsers would open.
func fits(ext string, data []byte) bool {
	kind := http.DetectContentType(data)
	switch ext {
	case ".jpg", ".jpeg":
		return kind == "image/jpeg"
	case ".png", ".gif", ".webp":
		return kind == "image/"+ext[1:]
	case ".pdf":
		return kind == "application/pdf"
	case ".txt", ".csv", ".eml":
		return strings.HasPrefix(kind, "text/plain")
	default:
		return !strings.HasPrefix(kind, "text/html") && !strings.Contains(kind, "xml")
	}
}

func addMessage(v *page.Visit) error {
	if err := v.BadForm(); err != nil {
		return err
	}
	c, err := tracked(v, true)
	if err != nil {
		return err
	}
	p := trackPage{Case: c, Text: v.Text("text", 30_000)}
	files, refused := filesOf(v)
	for _, name := range refused {
		p.Problems = append(p.Problems, kit.Problem{Field: "files", Text: v.T("track.badFile", "name", name)})
	}
	if p.Text == "" && len(files) == 0 && len(refused) == 0 {
		p.Problems = append(p.Problems, kit.Problem{Field: "text", Text: v.T("track.empty")})
	}
	if len(p.Problems) > 0 {
		return drawCase(v, p, http.StatusUnprocessableEntity)
	}
	s, err := acting(v)
	if err != nil {
		return err
	}
	if _, err := service.FromCitizen(v.Ctx(), s, c.ID, p.Text, files); err != nil {
		return err
	}
	v.Flash(v.T("track.sent"))
	return v.Redirect(v.Path("/track/" + c.Key))
}

// withdraw closes a case at its citizen's wish, and says so in it.
func withdraw(v *page.Visit) error {
	c, err := tracked(v, false)
	if err != nil {
		return err
	}
	if c.Closed {
		return v.Redirect(v.Path("/track/" + c.Key))
	}
	if v.Posted("sure") != "yes" {
		return v.Answer(page.Page{Title: v.T("track.withdraw"), Class: "main", Head: metaNoindex(), Body: withdrawBody(v, c)})
	}
	s, err := acting(v)
	if err != nil {
		return err
	}
	if _, err := service.FromCitizen(v.Ctx(), s, c.ID, v.T("track.withdrawn.message"), nil); err != nil {
		return err
	}
	if _, err := service.SetStatus(v.Ctx(), s, []record.ID{c.ID}, "Closed"); err != nil {
		return err
	}
	v.Flash(v.T("track.withdrawn"))
	return v.Redirect(v.Path("/track/" + c.Key))
}

// reopen opens a case again that the citizen is not done with; what they write says why.
func reopen(v *page.Visit) error { return addMessage(v) }

// download hands out a file of what the citizen may read, never for showing it in a page of ours.
func download(v *page.Visit) error {
	c, err := tracked(v, true)
	if err != nil {
		return err
	}
	id := record.ID(v.Args["id"])
	at := slices.IndexFunc(c.Files, func(f File) bool { return f.ID == id })
	if at < 0 {
		return page.NotFound()
	}
	s, err := acting(v)
	if err != nil {
		return err
	}
	res, err := app.Query(v.Ctx(), s, "SELECT VersionData FROM ContentVersion WHERE Id = ?", id)
	if err != nil {
		return err
	}
	if res.Len() == 0 {
		return page.NotFound()
	}
	v.W.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": c.Files[at].Name}))
	v.W.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'")
	return v.Write(http.StatusOK, "application/octet-stream", []byte(res.Get(0, "VersionData").Text()))
}

// A lookForm asks for the link of a case.
type lookForm struct {
	Reference, Email string
	Problems         []kit.Problem
	Sent             bool
}

func (f *lookForm) problem(field string) string {
	for _, p := range f.Problems {
		if p.Field == field {
			return p.Text
		}
	}
	return ""
}

func trackForm(v *page.Visit) error {
	return drawLook(v, lookForm{Reference: app.Cut(v.Query("reference"), 20), Email: v.Visitor.Email}, http.StatusOK)
}

func drawLook(v *page.Visit, f lookForm, status int) error {
	return v.Answer(page.Page{Title: v.T("portal.nav.track"), Class: "main", Status: status, Head: linkCanonical(v.Surface.URL(v, "/track")), Body: lookBody(v, f)})
}

// How often somebody may ask for the link of a case: enough for a person who mistypes. Source: Stoa's own.
const (
	looksAtOnce = 10
	lookEvery   = 2 * time.Minute
)

// mailLink mails the link of a case to the address that it belongs to. The answer is the same whatever was found.
func mailLink(v *page.Visit) error {
	f := lookForm{Reference: v.Text("reference", 20), Email: v.Text("email", 80)}
	ref, ok := service.ParseReference(f.Reference)
	if !ok {
		f.Problems = append(f.Problems, kit.Problem{Field: "reference", Text: v.T("track.badReference")})
	}
	if !validAddress(f.Email) {
		f.Problems = append(f.Problems, kit.Problem{Field: "email", Text: v.T("portal.signin.bad")})
	}
	if len(f.Problems) > 0 {
		return drawLook(v, f, http.StatusUnprocessableEntity)
	}
	names := []string{"of " + ref}
	if from := networkOf(v.Surface.Gate().Address(v.R)); from != "" {
		names = append(names, "from "+from)
	}
	admitted, err := v.Surface.Org().Admit(v.Ctx(), org.Allowance{Kind: "service-look", AtOnce: looksAtOnce, Every: lookEvery}, names...)
	if err != nil {
		return err
	}
	if admitted {
		s, err := acting(v)
		if err != nil {
			return err
		}
		if err := service.MailLink(v.Ctx(), s, ref, f.Email, v.UI.Lang()); err != nil {
			return err
		}
	}
	f.Sent = true
	return drawLook(v, f, http.StatusOK)
}

func networkOf(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	ip := net.ParseIP(host)
	switch {
	case ip == nil || ip.IsLoopback():
		return ""
	case ip.To4() != nil:
		return ip.Mask(net.CIDRMask(24, 32)).String()
	default:
		return ip.Mask(net.CIDRMask(56, 128)).String()
	}
}

func (p *trackPage) problem(field string) string {
	for _, q := range p.Problems {
		if q.Field == field {
			return q.Text
		}
	}
	return ""
}
