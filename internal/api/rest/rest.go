// Package rest is the REST door: it turns paths, headers and JSON bodies into
// calls of an org.Session, and results and faults into JSON or XML. It decides
// nothing about data and knows no SQL; its one invariant is that every answer,
// also to nonsense and after a panic, has a type and a shape that a program can read.
package rest

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"stoa/internal/auth"
	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/org"
)

// The API versions that are answered. Each is an alias of one implementation.
const (
	oldestVersion = 20
	newestVersion = 66
)

// Prefix is the path that all resources of this door begin with.
const Prefix = "/services/data"

// Options are what the door needs from the rest of the server.
type Options struct {
	Gate *auth.Gate
	// AllowedOrigins are the web origins whose scripts may call the API; "*" is any.
	AllowedOrigins []string
	// DailyRequests is the number that clients are told they may send in a day; 0 is a million. It is told, not enforced.
	DailyRequests int64
	// Log takes what went wrong on the server's side. Requests themselves are logged by the server.
	Log *slog.Logger
	// Jobs answers the resources below jobs, which have a door of their own, once the caller is let in: it writes the whole
	// answer, or nothing and returns an error. words begin with jobs. nil: there are none.
	Jobs func(w http.ResponseWriter, r *http.Request, s *org.Session, version int, words []string) error
}

// A Handler answers everything below Prefix. It is safe for concurrent use.
type Handler struct {
	opt     Options
	routes  map[string][]*route // by first word
	calls   sync.Pool
	shapes  shapes
	bases   [newestVersion - oldestVersion + 1]string // /services/data/v20.0 and so on
	fixed   fixed
	usage   usage
	changed atomic.Pointer[change]

	versions []byte // the answer to GET /services/data
}

// A change is when this server first saw a version of the catalog.
type change struct {
	version int64
	at      time.Time
}

// New returns a Handler.
func New(opt Options) *Handler {
	opt.DailyRequests = cmp.Or(opt.DailyRequests, 1_000_000)
	opt.Log = cmp.Or(opt.Log, slog.Default())
	h := &Handler{opt: opt, routes: map[string][]*route{}, versions: appendVersions(nil), fixed: newFixed()}
	for _, r := range routes() {
		h.routes[r.words[0]] = append(h.routes[r.words[0]], r)
	}
	for i := range h.bases {
		h.bases[i] = Prefix + "/v" + strconv.Itoa(oldestVersion+i) + ".0"
	}
	h.calls.New = func() any { return &call{h: h, out: make([]byte, 0, 4096)} }
	return h
}

// A call is one request on its way through the door.
type call struct {
	h       *Handler
	w       http.ResponseWriter
	r       *http.Request
	session *org.Session
	version int
	base    string // /services/data/v66.0, as the links of the answer begin
	words   []string
	args    []string // what the path says for each {…} of the route
	out     []byte   // body of the answer
	status  int
	values  []string // of headers to come
	kind    string   // content type, JSON where empty
	xml     bool     // the caller asked for XML
	route   string   // pattern of the route, "" for the root
	inside  bool     // it is a request inside another, which is JSON
	undone  bool     // a collection with allOrNone that was rolled back
	sent    bool     // another door has answered
	blob    *blob    // the answer, where it is the content of a file

	wordSpace, argSpace [maxWords]string
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := h.calls.Get().(*call)
	*c = call{h: h, w: w, r: r, out: c.out[:0], status: http.StatusOK}
	defer func() {
		c.w, c.r, c.session, c.values, c.blob = nil, nil, nil, nil, nil
		if cap(c.out) <= 4<<20 {
			h.calls.Put(c)
		}
	}()
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler {
				panic(p)
			}
			h.opt.Log.ErrorContext(r.Context(), "panic", slog.Any("panic", p), slog.String("stack", string(debug.Stack())), slog.String("request", c.requestID()))
			c.fail(fault.New(fault.UnknownException, "An unexpected error occurred."))
			c.send()
		}
	}()
	if c.crossOrigin() {
		return
	}
	if err := c.serve(); err != nil {
		c.fail(err)
	}
	if !c.sent {
		c.asXML()
		c.send()
	}
}

