package rest

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"stoa/internal/auth"
	"stoa/internal/org"
	"stoa/internal/record"
)

// nobody is an org that has no users and no sessions.
type nobody struct{ auth.Org }

func (nobody) ID() record.ID { return "00D000000000001EAA" }

func (nobody) Secret(context.Context, string, string) (org.Secret, bool, error) {
	return org.Secret{}, false, nil
}

// door returns a handler that lets nobody in, or panics where panics is set.
func door(panics bool) *Handler {
	opt := Options{
		Gate:           auth.New(nobody{}, auth.Options{}),
		AllowedOrigins: []string{"https://app.example"},
		Log:            slog.New(slog.DiscardHandler),
	}
	if panics {
		opt.Gate = nil
	}
	return New(opt)
}

func ask(t *testing.T, h http.Handler, method, target string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	w.Header().Set("X-Request-Id", "r1")
	h.ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, resp *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestEveryAnswerCanBeReadByAProgram(t *testing.T) {
	const (
		gone    = `[{"message":"The requested resource does not exist","errorCode":"NOT_FOUND"}]`
		expired = `[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]`
	)
	for _, c := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/services/data/v67.0/limits", 404, gone},
		{"GET", "/services/data/v19.0/limits", 404, gone},
		{"GET", "/services/data/x", 404, gone},
		{"GET", "/services/data/v66.0", 401, expired},
		{"GET", "//services//data/v66.0//sobjects/", 401, expired},
		{"POST", "/services/data/v66.0/nowhere", 401, expired},
		{"GET", "/services/data/v66.0/" + strings.Repeat("x/", 40), 404, gone},
		{"DELETE", "/services/data/", 405, `[{"message":"HTTP Method 'DELETE' not allowed. Allowed are HEAD,GET","errorCode":"METHOD_NOT_ALLOWED"}]`},
	} {
		resp := ask(t, door(false), c.method, c.path)
		if got := text(t, resp); resp.StatusCode != c.status || got != c.body || resp.Header.Get("Content-Type") != jsonType {
			t.Errorf("%s %s: %d %s %s", c.method, c.path, resp.StatusCode, resp.Header.Get("Content-Type"), got)
		}
	}
}

func TestVersionsNeedNoSession(t *testing.T) {
	resp := ask(t, door(false), "GET", "//services/data/")
	got := text(t, resp)
	if resp.StatusCode != 200 || !strings.HasPrefix(got, `[{"label":"Winter '11","url":"/services/data/v20.0","version":"20.0"}`) ||
		!strings.HasSuffix(got, `{"label":"Spring '26","url":"/services/data/v66.0","version":"66.0"}]`) {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
	if resp := ask(t, door(false), "HEAD", "/services/data"); text(t, resp) != "" || resp.Header.Get("Content-Length") == "0" {
		t.Error("HEAD has a body, or no length")
	}
}

func TestLargeAnswersAreCompressedForThoseWhoAsk(t *testing.T) {
	resp := ask(t, door(false), "GET", "/services/data", "Accept-Encoding", "br, gzip;q=0.5")
	if resp.Header.Get("Content-Encoding") != "gzip" {
		t.Fatal("not compressed")
	}
	z, err := gzip.NewReader(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(z); err != nil || !strings.Contains(b.String(), "66.0") {
		t.Errorf("%v %s", err, &b)
	}
	for _, refusing := range []string{"", "br", "gzip;q=0", "identity"} {
		if resp := ask(t, door(false), "GET", "/services/data", "Accept-Encoding", refusing); resp.Header.Get("Content-Encoding") != "" {
			t.Errorf("compressed for %q", refusing)
		}
	}
}

func TestErrorsComeAsXMLToThoseWhoAsk(t *testing.T) {
	resp := ask(t, door(false), "GET", "/services/data/v66.0/limits", "Accept", "application/xml")
	want := xmlHead + "<Errors><Error><errorCode>INVALID_SESSION_ID</errorCode><message>Session expired or invalid</message></Error></Errors>"
	if got := text(t, resp); got != want || resp.Header.Get("Content-Type") != xmlType {
		t.Error(got)
	}
}

func TestPanicIsAnAnswerWithTheRequestID(t *testing.T) {
	resp := ask(t, door(true), "GET", "/services/data/v66.0/limits")
	if got := text(t, resp); resp.StatusCode != 500 || !strings.Contains(got, "UNKNOWN_EXCEPTION") || !strings.Contains(got, "r1") || strings.Contains(got, "nil pointer") {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
}

func TestScriptsOfConfiguredOriginsAreLetIn(t *testing.T) {
	resp := ask(t, door(false), "OPTIONS", "/services/data/v66.0/query", "Origin", "https://app.example", "Access-Control-Request-Headers", "authorization")
	if resp.StatusCode != 204 || resp.Header.Get("Access-Control-Allow-Origin") != "https://app.example" || resp.Header.Get("Access-Control-Allow-Headers") != "authorization" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
	if resp := ask(t, door(false), "GET", "/services/data", "Origin", "https://evil.example"); resp.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("let a stranger in")
	}
}

func TestParametersMayHoldSemicolons(t *testing.T) {
	c := &call{r: httptest.NewRequestWithContext(t.Context(), "GET", "/x?cache=0.1&q=SELECT+Id+FROM+X+WHERE+M__c+INCLUDES('a;b')&q=2&empty", nil)}
	if got := c.param("q"); got != "SELECT Id FROM X WHERE M__c INCLUDES('a;b')" {
		t.Error(got)
	}
	if _, ok := c.lookup("empty"); !ok {
		t.Error("an empty parameter is there")
	}
}

func TestEscapedSlashBelongsToItsWord(t *testing.T) {
	words, ok := splitPath(httptest.NewRequestWithContext(t.Context(), "GET", "/sobjects//Account/Ext__c/a%2Fb%20c", nil), nil)
	if !ok || strings.Join(words, "|") != "sobjects|Account|Ext__c|a/b c" {
		t.Error(words)
	}
}

func TestRoutesAreFoundWhateverTheCase(t *testing.T) {
	h := door(false)
	for path, want := range map[string]string{
		"queryall":                                 "queryAll",
		"SObjects/account/Describe":                "sobjects/{object}/describe",
		"sobjects/Account/001000000000001AAA":      "sobjects/{object}/{id}",
		"sobjects/Account/Ext__c/x":                "sobjects/{object}/{field}/{value}",
		"sobjects/Case/500000000000001/Owner/Boss": "sobjects/{object}/{id}/{relationship}/{more...}",
		"sobjects/Account/updated":                 "sobjects/{object}/updated",
		"composite/sobjects":                       "composite/sobjects",
	} {
		c := &call{words: strings.Split(path, "/")}
		if r := h.match(c); r == nil || r.pattern != want {
			t.Errorf("%s: %+v, want %s", path, r, want)
		}
	}
}
