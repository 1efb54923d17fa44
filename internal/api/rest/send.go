package rest

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"stoa/internal/fault"
)

const (
	jsonType = "application/json;charset=UTF-8"
	xmlType  = "application/xml;charset=UTF-8"

	gzipFrom = 1400     // bytes: a smaller answer fits one packet anyway
	maxBody  = 50 << 20 // bytes. Source: the API's own limit for a JSON body
)

// gzipWriters keeps compressors, which are large. They hold no data between uses.
var gzipWriters = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
	return w
}}

// fixed are values of headers that are the same in every answer. Nobody changes them.
type fixed struct{ cache, options, json, vary []string }

func newFixed() fixed {
	return fixed{
		cache:   []string{"no-cache,must-revalidate,max-age=0,no-store,private"},
		options: []string{"nosniff"},
		json:    []string{jsonType},
		vary:    []string{"Accept-Encoding"},
	}
}

// setHeader sets a header whose name is in its canonical form. The values of an answer share their memory, where
// Header.Set would allocate each.
func (c *call) setHeader(name, value string) {
	if len(c.values) == 0 {
		c.values = make([]string, 8)
	}
	c.values[0] = value
	c.w.Header()[name], c.values = c.values[:1:1], c.values[1:]
}

// send writes the answer: one write, with its length.
func (c *call) send() {
	h := c.w.Header()
	h["Cache-Control"], h["X-Content-Type-Options"] = c.h.fixed.cache, c.h.fixed.options
	if c.session != nil {
		if receipt := c.session.Receipt(); receipt != "" {
			c.setHeader("Stoa-Use", receipt)
		}
	}
	if c.blob != nil && c.status == http.StatusOK {
		c.sendBlob()
		return
	}
	if c.status == http.StatusNoContent || c.status == http.StatusNotModified {
		c.w.WriteHeader(c.status)
		return
	}
	if h["Content-Type"] = c.h.fixed.json; c.kind != "" {
		c.setHeader("Content-Type", c.kind)
	}
	head := c.r.Method == http.MethodHead
	if len(c.out) >= gzipFrom {
		if h["Vary"] == nil {
			h["Vary"] = c.h.fixed.vary
		} else {
			h.Add("Vary", "Accept-Encoding")
		}
		if !head && acceptsGzip(c.r.Header.Get("Accept-Encoding")) {
			h.Set("Content-Encoding", "gzip")
			c.w.WriteHeader(c.status)
			z := gzipWriters.Get().(*gzip.Writer)
			z.Reset(c.w)
			if _, err := z.Write(c.out); err == nil {
				_ = z.Close() // the client is gone: nobody to tell
			}
			gzipWriters.Put(z)
			return
		}
	}
	c.setHeader("Content-Length", strconv.Itoa(len(c.out)))
	c.w.WriteHeader(c.status)
	if !head {
		_, _ = c.w.Write(c.out) // the client is gone: nobody to tell
	}
}

// acceptsGzip reads an Accept-Encoding header: gzip or * with a weight above 0.
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, weight, weighted := strings.Cut(strings.TrimSpace(part), ";")
		if name = strings.TrimSpace(name); !strings.EqualFold(name, "gzip") && name != "*" {
			continue
		}
		q, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(weight), "q="), 64)
		return !weighted || err == nil && q > 0
	}
	return false
}

// noContent makes the answer an empty success.
func (c *call) noContent() error {
	c.status = http.StatusNoContent
	return nil
}

// unchanged answers 304 if the client has the body of c already. It gives the answer its ETag
// and, where at is not zero, its Last-Modified.
func (c *call) unchanged(at time.Time) bool {
	c.asXML()
	tag := tagOf(c.out)
	c.setHeader("Etag", tag)
	if !at.IsZero() {
		c.setHeader("Last-Modified", at.UTC().Format(http.TimeFormat))
	}
	if have := c.r.Header.Get("If-None-Match"); have != "" {
		if holds(have, tag) {
			c.status = http.StatusNotModified
			return true
		}
		return false
	}
	have := c.r.Header.Get("If-Modified-Since")
	if have == "" {
		return false
	}
	since, err := http.ParseTime(have)
	if err == nil && !at.IsZero() && !at.Truncate(time.Second).After(since) {
		c.status = http.StatusNotModified
		return true
	}
	return false
}

func tooLarge(limit int) error {
	return fault.New(fault.RequestBodyTooLarge, "The request body is larger than %d bytes", limit)
}

func isTooLarge(err error) bool {
	var large *http.MaxBytesError
	return errors.As(err, &large)
}