// serve finds the route and runs it.
func (c *call) serve() error {
	words, ok := splitPath(c.r, c.wordSpace[:0])
	if !ok || len(words) < 2 {
		return notFound()
	}
	words = words[2:] // services, data
	c.xml = strings.HasPrefix(c.r.Header.Get("Accept"), "application/xml") || strings.HasPrefix(c.r.Header.Get("Accept"), "text/xml")
	if len(words) == 0 {
		return c.versions()
	}
	if c.version = versionOf(words[0]); c.version == 0 {
		return notFound()
	}
	words = words[1:]
	credentials := auth.CredentialsOf(c.r, org.REST)
	credentials.Renewing = setsPassword(words)
	session, err := c.h.opt.Gate.Authenticate(c.r.Context(), credentials)
	if err != nil {
		return err
	}
	c.session = session
	c.setHeader("Sforce-Limit-Info", c.h.usage.header(c.h.opt.DailyRequests))
	if c.h.opt.Jobs != nil && len(words) > 0 && catalog.Fold(words[0]) == "jobs" {
		err := c.h.opt.Jobs(c.w, c.r, session, c.version, words)
		c.sent = err == nil
		return err
	}
	// However often a request reads, it is one use of the data. Nothing has left before Settle: answers are sent whole.
	session.Hold()
	err = c.dispatch(words)
	return orElse(session.Settle(), err)
}

// dispatch runs the route of a path below the version, within c's session.
func (c *call) dispatch(words []string) error {
	c.base = c.h.bases[c.version-oldestVersion]
	if len(words) > 0 && catalog.Fold(words[0]) == "tooling" {
		c.base += "/tooling"
		words = words[1:]
	}
	if len(words) == 0 {
		return c.root()
	}
	c.words = words
	if c.dropFormat(); oneFormat(words) || c.inside {
		c.xml = false
	}
	rt := c.h.match(c)
	if rt == nil {
		return notFound()
	}
	c.route = rt.pattern
	c.r.Pattern = rt.full
	method := c.r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if method == http.MethodPost && c.param("_HttpMethod") != "" {
		method = strings.ToUpper(c.param("_HttpMethod"))
	}
	do := rt.methods[method]
	if do == nil {
		c.w.Header().Set("Allow", rt.allow)
		return fault.New(fault.MethodNotAllowed, "HTTP Method '%s' not allowed. Allowed are %s", method, rt.allow)
	}
	return do(c)
}

// dropFormat takes .json or .xml from the last word of the paths that may end so.
func (c *call) dropFormat() {
	if n := len(c.words); n != 1 && (n != 2 && n != 3 || catalog.Fold(c.words[0]) != "sobjects") {
		return
	}
	last := &c.words[len(c.words)-1]
	if s, ok := strings.CutSuffix(*last, ".xml"); ok {
		*last, c.xml = s, true
	} else if s, ok := strings.CutSuffix(*last, ".json"); ok {
		*last, c.xml = s, false
	}
}

// fail turns an error into the answer.
func (c *call) fail(err error) {
	f := fault.From(err)
	if f.Code == fault.UnknownException {
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			f = fault.New(fault.QueryTimeout, "Your query request was running for too long.")
		case errors.Is(err, context.Canceled) && c.r.Context().Err() != nil: // the client is gone: nobody to tell, nothing to mend
		default:
			id := c.requestID()
			c.h.opt.Log.ErrorContext(c.r.Context(), "request failed", slog.Any("error", errors.Join(err, errors.Unwrap(f))), slog.String("request", id))
			f = fault.New(fault.UnknownException, "An unexpected error occurred. Please include this ErrorId if you contact support: %s", id)
		}
	}
	if f.Code == fault.RequestBodyTooLarge {
		c.w.Header().Set("Connection", "close")
	}
	c.faults(f.Code.Status(), f)
}

// faults makes the answer a list of errors.
func (c *call) faults(status int, all ...*fault.Error) {
	c.status = status
	if c.xml {
		c.kind, c.out = xmlType, appendErrorsXML(c.out[:0], all)
		return
	}
	c.kind, c.out = "", appendErrors(c.out[:0], all, "errorCode")
}

func (c *call) requestID() string { return c.w.Header().Get("X-Request-Id") }

func notFound() error { return fault.New(fault.NotFound, "The requested resource does not exist") }

// versionOf reads v20.0 to v66.0, 0 where it is none of them. The .0 may be absent.
func versionOf(word string) int {
	if len(word) < 2 || word[0] != 'v' && word[0] != 'V' {
		return 0
	}
	digits := strings.TrimSuffix(word[1:], ".0")
	n, err := strconv.Atoi(digits)
	if err != nil || n < oldestVersion || n > newestVersion || len(digits) != 2 { // +66 and 066 are numbers too
		return 0
	}
	return n
}
