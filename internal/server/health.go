package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"path/filepath"
	"time"

	"stoa/internal/org"
)

// Health is what doctor finds out about a store.
type Health struct {
	Engine, Version string
	Path            string // file, or database and schema
	SizeBytes       int64
	Problems        []string // one sentence each
	Running         string   // address of the server that runs on the data folder, "" for none
}

// Inspect looks at the store of a data folder or database: itself, or through the server that runs on it.
func Inspect(ctx context.Context, set Settings) (Health, error) {
	set.MustExist = true
	if set.Schema == "" {
		set.Schema = defaultSchema
	}
	if r, ok := running(ctx, set.DataDir); ok {
		h, err := askHealth(ctx, r.URL)
		h.Running = r.URL
		return h, err
	}
	o, err := openOrg(ctx, set, nil, func(error) {})
	if err != nil {
		return Health{}, err
	}
	h, err := healthOf(ctx, o)
	if o.State() == org.StateNew {
		h.Problems = append(h.Problems, "there is no organisation here yet (stoa serve or stoa demo makes one)")
	}
	if e := o.Close(ctx); err == nil {
		err = e
	}
	return h, err
}

func healthOf(ctx context.Context, o *org.Org) (Health, error) {
	stats, err := o.Stats(ctx)
	if err != nil {
		return Health{}, err
	}
	problems, err := o.Check(ctx)
	return Health{Engine: stats.Engine, Version: stats.Version, Path: filepath.ToSlash(stats.Path), SizeBytes: stats.SizeBytes, Problems: problems}, err
}

func askHealth(ctx context.Context, url string) (h Health, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/healthz/store", nil)
	if err != nil {
		return h, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return h, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return h, fmt.Errorf("%s answers %s", url, resp.Status)
	}
	return h, json.NewDecoder(resp.Body).Decode(&h)
}

// storeHealth answers Inspect of another process on this machine.
func (s *Server) storeHealth(w http.ResponseWriter, r *http.Request) {
	h, err := healthOf(r.Context(), s.org)
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(h) // the other side is gone: nobody to tell
}

// healthz says that the process lives.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) { plainText(w, http.StatusOK, "ok\n") }

// readyz says that requests are welcome: the store answers, and the server is not about to stop.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if s.stopping.Load() {
		plainText(w, http.StatusServiceUnavailable, "stopping\n")
		return
	}
	if err := s.org.Ping(ctx); err != nil {
		plainText(w, http.StatusServiceUnavailable, "the store does not answer\n")
		return
	}
	plainText(w, http.StatusOK, "ok\n")
}

func plainText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // the other side is gone: nobody to tell
}

// local lets only this machine and its own network in. What came through a proxy came from outside.
func local(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from, err := netip.ParseAddrPort(r.RemoteAddr)
		a := from.Addr().Unmap()
		if err != nil || !a.IsLoopback() && !a.IsPrivate() || r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" {
			http.NotFound(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
