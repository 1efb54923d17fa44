package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"stoa/internal/record"
	"stoa/internal/store"
)

// A tx is one transaction on one connection. BEGIN travels with its first statement, and what is
// said about savepoints with the next one, since each way to the server and back costs as much as a short query.
type tx struct {
	db     *DB
	c      *pgconn.PgConn // nil once the transaction has ended
	cache  *cache
	ctx    context.Context // of the call of Read or Write
	write  bool
	ticket store.Ticket
	now    time.Time

	begun   bool
	running *rows        // what the connection is busy with
	levels  store.Levels // each Try
	done    []string     // savepoints to release along with the next statement
	failed  error        // the error after which only the end, or the end of Try, can follow
	again   bool         // it was another transaction's fault
	after   []func()
}

func (t *tx) Now() time.Time         { return t.now }
func (t *tx) Ticket() store.Ticket   { return t.ticket }
func (t *tx) Dialect() store.Dialect { return t.db.dialect }
func (t *tx) AfterCommit(f func())   { t.after = append(t.after, f) }
func (t *tx) Signal(f func())        { t.after = append(t.after, f) }

// ready makes the connection free for another statement, or reports why there can be none.
func (t *tx) ready(ctx context.Context, write bool) error {
	switch {
	case t.c == nil:
		return store.ErrClosed
	case ctx.Err() != nil:
		return ctx.Err()
	case t.failed != nil:
		return fmt.Errorf("%w: %w", store.ErrFailed, t.failed)
	case write && !t.write:
		return store.ErrReadOnly
	}
	if t.running != nil {
		t.running.aside()
		if t.failed != nil {
			return fmt.Errorf("%w: %w", store.ErrFailed, t.failed)
		}
	}
	return nil
}

// lead returns what must go before the next statement: BEGIN, the savepoints that are no longer needed, and the one that
// the statement needs, since an error of any statement ends all that has none.
func (t *tx) lead() []string {
	lead := t.done
	t.done = nil
	if !t.begun {
		t.begun = true
		begin := "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
		if t.write {
			begin = "BEGIN ISOLATION LEVEL READ COMMITTED"
		}
		lead = append(lead, begin)
	}
	if point := t.levels.Protect(); point != "" {
		lead = append(lead, point)
	}
	return lead
}

// prepare returns the prepared statement of a text. In a Try one that is not prepared yet has its savepoint first.
func (t *tx) prepare(ctx context.Context, text string) (*prepared, error) {
	if p := t.cache.find(text); p != nil {
		return p, nil
	}
	if t.levels.Open() {
		if lead := t.lead(); len(lead) > 0 {
			if err := run(ctx, t.c, strings.Join(lead, "; ")); err != nil {
				return nil, err
			}
		}
	}
	return t.cache.prepare(ctx, t.c, text)
}

// An exchange is a statement that has been sent and what comes back.
type exchange struct {
	*pgconn.ResultReader
	pipe *pgconn.Pipeline // where others were sent along
}

// send sends a prepared statement, with what must go before it.
func (t *tx) send(ctx context.Context, p *prepared, values [][]byte, formats, results []int16) (exchange, error) {
	lead := t.lead()
	if len(lead) == 0 {
		return exchange{t.c.ExecStatement(ctx, p.desc, values, formats, results), nil}, nil
	}
	pipe := t.c.StartPipeline(ctx)
	for _, text := range lead {
		pipe.SendQueryParams(text, nil, nil, nil, nil)
	}
	pipe.SendQueryStatement(p.desc, values, formats, results)
	err := pipe.Sync()
	for i := 0; err == nil; i++ {
		var result any
		if result, err = pipe.GetResults(); err != nil {
			break
		}
		rr, ok := result.(*pgconn.ResultReader)
		if !ok {
			err = fmt.Errorf("postgres: unexpected %T", result)
			break
		}
		if i == len(lead) {
			return exchange{rr, pipe}, nil
		}
		_, err = rr.Close()
	}
	_ = pipe.Close() // the error is known already
	return exchange{}, err
}

