package bulk

import (
	"context"

	"stoa/internal/record"
	"stoa/internal/store"
)

var jobColumns = []column{
	{"id", store.ID}, {"api", store.Int}, {"operation", store.Text}, {"object", store.Text}, {"external_id", store.Text}, {"soql", store.Text},
	{"format", store.Text}, {"delimiter", store.Text}, {"line_ending", store.Text}, {"concurrency", store.Text}, {"version", store.Int},
	{"options", store.Text}, {"owner", store.ID}, {"purpose", store.Text}, {"app", store.Text}, {"state", store.Text}, {"error", store.Text},
	{"created", store.DateTime}, {"modified", store.DateTime}, {"upload", store.Int}, {"header", store.Text}, {"total", store.Int},
	{"done", store.Int}, {"processed", store.Int}, {"failed", store.Int}, {"millis", store.Int}, {"retries", store.Int},
	{"mark", store.Text},
}

func (j *Job) values() []record.Value {
	text, whole := record.OfText, record.OfInt
	return []record.Value{
		record.OfID(j.ID), whole(int64(j.API)), text(j.Operation), text(j.Object), text(j.ExternalID), text(j.Query),
		text(j.Format), text(j.Delimiter), text(j.LineEnding), text(j.Concurrency), whole(int64(j.Version)),
		text(j.Options), record.OfID(j.Owner), text(j.Purpose), text(j.App), text(string(j.State)), text(j.Error),
		record.OfInstant(j.Created), record.OfInstant(j.Modified), whole(j.Upload), text(j.Header), whole(j.Total),
		whole(int64(j.Done)), whole(j.Processed), whole(j.Failed), whole(j.Millis), whole(int64(j.Retries)),
		text(j.Mark),
	}
}

func jobOf(p *record.Page, row int) Job {
	text := func(c int) string { return p.Value(row, c).Text() }
	whole := func(c int) int64 { return p.Value(row, c).Int() }
	return Job{
		ID: p.ID(row, 0), API: int(whole(1)), Operation: text(2), Object: text(3), ExternalID: text(4), Query: text(5),
		Format: text(6), Delimiter: text(7), LineEnding: text(8), Concurrency: text(9), Version: int(whole(10)),
		Options: text(11), Owner: p.ID(row, 12), Purpose: text(13), App: text(14), State: State(text(15)), Error: text(16),
		Created: p.Value(row, 17).Instant(), Modified: p.Value(row, 18).Instant(), Upload: whole(19), Header: text(20), Total: whole(21),
		Done: int(whole(22)), Processed: whole(23), Failed: whole(24), Millis: whole(25), Retries: int(whole(26)),
		Mark: text(27),
	}
}

// Create adds a job of the viewer's; it gets its id and its times.
func (t *Tx) Create(ctx context.Context, j *Job) error {
	ids, err := t.tx.NewIDs(ctx, JobPrefix, 1)
	if err != nil {
		return err
	}
	j.ID, j.Created, j.Modified = ids[0], t.tx.Now(), t.tx.Now()
	return t.insert(ctx, jobColumns, store.BulkJobTable, j.values())
}

// Job returns a job; ok is false where there is none that the viewer may see.
func (t *Tx) Job(ctx context.Context, id record.ID) (j Job, ok bool, err error) {
	if id.Prefix() != JobPrefix {
		return j, false, nil
	}
	q := t.selects(jobColumns, store.BulkJobTable).Raw(" WHERE id = ").Arg(store.ID, record.OfID(id))
	p, err := store.Fetch(ctx, t.tx, t.seen(q), outs(jobColumns)...)
	if err != nil || p.Len() == 0 {
		return j, false, err
	}
	return jobOf(p, 0), true, nil
}

// seen appends the condition that the viewer may see a job.
func (t *Tx) seen(q *store.SQL) *store.SQL {
	if t.viewer != "" {
		q.Raw(" AND owner = ").Arg(store.ID, record.OfID(t.viewer))
	}
	return q
}

// A Filter chooses among jobs.
type Filter struct {
	Exports bool      // jobs that read, else those that write
	All     bool      // both
	API     int       // 0 for both
	Before  record.ID // older ones than this, "" for all
	Limit   int
}

// Jobs lists jobs, the newest first.
func (t *Tx) Jobs(ctx context.Context, f Filter) ([]Job, error) {
	q := t.selects(jobColumns, store.BulkJobTable).Raw(" WHERE 1 = 1")
	if !f.All {
		q.Raw(" AND operation ").Raw(map[bool]string{true: "IN", false: "NOT IN"}[f.Exports]).Raw(" ('query', 'queryAll')")
	}
	if f.API != 0 {
		q.Raw(" AND api = ").Int(int64(f.API))
	}
	if f.Before != "" {
		q.Raw(" AND id < ").Arg(store.ID, record.OfID(f.Before))
	}
	p, err := store.Fetch(ctx, t.tx, t.seen(q).Raw(" ORDER BY id DESC LIMIT ").Int(int64(f.Limit)), outs(jobColumns)...)
	if err != nil {
		return nil, err
	}
	jobs := make([]Job, p.Len())
	for i := range jobs {
		jobs[i] = jobOf(p, i)
	}
	return jobs, nil
}

