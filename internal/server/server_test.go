package server_test

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"stoa/internal/org"
	"stoa/internal/server"
	"stoa/internal/server/servertest"
	"stoa/internal/store/storetest"
)

// settings are those of a server in a fresh folder.
func settings(t *testing.T) server.Settings {
	return server.Settings{DataDir: t.TempDir(), Listen: "127.0.0.1:0", AdminPassword: servertest.Password}
}

// run starts a server and returns a function that stops it and waits for its end.
func run(t *testing.T, set server.Settings) (s *server.Server, stop func() error) {
	t.Helper()
	s, err := server.New(t.Context(), set)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	return s, func() error {
		cancel()
		http.DefaultClient.CloseIdleConnections()
		return <-ended
	}
}

func get(t *testing.T, url string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

func TestServerLeavesNothingBehind(t *testing.T) {
	set := settings(t)
	set.TLS = true
	s, stop := run(t, set)
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/services/data", "/login"} {
		if status := get(t, s.URL()+path); status != http.StatusOK {
			t.Errorf("%s: %d", path, status)
		}
	}
	silent, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close() // a connection that says nothing must not hold the server up
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(set.DataDir, "running.json")); err == nil {
		t.Error("it still says that it runs")
	}
	var left string
	for range 100 {
		if left = goroutines(); left == "" {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("goroutines are left:\n%s", left)
}

// goroutines returns those that run code of Stoa, but for the tests.
func goroutines() string {
	b := make([]byte, 1<<20)
	var left []string
	for g := range strings.SplitSeq(string(b[:runtime.Stack(b, true)]), "\n\n") {
		if strings.Contains(g, "stoa/internal/") && !strings.Contains(g, "testing.tRunner") {
			left = append(left, g)
		}
	}
	return strings.Join(left, "\n\n")
}

func TestSecondServerOnAFolderIsRefusedInWords(t *testing.T) {
	set := settings(t)
	_, stop := run(t, set)
	_, err := server.New(t.Context(), set)
	if err == nil || !strings.Contains(err.Error(), "another Stoa runs on the data folder") {
		t.Errorf("%v", err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestCommandsFindTheServerThatRuns(t *testing.T) {
	set := settings(t)
	s, stop := run(t, set)
	var r server.Running
	for range 100 { // Run says so a moment after it begins
		var done func() error
		var err error
		if r, done, err = server.Local(t.Context(), set); err == nil {
			if err := done(); err != nil {
				t.Error(err)
			}
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if r.URL != s.URL() || r.Token == "" {
		t.Errorf("%+v, want %s", r, s.URL())
	}
	h, err := server.Inspect(t.Context(), set)
	if err != nil || h.Running != s.URL() || h.Engine != "sqlite" || len(h.Problems) > 0 {
		t.Errorf("%+v %v", h, err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if h, err = server.Inspect(t.Context(), set); err != nil || h.Running != "" || h.SizeBytes == 0 {
		t.Errorf("%+v %v", h, err)
	}
	r, done, err := server.Local(t.Context(), set)
	if err != nil || r.Token == "" {
		t.Fatal(err)
	}
	if err := done(); err != nil {
		t.Error(err)
	}
}

func TestNothingIsMadeWhereSomethingMustExist(t *testing.T) {
	set := settings(t)
	set.MustExist = true
	if _, err := server.New(t.Context(), set); err == nil || !strings.Contains(err.Error(), "there is no organisation in") {
		t.Errorf("%v", err)
	}
}

func TestSeedThatWasCutBeginsAgain(t *testing.T) {
	each := func(t *testing.T, set server.Settings) {
		ctx, cut := context.WithCancel(t.Context())
		defer cut()
		set.Seed = func(ctx context.Context, s *org.Session) error {
			cut()
			return ctx.Err()
		}
		if _, err := server.New(ctx, set); err == nil {
			t.Fatal("the seed was not cut")
		}
		plain := set
		plain.Seed = nil
		if _, err := server.New(t.Context(), plain); err == nil || !strings.Contains(err.Error(), "was cut") {
			t.Errorf("half an organisation is served: %v", err)
		}
		seeded := 0
		set.Seed = func(context.Context, *org.Session) error { seeded++; return nil }
		for range 2 {
			s, err := server.New(t.Context(), set)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if seeded != 1 {
			t.Errorf("seeded %d times", seeded)
		}
	}
	t.Run("sqlite", func(t *testing.T) { each(t, settings(t)) })
	t.Run("postgres", func(t *testing.T) {
		set := settings(t)
		set.Database, set.Schema = storetest.Schema(t)
		each(t, set)
	})
}

func TestTheFirstStartTellsWhatItMadeUp(t *testing.T) {
	each := func(t *testing.T, set server.Settings) {
		set.AdminPassword, set.DemoApp = "", true
		s, stop := run(t, set)
		id, secret := s.FirstClient()
		if s.FirstPassword() == "" || id == "" || secret == "" {
			t.Errorf("password %q, client %q with %q", s.FirstPassword(), id, secret)
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		s, stop = run(t, set)
		if id, _ := s.FirstClient(); s.FirstPassword() != "" || id != "" {
			t.Error("it makes up others at the second start")
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	}
	t.Run("sqlite", func(t *testing.T) { each(t, settings(t)) })
	t.Run("postgres", func(t *testing.T) {
		set := settings(t)
		set.Database, set.Schema = storetest.Schema(t)
		each(t, set)
	})
}