// end receives what is left, and returns the number of rows.
func (x exchange) end() (int64, error) {
	tag, err := x.Close()
	if x.pipe != nil {
		if closing := x.pipe.Close(); err == nil {
			err = closing
		}
	}
	return tag.RowsAffected(), err
}

// failure marks t as failed by err and returns it in the store's words.
func (t *tx) failure(ctx context.Context, err error) error {
	err, again := explain(ctx, err)
	t.failed, t.again = err, t.again || again
	return err
}

// plain runs a statement without arguments or result.
func (t *tx) plain(ctx context.Context, text string) error {
	if err := run(ctx, t.c, strings.Join(append(t.lead(), text), "; ")); err != nil {
		return t.failure(ctx, err)
	}
	return nil
}

// commit makes the transaction durable. It does not stop halfway when the context ends.
func (t *tx) commit() error {
	if t.running != nil {
		t.running.Close()
	}
	if !t.begun {
		return nil
	}
	if err := run(context.WithoutCancel(t.ctx), t.c, "COMMIT"); err != nil {
		return t.failure(t.ctx, err)
	}
	return nil
}

// rollback undoes the transaction. A connection that cannot be brought back is closed.
func (t *tx) rollback() {
	if t.running != nil {
		t.running.Close()
	}
	if t.c.IsClosed() || t.c.TxStatus() == 'I' && !t.c.IsBusy() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), 10*time.Second)
	defer cancel()
	if err := run(ctx, t.c, "ROLLBACK"); err != nil {
		_ = t.c.Close(ctx)
	}
}

// Query implements store.Tx.
func (t *tx) Query(ctx context.Context, q *store.SQL, cols []store.Out) (store.Rows, error) {
	if err := t.ready(ctx, false); err != nil {
		return nil, err
	}
	p, err := t.prepare(ctx, q.Text())
	if err != nil {
		return nil, fmt.Errorf("%w in %s", t.failure(ctx, err), q.Text())
	}
	if len(cols) != len(p.formats) {
		return nil, t.failure(ctx, fmt.Errorf("query returns %d columns, not %d", len(p.formats), len(cols)))
	}
	values, formats, err := t.params(q.Args(), false)
	if err != nil {
		return nil, t.failure(ctx, err)
	}
	r := &rows{t: t, ctx: ctx, cols: cols, ops: make([]op, len(cols)), ids: t.db.heads.Decoder()}
	for i, f := range p.desc.Fields {
		r.ops[i] = opOf(f.DataTypeOID)
	}
	if r.x, err = t.send(ctx, p, values, formats, p.formats); err != nil {
		return nil, fmt.Errorf("%w in %s", t.failure(ctx, err), q.Text())
	}
	t.running = r
	return r, nil
}

// Exec implements store.Tx.
func (t *tx) Exec(ctx context.Context, q *store.SQL) (int64, error) {
	if err := t.ready(ctx, true); err != nil {
		return 0, err
	}
	values, formats, err := t.params(q.Args(), true)
	if err != nil {
		return 0, t.failure(ctx, err)
	}
	return t.exec(ctx, q.Text(), values, formats)
}

func (t *tx) exec(ctx context.Context, text string, values [][]byte, formats []int16) (int64, error) {
	p, err := t.prepare(ctx, text)
	if err != nil {
		return 0, fmt.Errorf("%w in %s", t.failure(ctx, err), text)
	}
	x, err := t.send(ctx, p, values, formats, nil)
	if err != nil {
		return 0, fmt.Errorf("%w in %s", t.failure(ctx, err), text)
	}
	n, err := x.end()
	if err != nil {
		return 0, fmt.Errorf("%w in %s", t.failure(ctx, err), text)
	}
	return n, nil
}

// copyFrom is the number of rows from which COPY is quicker than INSERT.
const copyFrom = 100

