// Command load measures a running Stoa against what the machine can do at
// best, and against PocketBase, on the same machine in the same run. It prints
// a table of goals, mostly ratios of CPU time, medians of interleaved rounds: wall
// time says little on a machine that is shared. It exits with 1 where a goal
// is missed by more than the slack.
package main

import (
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
)

// By what factor a goal may be missed before the run fails. The medians of two
// runs differ by up to 8 % on a machine that does other work meanwhile; a quick
// run has few rounds and looks for the order of magnitude.
const (
	slack      = 1.1
	quickSlack = 3
)

func main() {
	quick := flag.Bool("quick", false, "fewer rows and rounds, no PocketBase: a look, not a measurement")
	only := flag.String("only", "", "what to measure, by comma: start,requests,pages,commits,pocketbase; or one of service (a large service desk), mail and bulk, alone")
	dir := flag.String("dir", "", "folder for data, kept and used again (default: a temporary one)")
	var serve serving
	flag.StringVar(&serve.trivial, "trivial", "", "serve a trivial handler on this address (used by the measurement itself)")
	flag.IntVar(&serve.size, "size", 11, "with -trivial: bytes of its answer")
	flag.StringVar(&serve.stoa, "stoa", "", "serve Stoa on this address (used by the measurement itself)")
	flag.StringVar(&serve.data, "data", "", "with -stoa: its folder")
	flag.StringVar(&serve.database, "database", "", "with -stoa: PostgreSQL instead of SQLite in the folder")
	flag.StringVar(&serve.schema, "schema", "", "with -database: the schema")
	flag.BoolVar(&serve.relaxed, "relaxed", false, "with -stoa: commits do not wait for the disk")
	flag.StringVar(&serve.profile, "profile", "", "with -stoa: write a CPU profile to this file")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if done, err := serve.run(ctx); done {
		if err != nil {
			fatal(err)
		}
		return
	}
	if *dir == "" {
		d, err := os.MkdirTemp("", "stoa-load-")
		if err != nil {
			fatal(err)
		}
		defer os.RemoveAll(d)
		*dir = d
	}
	b := &bench{ctx: ctx, dir: *dir, quick: *quick, only: *only, rounds: 7, scale: "1", big: 100_000, slack: slack, profile: serve.profile}
	if b.quick {
		b.rounds, b.scale, b.big, b.slack = 3, "0.2", 20_000, quickSlack
	}
	measure := b.run
	switch b.only {
	case "service":
		measure = b.service
	case "mail":
		measure = b.mail
	case "bulk":
		measure = b.bulk
	}
	err := measure()
	b.stop()
	b.report()
	if err != nil {
		fatal(err)
	}
	if b.failed {
		os.Exit(1)
	}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "load:", err)
	os.Exit(1)
}

// A bench is one run.
type bench struct {
	ctx     context.Context
	dir     string
	quick   bool
	only    string
	rounds  int
	scale   string // of the demo
	big     int    // rows of the large table
	slack   float64
	profile string // of the server of bulk, "" for none

	procs  []*proc
	lines  []line
	failed bool // a goal was missed by more than the slack
}

// wants reports whether a part is to be measured.
func (b *bench) wants(part string) bool {
	for _, p := range strings.Split(b.only, ",") {
		if p == part || p == "" {
			return true
		}
	}
	return false
}

// A line is what was measured, with the goal where there is one.
type line struct{ what, goal, got, verdict string }

// atLeast and atMost judge a figure by a goal.
func (b *bench) atLeast(what string, got, want float64) { b.judge(what, "≥ ", got, want, want/got) }
func (b *bench) atMost(what string, got, want float64)  { b.judge(what, "≤ ", got, want, got/want) }

// judge notes a figure that misses its goal by a factor, which is not above 1 where it meets it.
func (b *bench) judge(what, sign string, got, want, by float64) {
	verdict := "ok"
	switch {
	case by > b.slack || math.IsNaN(by):
		verdict = "MISSED"
		b.failed = true
	case by > 1:
		verdict = fmt.Sprintf("missed by less than ×%.1f", b.slack)
	}
	b.lines = append(b.lines, line{what, sign + figure(want), figure(got), verdict})
}

// note shows a figure that nothing is asked of.
func (b *bench) note(what string, got float64) {
	b.lines = append(b.lines, line{what: what, got: figure(got)})
}

// figure writes a number with three digits.
func figure(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}

func (b *bench) report() {
	fmt.Printf("%-66s %8s %9s  %s\n", "", "goal", "measured", "")
	for _, l := range b.lines {
		fmt.Printf("%-66s %8s %9s  %s\n", l.what, l.goal, l.got, l.verdict)
	}
	fmt.Printf("CPU time of the server, medians of %d interleaved rounds; a goal may be missed by a factor of %.1f before the run fails.\n", b.rounds, b.slack)
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

func median(v []float64) float64 {
	if len(v) == 0 {
		return math.NaN()
	}
	s := append([]float64(nil), v...)
	sort.Float64s(s)
	return s[len(s)/2]
}
