package bulk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// The kinds of job in the org's queue: the next slice of a bulk job, and the removal of what nobody needs.
const (
	kindWork  = "bulk.work"
	kindSweep = "bulk.sweep"
)

const (
	slice      = 500 * time.Millisecond // after which a job lets others of the queue go on
	readAhead  = 5                      // parts that are read at once, and written in one transaction while nobody else writes
	quiet      = time.Second            // after which nobody else is taken to write
	maxRetries = 5                      // of a job that the server cannot go on with
	maxTries   = 5                      // of a batch that others keep from its records
	exportRows = 2000                   // rows of a page
)

// Jobs returns what the org's queue does for bulk jobs, and when without being asked.
func Jobs() ([]org.JobKind, []org.Schedule) {
	return []org.JobKind{{Name: kindWork, Run: work}, {Name: kindSweep, Run: sweep}}, []org.Schedule{{Kind: kindSweep, Every: time.Hour}}
}

// enqueue puts the next slice of a job into the queue, once the transaction stands.
func enqueue(ctx context.Context, tx *org.Tx, id record.ID) error {
	return tx.Enqueue(ctx, org.Job{Kind: kindWork, Key: string(id), Body: []byte(id)})
}

// A worker does one slice of one job.
type worker struct {
	system *org.Session
	job    *org.BulkJob
	until  time.Time
}

// errGone says that a job is no longer in progress, or that another worker has it: what was done is undone.
var errGone = errors.New("the job is no longer this worker's")

// A refusal ends a job, with the reason that its maker reads.
type refusal string

func (r refusal) Error() string { return string(r) }

// work does a slice of the job whose id is body. It bears being done twice: each step says which one it is.
func work(ctx context.Context, system *org.Session, body []byte) error {
	w := &worker{system: system, until: time.Now().Add(slice)}
	id := record.ID(body)
	if err := w.load(ctx, id); err != nil || w.job == nil {
		return err
	}
	more, err := w.slice(ctx)
	switch why := refusal(""); {
	case errors.Is(err, errGone):
		return nil
	case errors.As(err, &why):
		return w.end(ctx, org.BulkFailed, string(why))
	case err != nil && ctx.Err() != nil:
		return err // the server stops; the job is taken up again
	case err != nil && w.job.Retries >= maxRetries:
		return errors.Join(err, w.end(ctx, org.BulkFailed, "InternalServerError : The job could not be done. Try it again, or ask your administrator, who finds the reason in the server's log."))
	case err != nil:
		return errors.Join(err, system.Do(ctx, func(ctx context.Context, tx *org.Tx) error { return tx.Bulk().Retry(ctx, id) }))
	case more:
		return system.Do(ctx, func(ctx context.Context, tx *org.Tx) error { return enqueue(ctx, tx, id) })
	default:
		return nil
	}
}

func (w *worker) load(ctx context.Context, id record.ID) error {
	j, err := jobByID(ctx, w.system, id)
	w.job = j
	return err
}

// slice works on the job for a while and reports whether there is more to do.
func (w *worker) slice(ctx context.Context) (more bool, err error) {
	if w.job.API == 1 {
		return w.batches(ctx)
	}
	switch w.job.State {
	case org.BulkUploadComplete:
		if w.job.Error != "" { // of the upload
			return false, refusal(w.job.Error)
		}
		if err := w.move(ctx, org.BulkInProgress, "", org.BulkUploadComplete); err != nil {
			return false, err
		}
	case org.BulkInProgress:
	default:
		return false, nil
	}
	if w.job.Exports() {
		more, err = w.export(ctx)
	} else {
		more, err = w.ingest(ctx)
	}
	if err != nil || more {
		return more, err
	}
	return false, w.end(ctx, org.BulkJobComplete, "")
}

// move brings the job into another state.
func (w *worker) move(ctx context.Context, to org.BulkState, why string, from ...org.BulkState) error {
	return w.system.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		ok, err := tx.Bulk().Move(ctx, w.job.ID, to, why, from...)
		if err == nil && !ok {
			err = errGone
		}
		return err
	})
}

// end ends the job.
func (w *worker) end(ctx context.Context, to org.BulkState, why string) error {
	from := []org.BulkState{org.BulkUploadComplete, org.BulkInProgress}
	if w.job.API == 1 {
		from = []org.BulkState{org.BulkOpen, org.BulkClosed, org.BulkInProgress}
	}
	if err := w.move(ctx, to, why, from...); !errors.Is(err, errGone) {
		return err
	}
	return nil
}

