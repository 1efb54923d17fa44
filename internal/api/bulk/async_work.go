package bulk

import (
	"context"
	"errors"
	"strconv"
	"time"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// batches works on the batches of a job of version 1, one after the other, until the time is over or none waits.
func (w *worker) batches(ctx context.Context) (more bool, err error) {
	if w.job.State != org.BulkOpen && w.job.State != org.BulkClosed {
		return false, nil
	}
	for {
		var waiting []org.BulkBatch
		err := w.system.ReadBulk(ctx, func(ctx context.Context, t *org.BulkTx) (err error) {
			waiting, err = t.Batches(ctx, w.job.ID, 1, org.BulkInProgress, org.BulkQueued)
			return err
		})
		if err != nil || len(waiting) == 0 {
			return false, err
		}
		b := &waiting[0]
		if b.State == org.BulkQueued {
			if err := w.moveBatch(ctx, b, org.BulkQueued, org.BulkInProgress, ""); err != nil {
				return false, err
			}
		}
		unfinished, err := w.batch(ctx, b)
		switch why := refusal(""); {
		case errors.As(err, &why):
			err = w.moveBatch(ctx, b, org.BulkInProgress, org.BulkFailed, string(why))
		case err == nil && !unfinished && b.State != org.BulkNotProcessed:
			err = w.moveBatch(ctx, b, org.BulkInProgress, org.BulkCompleted, "")
		}
		if err != nil {
			return false, err
		}
		if unfinished || time.Now().After(w.until) {
			return true, nil
		}
	}
}

func (w *worker) moveBatch(ctx context.Context, b *org.BulkBatch, from, to org.BulkState, why string) error {
	return w.system.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		ok, err := tx.Bulk().MoveBatch(ctx, b.ID, from, to, why)
		if err == nil && !ok {
			err = errGone
		}
		return err
	})
}

// batch works on one batch and reports whether there is more of it to do.
func (w *worker) batch(ctx context.Context, b *org.BulkBatch) (unfinished bool, err error) {
	s, err := w.owner(ctx)
	if err != nil {
		return false, err
	}
	if w.job.Exports() {
		if chunk := optionsOf(w.job).PKChunk; chunk > 0 && b.UpTo == "" && b.Above == "" {
			if cut, err := w.chunk(ctx, s, b, chunk); err != nil || cut {
				return false, err
			}
		}
		return w.exportBatch(ctx, s, b)
	}
	var body []byte
	for from := 0; ; from += readAhead {
		var parts []org.BulkPart
		err := w.system.ReadBulk(ctx, func(ctx context.Context, t *org.BulkTx) (err error) {
			parts, err = t.Parts(ctx, b.Upload, from, readAhead)
			return err
		})
		if err != nil {
			return false, err
		}
		for _, p := range parts {
			body = append(body, p.Body...)
		}
		if len(parts) < readAhead {
			break
		}
	}
	all, err := readBatch(s, w.job, body)
	if bad, ok := errors.AsType[badCSV](err); ok {
		return false, refusal(bad)
	}
	if err != nil {
		return false, err
	}
	for seq := b.Done; seq < len(all); seq++ {
		err := w.step(ctx, s, all[seq:seq+1], func(ctx context.Context, tx *org.Tx, step org.BulkStep, outcomes [][]byte) error {
			step.From = seq
			ok, err := tx.Bulk().AdvanceBatch(ctx, b, step)
			if err == nil && !ok {
				err = errGone
			}
			if err != nil {
				return err
			}
			return tx.Bulk().PutResults(ctx, b.Upload, org.BulkPart{Seq: seq, Rows: len(all[seq].bad), Body: outcomes[0]})
		})
		if err != nil {
			return false, err
		}
		if s, err = w.owner(ctx); err != nil {
			return false, err
		}
	}
	return false, nil
}

