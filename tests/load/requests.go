package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// requests measures what clients do most, against what the machine can do at best.
func (b *bench) requests(s *proc, data string) error {
	token, err := login(s, agent) // field security applies
	if err != nil {
		return err
	}
	cases, err := ids(s, token, "SELECT Id FROM Case ORDER BY Id LIMIT 2000")
	if err != nil {
		return err
	}
	addr := freeAddress()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	size, err := length(s, token, api+"/sobjects/Case/"+cases[0])
	if err != nil {
		return err
	}
	trivial, _, err := b.start("trivial handler", addr, "/", nil, self, "-trivial", addr, "-size", strconv.Itoa(size))
	if err != nil {
		return err
	}
	list := s.url + query("SELECT "+strings.Join(fields, ", ")+" FROM Contact ORDER BY Id LIMIT 2000")
	newest := s.url + query("SELECT Id, Subject, Status, Priority, ActivityDate, OwnerId, CreatedDate FROM Task ORDER BY CreatedDate DESC, Id DESC LIMIT 20")
	count := s.url + query("SELECT COUNT() FROM Task")
	to := func(u string) call {
		return func(ctx context.Context, _ int) (*http.Request, error) {
			return request(ctx, http.MethodGet, u, token, nil)
		}
	}
	read := func(ctx context.Context, i int) (*http.Request, error) {
		return request(ctx, http.MethodGet, s.url+api+"/sobjects/Case/"+cases[i%len(cases)], token, nil)
	}
	create := newCase(s, token)
	n := 2000
	if b.quick {
		n = 600
	}
	m := map[string][]float64{}
	took := func(what string, p *proc, n, clients int, c call) error {
		cpu, _, err := p.measure(b.ctx, n, clients, c)
		m[what] = append(m[what], float64(cpu.Nanoseconds())/1e3)
		return err
	}
	scan := b.scanner(filepath.Join(data, "stoa.db"))
	for range b.rounds {
		for _, f := range []func() error{
			func() error { return took("trivial", trivial, 4*n, 2, to(trivial.url+"/")) },
			func() error { return took("read", s, 2*n, 2, read) },
			func() error { return took("list", s, n/20, 1, to(list)) },
			func() error { return took("newest", s, n/4, 1, to(newest)) },
			func() error { return took("count", s, n/4, 1, to(count)) },
			func() error { return took("create", s, n/2, 1, create) },
		} {
			if err := f(); err != nil {
				return err
			}
		}
		if scan != nil {
			us, err := scan()
			if err != nil {
				return err
			}
			m["scan"] = append(m["scan"], us)
		}
	}
	us := func(what string) float64 { return median(m[what]) }
	b.note(fmt.Sprintf("trivial handler that answers %d bytes, µs CPU", size), us("trivial"))
	b.note("read by id, µs CPU", us("read"))
	b.atLeast("read by id: trivial handler's share", us("trivial")/us("read"), 0.35)
	b.note("list of 2,000 × 20 through HTTP, ms CPU", us("list")/1e3)
	if scan != nil {
		b.note("scan of the same rows in C, ms CPU", us("scan")/1e3)
		b.atLeast("list of 2,000 × 20: the C scan's share", us("scan")/us("list"), 0.45)
	}
	b.atMost(fmt.Sprintf("list of 20 with total at %d rows, ms CPU", b.big), (us("newest")+us("count"))/1e3, 5)
	b.atMost("create, ms CPU", us("create")/1e3, 1)
	return nil
}

// scanner builds the scan in C of the list's rows; nil where this machine has no compiler or no SQLite library.
func (b *bench) scanner(db string) func() (float64, error) {
	var columns []string
	for _, f := range fields {
		columns = append(columns, `"`+f+`"`)
	}
	return b.scanOf(db, "50", "SELECT "+strings.Join(columns, ", ")+` FROM "Contact" WHERE "IsDeleted" = 0 ORDER BY "Id" LIMIT 2000`)
}

// scanOf builds the scan in C and returns what runs it for some rounds of a query: microseconds of CPU a round.
func (b *bench) scanOf(db, rounds, sql string) func() (float64, error) {
	bin := b.path("scan")
	if out, err := exec.Command("gcc", "-O2", "-o", bin, "tests/load/scan/scan.c", "-lsqlite3").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "load: no scan in C (it needs gcc and libsqlite3-dev): %s\n", strings.SplitN(string(out), "\n", 2)[0])
		return nil
	}
	return func() (float64, error) {
		ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
		defer cancel()
		out, err := exec.CommandContext(ctx, bin, db, rounds, sql).Output()
		if err != nil {
			return 0, fmt.Errorf("scan in C: %w", err)
		}
		var us float64
		var rows int
		if _, err := fmt.Sscan(string(out), &us, &rows); err != nil || rows == 0 {
			return 0, fmt.Errorf("scan in C: %q", out)
		}
		return us, nil
	}
}
