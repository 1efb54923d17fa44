package bulk

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"

	"stoa/internal/fault"
	"stoa/internal/org"
)

// createIngest makes a job, or, of a body of two parts, a job with its data.
func (c *call) createIngest() error {
	kind, params, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if strings.HasPrefix(kind, "multipart/") {
		return c.createWithContent(params["boundary"])
	}
	var set settings
	if err := c.decode(&set); err != nil {
		return err
	}
	j, err := c.newIngest(&set)
	if err != nil {
		return err
	}
	if err := c.keep(&j, nil); err != nil {
		return err
	}
	return c.answer(http.StatusOK, infoOf(c, &j))
}

func (c *call) newIngest(set *settings) (org.BulkJob, error) {
	if err := set.shape(); err != nil {
		return org.BulkJob{}, err
	}
	if err := set.target(c.session); err != nil {
		return org.BulkJob{}, err
	}
	j := newJob(c.session, c.version, set)
	if set.Assignment != "" {
		b, err := json.Marshal(options{Assignment: set.Assignment})
		if err != nil {
			return j, err
		}
		j.Options = string(b)
	}
	return j, nil
}

// keep creates a job, and what else belongs to it.
func (c *call) keep(j *org.BulkJob, more func(ctx context.Context, tx *org.Tx) error) error {
	return c.session.Do(c.r.Context(), func(ctx context.Context, tx *org.Tx) error {
		if err := tx.Bulk().Create(ctx, j); err != nil || more == nil {
			return err
		}
		return more(ctx, tx)
	})
}

// createWithContent makes a job of a body whose first part is the job and whose second is its data.
func (c *call) createWithContent(boundary string) error {
	if boundary == "" {
		return fault.New(invalidJob, "InvalidJob : The multipart body has no boundary")
	}
	from, err := plainBody(c.w, c.r, maxUpload)
	if err != nil {
		return err
	}
	parts := multipart.NewReader(from, boundary)
	part, err := parts.NextPart()
	if err != nil {
		return unreadable(err)
	}
	if part.FormName() != "job" {
		return fault.New(invalidJob, "InvalidJob : The first part of the body has to be called job")
	}
	var set settings
	if err := json.NewDecoder(io.LimitReader(part, maxSettings)).Decode(&set); err != nil {
		return badJSON(err)
	}
	j, err := c.newIngest(&set)
	if err != nil {
		return err
	}
	if part, err = parts.NextPart(); err != nil || part.FormName() != "content" {
		if err != nil && !errors.Is(err, io.EOF) {
			return unreadable(err)
		}
		return fault.New(invalidJob, "InvalidJob : The second part of the body has to be called content")
	}
	up, err := c.receive(part, delimiters[j.Delimiter])
	if err != nil {
		return err
	}
	j.Upload, j.Header, j.Total, j.Error, j.State = up.number, up.header, int64(up.rows), up.why, org.BulkUploadComplete
	err = c.keep(&j, func(ctx context.Context, tx *org.Tx) error { return enqueue(ctx, tx, j.ID) })
	if err != nil {
		c.discard(up.number)
		return err
	}
	return c.answer(http.StatusOK, infoOf(c, &j))
}

// upload takes the data of a job, once.
func (c *call) upload(j *org.BulkJob) error {
	kind, _, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if kind != "" && kind != "text/csv" && kind != "application/octet-stream" && kind != "text/plain" {
		return fault.New(fault.UnsupportedMediaType, "Content type '%s' is not supported for this resource, text/csv is", kind)
	}
	if err := stillOpen(j); err != nil {
		return err
	}
	from, err := plainBody(c.w, c.r, maxUpload)
	if err != nil {
		return err
	}
	up, err := c.receive(from, delimiters[j.Delimiter])
	if err != nil {
		return err
	}
	attached := false
	err = c.session.Do(context.WithoutCancel(c.r.Context()), func(ctx context.Context, tx *org.Tx) (err error) {
		attached, err = tx.Bulk().Attach(ctx, j.ID, up.number, up.header, int64(up.rows), up.why)
		return err
	})
	if err == nil && !attached {
		err = fault.New(invalidJobState, "InvalidJobState : The job has got its data already, or is no longer open")
	}
	if err != nil {
		c.discard(up.number)
		return err
	}
	c.head("")
	c.w.WriteHeader(http.StatusCreated)
	return nil
}

func stillOpen(j *org.BulkJob) error {
	switch {
	case j.State != org.BulkOpen:
		return fault.New(invalidJobState, "InvalidJobState : The job is %s, so that it takes no data", j.State)
	case j.Upload != 0:
		return fault.New(invalidJob, "InvalidJob : The job has got its data already")
	default:
		return nil
	}
}

// A received is what an upload brought.
type received struct {
	number int64
	header string
	rows   int
	why    string // it is no CSV
}

// receiveBytes is about how many bytes of an upload are written in one transaction.
const receiveBytes = 1 << 20

// receive keeps a CSV in parts while it comes. What is no CSV is found out here and told by the job, as clients expect
// it; what could not be received at all is an error, and leaves nothing.
func (c *call) receive(from io.Reader, comma byte) (up received, err error) {
	ctx := context.WithoutCancel(c.r.Context()) // a large upload takes longer than a request may; a sender that stalls ends it
	if err := c.session.Do(ctx, func(ctx context.Context, tx *org.Tx) (err error) {
		up.number, err = tx.Bulk().NewUpload(ctx)
		return err
	}); err != nil {
		return up, err
	}
	defer func() {
		if err != nil {
			c.discard(up.number)
		}
	}()
	var waiting []org.BulkPart
	seq, size := 0, 0
	flush := func() error {
		if len(waiting) == 0 {
			return nil
		}
		err := c.session.Do(ctx, func(ctx context.Context, tx *org.Tx) error { return tx.Bulk().PutParts(ctx, up.number, waiting...) })
		waiting, size = waiting[:0], 0
		return err
	}
	s := &splitter{comma: comma, emit: func(body []byte, rows int) error {
		waiting = append(waiting, org.BulkPart{Seq: seq, Rows: rows, Body: body})
		seq++
		if size += len(body); size >= receiveBytes {
			return flush()
		}
		return nil
	}}
	err = split(from, s)
	if bad, ok := errors.AsType[badCSV](err); ok {
		up.why = string(bad)
		_, err = io.Copy(io.Discard, from)
		if err != nil {
			err = unreadable(err)
		}
		waiting = nil
	}
	if err == nil {
		err = flush()
	}
	up.header, up.rows = string(s.header), s.rows
	if up.why != "" {
		up.header, up.rows = "", 0
	}
	return up, err
}

// split feeds a splitter.
func split(from io.Reader, s *splitter) error {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			if err := s.write(buf[:n]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return s.close()
		}
		if err != nil {
			return unreadable(err)
		}
	}
}

// discard lets what was received go.
func (c *call) discard(upload int64) {
	err := c.session.Do(context.WithoutCancel(c.r.Context()), func(ctx context.Context, tx *org.Tx) error {
		if err := tx.Bulk().Discard(ctx, upload); err != nil {
			return err
		}
		return tx.Enqueue(ctx, org.Job{Kind: kindSweep, Key: "removed"})
	})
	if err != nil {
		c.h.opt.Log.Error("discard an upload", "error", err) // the hourly sweep finds it a day later
	}
}