// exportBatch reads the rows of a batch's query.
func (w *worker) exportBatch(ctx context.Context, s *org.Session, b *org.BulkBatch) (unfinished bool, err error) {
	form, err := exportable(ctx, s, b.Query)
	if err == nil && form.Object != w.job.Object {
		return false, refusal("InvalidBatch : The query is of " + form.Object + ", the job of " + w.job.Object)
	}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return false, refusal("InvalidBatch : Failed to process query: " + string(f.Code) + ": " + f.Message)
	}
	if err != nil {
		return false, err
	}
	byID := !form.Ordered && !form.Limited && form.Shape.IDCol >= 0
	e := &exporting{form: form, cells: flat(form.Shape), format: w.job.Format}
	err = w.system.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		t := tx.Bulk()
		if b.Done > 0 && !byID {
			b.Done = 0
			return t.RestartBatch(ctx, b)
		}
		if b.Done > 0 || w.job.Format != "CSV" {
			return nil
		}
		head, err := t.Parts(ctx, b.Upload, 0, 1)
		if err != nil || len(head) > 0 {
			return err
		}
		return t.PutParts(ctx, b.Upload, org.BulkPart{Body: csvHeader(e.cells, ',')})
	})
	if err != nil {
		return false, err
	}
	opt := org.QueryOptions{All: w.job.Operation == "queryAll"}
	if b.Above != "" {
		opt.After = []record.Value{record.OfID(record.ID(b.Above))}
	}
	begun := time.Now()
	err = s.Each(ctx, b.Query, opt, exportRows, func(res *record.Result) (bool, error) {
		n := rowsUpTo(res, b.UpTo)
		if n == 0 {
			return res.Len() == 0, nil
		}
		page := e.page(res, n)
		step := org.BulkStep{From: b.Done, Parts: 1, Processed: int64(n), Millis: max(1, time.Since(begun).Milliseconds())}
		if byID {
			step.Mark = string(res.ID(n - 1))
		}
		err := w.system.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
			ok, err := tx.Bulk().AdvanceBatch(ctx, b, step)
			if err == nil && !ok {
				err = errGone
			}
			if err != nil {
				return err
			}
			return tx.Bulk().PutResults(ctx, b.Upload, org.BulkPart{Seq: b.Done, Rows: n, Body: page})
		})
		if err != nil {
			return false, err
		}
		b.Done++
		begun = time.Now()
		unfinished = byID && begun.After(w.until) && n == res.Len()
		return !unfinished && n == res.Len(), nil
	})
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return false, refusal("InvalidBatch : Failed to process query: " + string(f.Code) + ": " + f.Message)
	}
	return unfinished, err
}

// rowsUpTo returns how many rows of a page, which come by their ids, are not above one.
func rowsUpTo(res *record.Result, upTo string) int {
	n := res.Len()
	for upTo != "" && n > 0 && string(res.ID(n-1)) > upTo {
		n--
	}
	return n
}

// An exporting writes pages of an export in the format of a job of version 1.
type exporting struct {
	form   *org.QueryForm
	cells  []flatCell
	format string
	buf    []byte
}

func (e *exporting) page(res *record.Result, n int) []byte {
	e.buf = e.buf[:0]
	for row := range n {
		switch e.format {
		case "CSV":
			e.buf = appendRow(e.buf, res.Page, row, e.cells, ',', "\n")
		case "JSON":
			if row > 0 {
				e.buf = append(e.buf, ',')
			}
			e.buf = e.json(e.buf, e.form.Shape, res, row)
		default:
			e.buf = e.xml(e.buf, e.form.Shape, res, row, "records")
		}
	}
	return e.buf
}