// Insert implements store.Tx.
func (t *tx) Insert(ctx context.Context, table string, cols []store.Column, values [][]record.Value) error {
	if err := t.ready(ctx, true); err != nil || len(values) == 0 {
		return err
	}
	for n, row := range values {
		if len(row) != len(cols) {
			return t.failure(ctx, fmt.Errorf("insert into %s: row %d has %d values for %d columns", table, n, len(row), len(cols)))
		}
	}
	if cols[0].Name == store.IDColumn && cols[0].Class == store.ID {
		if err := t.observe(ctx, values); err != nil {
			return t.failure(ctx, err)
		}
	}
	all := store.WithShadows(cols)
	var b strings.Builder
	if len(values) >= copyFrom {
		b.WriteString("COPY ")
	} else {
		b.WriteString("INSERT INTO ")
	}
	b.Write(t.db.dialect.AppendTable(nil, table))
	for i, c := range all {
		b.WriteString([2]string{" (", ", "}[min(i, 1)])
		b.WriteString(store.Quote(c.Name))
	}
	if len(values) >= copyFrom {
		b.WriteString(") FROM STDIN")
		return t.copy(ctx, b.String(), cols, values)
	}
	b.WriteString(") SELECT * FROM ")
	unnest(&b, all)
	arrays, err := t.arrays(cols, all, values)
	if err != nil {
		return t.failure(ctx, err)
	}
	_, err = t.exec(ctx, b.String(), arrays, nil)
	return err
}

// arrays writes rows as one array literal a column.
func (t *tx) arrays(cols, all []store.Column, values [][]record.Value) (_ [][]byte, err error) {
	arrays := make([][]byte, len(all))
	for i := range arrays {
		arrays[i] = make([]byte, 0, 16*len(values)+16)
	}
	var buf []byte
	for _, row := range values {
		buf, err = t.appendRow(cols, row, buf, func(i int, c *store.Column, text []byte, null bool) {
			between := byte(',')
			if len(arrays[i]) == 0 {
				between = '{'
			}
			arrays[i] = appendElement(append(arrays[i], between), c, text, null)
		})
		if err != nil {
			return nil, err
		}
	}
	for i := range arrays {
		arrays[i] = append(arrays[i], '}')
	}
	return arrays, nil
}

// copy sends rows in the text format of COPY.
func (t *tx) copy(ctx context.Context, text string, cols []store.Column, values [][]record.Value) (err error) {
	out := make([]byte, 0, 64*len(cols)*len(values)/4)
	var buf []byte
	for _, row := range values {
		buf, err = t.appendRow(cols, row, buf, func(i int, c *store.Column, text []byte, null bool) {
			if i > 0 {
				out = append(out, '\t')
			}
			out = appendCopy(out, c, text, null)
		})
		if err != nil {
			return t.failure(ctx, err)
		}
		out = append(out, '\n')
	}
	if lead := t.lead(); len(lead) > 0 {
		if err := run(ctx, t.c, strings.Join(lead, "; ")); err != nil {
			return t.failure(ctx, err)
		}
	}
	if _, err := t.c.CopyFrom(ctx, bytes.NewReader(out), text); err != nil {
		return t.failure(ctx, err)
	}
	return nil
}

// Update implements store.Tx.
func (t *tx) Update(ctx context.Context, table string, cols []store.Column, ids []record.ID, values [][]record.Value) error {
	if err := t.ready(ctx, true); err != nil || len(ids) == 0 || len(cols) == 0 {
		return err
	}
	keyed := append([]store.Column{{Name: store.IDColumn, Class: store.ID}}, cols...)
	rows := make([][]record.Value, len(ids))
	for i, id := range ids {
		rows[i] = append(append(make([]record.Value, 0, len(keyed)), record.OfID(id)), values[i]...)
	}
	all := store.WithShadows(keyed)
	var b strings.Builder
	b.WriteString("UPDATE ")
	b.Write(t.db.dialect.AppendTable(nil, table))
	b.WriteString(" t")
	for i, c := range all[1:] {
		b.WriteString([2]string{" SET ", ", "}[min(i, 1)])
		b.WriteString(store.Quote(c.Name) + " = d.v" + strconv.Itoa(i+1))
	}
	b.WriteString(" FROM ")
	unnest(&b, all)
	b.WriteString(" AS d (id")
	for i := range all[1:] {
		b.WriteString(", v" + strconv.Itoa(i+1))
	}
	b.WriteString(") WHERE t." + store.Quote(store.IDColumn) + " = d.id")
	arrays, err := t.arrays(keyed, all, rows)
	if err != nil {
		return t.failure(ctx, err)
	}
	_, err = t.exec(ctx, b.String(), arrays, nil)
	return err
}

