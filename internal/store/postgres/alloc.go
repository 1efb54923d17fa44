package postgres

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"stoa/internal/record"
	"stoa/internal/store"
)

// Ids, numbers and heads are given out on connections of their own, in
// transactions of their own: nothing is given out twice, whatever is undone.

// idBlock is how many ids of a prefix a process takes at a time.
const idBlock = 1000

// A block is the ids of a prefix that this process may give out.
type block struct {
	next, end int64
	top       int64 // the table says at least this
}

// allocate runs f on a connection of its own.
func (d *DB) allocate(ctx context.Context, f func(*pgconn.PgConn) error) error {
	conn, err := d.alloc.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	return f(conn.Conn().PgConn())
}

func (d *DB) newIDs(ctx context.Context, prefix string, n int) ([]record.ID, error) {
	if !store.ValidPrefix(prefix) {
		return nil, fmt.Errorf("%q is no key prefix", prefix)
	}
	d.idMu.Lock()
	defer d.idMu.Unlock()
	b := d.ids[prefix]
	if b == nil {
		b = &block{next: 1, end: 1}
		d.ids[prefix] = b
	}
	if b.next+int64(n) > b.end {
		size := int64(max(n, idBlock))
		end, err := d.take(ctx, store.IDBlockTable, "prefix", prefix, size)
		if err != nil {
			return nil, err
		}
		b.next, b.end, b.top = end-size, end, end
	}
	ids := store.MakeIDs(prefix, d.pod, b.next, n)
	b.next += int64(n)
	if n > 0 {
		if _, ok := d.heads.Number(ids[n-1]); !ok {
			return ids, d.learnHead(ctx, ids[n-1], true)
		}
	}
	return ids, nil
}

func (d *DB) newNumbers(ctx context.Context, sequence string, n int) (int64, error) {
	end, err := d.take(ctx, store.SequenceTable, "name", sequence, int64(n))
	return end - int64(n), err
}

// take moves the counter of a key by n and returns where it is then. It starts at 1.
func (d *DB) take(ctx context.Context, table, column, key string, n int64) (end int64, err error) {
	name := d.dialect.schema + table
	err = d.allocate(ctx, func(c *pgconn.PgConn) error {
		text, err := one(ctx, c, "INSERT INTO "+name+" AS t ("+column+", next) VALUES ($1, 1 + $2::bigint) ON CONFLICT ("+column+
			") DO UPDATE SET next = t.next + $2::bigint RETURNING next::text", key, strconv.FormatInt(n, 10))
		if err != nil {
			return err
		}
		end, err = strconv.ParseInt(text, 10, 64)
		return err
	})
	return end, err
}

// observe keeps counters up to used from being given out.
func (d *DB) observe(ctx context.Context, prefix string, used int64) error {
	d.idMu.Lock()
	defer d.idMu.Unlock()
	b := d.ids[prefix]
	if b == nil {
		b = &block{next: 1, end: 1, top: 1}
		d.ids[prefix] = b
	}
	if used >= b.next && used < b.end {
		b.next = used + 1
	}
	if used < b.top {
		return nil
	}
	name := d.dialect.schema + store.IDBlockTable
	b.top = used + 1
	return d.allocate(ctx, func(c *pgconn.PgConn) error {
		_, err := one(ctx, c, "INSERT INTO "+name+" AS t (prefix, next) VALUES ($1, $2::bigint) ON CONFLICT (prefix) DO UPDATE SET next = greatest(t.next, excluded.next)",
			prefix, strconv.FormatInt(used+1, 10))
		return err
	})
}

// relearn is how long an unknown head stays unknown before the table is asked again.
const relearn = 50 * time.Millisecond

// learnHead brings id's head into the dictionary: from the table, where another
// process may have put it, or, where add is true, by putting it there.
func (d *DB) learnHead(ctx context.Context, id record.ID, add bool) error {
	if !add {
		last := d.learned.Load()
		now := time.Now().UnixNano()
		if now-last < int64(relearn) || !d.learned.CompareAndSwap(last, now) {
			return nil
		}
		return d.loadHeads(ctx)
	}
	name := d.dialect.schema + store.HeadTable
	for {
		err := d.allocate(ctx, func(c *pgconn.PgConn) error {
			_, err := one(ctx, c, "INSERT INTO "+name+" (number, head) SELECT coalesce(max(number) + 1, 0), $1 FROM "+name+" ON CONFLICT DO NOTHING", string(id[:7]))
			return err
		})
		if err != nil {
			return err
		}
		if err := d.loadHeads(ctx); err != nil {
			return err
		}
		if _, ok := d.heads.Number(id); ok {
			return nil
		}
		if ctx.Err() != nil { // another process took the number meanwhile: once more
			return ctx.Err()
		}
	}
}

// loadHeads reads the heads that the table has and the dictionary has not.
func (d *DB) loadHeads(ctx context.Context) error {
	return d.allocate(ctx, func(c *pgconn.PgConn) error {
		from := d.heads.Len()
		r := c.ExecParams(ctx, "SELECT h.number::text, h.head FROM "+d.dialect.schema+store.HeadTable+" AS h WHERE h.number >= $1::bigint ORDER BY h.number",
			[][]byte{strconv.AppendInt(nil, int64(from), 10)}, nil, nil, nil).Read()
		if r.Err != nil {
			err, _ := explain(ctx, r.Err)
			return err
		}
		heads := make([]store.Head, 0, len(r.Rows))
		for i, row := range r.Rows {
			if string(row[0]) != strconv.Itoa(from+i) || len(row[1]) != len(store.Head{}) {
				return fmt.Errorf("%w: dictionary of ids, entry %d", store.ErrCorrupt, from+i)
			}
			heads = append(heads, store.Head(row[1]))
		}
		return d.heads.Append(heads...)
	})
}