// owner returns a session of who made the job, with the rights that they have now.
func (w *worker) owner(ctx context.Context) (*org.Session, error) {
	o := w.system.Org()
	a, active, ok, err := o.UserByID(ctx, w.job.Owner)
	if err != nil {
		return nil, err
	}
	if !ok || !active {
		return nil, refusal("InvalidUser : The user who made the job is no longer active")
	}
	a.App = w.job.App
	s, err := o.Session(ctx, a, org.Jobs, w.job.Purpose)
	if err != nil {
		return nil, err
	}
	if !s.Can("ApiEnabled") {
		return nil, refusal("InvalidUser : The user who made the job may no longer use the API")
	}
	return s, nil
}

// ingest writes parts until the time is over or none is left.
func (w *worker) ingest(ctx context.Context) (more bool, err error) {
	if w.job.Header == "" {
		return false, nil
	}
	for {
		s, err := w.owner(ctx)
		if err != nil {
			return false, err
		}
		sh, err := sheetOf(s, w.job)
		if bad, ok := errors.AsType[badCSV](err); ok {
			return false, refusal(bad)
		}
		if err != nil {
			return false, err
		}
		var parts []org.BulkPart
		err = w.system.ReadBulk(ctx, func(ctx context.Context, b *org.BulkTx) (err error) {
			parts, err = b.Parts(ctx, w.job.Upload, w.job.Done, readAhead)
			return err
		})
		if err != nil || len(parts) == 0 {
			return false, err
		}
		for len(parts) > 0 {
			n := len(parts)
			if w.system.Org().Quiet() < quiet {
				n = 1 // who writes meanwhile waits for one batch
			}
			if err := w.parts(ctx, s, sh, parts[:n]); err != nil {
				return false, err
			}
			parts = parts[n:]
			if time.Now().After(w.until) {
				return true, nil
			}
			if s, err = w.owner(ctx); err != nil { // rights may have changed meanwhile
				return false, err
			}
		}
	}
}

// parts writes the rows of some parts and what became of them, all of them together or, where that is refused, one by one.
func (w *worker) parts(ctx context.Context, s *org.Session, sh *sheet, parts []org.BulkPart) error {
	all := make([]loading, len(parts))
	for i, p := range parts {
		all[i] = sh.drafts(string(p.Body), p.Rows)
	}
	err := w.step(ctx, s, all, func(ctx context.Context, tx *org.Tx, step org.BulkStep, outcomes [][]byte) error {
		step.From = w.job.Done
		ok, err := tx.Bulk().Advance(ctx, w.job.ID, step)
		if err == nil && !ok {
			err = errGone
		}
		if err != nil {
			return err
		}
		results := make([]org.BulkPart, len(parts))
		for i, p := range parts {
			results[i] = org.BulkPart{Seq: p.Seq, Rows: p.Rows, Body: outcomes[i]}
		}
		return tx.Bulk().PutResults(ctx, w.job.Upload, results...)
	})
	switch {
	case errors.Is(err, errTogether):
		for i := range parts {
			if err := w.parts(ctx, s, sh, parts[i:i+1]); err != nil {
				return err
			}
		}
		return nil
	case err == nil:
		w.job.Done += len(parts)
	}
	return err
}

// errTogether says that some loadings cannot be written in one transaction, and maybe one by one.
var errTogether = errors.New("refused together")

// step writes some loadings in one transaction, together with note, which keeps what became of them.
func (w *worker) step(ctx context.Context, s *org.Session, all []loading, note func(context.Context, *org.Tx, org.BulkStep, [][]byte) error) error {
	begun := time.Now()
	var whole *fault.Error // why none of the rows could be written
	for try := 1; ; try++ {
		err := s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
			var step org.BulkStep
			outcomes := make([][]byte, len(all))
			for i := range all {
				var res []org.SaveResult
				if whole == nil {
					var err error
					if res, err = w.write(ctx, tx, all[i].drafts); err != nil {
						return err
					}
				}
				outcomes[i] = all[i].outcome(&step, res, whole)
			}
			step.Millis = max(1, time.Since(begun).Milliseconds())
			return note(ctx, tx, step, outcomes)
		})
		f, refused := errors.AsType[*fault.Error](err)
		switch {
		case !refused || whole != nil:
			return err
		case len(all) > 1:
			return errTogether
		case f.Code == fault.UnableToLockRow && try < maxTries:
		default:
			whole = f
		}
	}
}