// json appends a record as the REST API writes one, but for links to it.
func (e *exporting) json(dst []byte, shape *record.Shape, res *record.Result, row int) []byte {
	p := res.Page
	dst = append(dst, `{"attributes":{"type":`...)
	dst = append(record.AppendJSON(dst, []byte(shapeObject(shape, p, row))), '}')
	for i := range shape.Items {
		it := &shape.Items[i]
		dst = append(record.AppendJSON(append(dst, ','), []byte(it.Key)), ':')
		switch {
		case it.Role == record.Parent && it.Parent != nil && !p.Null(row, it.Col):
			dst = e.json(dst, it.Parent, res, row)
		case it.Role != record.Cell || p.Null(row, it.Col):
			dst = append(dst, "null"...)
		default:
			k, n, scale, text := p.Raw(row, it.Col)
			switch k {
			case record.Bool:
				dst = strconv.AppendBool(dst, n != 0)
			case record.Number:
				dst = appendPlain(dst, k, n, scale, nil, it.Type)
			default:
				dst = record.AppendJSON(dst, appendPlain(nil, k, n, scale, text, it.Type))
			}
		}
	}
	return append(dst, '}')
}

// xml appends a record as the SOAP API writes one.
func (e *exporting) xml(dst []byte, shape *record.Shape, res *record.Result, row int, name string) []byte {
	p := res.Page
	dst = append(append(append(dst, '<'), name...), ` xsi:type="sObject">`...)
	dst = appendLeaf(dst, "type", []byte(shapeObject(shape, p, row)))
	for i := range shape.Items {
		it := &shape.Items[i]
		switch {
		case it.Role == record.Parent && it.Parent != nil && !p.Null(row, it.Col):
			dst = e.xml(dst, it.Parent, res, row, it.Key)
		case it.Role != record.Cell || p.Null(row, it.Col):
			dst = append(append(append(dst, '<'), it.Key...), ` xsi:nil="true"/>`...)
		default:
			k, n, scale, text := p.Raw(row, it.Col)
			dst = appendLeaf(dst, it.Key, appendPlain(nil, k, n, scale, text, it.Type))
		}
	}
	return append(append(append(dst, "</"...), name...), '>')
}

// shapeObject returns the object of a row, which varies where the shape says so.
func shapeObject(shape *record.Shape, p *record.Page, row int) string {
	if shape.TypeCol >= 0 && shape.Object != "Name" {
		return p.Value(row, shape.TypeCol).Text()
	}
	return shape.Object
}

// noBound comes after every id.
const noBound = "~"

// chunk cuts an export into batches of so many ids each. The batch that was sent is not processed then.
func (w *worker) chunk(ctx context.Context, s *org.Session, b *org.BulkBatch, size int) (cut bool, err error) {
	form, err := exportable(ctx, s, b.Query)
	if err != nil || form.Ordered || form.Limited || form.Shape.IDCol < 0 {
		return false, nil // exportBatch tells what is wrong
	}
	var bounds []string
	n := 0
	err = s.Each(ctx, "SELECT Id FROM "+form.Object, org.QueryOptions{All: w.job.Operation == "queryAll"}, exportRows, func(res *record.Result) (bool, error) {
		for row := range res.Len() {
			if n++; n%size == 0 {
				bounds = append(bounds, string(res.ID(row)))
			}
		}
		return true, nil
	})
	if err != nil {
		return false, err
	}
	b.State = org.BulkNotProcessed
	return true, w.system.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		t := tx.Bulk()
		ok, err := t.MoveBatch(ctx, b.ID, org.BulkInProgress, org.BulkNotProcessed, "")
		if err == nil && !ok {
			err = errGone
		}
		for i := 0; err == nil && i <= len(bounds); i++ {
			part := org.BulkBatch{Job: b.Job, State: org.BulkQueued, Query: b.Query}
			if i > 0 {
				part.Above = bounds[i-1]
			}
			if i < len(bounds) {
				part.UpTo = bounds[i]
			}
			if part.Above == "" && part.UpTo == "" {
				part.UpTo = noBound
			}
			if part.Upload, err = t.NewUpload(ctx); err == nil {
				err = t.AddBatch(ctx, &part)
			}
		}
		return err
	})
}
