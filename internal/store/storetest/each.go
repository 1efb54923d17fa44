// Package storetest opens stores for tests and holds the suite that every
// dialect passes. It knows both engines; its one invariant is that a test runs
// the same on each.
package storetest

import (
	"context"
	"crypto/rand"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"stoa/internal/store"
	"stoa/internal/store/postgres"
	"stoa/internal/store/sqlite"
)

// PostgresURL is the environment variable that names the PostgreSQL server of the tests.
const PostgresURL = "STOA_TEST_POSTGRES"

// Each runs f on a fresh store of each engine: SQLite in a temporary folder,
// and PostgreSQL in a schema of its own where STOA_TEST_POSTGRES names a server.
// In CI, which sets CI=true, a server must be named.
func Each(t *testing.T, f func(t *testing.T, db store.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, open(t, SQLite(t))) })
	t.Run("postgres", func(t *testing.T) { f(t, open(t, Postgres(t))) })
}

// An Opener opens one store as often as it is called; the store must be closed between.
type Opener func(ctx context.Context) (store.DB, error)

// SQLite returns an Opener of a fresh database in a temporary folder.
func SQLite(t testing.TB) Opener {
	dir := t.TempDir()
	return func(ctx context.Context) (store.DB, error) { return sqlite.Open(ctx, sqlite.Options{Dir: dir}) }
}

// Postgres returns an Opener of a fresh schema, which is dropped when the test ends. It skips the test where there is no server.
func Postgres(t testing.TB) Opener {
	url, schema := Schema(t)
	return func(ctx context.Context) (store.DB, error) {
		return postgres.Open(ctx, postgres.Options{URL: url, Schema: schema, Conns: 8})
	}
}

// Schema returns the URL of the PostgreSQL server of the tests, and the name
// of a schema that nobody uses and that is dropped when the test ends. It skips the test where there is no server.
func Schema(t testing.TB) (url, schema string) {
	t.Helper()
	url = os.Getenv(PostgresURL)
	if url == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal(PostgresURL + " is not set: in CI both engines are tested")
		}
		t.Skip(PostgresURL + " is not set")
	}
	schema = "stoa_test_" + strings.ToLower(rand.Text()[:12])
	t.Cleanup(func() {
		ctx := context.Background()
		c, err := pgconn.Connect(ctx, url)
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close(ctx)
		_, err = c.Exec(ctx, "SET client_min_messages = warning; DROP SCHEMA IF EXISTS "+store.Quote(schema)+" CASCADE").ReadAll()
		if err != nil {
			t.Error(err)
		}
	})
	return url, schema
}

func open(t testing.TB, o Opener) store.DB {
	t.Helper()
	db, err := o(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}
