package bulk

import (
	"context"
	"time"

	"stoa/internal/record"
	"stoa/internal/store"
)

// A Part is a piece of what was uploaded, or of what came of it. Seq begins with 0 in each upload.
type Part struct {
	Seq  int
	Rows int
	Body []byte
}

// PutParts adds parts to an upload, PutResults to its results. One that is there already is store.ErrUnique.
func (t *Tx) PutParts(ctx context.Context, upload int64, parts ...Part) error {
	return t.put(ctx, store.BulkPartTable, upload, parts)
}

// PutResults adds to what came of an upload, or pages to an export.
func (t *Tx) PutResults(ctx context.Context, upload int64, parts ...Part) error {
	return t.put(ctx, store.BulkResultTable, upload, parts)
}

func (t *Tx) put(ctx context.Context, table string, upload int64, parts []Part) error {
	for _, p := range parts {
		q := store.NewSQL(t.tx.Dialect()).Raw("INSERT INTO ").Table(table).Raw(" (upload, seq, rows, body) VALUES (").
			Int(upload).Raw(", ").Int(int64(p.Seq)).Raw(", ").Int(int64(p.Rows)).Raw(", ").Blob(p.Body).Raw(")")
		if _, err := t.tx.Exec(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// Parts returns up to n parts of an upload from a place on, Results of what came of it.
func (t *Tx) Parts(ctx context.Context, upload int64, from, n int) ([]Part, error) {
	return t.parts(ctx, store.BulkPartTable, upload, from, n)
}

// Results returns up to n results of an upload, or pages of an export, from a place on.
func (t *Tx) Results(ctx context.Context, upload int64, from, n int) ([]Part, error) {
	return t.parts(ctx, store.BulkResultTable, upload, from, n)
}

func (t *Tx) parts(ctx context.Context, table string, upload int64, from, n int) ([]Part, error) {
	q := store.NewSQL(t.tx.Dialect()).Raw("SELECT seq, rows, body FROM ").Table(table).Raw(" WHERE upload = ").Int(upload).
		Raw(" AND seq >= ").Int(int64(from)).Raw(" AND seq < ").Int(int64(from + n)).Raw(" ORDER BY seq")
	p, err := store.Fetch(ctx, t.tx, q, store.Out{Class: store.Int}, store.Out{Class: store.Int}, store.Out{Class: store.Bytes})
	if err != nil {
		return nil, err
	}
	parts := make([]Part, p.Len())
	for i := range parts {
		_, _, _, body := p.Raw(i, 2)
		parts[i] = Part{Seq: int(p.Value(i, 0).Int()), Rows: int(p.Value(i, 1).Int()), Body: body}
	}
	return parts, nil
}

// Pages returns how many rows each page of an export has, in order.
func (t *Tx) Pages(ctx context.Context, upload int64) ([]int, error) {
	q := store.NewSQL(t.tx.Dialect()).Raw("SELECT rows FROM ").Table(store.BulkResultTable).Raw(" WHERE upload = ").Int(upload).Raw(" ORDER BY seq")
	p, err := store.Fetch(ctx, t.tx, q, store.Out{Class: store.Int})
	if err != nil {
		return nil, err
	}
	rows := make([]int, p.Len())
	for i := range rows {
		rows[i] = int(p.Value(i, 0).Int())
	}
	return rows, nil
}

// Unload removes up to n parts of an upload, and as many results; more is true where some may be left.
func (t *Tx) Unload(ctx context.Context, upload int64, n int) (more bool, err error) {
	for _, table := range []string{store.BulkPartTable, store.BulkResultTable} {
		q := store.NewSQL(t.tx.Dialect()).Raw("DELETE FROM ").Table(table).Raw(" WHERE upload = ").Int(upload).
			Raw(" AND seq IN (SELECT seq FROM ").Table(table).Raw(" WHERE upload = ").Int(upload).Raw(" ORDER BY seq LIMIT ").Int(int64(n)).Raw(")")
		gone, err := t.tx.Exec(ctx, q)
		if err != nil {
			return false, err
		}
		more = more || gone == int64(n)
	}
	if !more {
		_, err = t.tx.Exec(ctx, store.NewSQL(t.tx.Dialect()).Raw("DELETE FROM ").Table(store.BulkUploadTable).Raw(" WHERE upload = ").Int(upload))
	}
	return more, err
}

// Discard lets an upload go with the next sweep, unless a job has it.
func (t *Tx) Discard(ctx context.Context, upload int64) error {
	q := store.NewSQL(t.tx.Dialect()).Raw("UPDATE ").Table(store.BulkUploadTable).Raw(" SET due = ").Arg(store.DateTime, record.OfInstant(t.tx.Now())).
		Raw(" WHERE upload = ").Int(upload)
	_, err := t.tx.Exec(ctx, q)
	return err
}

// Stray returns an upload that is due to go and belongs to no job and to no batch; ok is false where there is none.
func (t *Tx) Stray(ctx context.Context) (upload int64, ok bool, err error) {
	q := store.NewSQL(t.tx.Dialect()).Raw("SELECT u.upload FROM ").Table(store.BulkUploadTable).Raw(" u WHERE u.due <= ").Arg(store.DateTime, record.OfInstant(t.tx.Now())).
		Raw(" AND NOT EXISTS (SELECT 1 FROM ").Table(store.BulkJobTable).Raw(" j WHERE j.upload = u.upload) AND NOT EXISTS (SELECT 1 FROM ").
		Table(store.BulkBatchTable).Raw(" b WHERE b.upload = u.upload) LIMIT 1")
	p, err := store.Fetch(ctx, t.tx, q, store.Out{Class: store.Int})
	if err != nil || p.Len() == 0 {
		return 0, false, err
	}
	return p.Value(0, 0).Int(), true, nil
}

// Old returns up to n jobs that nothing was done for since a time; with states, only those in one of them.
func (t *Tx) Old(ctx context.Context, since time.Time, n int, states ...State) ([]Job, error) {
	q := t.selects(jobColumns, store.BulkJobTable).Raw(" WHERE modified < ").Arg(store.DateTime, record.OfInstant(since))
	oneOf(q, states)
	p, err := store.Fetch(ctx, t.tx, q.Raw(" ORDER BY modified LIMIT ").Int(int64(n)), outs(jobColumns)...)
	if err != nil {
		return nil, err
	}
	jobs := make([]Job, p.Len())
	for i := range jobs {
		jobs[i] = jobOf(p, i)
	}
	return jobs, nil
}
