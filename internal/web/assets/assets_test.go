package assets

import (
	"compress/gzip"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAnAssetIsServedCompressedAndImmutable(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, accept, encoding string }{
		{"console.css", "gzip, br", "br"},
		{"console.css", "gzip;q=1.0, br;q=0", "gzip"},
		{"console.js", "gzip", "gzip"},
		{"icons.svg", "", ""},
		{"hyperlegible-latin.woff2", "gzip, br", ""},
	} {
		r := httptest.NewRequest("GET", URL(tc.name), nil)
		r.Header.Set("Accept-Encoding", tc.accept)
		w := httptest.NewRecorder()
		Handler().ServeHTTP(w, r)
		if w.Code != 200 || w.Header().Get("Content-Encoding") != tc.encoding {
			t.Errorf("%s for %q: %d, encoding %q, want %q", tc.name, tc.accept, w.Code, w.Header().Get("Content-Encoding"), tc.encoding)
		}
		if got := w.Header().Get("Cache-Control"); got != immutable {
			t.Errorf("%s: Cache-Control %q", tc.name, got)
		}
	}
}

func TestTheStyleSheetNamesFontsThatExist(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("GET", URL("console.css"), nil)
	r.Header.Set("Accept-Encoding", "gzip")
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, part := range strings.Split(string(b), "url(")[1:] {
		name := strings.Trim(part[:strings.IndexByte(part, ')')], `"`)
		if !strings.HasSuffix(name, ".woff2") {
			continue
		}
		found++
		f := httptest.NewRecorder()
		Handler().ServeHTTP(f, httptest.NewRequest("GET", Prefix+name, nil))
		if f.Code != 200 {
			t.Errorf("%s: %d", name, f.Code)
		}
	}
	if found == 0 {
		t.Error("no font named")
	}
}

func TestNothingElseIsServed(t *testing.T) {
	t.Parallel()
	for _, p := range []string{"manifest.json", "nothing.css", "../assets.go", "dist/console.css", strings.TrimPrefix(URL("console.css"), Prefix) + ".gz"} {
		w := httptest.NewRecorder()
		Handler().ServeHTTP(w, httptest.NewRequest("GET", Prefix+p, nil))
		if w.Code != 404 {
			t.Errorf("%s: %d", p, w.Code)
		}
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, httptest.NewRequest("POST", URL("console.css"), nil))
	if w.Code != 405 {
		t.Errorf("POST: %d", w.Code)
	}
}
