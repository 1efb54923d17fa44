// Package bulk is the door of both Bulk APIs: jobs that load or export many
// records. It turns CSV, JSON and XML into drafts and results into CSV, JSON and
// XML, and does the jobs a slice at a time from the org's queue, under the rights
// and the purpose of who made them. It decides nothing about data; its one
// invariant is that what a slice did is noted in the transaction that did it.
package bulk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"stoa/internal/auth"
	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// Options are what the door needs from the rest of the server.
type Options struct {
	Gate *auth.Gate
	Log  *slog.Logger
}

// A Handler answers both APIs. It is safe for concurrent use.
type Handler struct{ opt Options }

// New returns a Handler.
func New(opt Options) *Handler {
	if opt.Log == nil {
		opt.Log = slog.Default()
	}
	return &Handler{opt}
}

// A call is one request of version 2.
type call struct {
	h       *Handler
	w       http.ResponseWriter
	r       *http.Request
	session *org.Session
	version int
	base    string // /services/data/v66.0
}

// Jobs answers the resources below jobs of one version of the REST API for a session that is let in. words begin with
// jobs. It writes the whole answer, or nothing and returns an error.
func (h *Handler) Jobs(w http.ResponseWriter, r *http.Request, s *org.Session, version int, words []string) error {
	c := &call{h: h, w: w, r: r, session: s, version: version, base: fmt.Sprintf("/services/data/v%d.0", version)}
	if len(words) < 2 {
		return notFound()
	}
	exports := false
	switch catalog.Fold(words[1]) {
	case "ingest":
	case "query":
		exports = true
	default:
		return notFound()
	}
	r.Pattern = "/services/data/{version}/jobs/" + catalog.Fold(words[1])
	switch len(words) {
	case 2:
		return c.collection(exports)
	case 3:
		r.Pattern += "/{id}"
		return c.one(words[2], exports)
	case 4:
		what := catalog.Fold(words[3])
		r.Pattern += "/{id}/" + what
		return c.part(words[2], exports, what)
	default:
		return notFound()
	}
}

// allow returns what a method of the request does, or the refusal of others.
func (c *call) allow(does map[string]func() error) error {
	method := c.r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if do := does[method]; do != nil {
		return do()
	}
	var names []string
	for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if does[m] != nil {
			names = append(names, m)
		}
	}
	allowed := strings.Join(names, ",")
	if does[http.MethodGet] != nil {
		allowed = "HEAD," + allowed
	}
	c.w.Header().Set("Allow", allowed)
	return fault.New(fault.MethodNotAllowed, "HTTP Method '%s' not allowed. Allowed are %s", c.r.Method, allowed)
}

func (c *call) collection(exports bool) error {
	create := c.createIngest
	if exports {
		create = c.createQuery
	}
	return c.allow(map[string]func() error{
		http.MethodGet:  func() error { return c.list(exports) },
		http.MethodPost: create,
	})
}

func (c *call) one(id string, exports bool) error {
	j, err := c.job(id, exports)
	if err != nil {
		return err
	}
	return c.allow(map[string]func() error{
		http.MethodGet:    func() error { return c.answer(http.StatusOK, infoOf(c, j)) },
		http.MethodPatch:  func() error { return c.change(j) },
		http.MethodDelete: func() error { return c.remove(j) },
	})
}

func (c *call) part(id string, exports bool, what string) error {
	j, err := c.job(id, exports)
	if err != nil {
		return err
	}
	get, put := http.MethodGet, http.MethodPut
	switch {
	case exports && what == "results":
		return c.allow(map[string]func() error{get: func() error { return c.queryResults(j) }})
	case exports && what == "resultpages":
		return c.allow(map[string]func() error{get: func() error { return c.resultPages(j) }})
	case !exports && what == "batches":
		return c.allow(map[string]func() error{put: func() error { return c.upload(j) }})
	case !exports && what == "successfulresults":
		return c.allow(map[string]func() error{get: func() error { return c.ingestResults(j, successful) }})
	case !exports && what == "failedresults":
		return c.allow(map[string]func() error{get: func() error { return c.ingestResults(j, failed) }})
	case !exports && what == "unprocessedrecords":
		return c.allow(map[string]func() error{get: func() error { return c.ingestResults(j, unprocessed) }})
	default:
		return notFound()
	}
}

// job returns the job of version 2 that a path names.
func (c *call) job(text string, exports bool) (*org.BulkJob, error) {
	id, err := record.ParseID(text)
	if err != nil {
		return nil, notFound()
	}
	j, err := jobByID(c.r.Context(), c.session, id)
	if err != nil {
		return nil, err
	}
	if j == nil || j.API != 2 || j.Exports() != exports {
		return nil, notFound()
	}
	return j, nil
}

// answer sends v as JSON.
func (c *call) answer(status int, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("encode %T: %w", v, err)
	}
	c.head("application/json;charset=UTF-8")
	c.w.WriteHeader(status)
	if c.r.Method != http.MethodHead {
		_, _ = c.w.Write(bytes.TrimSuffix(b.Bytes(), []byte("\n"))) // the client is gone: nobody to tell
	}
	return nil
}

func (c *call) head(contentType string) {
	h := c.w.Header()
	h.Set("Cache-Control", "no-cache,must-revalidate,max-age=0,no-store,private")
	h.Set("X-Content-Type-Options", "nosniff")
	if contentType != "" {
		h.Set("Content-Type", contentType)
	}
}

// decode reads a small JSON body into v.
func (c *call) decode(v any) error {
	from, err := plainBody(c.w, c.r, maxSettings)
	if err != nil {
		return err
	}
	if err := json.NewDecoder(from).Decode(v); err != nil {
		return badJSON(err)
	}
	return nil
}

func badJSON(err error) error {
	if _, large := errors.AsType[*http.MaxBytesError](err); large || errors.Is(err, errTooLarge) {
		return tooLarge()
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fault.New(fault.JSONParserError, "Cannot deserialize the value of %s from %s", wrong.Field, wrong.Value)
	}
	return fault.New(fault.JSONParserError, "The request body is no JSON").Because(err)
}