// plainBody returns the request's body, unpacked: of one that is larger than limit, an error or at least one byte more.
func (c *call) plainBody(limit int) (io.Reader, error) {
	if c.r.ContentLength > int64(limit) {
		return nil, tooLarge(limit)
	}
	from := http.MaxBytesReader(c.w, c.r.Body, int64(limit))
	switch strings.ToLower(c.r.Header.Get("Content-Encoding")) {
	case "", "identity":
		return from, nil
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(from)
		if err != nil {
			return nil, fault.New(fault.JSONParserError, "The request body is not gzip, as its Content-Encoding says")
		}
		return io.LimitReader(z, int64(limit)+1), nil
	default:
		return nil, fault.New(fault.UnsupportedMediaType, "Content encoding '%s' is not supported", c.r.Header.Get("Content-Encoding"))
	}
}

// body reads the request's JSON, or its XML where the resource knows both. Content types that can be neither are refused; an absent or vague one is not.
func (c *call) body() (node, error) {
	kind, _, _ := strings.Cut(c.r.Header.Get("Content-Type"), ";")
	parse := parseJSON
	switch kind = strings.ToLower(strings.TrimSpace(kind)); {
	case kind == "", kind == "application/json", kind == "text/json", kind == "text/plain", kind == "application/octet-stream", kind == "*/*":
	case (kind == "application/xml" || kind == "text/xml") && !oneFormat(c.words):
		parse = parseXML
	default:
		return node{}, fault.New(fault.UnsupportedMediaType, "Content type '%s' is not supported for this resource", kind)
	}
	from, err := c.plainBody(maxBody)
	if err != nil {
		return node{}, err
	}
	var text []byte
	if n := c.r.ContentLength; n > 0 {
		text = make([]byte, 0, n+1)
	}
	text, err = appendAll(text, from)
	if isTooLarge(err) || len(text) > maxBody {
		return node{}, tooLarge(maxBody)
	}
	if err != nil {
		return node{}, fault.New(fault.JSONParserError, "The request body could not be read to its end").Because(err)
	}
	return parse(text)
}

func appendAll(dst []byte, r io.Reader) ([]byte, error) {
	for {
		if len(dst) == cap(dst) {
			dst = slices.Grow(dst, 4096)
		}
		n, err := r.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		if err == io.EOF {
			return dst, nil
		}
		if err != nil {
			return dst, err
		}
	}
}

// crossOrigin lets scripts of the configured web origins in and answers OPTIONS. It reports whether c is answered.
func (c *call) crossOrigin() (answered bool) {
	h := c.w.Header()
	origin := c.r.Header.Get("Origin")
	if origin != "" && len(c.h.opt.AllowedOrigins) > 0 {
		h.Add("Vary", "Origin")
		if slices.Contains(c.h.opt.AllowedOrigins, "*") || slices.Contains(c.h.opt.AllowedOrigins, origin) {
			h.Set("Access-Control-Allow-Origin", origin)
			h.Set("Access-Control-Expose-Headers", "Sforce-Limit-Info, Sforce-Locator, Sforce-NumberOfRecords, Location, ETag, Last-Modified, X-Request-Id")
			if c.r.Method == http.MethodOptions {
				h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE")
				if want := c.r.Header.Get("Access-Control-Request-Headers"); want != "" {
					h.Set("Access-Control-Allow-Headers", want)
				}
				h.Set("Access-Control-Max-Age", "86400")
			}
		}
	}
	if c.r.Method != http.MethodOptions {
		return false
	}
	h.Set("Allow", "HEAD,GET,POST,PUT,PATCH,DELETE,OPTIONS")
	c.w.WriteHeader(http.StatusNoContent)
	return true
}

// usage counts the requests of a day, for the Sforce-Limit-Info header and the limits resource.
type usage struct {
	day  atomic.Int64 // days since 1970 in UTC
	used atomic.Int64
}

// count counts a request and returns how many there were: more than 0 and never more than the limit.
func (u *usage) count(limit int64) int64 {
	if today := time.Now().Unix() / 86400; u.day.Swap(today) != today {
		u.used.Store(0)
	}
	return min(u.used.Add(1), limit)
}

// Count counts a request of another door and returns how many of the day's there were, and how many clients are told they may send.
func (h *Handler) Count() (used, limit int64) {
	return h.usage.count(h.opt.DailyRequests), h.opt.DailyRequests
}

// header counts a request and returns api-usage=18/15000.
func (u *usage) header(limit int64) string {
	used := u.count(limit)
	b := append(make([]byte, 0, 40), "api-usage="...)
	b = strconv.AppendInt(b, used, 10)
	return string(strconv.AppendInt(append(b, '/'), limit, 10))
}
