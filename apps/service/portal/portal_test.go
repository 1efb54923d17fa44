package portal

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"stoa/apps/service"
	"stoa/internal/app"
	"stoa/internal/auth"
	"stoa/internal/mail"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/store"
	"stoa/internal/store/storetest"
	"stoa/internal/web/site"
)

// A counter is an org with its public site, and a mailbox for what it sends.
type counter struct {
	t    *testing.T
	o    *org.Org
	sys  *org.Session
	site http.Handler
	post postbox
}

// A postbox keeps what is sent: recipient, subject, text.
type postbox chan [3]string

// Send implements send.Transport.
func (p postbox) Send(_ context.Context, e mail.Envelope, raw []byte) error {
	m := mail.Parse(raw)
	p <- [3]string{strings.Join(e.To, ","), m.Subject, m.Text}
	return nil
}

func each(t *testing.T, cases map[string]func(*testing.T, *counter)) {
	storetest.Each(t, func(t *testing.T, db store.DB) {
		h := newCounter(t, db)
		for name, run := range cases {
			t.Run(name, func(t *testing.T) {
				mine := *h
				mine.t = t
				run(t, &mine)
			})
		}
	})
}

func newCounter(t *testing.T, db store.DB) *counter {
	t.Helper()
	h := &counter{t: t, post: make(postbox, 200)}
	all := app.Apps{With(service.App())}
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
	pairs := []any{"Name", "Default", "Reference_Prefix__c", "HV", "Sender_Name__c", "City", "Sender_Address__c", "help@test.example", "Site_Address__c", "https://city.example"}
	if set := h.ids("SELECT Id FROM Service_Setting__c WHERE Name = 'Default'"); len(set) > 0 {
		h.write(org.Must(h.sys.Update(t.Context(), []record.Draft{app.Changes("Service_Setting__c", set[0], pairs...)}, org.WriteOptions{})))
	} else {
		h.write(org.Must(h.sys.Insert(t.Context(), []record.Draft{app.Draft("Service_Setting__c", pairs...)}, org.WriteOptions{})))
	}
	h.write(org.Must(h.sys.Insert(t.Context(), []record.Draft{app.Draft("Service__c", "Name", "Street light", "Name_es__c", "Farola", "Slug__c", "street-light", "First_Reply_Minutes__c", 60,
		"Solution_Minutes__c", 600, "Public__c", true, "Body__c", "Tell us the **street**.")}, org.WriteOptions{})))
	gate := auth.New(o, auth.Options{Origin: "https://city.example"})
	routes, nav, foot := all.Site()
	h.site = site.New(site.Options{Name: "Test", Org: func() *org.Org { return o }, Gate: gate, Origin: func(*http.Request) string { return "https://city.example" },
		Visitor: func(*http.Request) (org.Actor, error) { return org.Actor{}, nil }, Routes: routes, Nav: nav, Foot: foot})
	return h
}

func (h *counter) write(_ []record.ID, err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *counter) ids(soql string, args ...any) (ids []record.ID) {
	h.t.Helper()
	res, err := app.Query(h.t.Context(), h.sys, soql, args...)
	if err != nil {
		h.t.Fatal(err)
	}
	for i := range res.Len() {
		ids = append(ids, res.Get(i, "Id").ID())
	}
	return ids
}

