package community

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"stoa/apps/service"
	"stoa/apps/service/portal"
	"stoa/internal/app"
	"stoa/internal/auth"
	"stoa/internal/mail"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/store"
	"stoa/internal/store/storetest"
	"stoa/internal/web/site"
)

// A town is an org with its public site, some staff, and a mailbox for what it sends.
type town struct {
	t     *testing.T
	o     *org.Org
	sys   *org.Session
	gate  *auth.Gate
	site  http.Handler
	post  postbox
	staff []record.ID
	topic record.ID
}

// A postbox keeps what is sent.
type postbox chan string

// Send implements send.Transport.
func (p postbox) Send(_ context.Context, e mail.Envelope, raw []byte) error {
	m := mail.Parse(raw)
	p <- strings.Join(e.To, ",") + "\n" + m.Subject + "\n" + m.Text + "\n" + m.Header.Get("List-Unsubscribe")
	return nil
}

// each runs the cases on one town an engine, since making one takes seconds on PostgreSQL.
func each(t *testing.T, cases map[string]func(*testing.T, *town)) {
	storetest.Each(t, func(t *testing.T, db store.DB) {
		h := newTown(t, db)
		for name, run := range cases {
			t.Run(name, func(t *testing.T) {
				mine := *h
				mine.t = t
				run(t, &mine)
			})
		}
	})
}

