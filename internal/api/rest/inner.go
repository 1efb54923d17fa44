package rest

import (
	"bytes"
	"context"
	"net/http"
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/org"
)

// A subrequest is a request inside another.
type subrequest struct {
	method  string
	url     string // /services/data/v66.0/… or v66.0/…
	headers []member
	body    []byte // JSON, nil for none
}

// An answer is what a subrequest gets.
type answer struct {
	status int
	header http.Header
	body   []byte // nil for none
	undone bool   // it wrote nothing, although its status is a success: a collection with allOrNone
}

func (a *answer) failed() bool { return a.status >= http.StatusBadRequest || a.undone }

// inner runs a subrequest of c in a session, and never fails otherwise than with the status of its answer.
func (c *call) inner(ctx context.Context, session *org.Session, request subrequest) answer {
	w := &answerWriter{header: http.Header{}}
	in := &call{h: c.h, w: w, r: c.r, session: session, status: http.StatusOK, inside: true}
	if err := in.answer(ctx, request); err != nil {
		in.fail(err)
	}
	return answer{status: in.status, header: w.header, body: in.out, undone: in.undone}
}

func (c *call) answer(ctx context.Context, request subrequest) error {
	path := strings.TrimPrefix(strings.TrimPrefix(request.url, Prefix), "/")
	r, err := http.NewRequestWithContext(ctx, strings.ToUpper(request.method), Prefix+"/"+path, bytes.NewReader(request.body))
	if err != nil {
		return fault.New(fault.InvalidArgument, "The url or method of a request is malformed: %s", request.url)
	}
	for i := range request.headers {
		switch name := request.headers[i].name; http.CanonicalHeaderKey(name) {
		case "Accept", "Authorization", "Content-Type", "Content-Encoding":
			return fault.New(fault.InvalidArgument, "A request inside another cannot have the header %s", name)
		default:
			r.Header.Set(name, request.headers[i].value.text)
		}
	}
	c.r = r
	words, ok := splitPath(r, c.wordSpace[:0])
	if ok && len(words) > 2 {
		c.version = versionOf(words[2])
	}
	if c.version == 0 {
		return notFound()
	}
	words = words[3:]
	if len(words) > 0 && catalog.Fold(words[0]) == "composite" && (len(words) == 1 || catalog.Fold(words[1]) != "sobjects" && catalog.Fold(words[1]) != "tree") {
		return fault.New(fault.InvalidArgument, "A request inside another cannot hold more: %s", request.url)
	}
	return c.dispatch(words)
}

// An answerWriter takes the headers of an answer; its body and status are in the call.
type answerWriter struct{ header http.Header }

func (w *answerWriter) Header() http.Header         { return w.header }
func (w *answerWriter) Write(b []byte) (int, error) { return len(b), nil }
func (w *answerWriter) WriteHeader(int)             {}
