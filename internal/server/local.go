package server

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"stoa/internal/store"
)

// runFile tells commands on this machine that a server runs on the data folder,
// and gives them an administrator's token. Only the folder's owner can read it.
const runFile = "running.json"

// A Running is a server that a command on this machine can speak to.
type Running struct {
	URL   string `json:"url"`
	Token string `json:"token"`
}

// Local returns the server that runs on a data folder, or starts one on a free
// port of this machine for as long as the caller needs it. Call done at the end.
func Local(ctx context.Context, set Settings) (r Running, done func() error, err error) {
	if r, ok := running(ctx, set.DataDir); ok {
		return r, func() error { return nil }, nil
	}
	set.Listen = "127.0.0.1:0"
	s, err := New(ctx, set)
	if errors.Is(err, store.ErrLocked) { // it began between the two looks
		time.Sleep(500 * time.Millisecond)
		if r, ok := running(ctx, set.DataDir); ok {
			return r, func() error { return nil }, nil
		}
	}
	if err != nil {
		return Running{}, nil, err
	}
	runCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- s.Run(runCtx) }()
	done = func() error {
		stop()
		return <-ended
	}
	token, err := s.localToken(ctx)
	if err != nil {
		return Running{}, nil, errors.Join(err, done())
	}
	return Running{URL: s.URL(), Token: token}, done, nil
}

// running returns the server that says it runs on dir, if it answers.
func running(ctx context.Context, dir string) (Running, bool) {
	b, err := os.ReadFile(filepath.Join(dir, runFile))
	if err != nil {
		return Running{}, false
	}
	var r Running
	if json.Unmarshal(b, &r) != nil || !strings.HasPrefix(r.URL, "http://") {
		return Running{}, false
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL+"/healthz", nil)
	if err != nil {
		return Running{}, false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return Running{}, false
	}
	defer resp.Body.Close()
	return r, resp.StatusCode == http.StatusOK
}

// announce writes the run file, for the length of Run; retract removes it.
func (s *Server) announce(ctx context.Context) error {
	token, err := s.localToken(ctx)
	if err != nil {
		return err
	}
	b, err := json.Marshal(Running{URL: s.localURL(), Token: token})
	if err != nil {
		return err
	}
	path := filepath.Join(s.set.DataDir, runFile)
	if err := os.WriteFile(path+".new", b, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func (s *Server) retract() error {
	err := os.Remove(filepath.Join(s.set.DataDir, runFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
