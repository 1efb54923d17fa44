package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A proc is a server under measurement: a child process and how to reach it.
type proc struct {
	name string
	cmd  *exec.Cmd
	url  string
	log  bytes.Buffer

	ended chan struct{} // closed when the process has
}

var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: 2 * time.Minute}

func freeAddress() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// start runs a server and waits until ready answers 2xx; it returns how long that took.
func (b *bench) start(name, addr, ready string, env []string, args ...string) (*proc, time.Duration, error) {
	p := &proc{name: name, url: "http://" + addr}
	p.cmd = exec.CommandContext(b.ctx, args[0], args[1:]...)
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(os.Interrupt) }
	begun := time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, 0, err
	}
	b.procs = append(b.procs, p)
	p.ended = make(chan struct{})
	go func() { _ = p.cmd.Wait(); close(p.ended) }()
	for {
		if resp, err := client.Get(p.url + ready); err == nil {
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			if resp.StatusCode < 300 {
				return p, time.Since(begun), nil
			}
		}
		select {
		case <-p.ended:
			return nil, 0, fmt.Errorf("%s has ended:\n%s", name, p.log.String())
		case <-time.After(5 * time.Millisecond):
		}
		if time.Since(begun) > 3*time.Minute || b.ctx.Err() != nil {
			return nil, 0, fmt.Errorf("%s does not answer", name)
		}
	}
}

func (p *proc) end() {
	_ = p.cmd.Process.Signal(os.Interrupt)
	select {
	case <-p.ended:
	case <-time.After(20 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
}

func (b *bench) stop() {
	for _, p := range b.procs {
		p.end() // of one that has ended already nothing is left to do
	}
}

// cpu returns the CPU time that the process has used, user and system, in ticks of 10 ms.
func (p *proc) cpu() time.Duration {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		fatal(err)
	}
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	u, _ := strconv.ParseInt(f[11], 10, 64)
	s, _ := strconv.ParseInt(f[12], 10, 64)
	return time.Duration(u+s) * 10 * time.Millisecond
}

// rss returns the memory that the process holds, in MiB.
func (p *proc) rss() float64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(v)[0], 64)
			return kb / 1024
		}
	}
	return 0
}

// A call makes the i-th request of a measurement.
type call func(ctx context.Context, i int) (*http.Request, error)

// measure makes n requests from k clients and returns the server's CPU time of one, and the requests a second.
func (p *proc) measure(ctx context.Context, n, k int, next call) (cpu time.Duration, perSecond float64, err error) {
	before, begun := p.cpu(), time.Now()
	var wg sync.WaitGroup
	errs := make([]error, k)
	for c := range k {
		wg.Go(func() {
			for i := c; i < n; i += k {
				req, err := next(ctx, i)
				if err == nil {
					err = send(req)
				}
				if err != nil {
					errs[c] = err
					return
				}
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return 0, 0, fmt.Errorf("%s: %w", p.name, err)
	}
	return (p.cpu() - before) / time.Duration(n), float64(n) / time.Since(begun).Seconds(), nil
}

func send(req *http.Request) error {
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		b, _ := io.ReadAll(io.LimitReader(resp.Body, 100))
		return fmt.Errorf("%s %s: %s: %s", req.Method, req.URL.Path, resp.Status, b)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}
