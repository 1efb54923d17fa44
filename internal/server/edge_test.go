package server

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"stoa/internal/org"
)

func serve(t *testing.T, h http.Handler, method, target string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://stoa.example/", nil)
	r.URL.Path, r.URL.RawQuery, _ = strings.Cut(target, "?")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestRequestIsLoggedWithoutWhatItSays(t *testing.T) {
	var log bytes.Buffer
	h := newEdge(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Pattern = "/services/data/{version}/query"
		w.WriteHeader(http.StatusTeapot)
	}), slog.New(slog.NewTextHandler(&log, nil)), newMetrics("test"))
	resp := serve(t, h, "GET", "/services/data/v66.0/query?q=SELECT+Secret", "X-Request-Id", "abc-1")
	if id := resp.Header.Get("X-Request-Id"); id != "abc-1" {
		t.Errorf("id %q", id)
	}
	for _, want := range []string{"request=abc-1", "status=418", "route=/services/data/{version}/query"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no %s in %s", want, &log)
		}
	}
	if strings.Contains(log.String(), "Secret") {
		t.Errorf("the query is logged: %s", &log)
	}
	if id := serve(t, h, "GET", "/", "X-Request-Id", "a b\n").Header.Get("X-Request-Id"); id == "a b\n" || id == "" {
		t.Errorf("id %q", id)
	}
}

func TestPanicIsAnswered(t *testing.T) {
	h := newEdge(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a bug") }), slog.New(slog.DiscardHandler), newMetrics("test"))
	if resp := serve(t, h, "GET", "/"); resp.StatusCode != http.StatusInternalServerError || resp.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
}

func TestDoorsTakeTheLongestPrefixAndNeverRedirectPrograms(t *testing.T) {
	door := func(name string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Door", name+" "+r.URL.Path) })
	}
	mux := http.NewServeMux()
	mux.Handle("/services/oauth2/token", door("token"))
	all := doors{
		{"/services/data", door("rest"), false}, {"/services/oauth2", mux, false}, {"/services", http.HandlerFunc(noProgram), false}, {"/", door("people"), true},
	}
	for path, want := range map[string]string{
		"/services/data":           "rest /services/data",
		"//Services//data//v66.0/": "rest /Services/data/v66.0",
		"//services/oauth2/token/": "token /services/oauth2/token",
		"/services/database":       "",
		"/services/oauth2/../x":    "",
		"/services/oauth2/..":      "",
		"/services/oauth2/.":       "",
		"/console//":               "people /console//",
		"/":                        "people /",
	} {
		resp := serve(t, all, "POST", path)
		if got := resp.Header.Get("Door"); got != want || resp.StatusCode >= 300 && resp.StatusCode < 400 {
			t.Errorf("%s: %d %q, want %q", path, resp.StatusCode, got, want)
		}
	}
}

func TestMetricsAreForThisMachine(t *testing.T) {
	m := newMetrics("test")
	show := local(m.handler())
	for _, c := range []struct {
		from, forwarded string
		status          int
	}{{"127.0.0.1:9", "", 200}, {"10.0.0.7:9", "", 200}, {"[::1]:9", "", 200}, {"203.0.113.9:9", "", 404}, {"127.0.0.1:9", "203.0.113.9", 404}} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil)
		r.RemoteAddr = c.from
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		w := httptest.NewRecorder()
		show.ServeHTTP(w, r)
		if w.Code != c.status {
			t.Errorf("%+v: %d", c, w.Code)
		}
	}
}

func TestMetricsTellOfJobs(t *testing.T) {
	m := newMetrics("test")
	var broken error
	m.watch(func(context.Context) (org.JobCounts, error) {
		return org.JobCounts{Waiting: 3, Running: 1, Dead: 2}, broken
	})
	shown := func() string {
		w := httptest.NewRecorder()
		m.handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
		if w.Code != http.StatusOK {
			t.Errorf("status %d", w.Code)
		}
		return w.Body.String()
	}
	if got := shown(); !strings.Contains(got, "\nstoa_job_waiting 3\n") || !strings.Contains(got, "\nstoa_job_dead 2\n") {
		t.Errorf("the jobs are not told:\n%s", got)
	}
	broken = errors.New("no store")
	if got := shown(); strings.Contains(got, "\nstoa_job_waiting") || !strings.Contains(got, "stoa_build_info") {
		t.Errorf("without a store the rest is not told, or the jobs are made up:\n%s", got)
	}
}

func TestLiveStreamsAreCountedButNotTimed(t *testing.T) {
	m := newMetrics("test")
	e := newEdge(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Pattern = "/console/" + strings.TrimPrefix(r.URL.Path, "/")
		if r.URL.Path == "/events" {
			w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		}
		_, _ = w.Write([]byte("data: {}\n\n"))
	}), slog.New(slog.DiscardHandler), m)
	for _, path := range []string{"/events", "/events", "/page"} {
		e.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "GET", path, nil))
	}
	w := httptest.NewRecorder()
	m.handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	for _, want := range []string{`stoa_http_requests_total{door="/console",status="200"} 3`, `stoa_http_request_seconds_count{door="/console"} 1`} {
		if !strings.Contains(w.Body.String(), "\n"+want+"\n") {
			t.Errorf("no %s in\n%s", want, w.Body)
		}
	}
}
