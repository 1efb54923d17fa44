package server

import (
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Times that a request may take. A bulk of 200 records takes seconds on a busy machine; what takes longer is a mistake.
const (
	headerTime  = 15 * time.Second
	requestTime = 2 * time.Minute
	bodyTime    = 10 * time.Minute // to send 50 MB over a slow line
	idleTime    = 2 * time.Minute
	headerBytes = 128 << 10 // a query in the URL may be 16 KB long, with some headers of the same size
)

// An edge is the outermost handler: it gives each request an id and a
// deadline, recovers from panics, counts, and writes the one line of log.
type edge struct {
	next    http.Handler
	log     *slog.Logger
	metrics *metrics
	boot    string // makes request ids of this process differ from those of others
	count   atomic.Uint64
}

func newEdge(next http.Handler, log *slog.Logger, m *metrics) *edge {
	return &edge{next: next, log: log, metrics: m, boot: strings.ToLower(rand.Text()[:8])}
}

func (e *edge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	begun := time.Now()
	id := r.Header.Get("X-Request-Id")
	if !isRequestID(id) {
		id = e.newID()
	}
	w.Header()["X-Request-Id"] = []string{id}
	ctx := newDeadline(r.Context(), begun.Add(requestTime))
	defer ctx.end()
	r = r.WithContext(ctx)
	answer := &answer{ResponseWriter: w}
	e.metrics.running.Inc()
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler {
				e.metrics.running.Dec()
				panic(p)
			}
			e.log.ErrorContext(ctx, "panic", slog.Any("panic", p), slog.String("stack", string(debug.Stack())), slog.String("request", id))
			if answer.status == 0 {
				answer.Header().Set("Content-Type", "text/plain; charset=utf-8")
				answer.WriteHeader(http.StatusInternalServerError)
				_, _ = answer.Write([]byte("An unexpected error occurred. Request " + id + "\n"))
			}
		}
		took := time.Since(begun)
		e.metrics.running.Dec()
		e.metrics.observe(r, answer.code(), took, answer.streams())
		if !e.log.Enabled(ctx, slog.LevelInfo) {
			return
		}
		e.log.LogAttrs(ctx, slog.LevelInfo, "request", slog.String("request", id), slog.String("method", r.Method), slog.String("route", route(r)),
			slog.Int("status", answer.code()), slog.Int64("bytes", answer.bytes), slog.Duration("took", took))
	}()
	e.next.ServeHTTP(answer, r)
}

// newID returns the next request id of this process.
func (e *edge) newID() string {
	var b [32]byte
	return string(strconv.AppendUint(append(append(b[:0], e.boot...), '-'), e.count.Add(1), 36))
}

// route names what a request asked for without saying which record: doors set the pattern.
func route(r *http.Request) string {
	if r.Pattern != "" {
		return r.Pattern
	}
	return "none"
}

// isRequestID reports whether a client's own id may go into the log: 1 to 64 letters, digits, points, hyphens and underscores.
func isRequestID(s string) bool {
	const ok = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
	return s != "" && len(s) <= 64 && strings.Trim(s, ok) == ""
}

// An answer remembers what was sent.
type answer struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= 200 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(b)
	a.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// streams reports whether the answer is a live stream, which lasts as long as somebody listens.
func (a *answer) streams() bool {
	return strings.HasPrefix(a.Header().Get("Content-Type"), "text/event-stream")
}

func (a *answer) code() int {
	if a.status == 0 {
		return http.StatusOK
	}
	return a.status
}

// collapsed returns r with repeated slashes of its path made one and without
// one at the end. Clients ask so, and a redirect would lose the body of a POST.
func collapsed(r *http.Request) *http.Request {
	if !strings.Contains(r.URL.Path, "//") && (len(r.URL.Path) < 2 || !strings.HasSuffix(r.URL.Path, "/")) {
		return r
	}
	u := new(url.URL)
	*u = *r.URL
	u.Path, u.RawPath = collapse(u.Path), collapse(u.RawPath)
	c := new(http.Request)
	*c = *r
	c.URL = u
	return c
}

func collapse(path string) string {
	if path == "" {
		return ""
	}
	var b strings.Builder
	for word := range strings.SplitSeq(path, "/") {
		if word != "" {
			b.WriteByte('/')
			b.WriteString(word)
		}
	}
	if b.Len() == 0 {
		return "/"
	}
	return b.String()
}