// update begins an UPDATE of a job.
func (t *Tx) update() *store.SQL {
	return store.NewSQL(t.tx.Dialect()).Raw("UPDATE ").Table(store.BulkJobTable).Raw(" SET modified = ").Arg(store.DateTime, record.OfInstant(t.tx.Now()))
}

// one runs an UPDATE that changes one row or none.
func (t *Tx) one(ctx context.Context, q *store.SQL) (ok bool, err error) {
	n, err := t.tx.Exec(ctx, q)
	return n == 1, err
}

// Move brings a job from one of some states into another, with an error text; ok is false where it is in none of them by now. from must not be empty.
func (t *Tx) Move(ctx context.Context, id record.ID, to State, why string, from ...State) (ok bool, err error) {
	q := t.update().Raw(", state = ").Str(string(to)).Raw(", error = ").Str(why).Raw(" WHERE id = ").Arg(store.ID, record.OfID(id))
	oneOf(q, from)
	return t.one(ctx, q)
}

// Attach gives an open job what was uploaded for it, once: ok is false where it has something already. An error in it
// is kept for when the upload is said to be complete.
func (t *Tx) Attach(ctx context.Context, id record.ID, upload int64, header string, rows int64, why string) (ok bool, err error) {
	q := t.update().Raw(", upload = ").Int(upload).Raw(", header = ").Str(header).Raw(", total = ").Int(rows).Raw(", error = ").Str(why).
		Raw(" WHERE id = ").Arg(store.ID, record.OfID(id)).Raw(" AND state = 'Open' AND upload = 0")
	return t.one(ctx, q)
}

// Number gives an export that is in progress the number of its pages, once.
func (t *Tx) Number(ctx context.Context, id record.ID, upload int64) (ok bool, err error) {
	q := t.update().Raw(", upload = ").Int(upload).Raw(" WHERE id = ").Arg(store.ID, record.OfID(id)).Raw(" AND state = 'InProgress' AND upload = 0")
	return t.one(ctx, q)
}

// A Step is what was done for a job in one transaction.
type Step struct {
	From, Parts       int // the number of parts done before, and how many were done now
	Processed, Failed int64
	Millis            int64
	Mark              string // the last id that an export has read
}

// Advance notes a step of a job that is in progress; ok is false where it no longer is, or where another worker did the step.
func (t *Tx) Advance(ctx context.Context, id record.ID, s Step) (ok bool, err error) {
	q := t.update().Raw(", done = done + ").Int(int64(s.Parts)).Raw(", processed = processed + ").Int(s.Processed).
		Raw(", failed = failed + ").Int(s.Failed).Raw(", millis = millis + ").Int(s.Millis).Raw(", mark = ").Str(s.Mark).
		Raw(" WHERE id = ").Arg(store.ID, record.OfID(id)).Raw(" AND state = 'InProgress' AND done = ").Int(int64(s.From))
	return t.one(ctx, q)
}

// Retry counts that a job could not go on and is tried again.
func (t *Tx) Retry(ctx context.Context, id record.ID) error {
	_, err := t.tx.Exec(ctx, t.update().Raw(", retries = retries + 1 WHERE id = ").Arg(store.ID, record.OfID(id)))
	return err
}

// Add adds to the counts of a job whose batches note their own steps.
func (t *Tx) Add(ctx context.Context, id record.ID, s Step) error {
	q := t.update().Raw(", processed = processed + ").Int(s.Processed).Raw(", failed = failed + ").Int(s.Failed).Raw(", millis = millis + ").Int(s.Millis).
		Raw(" WHERE id = ").Arg(store.ID, record.OfID(id))
	_, err := t.tx.Exec(ctx, q)
	return err
}

// Restart forgets what an export has read so far.
func (t *Tx) Restart(ctx context.Context, j *Job) error {
	q := t.update().Raw(", done = 0, processed = 0, mark = '', retries = retries + 1 WHERE id = ").Arg(store.ID, record.OfID(j.ID))
	if _, err := t.tx.Exec(ctx, q); err != nil {
		return err
	}
	_, err := t.tx.Exec(ctx, store.NewSQL(t.tx.Dialect()).Raw("DELETE FROM ").Table(store.BulkResultTable).Raw(" WHERE upload = ").Int(j.Upload))
	return err
}

// Remove removes a job and its batches, and lets what was uploaded for them go.
func (t *Tx) Remove(ctx context.Context, j *Job) error {
	batches, err := t.Batches(ctx, j.ID, 0)
	if err != nil {
		return err
	}
	for _, b := range batches {
		if err := t.Discard(ctx, b.Upload); err != nil {
			return err
		}
	}
	for _, where := range [...][2]string{{store.BulkBatchTable, "job"}, {store.BulkJobTable, "id"}} {
		q := store.NewSQL(t.tx.Dialect()).Raw("DELETE FROM ").Table(where[0]).Raw(" WHERE ").Name(where[1]).Raw(" = ").Arg(store.ID, record.OfID(j.ID))
		if _, err := t.tx.Exec(ctx, q); err != nil {
			return err
		}
	}
	return t.Discard(ctx, j.Upload)
}
