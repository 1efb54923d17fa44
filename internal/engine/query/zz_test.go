package query

import (
	"context"
	"github.com/jackc/pgx/v5/pgconn"
	"os"
	"stoa/internal/store"
	"stoa/internal/store/postgres"
	"stoa/internal/store/sqlite"
	"testing"
)

func eachStore(t *testing.T, f func(t *testing.T, db store.DB)) {
	t.Run("sqlite", func(t *testing.T) {
		db, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		f(t, db)
	})
	t.Run("postgres", func(t *testing.T) {
		url := os.Getenv("STOA_TEST_POSTGRES")
		if url == "" {
			t.Skip()
		}
		c, err := pgconn.Connect(context.Background(), url)
		if err != nil {
			t.Fatal(err)
		}
		c.Exec(t.Context(), `SET client_min_messages = warning; DROP SCHEMA IF EXISTS query_zz CASCADE`).ReadAll()
		c.Close(t.Context())
		db, err := postgres.Open(t.Context(), postgres.Options{URL: url, Schema: "query_zz", Conns: 8})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		f(t, db)
	})
}
