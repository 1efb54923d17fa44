package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rogpeppe/go-internal/testscript"

	"stoa/internal/server"
	"stoa/internal/store/storetest"
)

func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"stoa": main}) }

// TestScripts plays the scripts of testdata, those that write much on each engine. Beside testscript's own they have these commands:
//
//	exits STATUS PROGRAM…   runs a program that must end with a status
//	server                  waits for the server that runs on $STOA_DATA and sets $URL and $TOKEN
//	rows FILE N             writes a CSV file of N accounts
//	grows FILE N            waits until a file has N lines or more
//	lines FILE N            holds that a file has N lines
//	damage FILE             overwrites a page in the middle of a file
//	future FILE             dates a file an hour ahead
func TestScripts(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		all, err := filepath.Glob("testdata/*.txt")
		if err != nil || len(all) == 0 {
			t.Fatalf("no scripts: %v", err)
		}
		scripts(t, "", all)
	})
	t.Run("postgres", func(t *testing.T) {
		if testing.Short() {
			t.Skip("long")
		}
		at := os.Getenv(storetest.PostgresURL)
		if at == "" {
			t.Skip(storetest.PostgresURL + " is not set")
		}
		// The others say nothing of the store.
		scripts(t, at, []string{"testdata/doctor.txt", "testdata/import_csv.txt", "testdata/import_keep.txt", "testdata/import_stop.txt", "testdata/query.txt", "testdata/serve.txt"})
	})
}

func scripts(t *testing.T, postgres string, files []string) {
	testscript.Run(t, testscript.Params{
		Files: files, RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("STOA_DATA", filepath.Join(env.WorkDir, "data"))
			env.Setenv("STOA_LISTEN", "127.0.0.1:0")
			env.Setenv("STOA_LOG_LEVEL", "error")
			env.Setenv("STOA_ADMIN_PASSWORD", "correct horse 9 battery")
			if postgres == "" {
				return nil
			}
			name := fmt.Sprintf("stoa_script_%d_%d", os.Getpid(), time.Now().UnixNano())
			if err := onPostgres(postgres, "CREATE DATABASE "+name); err != nil {
				return err
			}
			env.Defer(func() {
				if err := onPostgres(postgres, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
					t.Error(err)
				}
			})
			u, err := url.Parse(postgres)
			if err != nil {
				return err
			}
			u.Path = "/" + name
			env.Setenv("STOA_DATABASE", u.String())
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name != "sqlite" {
				return false, fmt.Errorf("unknown condition %s", name)
			}
			return postgres == "", nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "server": waitForServer, "rows": writeRows, "grows": grows, "lines": hasLines, "damage": damage, "future": future,
		},
	})
}

func onPostgres(at, statement string) error {
	c, err := pgx.Connect(context.Background(), at)
	if err != nil {
		return err
	}
	_, err = c.Exec(context.Background(), statement)
	return errors.Join(err, c.Close(context.Background()))
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS PROGRAM ARGUMENT…")
	}
	err := ts.Exec(args[1], args[2:]...)
	status := 0
	if ended, ok := errors.AsType[*exec.ExitError](err); ok {
		status = ended.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(status) != args[0] {
		ts.Fatalf("status %d, want %s", status, args[0])
	}
}

// until asks again and again until ok, for as long as a slow machine may need.
func until(ts *testscript.TestScript, what string, ok func() bool) {
	end := time.After(2 * time.Minute)
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for !ok() {
		select {
		case <-again.C:
		case <-end:
			ts.Fatalf("%s: not within two minutes", what)
		}
	}
}

func waitForServer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: server")
	}
	var r server.Running
	until(ts, "server", func() bool {
		b, err := os.ReadFile(filepath.Join(ts.Getenv("STOA_DATA"), "running.json"))
		return err == nil && json.Unmarshal(b, &r) == nil && r.URL != ""
	})
	ts.Setenv("URL", r.URL)
	ts.Setenv("TOKEN", r.Token)
}

func number(ts *testscript.TestScript, s string) int {
	n, err := strconv.Atoi(s)
	ts.Check(err)
	return n
}

func writeRows(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: rows FILE N")
	}
	var b bytes.Buffer
	b.WriteString("Name,NumberOfEmployees\n")
	for n := range number(ts, args[1]) {
		fmt.Fprintf(&b, "Works %d,%d\n", n+1, n+1)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o644))
}

func linesOf(path string) int {
	b, _ := os.ReadFile(path) // one that is not there yet has none
	return bytes.Count(b, []byte("\n"))
}

func grows(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: grows FILE N")
	}
	path, n := ts.MkAbs(args[0]), number(ts, args[1])
	until(ts, "grows "+args[0], func() bool { return linesOf(path) >= n })
}

func hasLines(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: [!] lines FILE N")
	}
	if n := linesOf(ts.MkAbs(args[0])); (n == number(ts, args[1])) == neg {
		ts.Fatalf("%s has %d lines", args[0], n)
	}
}

func damage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: damage FILE")
	}
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_RDWR, 0)
	ts.Check(err)
	info, err := f.Stat()
	ts.Check(err)
	const page = 4096
	_, err = f.WriteAt(bytes.Repeat([]byte{0xa5}, page), info.Size()/2/page*page)
	ts.Check(errors.Join(err, f.Close()))
}

func future(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: future FILE")
	}
	at := time.Now().Add(time.Hour)
	ts.Check(os.Chtimes(ts.MkAbs(args[0]), at, at))
}

func TestSizesAreSaidInTheNearestUnit(t *testing.T) {
	for n, want := range map[uint64]string{0: "0 kB", 2048: "2 kB", 10 << 20: "10 MB", 3 << 30: "3072 MB", 20 << 30: "20 GB"} {
		if got := sizeText(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func TestEverySystemKnowsHowMuchRoomIsLeft(t *testing.T) {
	free, err := freeBytes(t.TempDir())
	if err != nil || free == 0 {
		t.Errorf("%d bytes free on %s: %v", free, runtime.GOOS, err)
	}
	if _, err := freeBytes(filepath.Join(t.TempDir(), strings.Repeat("no/", 3))); err == nil {
		t.Error("a folder that is not there has room")
	}
}
