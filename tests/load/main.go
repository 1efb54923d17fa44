// Command load measures a running Stoa against what the machine can do at
// best, and against PocketBase, on the same machine in the same run. It prints
// ratios of CPU time, medians of interleaved rounds: wall time says little on a
// machine that is shared. It exits with 1 where a goal is missed.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"sort"
)

func main() {
	quick := flag.Bool("quick", false, "fewer rows and rounds, no PocketBase: a look, not a measurement")
	trivial := flag.String("trivial", "", "serve a trivial handler on this address (used by the measurement itself)")
	dir := flag.String("dir", "", "folder for data (default: a temporary one)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if *trivial != "" {
		serveTrivial(*trivial)
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
	b := &bench{ctx: ctx, dir: *dir, quick: *quick, rounds: 5, scale: "1", big: 100_000}
	if b.quick {
		b.rounds, b.scale, b.big = 3, "0.2", 20_000
	}
	err := b.run()
	b.stop()
	b.report()
	if err != nil {
		fatal(err)
	}
	if b.missed > 0 && !b.quick { // a quick run shares the machine with whatever else is tested
		os.Exit(1)
	}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "load:", err)
	os.Exit(1)
}

// A bench is one run.
type bench struct {
	ctx    context.Context
	dir    string
	quick  bool
	rounds int
	scale  string // of the demo
	big    int    // rows of the large table

	procs  []*proc
	lines  []line
	mine   map[string]float64 // µs CPU of what PocketBase is compared with
	missed int
}

// A line is one goal and what was measured.
type line struct {
	what, got, goal string
	ok, judged      bool
}

func (b *bench) say(what, got, goal string, ok bool) {
	// A quick run looks for the order of magnitude; it does not judge ratios on a machine that also compiles.
	b.lines = append(b.lines, line{what, got, goal, ok, true})
	if !ok {
		b.missed++
	}
}

func (b *bench) note(what, got string) { b.lines = append(b.lines, line{what: what, got: got}) }

func (b *bench) report() {
	fmt.Printf("%-58s %14s  %s\n", "measured", "got", "goal")
	for _, l := range b.lines {
		verdict := ""
		switch {
		case l.judged && l.ok:
			verdict = l.goal + "  met"
		case l.judged:
			verdict = l.goal + "  MISSED"
		}
		fmt.Printf("%-58s %14s  %s\n", l.what, l.got, verdict)
	}
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

func median(v []float64) float64 {
	s := append([]float64(nil), v...)
	sort.Float64s(s)
	return s[len(s)/2]
}
