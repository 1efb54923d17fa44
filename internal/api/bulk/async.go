package bulk

import (
	"encoding/xml"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"

	"stoa/internal/auth"
	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// AsyncPrefix is the path of version 1.
const AsyncPrefix = "/services/async"

// The versions that are answered, as those of the REST API.
const (
	oldestVersion = 20
	newestVersion = 66
)

const dataload = "http://www.force.com/2009/06/asyncapi/dataload"

// An asyncError is a refusal in the words of version 1.
type asyncError struct{ code, message string }

func (e asyncError) Error() string { return e.code + ": " + e.message }

func refusedAs(code, message string) error { return asyncError{code, message} }

// asyncCodes are the words of version 1 for codes of the others.
var asyncCodes = map[fault.Code]string{
	fault.InvalidSessionID: "InvalidSessionId", fault.NotFound: "InvalidUrl", fault.JSONParserError: "InvalidJob",
	fault.RequestBodyTooLarge: "ExceededQuota", fault.UnsupportedMediaType: "ClientInputError", fault.APICurrentlyDisabled: "FeatureNotEnabled",
	fault.UnknownException: "Unknown", fault.MethodNotAllowed: "InvalidUrl", fault.PasswordExpired: "InvalidSessionId",
	invalidJob: "InvalidJob", invalidJobState: "InvalidJobState", invalidEntity: "InvalidEntity",
	featureNotEnabled: "FeatureNotEnabled", clientInput: "ClientInputError", apiError: "InvalidBatch",
}

// An async is one request of version 1.
type async struct {
	call
	json bool // the caller wants JSON, else XML
}

// Async answers everything below AsyncPrefix.
func (h *Handler) Async(w http.ResponseWriter, r *http.Request) {
	c := &async{call: call{h: h, w: w, r: r}, json: strings.HasPrefix(strings.ToLower(r.Header.Get("Content-Type")), "application/json")}
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler {
				panic(p)
			}
			h.opt.Log.ErrorContext(r.Context(), "panic", slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
			c.fail(fault.New(fault.UnknownException, "An unexpected error occurred."))
		}
	}()
	if err := c.serve(); err != nil {
		c.fail(err)
	}
}

func (c *async) serve() error {
	words := strings.Split(strings.Trim(c.r.URL.Path, "/"), "/")[2:]
	if len(words) == 0 {
		return refusedAs("InvalidUrl", "The path names no version")
	}
	version, err := strconv.Atoi(strings.TrimSuffix(words[0], ".0"))
	if err != nil || version < oldestVersion || version > newestVersion {
		return refusedAs("InvalidVersion", "Api version "+words[0]+" is not supported")
	}
	c.version = version
	if c.session, err = c.h.opt.Gate.Authenticate(c.r.Context(), auth.CredentialsOf(c.r, org.REST)); err != nil {
		return err
	}
	words = words[1:]
	for i := range words {
		if words[i] != "" && (i == 0 || i == 2 || i == 4) {
			words[i] = catalog.Fold(words[i])
		}
	}
	post := c.r.Method == http.MethodPost
	get := c.r.Method == http.MethodGet || c.r.Method == http.MethodHead
	switch pattern := shapeOf(words); {
	case pattern == "job" && post:
		return c.createJob()
	case pattern == "jobs" && get:
		return c.listJobs()
	case !strings.HasPrefix(pattern, "job/"):
		return refusedAs("InvalidUrl", "There is nothing at this path")
	default:
		return c.below(pattern, words, get, post)
	}
}

// shapeOf returns a path with * in place of ids.
func shapeOf(words []string) string {
	shape := make([]string, len(words))
	for i, w := range words {
		if shape[i] = w; i == 1 || i == 3 || i == 5 {
			shape[i] = "*"
		}
	}
	return strings.Join(shape, "/")
}

