package bulk

import (
	"context"
	"time"

	"stoa/internal/record"
	"stoa/internal/store"
)

// A Batch is what the client of version 1 sends at once, or one part of an export.
type Batch struct {
	ID        record.ID
	Job       record.ID
	Seq       int
	State     State
	Error     string
	Created   time.Time
	Modified  time.Time
	Upload    int64
	Query     string // of an export
	Above     string // an export of ids above this one,
	UpTo      string // up to this one; "" for no bound
	Done      int    // steps that are done
	Processed int64
	Failed    int64
	Millis    int64
}

var batchColumns = []column{
	{"id", store.ID}, {"job", store.ID}, {"seq", store.Int}, {"state", store.Text}, {"error", store.Text}, {"created", store.DateTime},
	{"modified", store.DateTime}, {"upload", store.Int}, {"soql", store.Text}, {"above", store.Text}, {"upto", store.Text},
	{"done", store.Int}, {"processed", store.Int}, {"failed", store.Int}, {"millis", store.Int},
}

func (b *Batch) values() []record.Value {
	text, whole := record.OfText, record.OfInt
	return []record.Value{
		record.OfID(b.ID), record.OfID(b.Job), whole(int64(b.Seq)), text(string(b.State)), text(b.Error), record.OfInstant(b.Created),
		record.OfInstant(b.Modified), whole(b.Upload), text(b.Query), text(b.Above), text(b.UpTo),
		whole(int64(b.Done)), whole(b.Processed), whole(b.Failed), whole(b.Millis),
	}
}

func batchOf(p *record.Page, row int) Batch {
	text := func(c int) string { return p.Value(row, c).Text() }
	whole := func(c int) int64 { return p.Value(row, c).Int() }
	return Batch{
		ID: p.ID(row, 0), Job: p.ID(row, 1), Seq: int(whole(2)), State: State(text(3)), Error: text(4), Created: p.Value(row, 5).Instant(),
		Modified: p.Value(row, 6).Instant(), Upload: whole(7), Query: text(8), Above: text(9), UpTo: text(10),
		Done: int(whole(11)), Processed: whole(12), Failed: whole(13), Millis: whole(14),
	}
}

// AddBatch adds a batch behind the others of its job; it gets its id, its place and its times.
func (t *Tx) AddBatch(ctx context.Context, b *Batch) error {
	ids, err := t.tx.NewIDs(ctx, BatchPrefix, 1)
	if err != nil {
		return err
	}
	if b.Seq, err = t.CountBatches(ctx, b.Job); err != nil {
		return err
	}
	b.ID, b.Created, b.Modified = ids[0], t.tx.Now(), t.tx.Now()
	return t.insert(ctx, batchColumns, store.BulkBatchTable, b.values())
}

// CountBatches returns how many batches a job has.
func (t *Tx) CountBatches(ctx context.Context, job record.ID) (int, error) {
	q := store.NewSQL(t.tx.Dialect()).Raw("SELECT count(*) FROM ").Table(store.BulkBatchTable).Raw(" WHERE job = ").Arg(store.ID, record.OfID(job))
	p, err := store.Fetch(ctx, t.tx, q, store.Out{Class: store.Int})
	if err != nil {
		return 0, err
	}
	return int(p.Value(0, 0).Int()), nil
}

// Batches returns the batches of a job in their order; with states, only those in one of them. n bounds them, 0 for all.
func (t *Tx) Batches(ctx context.Context, job record.ID, n int, states ...State) ([]Batch, error) {
	q := t.selects(batchColumns, store.BulkBatchTable).Raw(" WHERE job = ").Arg(store.ID, record.OfID(job))
	oneOf(q, states)
	q.Raw(" ORDER BY seq")
	if n > 0 {
		q.Raw(" LIMIT ").Int(int64(n))
	}
	p, err := store.Fetch(ctx, t.tx, q, outs(batchColumns)...)
	if err != nil {
		return nil, err
	}
	all := make([]Batch, p.Len())
	for i := range all {
		all[i] = batchOf(p, i)
	}
	return all, nil
}

