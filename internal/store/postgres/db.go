// Package postgres keeps the store of one org in a schema of a PostgreSQL
// database. It knows classes of columns and no objects; its one invariant is
// that every name is qualified with the schema, so that a connection serves any org.
package postgres

import (
	"context"
	"crypto/rand"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	mrand "math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"

	"stoa/internal/store"
)

//go:embed migration/*.sql
var migrations embed.FS

// Options say how a database is opened.
type Options struct {
	URL    string           // postgres://user:password@host:port/database?…
	Schema string           // of the org, made where it is missing
	Pod    string           // two characters in the ids made here; DefaultPod. Kept from the first opening on
	Conns  int              // connections for transactions; 4 × cores, at least 8
	Now    func() time.Time // clock of transactions; time.Now
}

const (
	lockTimeout = 10 * time.Second // after which waiting for a row is given up
	attempts    = 8                // at a transaction that met others
	allocConns  = 2                // connections that give out ids and numbers
)

// A DB is the store of one org in one schema.
type DB struct {
	schema  string // as named
	dialect dialect
	heads   *store.Heads
	pod     string
	clock   func() time.Time
	token   string // tells this process's notifications from those of others
	where   string // for people

	pool  *pgxpool.Pool
	alloc *pgxpool.Pool // of its own, so that a transaction never waits for another one's id
	idMu  sync.Mutex
	ids   map[string]*block // guarded by idMu

	learned atomic.Int64 // when the table of heads was last asked for an unknown one, in nanoseconds
	waiting atomic.Int64
	commit  atomic.Pointer[chan struct{}] // closed by the next commit
	changed chan struct{}                 // holds one where others are to be told
	stop    context.CancelFunc
	ended   sync.WaitGroup
}

// Open opens the schema of a database, making and migrating it as needed.
func Open(ctx context.Context, opt Options) (_ *DB, err error) {
	config, err := pgxpool.ParseConfig(opt.URL)
	if err != nil {
		return nil, errors.New("the database's URL is malformed") // pgx would quote it, with the password
	}
	if opt.Schema == "" || len(opt.Schema) > 63 {
		return nil, fmt.Errorf("schema %q: must have 1 to 63 characters", opt.Schema)
	}
	if opt.Conns <= 0 {
		opt.Conns = max(8, 4*runtime.GOMAXPROCS(0))
	}
	quoted := store.Quote(opt.Schema) + "."
	d := &DB{
		schema: opt.Schema, heads: store.NewHeads(), clock: opt.Now, ids: map[string]*block{}, changed: make(chan struct{}, 1),
	}
	d.dialect = dialect{d.heads, quoted}
	if d.clock == nil {
		d.clock = time.Now
	}
	var token [8]byte
	_, _ = rand.Read(token[:]) // never fails
	d.token = hex.EncodeToString(token[:])
	first := make(chan struct{})
	d.commit.Store(&first)

	c := config.ConnConfig
	d.where = fmt.Sprintf("%s:%d/%s schema %s", c.Host, c.Port, c.Database, opt.Schema)
	params := c.RuntimeParams
	params["timezone"], params["datestyle"], params["client_encoding"] = "UTC", "ISO", "UTF8"
	params["lock_timeout"] = strconv.Itoa(int(lockTimeout / time.Millisecond))
	params["jit"] = "off" // it takes longer to compile than such statements to run
	if params["application_name"] == "" {
		params["application_name"] = "stoa"
	}
	// A context that ends stops the statement on the server and keeps the connection.
	c.BuildContextWatcherHandler = func(pc *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: pc, CancelRequestDelay: 0, DeadlineDelay: 5 * time.Second}
	}
	config.MaxConns, config.MinConns, config.MaxConnIdleTime = int32(opt.Conns), 0, time.Minute
	alloc := config.Copy()
	alloc.MaxConns = allocConns
	// Giving out an id need not wait for the disk: whatever uses it is committed later, and the log is one sequence.
	alloc.ConnConfig.RuntimeParams["synchronous_commit"] = "off"
	defer func() {
		if err != nil {
			d.closePools()
		}
	}()
	if d.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, fmt.Errorf("connect to %s: %w", d.where, err)
	}
	if d.alloc, err = pgxpool.NewWithConfig(ctx, alloc); err != nil {
		return nil, fmt.Errorf("connect to %s: %w", d.where, err)
	}
	if err := d.migrate(ctx, opt.Pod); err != nil {
		return nil, err
	}
	if err := d.loadHeads(ctx); err != nil {
		return nil, err
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	d.stop = stop
	d.ended.Add(2)
	go d.tell(background)
	go d.listen(background, config.ConnConfig.Config.Copy())
	return d, nil
}

