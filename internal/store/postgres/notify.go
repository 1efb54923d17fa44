package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"

	"stoa/internal/store"
)

const (
	tellEvery = 20 * time.Millisecond  // notifications of a process, at most
	pollEvery = 500 * time.Millisecond // while nothing can be heard, others are taken to have committed this often
)

// committed tells those who wait in this process that there is something new.
func (d *DB) committed() {
	next := make(chan struct{})
	close(*d.commit.Swap(&next))
}

// Wait implements store.DB. The channel closes after commits of other processes too.
func (d *DB) Wait() <-chan struct{} { return *d.commit.Load() }

// channel is the name of the notifications of this schema.
func (d *DB) channel() string {
	name := "stoa " + d.schema
	return name[:min(len(name), 63)]
}

// tell notifies the other processes of commits: once for all that happened meanwhile, since
// a notification in each transaction would halve their number.
func (d *DB) tell(ctx context.Context) {
	defer d.ended.Done()
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.changed:
		}
		// Who cannot be told finds out by itself, within pollEvery of losing its connection.
		_ = d.allocate(ctx, func(c *pgconn.PgConn) error {
			_, err := one(ctx, c, "SELECT pg_notify($1, $2)::text", d.channel(), d.token)
			return err
		})
		select {
		case <-ctx.Done():
			return
		case <-time.After(tellEvery):
		}
	}
}

// listen hears of the commits of other processes, on a connection of its own that it renews.
func (d *DB) listen(ctx context.Context, config *pgconn.Config) {
	defer d.ended.Done()
	config.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.DeadlineContextWatcherHandler{Conn: c.Conn()}
	}
	config.OnNotification = func(_ *pgconn.PgConn, n *pgconn.Notification) {
		if n.Payload != d.token {
			d.committed()
		}
	}
	for ctx.Err() == nil {
		c, err := pgconn.ConnectConfig(ctx, config)
		if err == nil {
			if err = run(ctx, c, "LISTEN "+store.Quote(d.channel())); err == nil {
				d.committed() // what was missed while there was no connection
			}
			for err == nil {
				err = c.WaitForNotification(ctx)
			}
			closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			_ = c.Close(closing)
			cancel()
		}
		select {
		case <-ctx.Done():
		case <-time.After(pollEvery):
			d.committed()
		}
	}
}