// below answers the paths of one job.
func (c *async) below(pattern string, words []string, get, post bool) error {
	c.r.Pattern = AsyncPrefix + "/{version}/" + pattern
	id, err := record.ParseID(words[1])
	if err != nil {
		return refusedAs("InvalidJob", "Invalid job id: "+words[1])
	}
	j, err := jobByID(c.r.Context(), c.session, id)
	if err != nil {
		return err
	}
	if j == nil || j.API != 1 {
		return refusedAs("InvalidJob", "Invalid job id: "+words[1])
	}
	if len(words) > 2 {
		c.json = j.Format == "JSON" // batches answer in the job's format, whatever was asked in
	}
	switch {
	case pattern == "job/*" && get:
		return c.answerJob(http.StatusOK, j)
	case pattern == "job/*" && post:
		return c.changeJob(j)
	case pattern == "job/*/batch" && post:
		return c.addBatch(j)
	case pattern == "job/*/batch" && get:
		return c.listBatches(j)
	case len(words) < 4 || words[2] != "batch":
		return refusedAs("InvalidUrl", "There is nothing at this path")
	}
	b, err := c.batch(j, words[3])
	if err != nil {
		return err
	}
	switch {
	case !get:
		return refusedAs("InvalidUrl", "There is nothing to change at this path")
	case pattern == "job/*/batch/*":
		return c.answerBatch(http.StatusOK, b)
	case pattern == "job/*/batch/*/request":
		return c.request(j, b)
	case pattern == "job/*/batch/*/result":
		return c.results(j, b)
	case pattern == "job/*/batch/*/result/*":
		return c.exported(j, b, words[5])
	default:
		return refusedAs("InvalidUrl", "There is nothing at this path")
	}
}

// fail answers an error. Clients compare its type.
func (c *async) fail(err error) {
	e, ok := errors.AsType[asyncError](err)
	if !ok {
		f := fault.From(err)
		if e.code = asyncCodes[f.Code]; e.code == "" {
			e.code = "ClientInputError"
		}
		e.message = f.Message
		if f.Code == fault.InvalidSessionID {
			e.message = "Invalid session id"
		}
		if f.Code == fault.UnknownException {
			c.h.opt.Log.ErrorContext(c.r.Context(), "request failed", slog.Any("error", err))
		}
	}
	status := http.StatusBadRequest
	if e.code == "Unknown" {
		status = http.StatusInternalServerError
	}
	if e.code == "ExceededQuota" {
		c.w.Header().Set("Connection", "close")
	}
	c.pairs(status, "error", []pair{{"exceptionCode", e.code}, {"exceptionMessage", e.message}}, "application/json")
}

// A pair is one member of an answer: a string, a number, a boolean or, as a decimal, a version.
type pair struct {
	name  string
	value any
}

// pairs answers an object as JSON or XML.
func (c *async) pairs(status int, name string, all []pair, jsonType string) {
	var out []byte
	if c.json {
		c.head(jsonType)
		out = appendObject(out, all)
	} else {
		c.head("application/xml")
		out = append(out, xml.Header...)
		out = appendElement(out, name, all, true)
	}
	c.w.WriteHeader(status)
	if c.r.Method != http.MethodHead {
		_, _ = c.w.Write(out) // the client is gone: nobody to tell
	}
}

const asyncJSON = "application/json;charset=UTF-8"

func appendObject(dst []byte, all []pair) []byte {
	dst = append(dst, '{')
	for i, p := range all {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(record.AppendJSON(dst, []byte(p.name)), ':')
		switch v := p.value.(type) {
		case string:
			dst = record.AppendJSON(dst, []byte(v))
		case int64:
			dst = strconv.AppendInt(dst, v, 10)
		case bool:
			dst = strconv.AppendBool(dst, v)
		case decimal:
			dst = append(strconv.AppendInt(dst, int64(v), 10), ".0"...)
		default:
			dst = append(dst, "null"...)
		}
	}
	return append(dst, '}')
}

// appendElement appends an object as an element. What is nil has none.
func appendElement(dst []byte, name string, all []pair, root bool) []byte {
	dst = append(append(dst, '<'), name...)
	if root {
		dst = append(dst, ` xmlns="`+dataload+`"`...)
	}
	dst = append(dst, '>')
	for _, p := range all {
		switch v := p.value.(type) {
		case string:
			dst = appendLeaf(dst, p.name, []byte(v))
		case int64:
			dst = appendLeaf(dst, p.name, strconv.AppendInt(nil, v, 10))
		case bool:
			dst = appendLeaf(dst, p.name, strconv.AppendBool(nil, v))
		case decimal:
			dst = appendLeaf(dst, p.name, append(strconv.AppendInt(nil, int64(v), 10), ".0"...))
		}
	}
	return append(append(append(dst, "</"...), name...), '>')
}

// appendLeaf appends an element that holds a text.
func appendLeaf(dst []byte, name string, text []byte) []byte {
	dst = append(append(append(dst, '<'), name...), '>')
	dst = appendEscaped(dst, text)
	return append(append(append(dst, "</"...), name...), '>')
}

// appendEscaped appends text as XML has it.
func appendEscaped(dst, text []byte) []byte {
	w := appender{dst}
	_ = xml.EscapeText(&w, text) // an appender does not fail
	return w.b
}

type appender struct{ b []byte }

func (a *appender) Write(p []byte) (int, error) {
	a.b = append(a.b, p...)
	return len(p), nil
}