// Batch returns one batch of a job.
func (t *Tx) Batch(ctx context.Context, job, id record.ID) (b Batch, ok bool, err error) {
	q := t.selects(batchColumns, store.BulkBatchTable).Raw(" WHERE id = ").Arg(store.ID, record.OfID(id)).Raw(" AND job = ").Arg(store.ID, record.OfID(job))
	p, err := store.Fetch(ctx, t.tx, q, outs(batchColumns)...)
	if err != nil || p.Len() == 0 {
		return b, false, err
	}
	return batchOf(p, 0), true, nil
}

// CountStates returns how many batches of a job are in each state.
func (t *Tx) CountStates(ctx context.Context, job record.ID) (map[State]int, error) {
	q := store.NewSQL(t.tx.Dialect()).Raw("SELECT state, count(*) FROM ").Table(store.BulkBatchTable).
		Raw(" WHERE job = ").Arg(store.ID, record.OfID(job)).Raw(" GROUP BY state")
	p, err := store.Fetch(ctx, t.tx, q, store.Out{Class: store.Text}, store.Out{Class: store.Int})
	if err != nil {
		return nil, err
	}
	by := map[State]int{}
	for i := range p.Len() {
		by[State(p.Value(i, 0).Text())] = int(p.Value(i, 1).Int())
	}
	return by, nil
}

func (t *Tx) updateBatch() *store.SQL {
	return store.NewSQL(t.tx.Dialect()).Raw("UPDATE ").Table(store.BulkBatchTable).Raw(" SET modified = ").Arg(store.DateTime, record.OfInstant(t.tx.Now()))
}

// MoveBatch brings a batch from one state into another; ok is false where it is not in it.
func (t *Tx) MoveBatch(ctx context.Context, id record.ID, from, to State, why string) (ok bool, err error) {
	q := t.updateBatch().Raw(", state = ").Str(string(to)).Raw(", error = ").Str(why).
		Raw(" WHERE id = ").Arg(store.ID, record.OfID(id)).Raw(" AND state = ").Str(string(from))
	return t.one(ctx, q)
}

// DropBatches makes the batches of a job that wait not processed.
func (t *Tx) DropBatches(ctx context.Context, job record.ID) error {
	q := t.updateBatch().Raw(", state = 'NotProcessed' WHERE job = ").Arg(store.ID, record.OfID(job)).Raw(" AND state IN ('Queued', 'InProgress')")
	_, err := t.tx.Exec(ctx, q)
	return err
}

// AdvanceBatch notes a step of a batch that is in progress, and adds it to its job; ok is as with Advance.
func (t *Tx) AdvanceBatch(ctx context.Context, b *Batch, s Step) (ok bool, err error) {
	q := t.updateBatch().Raw(", done = done + ").Int(int64(s.Parts)).Raw(", processed = processed + ").Int(s.Processed).
		Raw(", failed = failed + ").Int(s.Failed).Raw(", millis = millis + ").Int(s.Millis)
	if s.Mark != "" {
		q.Raw(", above = ").Str(s.Mark)
	}
	q.Raw(" WHERE id = ").Arg(store.ID, record.OfID(b.ID)).Raw(" AND state = 'InProgress' AND done = ").Int(int64(s.From))
	if ok, err = t.one(ctx, q); err != nil || !ok {
		return ok, err
	}
	return true, t.Add(ctx, b.Job, s)
}

// RestartBatch forgets what an export has read so far.
func (t *Tx) RestartBatch(ctx context.Context, b *Batch) error {
	if err := t.Add(ctx, b.Job, Step{Processed: -b.Processed}); err != nil {
		return err
	}
	q := t.updateBatch().Raw(", done = 0, processed = 0 WHERE id = ").Arg(store.ID, record.OfID(b.ID))
	if _, err := t.tx.Exec(ctx, q); err != nil {
		return err
	}
	_, err := t.tx.Exec(ctx, store.NewSQL(t.tx.Dialect()).Raw("DELETE FROM ").Table(store.BulkResultTable).Raw(" WHERE upload = ").Int(b.Upload))
	return err
}