func newTown(t *testing.T, db store.DB) *town {
	t.Helper()
	h := &town{t: t, post: make(postbox, 2000)}
	all := app.Apps{portal.With(service.App()), App()}
	kinds, schedules := all.Jobs()
	for _, m := range all.Mail(app.Post{Domain: "city.example", Transport: h.post}) {
		kinds = append(kinds, m.Jobs...)
	}
	o, err := org.Open(t.Context(), org.Settings{DB: db, JournalDir: t.TempDir(), Report: func(err error) { t.Error(err) }, Hooks: all.Hooks(), Jobs: kinds, Schedules: schedules})
	if err != nil {
		t.Fatal(err)
	}
	h.o = o
	for _, step := range []func() error{
		func() error {
			return o.Create(t.Context(), org.NewOrg{Name: "Test", AdminUsername: "admin@test.example"})
		},
		func() error { return o.Prepare(t.Context()) },
		func() error { return all.Install(t.Context(), o) },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- o.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	if h.sys, err = o.System(t.Context(), org.System, "operation"); err != nil {
		t.Fatal(err)
	}
	profile := h.ids("SELECT Id FROM Profile WHERE Name = 'Standard User'")[0]
	for _, first := range []string{"Mara", "Tomas"} {
		name := strings.ToLower(first)
		h.staff = append(h.staff, h.insert("User", "FirstName", first, "LastName", "Staff", "Username", name+"@test.example", "Email", name+".secret@test.example", "Alias", name,
			"CommunityNickname", name, "ProfileId", profile, "IsActive", true, "TimeZoneSidKey", "America/New_York", "LocaleSidKey", "en_US", "LanguageLocaleKey", "en_US", "EmailEncodingKey", "UTF-8"))
	}
	h.topic = h.insert("Topic", "Name", "Heating")
	h.insert("Service__c", "Name", "Street light", "Slug__c", "street-light", "First_Reply_Minutes__c", 60, "Solution_Minutes__c", 600, "Public__c", true)
	h.insert("Service__c", "Name", "Secret service", "Slug__c", "secret")
	pairs := []any{"Name", "Default", "Reference_Prefix__c", "HV", "Sender_Name__c", "City", "Sender_Address__c", "help@test.example", "Site_Address__c", "https://city.example"}
	if set := h.ids("SELECT Id FROM Service_Setting__c WHERE Name = 'Default'"); len(set) == 0 {
		h.insert("Service_Setting__c", pairs...)
	} else if _, err := org.Must(h.sys.Update(t.Context(), []record.Draft{app.Changes("Service_Setting__c", set[0], pairs...)}, org.WriteOptions{})); err != nil {
		t.Fatal(err)
	}
	h.gate = auth.New(o, auth.Options{Origin: "https://city.example"})
	routes, nav, foot := all.Site()
	h.site = site.New(site.Options{Name: "Test", Org: func() *org.Org { return o }, Gate: h.gate, Origin: func(*http.Request) string { return "https://city.example" },
		Visitor: func(r *http.Request) (org.Actor, error) {
			c := auth.CredentialsOf(r, org.Portal)
			if c.Token == "" {
				return org.Actor{}, nil
			}
			s, err := h.gate.Authenticate(r.Context(), c)
			if err != nil {
				return org.Actor{}, nil
			}
			return s.Actor(), nil
		}, Routes: routes, Nav: nav, Foot: foot})
	return h
}

func (h *town) insert(object string, pairs ...any) record.ID {
	h.t.Helper()
	ids, err := org.Must(h.sys.Insert(h.t.Context(), []record.Draft{app.Draft(object, pairs...)}, org.WriteOptions{}))
	if err != nil {
		h.t.Fatalf("insert %s: %v", object, err)
	}
	return ids[0]
}

func (h *town) ids(soql string, args ...any) (ids []record.ID) {
	h.t.Helper()
	res, err := app.Query(h.t.Context(), h.sys, soql, args...)
	if err != nil {
		h.t.Fatalf("%s: %v", soql, err)
	}
	for i := range res.Len() {
		ids = append(ids, res.Get(i, "Id").ID())
	}
	return ids
}

// get returns fields of a record as text, parted by |.
func (h *town) get(id record.ID, object string, fields ...string) string {
	h.t.Helper()
	res, err := app.Query(h.t.Context(), h.sys, "SELECT "+strings.Join(fields, ", ")+" FROM "+object+" WHERE Id = ?", id)
	if err != nil || res.Len() == 0 {
		h.t.Fatalf("%s %s: %v", object, id, err)
	}
	var out []string
	for _, f := range fields {
		out = append(out, app.Text(res.Get(0, strings.Split(f, ".")...)))
	}
	return strings.Join(out, "|")
}

// as opens a session of the app's code in somebody's name.
func (h *town) as(user record.ID) *org.Session {
	h.t.Helper()
	a, _, ok, err := h.o.UserByID(h.t.Context(), user)
	if err != nil || !ok {
		h.t.Fatal(err)
	}
	s, err := h.o.Service(h.t.Context(), a, org.Portal, why)
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// member makes a member; one that is trusted has three published answers.
func (h *town) member(email string, trusted bool) record.ID {
	h.t.Helper()
	id, ok, err := member(h.t.Context(), h.sys, email, "en")
	if err != nil || !ok {
		h.t.Fatalf("member %s: %v", email, err)
	}
	if trusted {
		for i := range 3 {
			k, err := Publish(h.t.Context(), h.as(id), Draft{Topic: h.topic, Title: fmt.Sprintf("A question before, number %d", i)})
			if err != nil {
				h.t.Fatal(err)
			}
			h.decide(h.staff[0], k.ID, Decision{Publish: true})
			h.letter("is public now")
		}
	}
	return id
}

// publish posts and expects that it is public at once.
func (h *town) publish(user record.ID, d Draft) record.ID {
	h.t.Helper()
	k, err := Publish(h.t.Context(), h.as(user), d)
	if err != nil || k.Held != "" {
		h.t.Fatalf("held %q, %v", k.Held, err)
	}
	return k.ID
}

func (h *town) caseOf(post record.ID) record.ID {
	h.t.Helper()
	return h.ids("SELECT Id FROM Moderation_Case__c WHERE Key__c = ?", string(post))[0]
}

func (h *town) decide(moderator, post record.ID, d Decision) {
	h.t.Helper()
	if err := Decide(h.t.Context(), h.as(moderator), h.caseOf(post), d); err != nil {
		h.t.Fatal(err)
	}
}

// letter waits for a letter with some text in it.
func (h *town) letter(with string) string {
	h.t.Helper()
	late := time.After(30 * time.Second)
	for {
		select {
		case l := <-h.post:
			if strings.Contains(l, with) {
				return l
			}
		case <-late:
			h.t.Fatalf("no letter says %q", with)
		}
	}
}

// A browser is somebody who looks at the site, with their cookies.
type browser struct {
	h       *town
	cookies map[string]string
	address string
}

func (h *town) browser() *browser {
	return &browser{h: h, cookies: map[string]string{}, address: "127.0.0.1:4000"}
}

// signedIn is a browser in which somebody has signed in.
func (h *town) signedIn(user record.ID) *browser {
	h.t.Helper()
	token, _, err := h.gate.Open(h.t.Context(), auth.Login{User: user, Kind: auth.UI})
	if err != nil {
		h.t.Fatal(err)
	}
	w, b := httptest.NewRecorder(), h.browser()
	h.gate.SetCookie(w, httptest.NewRequest("GET", "https://city.example/", nil), token)
	b.keep(w.Result())
	return b
}

func (b *browser) keep(r *http.Response) {
	for _, c := range r.Cookies() {
		b.cookies[c.Name] = c.Value
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
}

func (b *browser) do(r *http.Request) (status int, body string, header http.Header) {
	b.h.t.Helper()
	r.RemoteAddr = b.address
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	b.h.site.ServeHTTP(w, r)
	res := w.Result()
	b.keep(res)
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.h.t.Fatal(err)
	}
	return res.StatusCode, string(text), res.Header
}

func (b *browser) get(path string) (status int, body string, header http.Header) {
	b.h.t.Helper()
	return b.do(httptest.NewRequest("GET", "https://city.example"+path, nil))
}

func (b *browser) send(path string, pairs ...string) (status int, body string, header http.Header) {
	b.h.t.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest("POST", "https://city.example"+path, strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

// see gets a page that must be there.
func (b *browser) see(path string) string {
	b.h.t.Helper()
	status, body, header := b.get(path)
	if status != http.StatusOK {
		b.h.t.Fatalf("%s: %d %s %s", path, status, header.Get("Location"), body)
	}
	return body
}

var inLetter = regexp.MustCompile(`https://city\.example(/\S+)`)

// linkIn returns the path of the first link of ours in a letter.
func linkIn(t *testing.T, letter string) string {
	t.Helper()
	m := inLetter.FindStringSubmatch(letter)
	if m == nil {
		t.Fatalf("no link in %s", letter)
	}
	return m[1]
}

func urlEscape(s string) string { return url.QueryEscape(s) }