// migrate brings schema, system tables and functions to the newest state; one process at a time.
func (d *DB) migrate(ctx context.Context, pod string) error {
	steps, err := store.Migrations(migrations, "migration")
	if err != nil {
		return err
	}
	conn, err := d.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("connect to %s: %w", d.where, err)
	}
	defer conn.Release()
	c := conn.Conn().PgConn()
	hash := fnv.New64a()
	hash.Write([]byte("stoa " + d.schema))
	if err := run(ctx, c, fmt.Sprintf("BEGIN; SELECT pg_advisory_xact_lock(%d); SET LOCAL client_min_messages = warning", int64(hash.Sum64()))); err != nil {
		return fmt.Errorf("lock schema: %w", err)
	}
	defer func() {
		if c.TxStatus() != 'I' {
			_ = run(context.WithoutCancel(ctx), c, "ROLLBACK")
		}
	}()
	if there, err := one(ctx, c, "SELECT count(*)::text FROM pg_namespace WHERE nspname = $1", d.schema); err != nil {
		return err
	} else if there == "0" {
		if err := run(ctx, c, "CREATE SCHEMA "+store.Quote(d.schema)); err != nil {
			return fmt.Errorf("create schema: %w", err)
		}
	}
	// The only place where the search path counts: the steps name no schema.
	if err := run(ctx, c, "SET LOCAL search_path = "+store.Quote(d.schema)); err != nil {
		return err
	}
	done := 0
	there, err := one(ctx, c, "SELECT count(*)::text FROM pg_tables WHERE schemaname = $1 AND tablename = '"+store.MetaTable+"'", d.schema)
	if err != nil {
		return err
	}
	if there != "0" {
		text, err := one(ctx, c, "SELECT value FROM "+store.MetaTable+" WHERE key = $1", store.MigrationKey)
		if err != nil {
			return err
		}
		if done, err = strconv.Atoi(text); err != nil {
			return fmt.Errorf("%w: number of the last migration: %w", store.ErrCorrupt, err)
		}
	}
	if done > len(steps) {
		return fmt.Errorf("the database is of a newer version of Stoa: migration %d, this one knows %d", done, len(steps))
	}
	const put = "INSERT INTO " + store.MetaTable + " (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value RETURNING value"
	for _, s := range steps[done:] {
		if err := run(ctx, c, s.SQL); err != nil {
			return fmt.Errorf("migration %04d_%s: %w", s.Number, s.Name, err)
		}
		if _, err := one(ctx, c, put, store.MigrationKey, strconv.Itoa(s.Number)); err != nil {
			return err
		}
	}
	const get = "SELECT coalesce((SELECT value FROM " + store.MetaTable + " WHERE key = $1), '')"
	statement, mark := foldFunction(d.dialect.schema)
	const foldKey = "fold"
	if had, err := one(ctx, c, get, foldKey); err != nil {
		return err
	} else if had != mark {
		if err := run(ctx, c, statement); err != nil {
			return fmt.Errorf("create stoa_fold: %w", err)
		}
		if _, err := one(ctx, c, put, foldKey, mark); err != nil {
			return err
		}
	}
	if d.pod, err = one(ctx, c, get, store.PodKey); err != nil {
		return err
	}
	if d.pod == "" {
		if d.pod = pod; pod == "" {
			d.pod = store.DefaultPod
		}
		if !store.ValidPod(d.pod) {
			return fmt.Errorf("pod %q: must be two letters or digits", d.pod)
		}
		if _, err := one(ctx, c, put, store.PodKey, d.pod); err != nil {
			return err
		}
	}
	return run(ctx, c, "COMMIT")
}

// one returns the one text that a query gives, "" where it gives no row.
func one(ctx context.Context, c *pgconn.PgConn, text string, args ...string) (string, error) {
	values := make([][]byte, len(args))
	for i, a := range args {
		values[i] = []byte(a)
	}
	r := c.ExecParams(ctx, text, values, nil, nil, nil).Read()
	if r.Err != nil {
		err, _ := explain(ctx, r.Err)
		return "", err
	}
	if len(r.Rows) == 0 {
		return "", nil
	}
	return string(r.Rows[0][0]), nil
}

// Dialect implements store.DB.
func (d *DB) Dialect() store.Dialect { return d.dialect }

func (d *DB) now() time.Time { return d.clock().UTC().Truncate(time.Second) }

// Read implements store.DB.
func (d *DB) Read(ctx context.Context, ticket store.Ticket, f func(store.Tx) error) error {
	if !ticket.Valid() {
		return store.ErrTicket
	}
	_, err := d.transact(ctx, ticket, false, f)
	return err
}

