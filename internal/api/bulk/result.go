package bulk

import (
	"bufio"
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"stoa/internal/fault"
	"stoa/internal/org"
)

// A part of the results of a job that writes.
type resultKind uint8

const (
	successful resultKind = iota
	failed
	unprocessed
)

// resultParts is how many parts are read at once.
const resultParts = 16

// ingestResults sends one of the three result files: what became of the rows, with the values that were sent.
func (c *call) ingestResults(j *org.BulkJob, kind resultKind) error {
	if !j.State.Ended() {
		return fault.New(invalidJobState, "InvalidJobState : The job is %s; its results are there when it has ended", j.State)
	}
	comma := delimiters[j.Delimiter]
	out := &sheetWriter{comma: comma, end: lineEndings[j.LineEnding]}
	switch kind {
	case successful:
		out.head("sf__Id", "sf__Created")
	case failed:
		out.head("sf__Id", "sf__Error")
	case unprocessed:
	}
	if j.Header != "" {
		out.head(parseRecord(j.Header, comma, nil)...)
	}
	out.line()
	body := c.stream("text/csv")
	defer body.close()
	for from := 0; ; from += resultParts {
		var parts, results []org.BulkPart
		err := c.session.ReadBulk(body.ctx, func(ctx context.Context, b *org.BulkTx) (err error) {
			if parts, err = b.Parts(ctx, j.Upload, from, resultParts); err != nil {
				return err
			}
			results, err = b.Results(ctx, j.Upload, from, resultParts)
			return err
		})
		if err != nil {
			return body.broke(err)
		}
		for _, p := range parts {
			var done []byte
			for _, r := range results {
				if r.Seq == p.Seq {
					done = r.Body
				}
			}
			out.part(string(p.Body), p.Rows, done, kind)
			if !body.write(out.buf) {
				return nil // the client is gone
			}
			out.buf = out.buf[:0]
		}
		if len(parts) < resultParts {
			body.write(out.buf)
			return nil
		}
	}
}

// A sheetWriter writes the rows of a result file.
type sheetWriter struct {
	comma  byte
	end    string
	buf    []byte
	begun  bool // the line has a value
	values []string
}

func (o *sheetWriter) head(values ...string) {
	for _, v := range values {
		o.value(v)
	}
}

func (o *sheetWriter) value(v string) {
	if o.begun {
		o.buf = append(o.buf, o.comma)
	}
	o.begun = true
	o.buf = appendQuoted(o.buf, v)
}

func (o *sheetWriter) line() {
	if o.begun {
		o.buf = append(o.buf, o.end...)
	}
	o.begun = false
}

// part writes those rows of a part that belong into a file. done is what became of them, nil where nothing did.
func (o *sheetWriter) part(body string, rows int, done []byte, kind resultKind) {
	if (done == nil) != (kind == unprocessed) {
		return
	}
	for range rows {
		o.values, body = nextRecord(body, o.comma, o.values[:0])
		if kind != unprocessed {
			r, rest, ok := nextOutcome(done)
			if !ok {
				return
			}
			done = rest
			if (r.how == rowFailed) != (kind == failed) {
				continue
			}
			o.value(r.id)
			if kind == failed {
				o.value(r.reason())
			} else {
				o.value(strconv.FormatBool(r.how == rowCreated))
			}
		}
		for _, v := range o.values {
			o.value(v)
		}
		o.line()
	}
}

// A body is an answer that is sent while it is made, packed where the client takes that.
type body struct {
	ctx    context.Context
	cancel context.CancelFunc
	out    *bufio.Writer
	zip    *gzip.Writer
	gone   bool
	silent bool // HEAD
	to     *http.ResponseController
	log    *slog.Logger
	id     string // of the request
}

// sendTime is how long the client may take for the next 64 KiB of an answer.
const sendTime = 2 * time.Minute

// stream begins an answer. It may take longer than a request may otherwise, as long as the client takes it.
func (c *call) stream(contentType string) *body {
	b := &body{silent: c.r.Method == http.MethodHead, to: http.NewResponseController(c.w), log: c.h.opt.Log, id: c.w.Header().Get("X-Request-Id")}
	b.ctx, b.cancel = context.WithTimeout(context.WithoutCancel(c.r.Context()), lineTime)
	c.head(contentType)
	c.w.Header().Add("Vary", "Accept-Encoding")
	var to io.Writer = c.w
	if takesGzip(c.r.Header.Get("Accept-Encoding")) && !b.silent {
		c.w.Header().Set("Content-Encoding", "gzip")
		b.zip, _ = gzip.NewWriterLevel(c.w, gzip.BestSpeed)
		to = b.zip
	}
	c.w.WriteHeader(http.StatusOK)
	b.out = bufio.NewWriterSize(to, 64<<10)
	return b
}

// write sends a piece and reports whether the client is still there.
func (b *body) write(p []byte) bool {
	if b.gone || b.silent {
		return !b.gone
	}
	_ = b.to.SetWriteDeadline(time.Now().Add(sendTime))
	_, err := b.out.Write(p)
	b.gone = err != nil
	return !b.gone
}

func (b *body) close() {
	defer b.cancel()
	if b.gone || b.silent || b.out.Flush() != nil {
		return
	}
	if b.zip != nil {
		_ = b.zip.Close() // the client is gone: nobody to tell
	}
}

// broke ends an answer that has begun and cannot be ended well: the connection is cut, so that nobody takes it for whole.
func (b *body) broke(err error) error {
	b.log.ErrorContext(b.ctx, "results", slog.Any("error", err), slog.String("request", b.id))
	panic(http.ErrAbortHandler)
}

// takesGzip reads an Accept-Encoding header.
func takesGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			return strings.ReplaceAll(weight, " ", "") != "q=0"
		}
	}
	return false
}
