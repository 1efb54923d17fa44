package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"stoa/internal/record"
	"stoa/internal/store"
)

// A tx is one transaction: a snapshot on a reader, or a savepoint of the group on the writer.
type tx struct {
	db     *DB
	c      *conn
	ctx    context.Context // of the call of Read or Write
	write  bool
	ticket store.Ticket
	now    time.Time

	open   []*rows
	levels store.Levels // the call, and each Try in it
	failed error        // the error after which only the end, or the end of Try, can follow
	after  []func()
	signal []func() // like after, but the group goes on
}

func (t *tx) Now() time.Time         { return t.now }
func (t *tx) Ticket() store.Ticket   { return t.ticket }
func (t *tx) Dialect() store.Dialect { return t.db.dialect }
func (t *tx) AfterCommit(f func())   { t.after = append(t.after, f) }
func (t *tx) Signal(f func())        { t.signal = append(t.signal, f) }

// ready reports why t cannot run another statement.
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
	return nil
}

// changing is ready for a statement that changes something.
func (t *tx) changing(ctx context.Context) error {
	if err := t.ready(ctx, true); err != nil {
		return err
	}
	return t.protect(ctx)
}

// protect sets a savepoint for what is about to be written, where it needs one.
func (t *tx) protect(ctx context.Context) error {
	if err := t.db.w.say(t.levels.Protect()); err != nil {
		return t.failure(ctx, err)
	}
	return nil
}

// failure marks t as failed by err and returns it, or what the context says where that is why.
func (t *tx) failure(ctx context.Context, err error) error {
	if errors.Is(err, errInterrupted) {
		if c := cmpErr(ctx.Err(), t.ctx.Err()); c != nil {
			err = c
		}
	}
	t.failed = err
	return err
}