// Write implements store.DB. It tries again where the transaction met another one.
func (d *DB) Write(ctx context.Context, ticket store.Ticket, f func(store.Tx) error) error {
	if !ticket.Valid() {
		return store.ErrTicket
	}
	for n := 1; ; n++ {
		again, err := d.transact(ctx, ticket, true, f)
		if !again || n == attempts {
			return err
		}
		pause := time.Duration(1+mrand.IntN(4<<n)) * time.Millisecond
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// transact runs f in one transaction. again is true where it failed because of another transaction.
func (d *DB) transact(ctx context.Context, ticket store.Ticket, write bool, f func(store.Tx) error) (again bool, err error) {
	d.waiting.Add(1)
	conn, err := d.pool.Acquire(ctx)
	d.waiting.Add(-1)
	if err != nil {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		return false, fmt.Errorf("connect to %s: %w", d.where, err)
	}
	t := &tx{db: d, c: conn.Conn().PgConn(), ctx: ctx, write: write, ticket: ticket, now: d.now()}
	t.cache = cacheOf(t.c)
	committed := false
	defer func() {
		if !committed {
			t.rollback()
		}
		if t.c != nil {
			conn.Release()
			t.c = nil
		}
	}()
	if err := f(t); err != nil {
		return t.again, err
	}
	if t.failed != nil {
		return t.again, t.failed
	}
	if !write {
		committed = true
		d.leave(t, conn)
		return false, nil
	}
	if err := t.commit(); err != nil {
		return t.again, err
	}
	committed = true
	conn.Release()
	t.c = nil
	for _, f := range t.after {
		f()
	}
	d.committed()
	select {
	case d.changed <- struct{}{}:
	default: // they will be told of this one with the one before
	}
	return false, nil
}

// leave ends a read transaction, for which nobody need wait: the connection
// goes back to the pool when it is over, and Close waits for that.
func (d *DB) leave(t *tx, conn *pgxpool.Conn) {
	if t.running != nil {
		t.running.Close()
	}
	ended := *t
	t.c = nil
	if !ended.begun {
		conn.Release()
		return
	}
	go func() {
		defer conn.Release()
		if run(context.WithoutCancel(ended.ctx), ended.c, "COMMIT") != nil {
			ended.rollback()
		}
	}()
}

// Stats implements store.DB.
func (d *DB) Stats(ctx context.Context) (store.Stats, error) {
	s := store.Stats{Engine: "postgres", Path: d.where, Waiting: int(d.waiting.Load())}
	conn, err := d.pool.Acquire(ctx)
	if err != nil {
		return s, err
	}
	defer conn.Release()
	c := conn.Conn().PgConn()
	s.Version = c.ParameterStatus("server_version")
	size, err := one(ctx, c, "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')", d.schema)
	if err != nil {
		return s, err
	}
	s.SizeBytes, err = strconv.ParseInt(size, 10, 64)
	return s, err
}

// Check implements store.DB.
func (d *DB) Check(ctx context.Context) ([]string, error) {
	conn, err := d.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Release()
	c := conn.Conn().PgConn()
	var found []string
	for _, check := range []struct{ query, sentence string }{
		{"SELECT string_agg(i.relname, ', ') FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_namespace n ON n.oid = i.relnamespace WHERE n.nspname = $1 AND NOT x.indisvalid",
			"These indexes are not valid and must be built again: %s."},
		{"SELECT string_agg(w.name, ', ') FROM unnest(ARRAY['stoa_head','stoa_id_block','stoa_sequence','stoa_meta','stoa_metadata','stoa_use_page','stoa_vault','stoa_query_cursor','stoa_job','stoa_schedule','stoa_live']) w(name) WHERE NOT EXISTS (SELECT 1 FROM pg_tables t WHERE t.schemaname = $1 AND t.tablename = w.name)",
			"These tables are missing: %s."},
		{"SELECT nullif(checksum_failures, 0)::text FROM pg_stat_database WHERE datname = current_database() AND $1 <> ''",
			"The server has found %s pages with a wrong checksum in this database."},
	} {
		what, err := one(ctx, c, check.query, d.schema)
		if err != nil {
			return found, err
		}
		if what != "" {
			found = append(found, fmt.Sprintf(check.sentence, what))
		}
	}
	damaged, err := d.readAll(ctx, c)
	return append(found, damaged...), err
}

// readAll reads every table once: a page that cannot be read is found by reading it.
func (d *DB) readAll(ctx context.Context, c *pgconn.PgConn) (found []string, err error) {
	names := c.ExecParams(ctx, "SELECT tablename FROM pg_tables WHERE schemaname = $1 ORDER BY 1", [][]byte{[]byte(d.schema)}, nil, nil, nil).Read()
	if names.Err != nil {
		err, _ := explain(ctx, names.Err)
		return nil, err
	}
	for _, row := range names.Rows {
		name := string(row[0])
		if _, err := one(ctx, c, "SELECT sum(hashtext(t::text))::text FROM "+d.dialect.schema+store.Quote(name)+" t"); err != nil {
			if ctx.Err() != nil {
				return found, ctx.Err()
			}
			found = append(found, fmt.Sprintf("Table %s cannot be read: %v.", name, err))
		}
	}
	return found, nil
}

// Close implements store.DB. It waits for transactions under way.
func (d *DB) Close() error {
	d.stop()
	d.ended.Wait()
	d.closePools()
	return nil
}

func (d *DB) closePools() {
	for _, p := range []*pgxpool.Pool{d.pool, d.alloc} {
		if p != nil {
			p.Close()
		}
	}
}