func (h *counter) do(r *http.Request) (status int, body string, header http.Header) {
	h.t.Helper()
	r.RemoteAddr = "127.0.0.1:4000"
	w := httptest.NewRecorder()
	h.site.ServeHTTP(w, r)
	b, err := io.ReadAll(w.Result().Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return w.Result().StatusCode, string(b), w.Result().Header
}

func (h *counter) get(path string) (status int, body string, header http.Header) {
	h.t.Helper()
	return h.do(httptest.NewRequest("GET", "https://city.example"+path, nil))
}

func (h *counter) send(path string, pairs ...string) (status int, body string, header http.Header) {
	h.t.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest("POST", "https://city.example"+path, strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return h.do(r)
}

// upload posts a form with one file.
func (h *counter) upload(path, name string, data []byte, pairs ...string) (status int, body string, header http.Header) {
	h.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i+1 < len(pairs); i += 2 {
		_ = w.WriteField(pairs[i], pairs[i+1])
	}
	f, _ := w.CreateFormFile("files", name)
	_, _ = f.Write(data)
	_ = w.Close()
	r := httptest.NewRequest("POST", "https://city.example"+path, &b)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return h.do(r)
}

// letter waits for a letter to somebody.
func (h *counter) letter(to string) [3]string {
	h.t.Helper()
	late := time.After(30 * time.Second)
	for {
		select {
		case l := <-h.post:
			if l[0] == to {
				return l
			}
		case <-late:
			h.t.Fatalf("no letter to %s", to)
		}
	}
}

// request asks for something and returns the path of its page.
func (h *counter) request(email, title string) string {
	h.t.Helper()
	status, body, header := h.send("/requests", "service", "street-light", "title", title, "body", "At Ropewalk 41.", "email", email, "once", title)
	if status != http.StatusSeeOther {
		h.t.Fatalf("%d %s", status, body)
	}
	return strings.TrimSuffix(header.Get("Location"), "/received")
}

var referenceIn = regexp.MustCompile(`HV-[A-Z0-9]{4}-[A-Z0-9]{2}`)

func TestACitizenWithoutAnAccount(t *testing.T) {
	t.Parallel()
	each(t, map[string]func(*testing.T, *counter){
		"asks, reads what happens next, gets a copy, and finds the page again": func(t *testing.T, h *counter) {
			path := h.request("ada@home.example", "The lamp is out")
			_, page, header := h.get(path + "/received")
			ref := referenceIn.FindString(page)
			if ref == "" || !strings.Contains(page, "Somebody answers you by") {
				t.Errorf("page %s", page)
			}
			if header.Get("Cache-Control") != "no-store" {
				t.Errorf("it is kept: %s", header.Get("Cache-Control"))
			}
			if l := h.letter("ada@home.example"); !strings.Contains(l[2], ref) || !strings.Contains(l[2], "https://city.example"+path) {
				t.Errorf("copy %q", l)
			}
			h.send("/track", "reference", strings.ToLower(ref), "email", "ADA@home.example")
			if l := h.letter("ADA@home.example"); !strings.Contains(l[2], "https://city.example"+path) {
				t.Errorf("link %q", l)
			}
			if status, page, _ := h.get(path); status != http.StatusOK || !strings.Contains(page, "The lamp is out") || !strings.Contains(page, "At Ropewalk 41.") {
				t.Errorf("%d %s", status, page)
			}
		},
		"makes one case, however often the form is sent": func(t *testing.T, h *counter) {
			if a, b := h.request("twice@home.example", "Sent twice"), h.request("twice@home.example", "Sent twice"); a != b {
				t.Errorf("%s and %s", a, b)
			}
			if n := len(h.ids("SELECT Id FROM Case WHERE Subject = 'Sent twice'")); n != 1 {
				t.Errorf("%d cases", n)
			}
		},
		"keeps what was typed when something is missing": func(t *testing.T, h *counter) {
			status, page, _ := h.send("/requests", "service", "street-light", "title", "Dark street", "body", "Very dark", "email", "not an address")
			if status != http.StatusUnprocessableEntity || !strings.Contains(page, `href="#email"`) || !strings.Contains(page, "Dark street") || !strings.Contains(page, "Very dark") || !strings.Contains(page, "not an address") {
				t.Errorf("%d %s", status, page)
			}
		},
		"adds to it and withdraws it": func(t *testing.T, h *counter) {
			path := h.request("otis@home.example", "A bench is broken")
			if status, body, _ := h.send(path+"/messages", "text", "It is worse now."); status != http.StatusSeeOther {
				t.Fatalf("%d %s", status, body)
			}
			if _, page, _ := h.get(path); !strings.Contains(page, "It is worse now.") {
				t.Error("the message is not there")
			}
			if _, page, _ := h.send(path + "/withdraw"); !strings.Contains(page, "Withdraw this request?") {
				t.Errorf("no question: %s", page)
			}
			if status, body, _ := h.send(path+"/withdraw", "sure", "yes"); status != http.StatusSeeOther {
				t.Fatalf("%d %s", status, body)
			}
			if n := len(h.ids("SELECT Id FROM Case WHERE Subject = 'A bench is broken' AND Status = 'Closed'")); n != 1 {
				t.Error("it is open still")
			}
		},
		"sees no note of the staff": func(t *testing.T, h *counter) {
			path := h.request("wren@home.example", "A sign is gone")
			id := h.ids("SELECT Id FROM Case WHERE Subject = 'A sign is gone'")[0]
			h.write(org.Must(h.sys.Insert(t.Context(), []record.Draft{app.Draft("CaseComment", "ParentId", id, "CommentBody", "QUETZALCOATL", "IsPublished", false)}, org.WriteOptions{})))
			h.write(org.Must(h.sys.Insert(t.Context(), []record.Draft{app.Draft("ContentVersion", "Title", "QUETZALCOATL", "PathOnClient", "inner.txt", "VersionData", []byte("QUETZALCOATL"), "FirstPublishLocationId", id)}, org.WriteOptions{})))
			for _, p := range []string{path, path + "/received", path + "/files/" + string(h.ids("SELECT Id FROM ContentVersion WHERE Title = 'QUETZALCOATL'")[0])} {
				if status, page, _ := h.get(p); strings.Contains(page, "QUETZALCOATL") || strings.Contains(page, "inner.txt") || strings.Contains(page, "admin@") {
					t.Errorf("%s: %d %s", p, status, page)
				}
			}
		},
	})
}

func TestNobodyFindsOutWhichCasesThereAre(t *testing.T) {
	t.Parallel()
	each(t, map[string]func(*testing.T, *counter){
		"the answer is the same whatever there is": func(t *testing.T, h *counter) {
			path := h.request("known@home.example", "Known")
			_, page, _ := h.get(path + "/received")
			ref := referenceIn.FindString(page)
			answer := func(ref, email string) string {
				status, body, _ := h.send("/track", "reference", ref, "email", email)
				return http.StatusText(status) + strings.ReplaceAll(body, email, "X")
			}
			want := answer(ref, "known@home.example")
			for _, got := range []string{answer(ref, "other@home.example"), answer(other(t, ref), "known@home.example")} {
				if got != want {
					t.Errorf("%s\nis not\n%s", got, want)
				}
			}
			h.letter("known@home.example")
		},
		"a key that is nearly right opens nothing": func(t *testing.T, h *counter) {
			path := h.request("keys@home.example", "Keys")
			for _, p := range []string{path[:len(path)-1], path + "a", path[:len(path)-1] + string(path[len(path)-1]^1), "/track/" + strings.Repeat("a", 34), "/track/%00", "/track/'"} {
				if status, _, _ := h.get(p); status != http.StatusNotFound {
					t.Errorf("%s: %d", p, status)
				}
			}
			if status, _, _ := h.send(path[:len(path)-1]+"/messages", "text", "x"); status != http.StatusNotFound {
				t.Errorf("writes: %d", status)
			}
		},
	})
}

// other returns a reference that is well formed and of no case.
func other(t *testing.T, ref string) string {
	t.Helper()
	const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
	for _, a := range letters {
		for _, b := range letters {
			for _, c := range letters {
				if r := ref[:8] + string(a) + string(b); r != ref {
					if _, ok := service.ParseReference(r); ok {
						return r
					}
				}
				if r := ref[:6] + string(c) + "-" + string(a) + string(b); r != ref {
					if _, ok := service.ParseReference(r); ok {
						return r
					}
				}
			}
		}
	}
	t.Fatal("no other reference")
	return ""
}

func TestFilesOfStrangers(t *testing.T) {
	t.Parallel()
	photo := photoAt(t)
	each(t, map[string]func(*testing.T, *counter){
		"a photo comes through without its place, and is only ever saved": func(t *testing.T, h *counter) {
			path := h.request("photo@home.example", "With a photo")
			if status, body, _ := h.upload(path+"/messages", "../../hole.jpg", photo, "text", "Here"); status != http.StatusSeeOther {
				t.Fatalf("%d %s", status, body)
			}
			_, page, _ := h.get(path)
			m := regexp.MustCompile(`/track/[^"]+/files/[0-9A-Za-z]+`).FindString(page)
			status, body, header := h.get(m)
			if status != http.StatusOK || header.Get("Content-Disposition") != "attachment; filename=hole.jpg" || header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Content-Type") != "application/octet-stream" {
				t.Errorf("%d %v", status, header)
			}
			if strings.Contains(body, "GPS-PLACE") {
				t.Error("the place is in it")
			}
			if _, err := jpeg.Decode(strings.NewReader(body)); err != nil {
				t.Error(err)
			}
			if got := sideOf([]byte(body)[6:]); got != 6 {
				t.Errorf("side %d", got)
			}
			another := h.request("another@home.example", "Another")
			if status, _, _ := h.get(another + m[strings.Index(m, "/files/"):]); status != http.StatusNotFound {
				t.Errorf("by way of another case: %d", status)
			}
		},
		"what is not what it says is refused, and says so": func(t *testing.T, h *counter) {
			path := h.request("bad@home.example", "With a bad file")
			for name, data := range map[string][]byte{
				"page.html": []byte("<script>alert(1)</script>"), "x.svg": []byte("<svg/>"), "x.exe": []byte("MZ"), "photo.jpg": []byte("<html><script>alert(1)</script>"), "note.txt": []byte("<html><body>"),
				"empty.pdf": {}, "big.txt": bytes.Repeat([]byte("a"), fileBytes+1),
			} {
				if status, page, _ := h.upload(path+"/messages", name, data, "text", "kept text"); status != http.StatusUnprocessableEntity || !strings.Contains(page, name) || !strings.Contains(page, "kept text") {
					t.Errorf("%s: %d", name, status)
				}
			}
		},
	})
}

// photoAt is a JPEG with a place and a side in its Exif.
func photoAt(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	exif := append(exifSide(6)[4:], "GPS-PLACE"...)
	seg := binary.BigEndian.AppendUint16([]byte{0xff, markAPP1}, uint16(len(exif)+2))
	return append(append(append([]byte{}, b.Bytes()[:2]...), append(seg, exif...)...), b.Bytes()[2:]...)
}

func TestPicturesStayPictures(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	chunk := binary.BigEndian.AppendUint32(nil, 9)
	chunk = append(chunk, "tEXtGPS-PLACE0000"...)
	with := append(append(append([]byte{}, b.Bytes()[:33]...), chunk...), b.Bytes()[33:]...)
	got := withoutPlace(".png", with)
	if bytes.Contains(got, []byte("GPS-PLACE")) || !bytes.Equal(got, b.Bytes()) {
		t.Errorf("%q", got)
	}
	for _, data := range [][]byte{nil, {0xff}, {0xff, 0xd8}, {0xff, 0xd8, 0xff, 0xe1, 0xff, 0xff}, []byte("not a picture"), photoAt(t)[:30]} {
		for _, ext := range []string{".jpg", ".png", ".gif"} {
			if got := withoutPlace(ext, data); !bytes.Equal(got, data) {
				t.Errorf("%s %q became %q", ext, data, got)
			}
		}
	}
}
