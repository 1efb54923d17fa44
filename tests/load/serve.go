package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"time"

	"stoa/apps"
	"stoa/internal/server"
)

// A serving is this program as one of the servers that are measured.
type serving struct {
	trivial, stoa, data, profile string
	database, schema             string
	size                         int // of the trivial handler's answer
	relaxed                      bool
}

// run serves what was asked for, if anything.
func (s *serving) run(ctx context.Context) (done bool, err error) {
	switch {
	case s.trivial != "":
		return true, serveTrivial(ctx, s.trivial, s.size)
	case s.stoa != "":
		return true, s.serveStoa(ctx)
	default:
		return false, nil
	}
}

// serveTrivial answers size bytes to every request: what HTTP itself costs, under the settings that Stoa serves with.
func serveTrivial(ctx context.Context, addr string, size int) error {
	debug.SetGCPercent(400) // as cmd/stoa
	body := bytes.Repeat([]byte("x"), size)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
	})
	h := &http.Server{
		Addr: addr, Handler: mux, // the times are those of internal/server
		ReadHeaderTimeout: 15 * time.Second, ReadTimeout: 10 * time.Minute, WriteTimeout: 10 * time.Minute, IdleTimeout: 2 * time.Minute,
	}
	stop := context.AfterFunc(ctx, func() { _ = h.Close() })
	defer stop()
	if err := h.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// serveStoa serves Stoa as stoa serve does, with what no operator may choose.
func (s *serving) serveStoa(ctx context.Context) (err error) {
	debug.SetGCPercent(400) // as cmd/stoa
	srv, err := server.New(ctx, server.Settings{
		Listen: s.stoa, DataDir: s.data, Database: s.database, Schema: s.schema, Relaxed: s.relaxed, AdminUsername: admin, AdminPassword: password,
		Apps: apps.All(), DemoApp: true, ClientID: clientID, ClientSecret: clientSecret,
	})
	if err != nil {
		return err
	}
	if s.profile != "" {
		f, err := os.Create(s.profile)
		if err != nil {
			return errors.Join(err, srv.Close(ctx))
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return errors.Join(err, srv.Close(ctx))
		}
		defer pprof.StopCPUProfile()
	}
	return srv.Run(ctx)
}