// Delete implements store.Tx.
func (t *tx) Delete(ctx context.Context, table string, ids []record.ID) error {
	if len(ids) == 0 {
		return t.ready(ctx, true)
	}
	_, err := t.Exec(ctx, store.NewSQL(t.db.dialect).Raw("DELETE FROM ").Table(table).Raw(" WHERE ").Name(store.IDColumn).In(ids))
	return err
}

// Lock implements store.Tx.
func (t *tx) Lock(ctx context.Context, table string, ids []record.ID) error {
	if len(ids) == 0 {
		return t.ready(ctx, true)
	}
	_, err := t.Exec(ctx, store.NewSQL(t.db.dialect).Raw("SELECT 1 FROM ").Table(table).Raw(" WHERE ").Name(store.IDColumn).In(ids).
		Raw(" ORDER BY ").Name(store.IDColumn).Raw(" FOR UPDATE"))
	return err
}

// Try implements store.Tx.
func (t *tx) Try(ctx context.Context, f func() error) (err error) {
	if err := t.ready(ctx, false); err != nil {
		return err
	}
	if !t.write {
		return f()
	}
	t.levels.Begin()
	mark, kept := len(t.after), false
	defer func() {
		if kept {
			return
		}
		t.after = t.after[:mark]
		if t.running != nil {
			t.running.aside()
		}
		t.undo(context.WithoutCancel(ctx))
	}()
	if err := f(); err != nil {
		return err
	}
	if t.failed != nil {
		return t.failed
	}
	if t.running != nil {
		t.running.aside()
		if t.failed != nil {
			return t.failed
		}
	}
	kept = true
	if release := t.levels.Keep(); release != "" {
		t.done = append(t.done, release)
	}
	return nil
}

// undo undoes the innermost level. An error marks the transaction.
func (t *tx) undo(ctx context.Context) {
	back, release := t.levels.Undo()
	switch {
	case back != "":
		t.failed, t.done = nil, nil // those inside go with it
		if release != "" {
			back += "; " + release
		}
		if err := run(ctx, t.c, back); err != nil {
			_ = t.failure(ctx, err)
		}
	case t.c.TxStatus() != 'E': // nothing was sent
		t.failed = nil
	}
}

// NewIDs implements store.Tx.
func (t *tx) NewIDs(ctx context.Context, prefix string, n int) ([]record.ID, error) {
	if !t.write {
		return nil, store.ErrReadOnly
	}
	return t.db.newIDs(ctx, prefix, n)
}

// NewNumbers implements store.Tx.
func (t *tx) NewNumbers(ctx context.Context, sequence string, n int) (int64, error) {
	if !t.write {
		return 0, store.ErrReadOnly
	}
	return t.db.newNumbers(ctx, sequence, n)
}

// encode returns the number that id is kept as.
func (t *tx) encode(id record.ID, add bool) (int64, error) {
	n, ok := t.db.heads.Encode(id)
	if ok || len(id) < 15 {
		if !ok {
			n = unknown
		}
		return n, nil
	}
	if err := t.db.learnHead(t.ctx, id, add); err != nil {
		return 0, err
	}
	if n, ok = t.db.heads.Encode(id); !ok {
		n = unknown
	}
	return n, nil
}

// observe keeps the ids of rows that are about to be inserted from being given out.
func (t *tx) observe(ctx context.Context, values [][]record.Value) error {
	highest := map[string]int64{}
	for _, row := range values {
		id := row[0].ID()
		if n, ok := store.CounterOf(id, t.db.pod); ok && n >= highest[id.Prefix()] {
			highest[id.Prefix()] = n
		}
	}
	var errs error
	for prefix, n := range highest {
		errs = errors.Join(errs, t.db.observe(ctx, prefix, n))
	}
	return errs
}
