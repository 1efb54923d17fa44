package page

import (
	"bytes"
	"mime/multipart"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stoa/internal/fault"
)

func TestRoutesMatchWordsBeforePlaces(t *testing.T) {
	t.Parallel()
	rs := NewRoutes(
		Route{Method: "GET", Path: "/"},
		Route{Method: "GET", Path: "/jobs/feed"},
		Route{Method: "GET", Path: "/jobs/{slug}"},
		Route{Method: "POST", Path: "/jobs/{slug}"},
		Route{Method: "GET", Path: "/files/{name...}"},
	)
	for _, c := range []struct {
		method, path, want, allowed string
		args                        map[string]string
	}{
		{"GET", "/", "/", "", nil},
		{"GET", "/jobs/feed", "/jobs/feed", "", nil},
		{"HEAD", "/jobs/feed/", "/jobs/feed", "", nil},
		{"GET", "/jobs/a b", "/jobs/{slug}", "", map[string]string{"slug": "a b"}},
		{"POST", "/jobs/feed", "/jobs/{slug}", "", map[string]string{"slug": "feed"}},
		{"DELETE", "/jobs/x", "", "GET, POST", nil},
		{"GET", "/jobs", "", "", nil},
		{"GET", "/jobs//x", "", "", nil},
		{"GET", "/files/a/b", "/files/{name...}", "", map[string]string{"name": "a/b"}},
		{"GET", "/nothing", "", "", nil},
	} {
		rt, args, allowed := rs.Match(c.method, c.path)
		got := ""
		if rt != nil {
			got = rt.Path
		}
		if got != c.want || allowed != c.allowed || !cmp.Equal(args, c.args) {
			t.Errorf("%s %s: %q %q %v, want %q %q %v", c.method, c.path, got, allowed, args, c.want, c.allowed, c.args)
		}
	}
}

func TestAFormLeadsOnlyToPathsOfOurs(t *testing.T) {
	t.Parallel()
	for to, want := range map[string]string{
		"/my":                   "/my",
		"/my?tab=1":             "/my?tab=1",
		"//evil.example/my":     "/",
		"https://evil.example/": "/",
		"/elsewhere":            "/",
		`/my\..\evil`:           "/",
		"/my\r\nX: y":           "/",
		"/my//evil.example":     "/",
		"javascript:alert(1)":   "/",
		"":                      "/",
	} {
		if got := Within(to, "/", "/my"); got != want {
			t.Errorf("%q leads to %q, want %q", to, got, want)
		}
	}
}

func TestFileNamesOfStrangersAreSafeToShow(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"photo.jpg":                       "photo.jpg",
		`C:\Users\me\photo.jpg`:           "photo.jpg",
		"../../etc/passwd":                "passwd",
		"a\u202egpj.exe":                  "agpj.exe",
		"a\x00b\r\nc.txt":                 "abc.txt",
		`"><script>.png`:                  "script.png",
		"..":                              "file",
		".hidden":                         "hidden",
		"":                                "file",
		strings.Repeat("é", 300) + ".pdf": strings.Repeat("é", 116) + ".pdf",
	} {
		if got := FileName(name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
}

func TestAFormBringsValuesAndFiles(t *testing.T) {
	t.Parallel()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	_ = w.WriteField("text", "  Hello\r\nthere\x07 ")
	f, _ := w.CreateFormFile("photo", "../me.png")
	_, _ = f.Write([]byte("png"))
	_, _ = w.CreateFormFile("none", "")
	_ = w.Close()
	r := httptest.NewRequest("POST", "/", &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	v := &Visit{W: httptest.NewRecorder(), R: r}
	if err := v.BadForm(); err != nil {
		t.Fatal(err)
	}
	if got := v.Text("text", 8); got != "Hello\nth" {
		t.Errorf("text %q", got)
	}
	if d := cmp.Diff([]Upload{{Field: "photo", Name: "me.png", Data: []byte("png")}}, v.Uploads()); d != "" {
		t.Error(d)
	}
}

func TestAFormThatIsTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("POST", "/", strings.NewReader("a="+strings.Repeat("x", MaxForm)))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	v := &Visit{W: httptest.NewRecorder(), R: r}
	if err := v.BadForm(); err == nil || fault.From(err).Code != fault.RequestBodyTooLarge {
		t.Errorf("%v", err)
	}
}