func cmpErr(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// end finishes what the transaction left open.
func (t *tx) end() {
	for _, r := range t.open {
		r.Close()
	}
	t.open, t.c = nil, nil
}

// Query implements store.Tx.
func (t *tx) Query(ctx context.Context, q *store.SQL, cols []store.Out) (store.Rows, error) {
	if err := t.ready(ctx, false); err != nil {
		return nil, err
	}
	if err := t.searchable(ctx, q); err != nil {
		return nil, err
	}
	s, err := t.prepare(ctx, q, false)
	if err != nil {
		return nil, err
	}
	r := &rows{t: t, ctx: ctx, s: s, cols: cols, ids: t.db.heads.Decoder()}
	t.open = append(t.open, r)
	return r, nil
}

// Exec implements store.Tx.
func (t *tx) Exec(ctx context.Context, q *store.SQL) (int64, error) {
	if err := t.changing(ctx); err != nil {
		return 0, err
	}
	s, err := t.prepare(ctx, q, true)
	if err != nil {
		return 0, err
	}
	defer t.c.done(s)
	for {
		more, err := s.step()
		if err != nil {
			return 0, t.failure(ctx, fmt.Errorf("%w in %s", err, q.Text()))
		}
		if !more {
			return t.c.changes(), nil
		}
	}
}

// prepare returns q's statement with its arguments bound. Where add is true, new heads of ids come into the dictionary.
func (t *tx) prepare(ctx context.Context, q *store.SQL, add bool) (*stmt, error) {
	s, err := t.c.stmt(q.Text())
	if err != nil {
		return nil, t.failure(ctx, fmt.Errorf("%w in %s", err, q.Text()))
	}
	if err := t.bind(s, q.Args(), add); err != nil {
		t.c.done(s)
		return nil, t.failure(ctx, err)
	}
	return s, nil
}

func (t *tx) bind(s *stmt, args []store.Arg, add bool) error {
	size := 0
	for i := range args {
		size += 3*(len(args[i].Raw)+len(args[i].Value.Text())) + 32 + 20*len(args[i].IDs)
	}
	s.room(size)
	for i := range args {
		if err := t.bindArg(s, i+1, &args[i], add); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) bindArg(s *stmt, i int, a *store.Arg, add bool) error {
	switch {
	case a.IDs != nil:
		s.bindText(i, t.set(a.IDs))
	case a.Raw != nil && a.Class == store.Bytes:
		s.bindBytes(i, string(a.Raw))
	case a.Raw != nil:
		s.bindText(i, store.CleanText(string(a.Raw)))
	case a.Value.IsNull():
		s.bindNull(i)
	case (a.Class == store.Int || a.Class == store.Decimal) && a.Value.Kind() == record.Number:
		if n, exact, ok := store.Scaled(a.Value, a.Scale); ok && exact {
			s.bindInt(i, n)
		} else {
			s.bindFloat(i, store.ScaledFloat(a.Value, a.Scale))
		}
	default:
		return t.bindValue(s, i, &store.Column{Class: a.Class, Scale: a.Scale}, a.Value, add)
	}
	return nil
}

// set writes ids as a JSON array of numbers. Ids that the org has never seen are left out: they match nothing.
func (t *tx) set(ids []record.ID) string {
	b := make([]byte, 0, 20*len(ids)+2)
	b = append(b, '[')
	for _, id := range ids {
		n, ok := t.db.heads.Encode(id)
		if !ok {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, n, 10)
	}
	return string(append(b, ']'))
}

// unknown is what an id is compared as whose head the org has never seen.
const unknown = -1

// bindValue binds v as column c keeps it, for which room was made.
func (t *tx) bindValue(s *stmt, i int, c *store.Column, v record.Value, add bool) error {
	if v.IsNull() {
		if c.Class == store.Bool {
			s.bindInt(i, 0)
		} else {
			s.bindNull(i)
		}
		return nil
	}
	switch c.Class {
	case store.Bool:
		n := int64(0)
		if v.Bool() {
			n = 1
		}
		s.bindInt(i, n)
	case store.Int, store.Decimal:
		n, _, ok := store.Scaled(v, c.Scale)
		if !ok {
			return fmt.Errorf("%w: %s in column %s", store.ErrRange, v, c.Name)
		}
		s.bindInt(i, n)
	case store.Text:
		text := v.Text()
		if k := v.Kind(); k != record.Text && k != record.Ref {
			text = v.String()
		}
		s.bindText(i, store.CleanText(text))
	case store.Date, store.DateTime, store.Time:
		s.bindInt(i, v.Int())
	case store.ID:
		n, err := t.encode(store.OfArg(v), add)
		if err != nil {
			return err
		}
		s.bindInt(i, n)
	case store.Bytes:
		s.bindBytes(i, v.Text())
	}
	return nil
}

// encode returns the number that id is kept as.
func (t *tx) encode(id record.ID, add bool) (int64, error) {
	n, ok := t.db.heads.Encode(id)
	if ok {
		return n, nil
	}
	if !add || len(id) < 15 {
		return unknown, nil
	}
	if err := t.db.w.addHead(id); err != nil {
		return 0, err
	}
	n, _ = t.db.heads.Encode(id)
	return n, nil
}

// insertion appends the statement that inserts a row.
func insertion(dst []byte, table string, cols []store.Column) []byte {
	dst = store.AppendQuoted(append(dst, "INSERT INTO "...), table)
	n := 0
	for i := range cols {
		dst = store.AppendQuoted(append(dst, [2]string{" (", ", "}[min(i, 1)]...), cols[i].Name)
		n++
		if cols[i].Folded {
			dst = store.AppendQuoted(append(dst, ", "...), store.Shadow(cols[i].Name))
			n++
		}
	}
	dst = append(dst, ") VALUES (?"...)
	for range n - 1 {
		dst = append(dst, ", ?"...)
	}
	return append(dst, ')')
}

// Insert implements store.Tx.
func (t *tx) Insert(ctx context.Context, table string, cols []store.Column, values [][]record.Value) error {
	if len(values) == 0 {
		return t.ready(ctx, true)
	}
	if err := t.changing(ctx); err != nil {
		return err
	}
	s, err := t.c.stmtOf(insertion(t.c.text[:0], table, cols))
	if err != nil {
		return t.failure(ctx, err)
	}
	defer t.c.done(s)
	keyed := cols[0].Name == store.IDColumn && cols[0].Class == store.ID
	for n, row := range values {
		if len(row) != len(cols) {
			return t.failure(ctx, fmt.Errorf("insert into %s: row %d has %d values for %d columns", table, n, len(row), len(cols)))
		}
		if n > 0 {
			s.reset()
			if n%between == 0 && ctx.Err() != nil {
				return t.failure(ctx, ctx.Err())
			}
		}
		if keyed {
			if err := t.db.w.observe(row[0].ID()); err != nil {
				return t.failure(ctx, err)
			}
		}
		if err := t.bindRow(s, cols, row); err != nil {
			return t.failure(ctx, err)
		}
		if _, err := s.step(); err != nil {
			return t.failure(ctx, fmt.Errorf("insert into %s: %w", table, err))
		}
	}
	return nil
}

// bindRow binds a row, each folded column followed by its shadow.
func (t *tx) bindRow(s *stmt, cols []store.Column, row []record.Value) error {
	size := 0
	for i := range row {
		n := 3 * len(row[i].Text())
		if cols[i].Folded {
			n *= 2
		}
		size += n + 32
	}
	s.room(size)
	at := 1
	for i := range cols {
		if err := t.bindValue(s, at, &cols[i], row[i], true); err != nil {
			return err
		}
		at++
		if !cols[i].Folded {
			continue
		}
		if row[i].IsNull() {
			s.bindNull(at)
		} else {
			s.bindText(at, record.Fold(store.CleanText(row[i].Text())))
		}
		at++
	}
	return nil
}

// Update implements store.Tx.
func (t *tx) Update(ctx context.Context, table string, cols []store.Column, ids []record.ID, values [][]record.Value) error {
	if len(ids) == 0 || len(cols) == 0 {
		return t.ready(ctx, true)
	}
	if err := t.changing(ctx); err != nil {
		return err
	}
	all := store.WithShadows(cols)
	var b strings.Builder
	b.WriteString("UPDATE ")
	b.WriteString(store.Quote(table))
	for i, c := range all {
		b.WriteString([2]string{" SET ", ", "}[min(i, 1)])
		b.WriteString(store.Quote(c.Name))
		b.WriteString(" = ?")
	}
	b.WriteString(" WHERE ")
	b.WriteString(store.Quote(store.IDColumn))
	b.WriteString(" = ?")
	s, err := t.c.stmt(b.String())
	if err != nil {
		return t.failure(ctx, err)
	}
	defer t.c.done(s)
	for i, id := range ids {
		if i > 0 {
			s.reset()
		}
		if err := t.bindRow(s, cols, values[i]); err != nil {
			return t.failure(ctx, err)
		}
		n, _ := t.encode(id, false)
		s.bindInt(len(all)+1, n)
		if _, err := s.step(); err != nil {
			return t.failure(ctx, fmt.Errorf("update %s: %w", table, err))
		}
	}
	return nil
}

// Delete implements store.Tx.
func (t *tx) Delete(ctx context.Context, table string, ids []record.ID) error {
	if len(ids) == 0 {
		return t.ready(ctx, true)
	}
	_, err := t.Exec(ctx, store.NewSQL(t.db.dialect).Raw("DELETE FROM ").Table(table).Raw(" WHERE ").Name(store.IDColumn).In(ids))
	return err
}

// Lock implements store.Tx. There is one writer, so it has all rows already.
func (t *tx) Lock(ctx context.Context, _ string, _ []record.ID) error { return t.ready(ctx, true) }

// Try implements store.Tx.
func (t *tx) Try(ctx context.Context, f func() error) (err error) {
	if err := t.ready(ctx, false); err != nil {
		return err
	}
	if !t.write {
		return f()
	}
	t.levels.Begin()
	mark, signals, found, kept := len(t.after), len(t.signal), t.db.w.index.mark(), false
	defer func() {
		if kept {
			return
		}
		t.after, t.signal = t.after[:mark], t.signal[:signals]
		t.db.w.index.rewind(found)
		t.failed = t.db.w.say(t.levels.Undo()) // an error says that the engine has undone the whole group
	}()
	if err := f(); err != nil {
		return err
	}
	if t.failed != nil {
		return t.failed
	}
	kept = true
	if err := t.db.w.say(t.levels.Keep()); err != nil {
		return t.failure(ctx, err)
	}
	return nil
}

// NewIDs implements store.Tx.
func (t *tx) NewIDs(ctx context.Context, prefix string, n int) ([]record.ID, error) {
	if err := t.ready(ctx, true); err != nil {
		return nil, err
	}
	ids, err := t.db.w.newIDs(prefix, n)
	if err != nil {
		return nil, t.failure(ctx, err)
	}
	return ids, nil
}

// NewNumbers implements store.Tx.
func (t *tx) NewNumbers(ctx context.Context, sequence string, n int) (int64, error) {
	if err := t.ready(ctx, true); err != nil {
		return 0, err
	}
	first, err := t.db.w.newNumbers(sequence, n)
	if err != nil {
		return 0, t.failure(ctx, err)
	}
	return first, nil
}
