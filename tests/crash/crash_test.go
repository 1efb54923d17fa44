// Package crash kills a process that writes, again and again, and looks at what
// is left. It knows the store only from outside; its one invariant is that a
// write that was acknowledged is there, and that one that was not is there wholly or not at all.
//
// STOA_CRASH_ROUNDS sets how often a process is killed per engine (default 3, the full run is 50).
package crash

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"stoa/internal/record"
	"stoa/internal/store"
	"stoa/internal/store/postgres"
	"stoa/internal/store/sqlite"
	"stoa/internal/store/storetest"
)

// The child is this test's own binary, told by these variables what to do.
const (
	childEngine = "STOA_CRASH_ENGINE" // sqlite or postgres
	childPlace  = "STOA_CRASH_PLACE"  // folder, or schema
	childRound  = "STOA_CRASH_ROUND"
)

const (
	table   = "Batch__c"
	writers = 8
	rows    = 7 // of a batch
)

var columns = []store.Column{
	{Name: "Id", Class: store.ID},
	{Name: "Batch__c", Class: store.Text, Folded: true},
	{Name: "Number__c", Class: store.Int},
	{Name: "Fill__c", Class: store.Text},
}

func TestMain(m *testing.M) {
	if os.Getenv(childEngine) != "" {
		if err := child(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func open(ctx context.Context, engine, place string) (store.DB, error) {
	if engine == "sqlite" {
		return sqlite.Open(ctx, sqlite.Options{Dir: place, LogPages: 100})
	}
	return postgres.Open(ctx, postgres.Options{URL: os.Getenv(storetest.PostgresURL), Schema: place, Conns: writers})
}

func ticket() store.Ticket { return store.Issue("005000000000001AAA", "test", "system") }

// child writes batches for as long as it lives, and says on its standard output which ones were acknowledged.
func child() error {
	ctx := context.Background()
	db, err := open(ctx, os.Getenv(childEngine), os.Getenv(childPlace))
	if err != nil {
		return err
	}
	err = db.Write(ctx, ticket(), func(tx store.Tx) error {
		return tx.CreateTable(ctx, store.Table{Name: table, Columns: columns, Searched: true, Indexes: []store.Index{
			{Columns: []store.IndexColumn{{Name: "Batch__c", Folded: true}}}, {Columns: []store.IndexColumn{{Name: "Number__c"}}, Unique: true},
		}})
	})
	if err != nil {
		return err
	}
	fmt.Println("ready")
	var wg sync.WaitGroup
	errs := make(chan error, writers)
	for w := range writers {
		wg.Go(func() {
			for n := 0; ; n++ {
				name := fmt.Sprintf("B%sx%dx%d", os.Getenv(childRound), w, n)
				if err := batch(ctx, db, name); err != nil {
					errs <- err
					return
				}
				fmt.Println(name)
			}
		})
	}
	return <-errs
}

// batch writes one batch: rows, a document that finds them, and now and then a savepoint that is undone.
func batch(ctx context.Context, db store.DB, name string) error {
	return db.Write(ctx, ticket(), func(tx store.Tx) error {
		ids, err := tx.NewIDs(ctx, "a00", rows)
		if err != nil {
			return err
		}
		first, err := tx.NewNumbers(ctx, table, rows)
		if err != nil {
			return err
		}
		values := make([][]record.Value, rows)
		for i, id := range ids {
			values[i] = []record.Value{record.OfID(id), record.OfText(name), record.OfInt(first + int64(i)), record.OfText(strings.Repeat(name, 20))}
		}
		undone := errors.New("undone")
		err = tx.Try(ctx, func() error {
			if err := tx.Insert(ctx, table, columns, values[:3]); err != nil {
				return err
			}
			return undone
		})
		if !errors.Is(err, undone) {
			return err
		}
		if err := tx.Insert(ctx, table, columns, values[:rows/2]); err != nil {
			return err
		}
		if err := tx.Index(ctx, table, []store.Doc{{ID: ids[0], Name: name}}); err != nil {
			return err
		}
		return tx.Insert(ctx, table, columns, values[rows/2:])
	})
}

func TestKill(t *testing.T) {
	rounds := 3
	if text := os.Getenv("STOA_CRASH_ROUNDS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		rounds = n
	}
	t.Run("sqlite", func(t *testing.T) { kill(t, "sqlite", filepath.Join(t.TempDir(), "org"), rounds) })
	t.Run("postgres", func(t *testing.T) {
		_, schema := storetest.Schema(t)
		kill(t, "postgres", schema, rounds)
	})
}

func kill(t *testing.T, engine, place string, rounds int) {
	acknowledged := map[string]bool{}
	for round := range rounds {
		before := changed(place)
		for _, name := range life(t, engine, place, round) {
			acknowledged[name] = true
		}
		// Once pages have gone from the log to the database the log is on the disk for certain, and can no longer be cut.
		if engine == "sqlite" && before == changed(place) {
			cutLog(t, place)
		}
		look(t, engine, place, acknowledged)
	}
	t.Logf("%d processes killed, %d batches acknowledged", rounds, len(acknowledged))
	if len(acknowledged) == 0 {
		t.Error("no batch was acknowledged")
	}
}

// changed returns when a SQLite database was last written to, not counting its log.
func changed(place string) time.Time {
	info, err := os.Stat(filepath.Join(place, sqlite.FileName))
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// life starts a child, kills it at some moment and returns what it had acknowledged.
func life(t *testing.T, engine, place string, round int) (names []string) {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), childEngine+"="+engine, childPlace+"="+place, childRound+"="+strconv.Itoa(round))
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(out)
	if line, err := in.ReadString('\n'); line != "ready\n" {
		_ = c.Process.Kill()
		t.Fatalf("child said %q: %v", line, err)
	}
	timer := time.AfterFunc(time.Duration(1+rand.IntN(400))*time.Millisecond, func() { _ = c.Process.Kill() })
	defer timer.Stop()
	for {
		line, err := in.ReadString('\n')
		if errors.Is(err, io.EOF) {
			break // a line without its end was not said
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, strings.TrimSpace(line))
	}
	if err := c.Wait(); err == nil {
		t.Fatal("child ended by itself")
	}
	return names
}

// look opens what is left and compares it with what was acknowledged.
func look(t *testing.T, engine, place string, acknowledged map[string]bool) {
	t.Helper()
	ctx := t.Context()
	db, err := open(ctx, engine, place)
	if err != nil {
		t.Fatalf("open after a crash: %v", err)
	}
	defer db.Close()
	found := inspect(t, db)
	for name := range acknowledged {
		if found[name] == 0 {
			t.Errorf("%s was acknowledged and is lost", name)
		}
	}
	wrong, err := db.Check(ctx)
	if err != nil || len(wrong) > 0 {
		t.Errorf("check: %v, %v", wrong, err)
	}
	// Ids and numbers go on where they were: a new batch collides with nothing.
	name := fmt.Sprint("B", "look", len(acknowledged), rand.Int64())
	if err := batch(ctx, db, name); err != nil {
		t.Errorf("write after a crash: %v", err)
	}
}

// inspect fails the test for every batch that is there in part, and returns the rows of each batch.
func inspect(t *testing.T, db store.DB) map[string]int64 {
	t.Helper()
	ctx := t.Context()
	found := map[string]int64{}
	err := db.Read(ctx, ticket(), func(tx store.Tx) error {
		d := tx.Dialect()
		q := store.NewSQL(d).Raw("SELECT ").Name("Batch__c").Raw(", count(*) FROM ").Table(table).Raw(" GROUP BY ").Name("Batch__c")
		p, err := fill(ctx, tx, q, store.Out{Class: store.Text}, store.Out{Class: store.Int})
		if err != nil {
			return err
		}
		for i := range p.Len() {
			name, n := p.Value(i, 0).Text(), p.Value(i, 1).Int()
			if n != rows {
				t.Errorf("%s has %d rows of %d", name, n, rows)
			}
			found[name] = n
		}
		// Its document is there too, and no others.
		q = store.NewSQL(d).Raw("SELECT count(*), count(b.").Name("Id").Raw(") FROM (")
		d.Search(q, table, store.Match{Op: store.Word, Words: []string{"b*"}})
		q.Raw(") s LEFT JOIN ").Table(table).Raw(" b ON b.").Name("Id").Raw(" = s.id")
		if p, err = fill(ctx, tx, q, store.Out{Class: store.Int}, store.Out{Class: store.Int}); err != nil {
			return err
		}
		if docs, with := p.Value(0, 0).Int(), p.Value(0, 1).Int(); docs != int64(len(found)) || with != docs {
			t.Errorf("%d documents, %d of them with rows, for %d batches", docs, with, len(found))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func fill(ctx context.Context, tx store.Tx, q *store.SQL, cols ...store.Out) (*record.Page, error) {
	r, err := tx.Query(ctx, q, cols)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	p := record.NewPage(len(cols), 1000)
	_, err = r.Fill(p, 1<<30)
	return p, err
}

// cutLog cuts the log of a copy at some byte, as a power failure may, and looks
// for batches that are there in part. What was acknowledged may be missing
// there: the disk had said that it was written.
func cutLog(t *testing.T, place string) {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(place)); err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(to, sqlite.FileName+"-wal")
	info, err := os.Stat(log)
	if err != nil || info.Size() == 0 {
		return // the last checkpoint took it all
	}
	if err := os.Truncate(log, rand.Int64N(info.Size())); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(to, sqlite.FileName+"-shm")); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	db, err := open(t.Context(), "sqlite", to)
	if err != nil {
		t.Fatalf("open with a cut log: %v", err)
	}
	defer db.Close()
	there := false
	err = db.Read(t.Context(), ticket(), func(tx store.Tx) error {
		p, err := fill(t.Context(), tx, store.NewSQL(tx.Dialect()).Raw("SELECT count(*) FROM sqlite_master WHERE name = ").Str(table), store.Out{Class: store.Int})
		if err == nil {
			there = p.Value(0, 0).Int() == 1
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if there {
		inspect(t, db)
	}
	if wrong, err := db.Check(t.Context()); err != nil || len(wrong) > 0 {
		t.Errorf("check with a cut log: %v, %v", wrong, err)
	}
}