// write does the job's operation with some drafts.
func (w *worker) write(ctx context.Context, tx *org.Tx, drafts []record.Draft) ([]org.SaveResult, error) {
	if len(drafts) == 0 {
		return nil, nil
	}
	opt := org.WriteOptions{AutoAssign: optionsOf(w.job).Assignment != ""}
	switch w.job.Operation {
	case "insert":
		return tx.Insert(ctx, drafts, opt)
	case "update":
		return tx.Update(ctx, drafts, opt)
	case "upsert":
		return tx.Upsert(ctx, w.job.ExternalID, drafts, opt)
	case "delete":
		return tx.Delete(ctx, idsOf(drafts), opt)
	case "hardDelete":
		return tx.HardDelete(ctx, idsOf(drafts), opt)
	default:
		return nil, fmt.Errorf("operation %q", w.job.Operation)
	}
}

func idsOf(drafts []record.Draft) []record.ID {
	ids := make([]record.ID, len(drafts))
	for i := range drafts {
		ids[i] = drafts[i].ID
	}
	return ids
}

// outcome returns what became of the rows, in their order, and adds it to a step. Where whole is not nil, it is the reason for all.
func (l *loading) outcome(step *org.BulkStep, res []org.SaveResult, whole *fault.Error) []byte {
	step.Parts++
	step.Processed += int64(len(l.bad))
	outcomes := make([]byte, 0, 18*len(l.bad))
	next := 0
	for row := range l.bad {
		var r org.SaveResult
		switch {
		case l.bad[row] != nil:
			r.Errors = []*fault.Error{l.bad[row]}
		case whole != nil:
			r.Errors = []*fault.Error{whole}
			next++
		default:
			r = res[next]
			next++
		}
		if !r.OK() {
			step.Failed++
		}
		outcomes = appendOutcome(outcomes, &r)
	}
	return outcomes
}

// export reads pages until the time is over or all rows are read. Rows that come by their ids are gone on with from the
// last one; any other order is read from end to end, and anew where that was interrupted.
func (w *worker) export(ctx context.Context) (more bool, err error) {
	s, err := w.owner(ctx)
	if err != nil {
		return false, err
	}
	form, err := exportable(ctx, s, w.job.Query)
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return false, refusal(string(f.Code) + " : " + f.Message)
	}
	if err != nil {
		return false, err
	}
	byID := !form.Ordered && !form.Limited && form.Shape.IDCol >= 0
	if err := w.beginExport(ctx, byID); err != nil {
		return false, err
	}
	opt := org.QueryOptions{All: w.job.Operation == "queryAll"}
	if byID && w.job.Mark != "" {
		opt.After = []record.Value{record.OfID(record.ID(w.job.Mark))}
	}
	cells, comma, end := flat(form.Shape), delimiters[w.job.Delimiter], lineEndings[w.job.LineEnding]
	var buf []byte
	begun := time.Now()
	err = s.Each(ctx, w.job.Query, opt, exportRows, func(res *record.Result) (bool, error) {
		if res.Len() == 0 {
			return true, nil
		}
		buf = appendRows(buf[:0], res.Page, cells, comma, end)
		step := org.BulkStep{From: w.job.Done, Parts: 1, Processed: int64(res.Len()), Millis: max(1, time.Since(begun).Milliseconds())}
		if byID {
			step.Mark = string(res.ID(res.Len() - 1))
		}
		err := w.system.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
			ok, err := tx.Bulk().Advance(ctx, w.job.ID, step)
			if err == nil && !ok {
				err = errGone
			}
			if err != nil {
				return err
			}
			return tx.Bulk().PutResults(ctx, w.job.Upload, org.BulkPart{Seq: w.job.Done, Rows: res.Len(), Body: buf})
		})
		if err != nil {
			return false, err
		}
		w.job.Done++
		begun = time.Now()
		more = byID && begun.After(w.until)
		return !more, nil
	})
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return false, refusal(string(f.Code) + " : " + f.Message)
	}
	return more, err
}

// beginExport gives an export the number of its pages, and forgets those of one that cannot be gone on with.
func (w *worker) beginExport(ctx context.Context, byID bool) error {
	if w.job.Upload != 0 && (byID || w.job.Done == 0) {
		return nil
	}
	return w.system.Do(ctx, func(ctx context.Context, tx *org.Tx) (err error) {
		b := tx.Bulk()
		if w.job.Upload != 0 {
			w.job.Done = 0
			return b.Restart(ctx, w.job)
		}
		if w.job.Upload, err = b.NewUpload(ctx); err != nil {
			return err
		}
		ok, err := b.Number(ctx, w.job.ID, w.job.Upload)
		if err == nil && !ok {
			err = errGone
		}
		return err
	})
}
