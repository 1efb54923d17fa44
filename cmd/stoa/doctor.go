package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"stoa/internal/server"
)

type doctorCmd struct {
	Data     string `help:"Data folder." env:"STOA_DATA" default:"stoa-data" type:"path" placeholder:"DIR"`
	Database string `help:"PostgreSQL database instead of SQLite (postgres://…)." env:"STOA_DATABASE" placeholder:"URL"`
}

func (d *doctorCmd) Run(ctx context.Context) error {
	var e exam
	e.say(true, "version", version())
	if e.folder(d.Data, d.Database != "") {
		free, err := freeBytes(d.Data)
		if err != nil {
			e.say(false, "disk", err.Error())
		} else {
			ok, finding := disk(free)
			e.say(ok, "disk", finding)
		}
		newest, at, err := newestFile(d.Data)
		if err != nil {
			e.say(false, "clock", err.Error())
		} else {
			ok, finding := clock(time.Now(), newest, at)
			e.say(ok, "clock", finding)
		}
	}
	health, err := server.Inspect(ctx, server.Settings{DataDir: d.Data, Database: d.Database})
	if err != nil {
		e.say(false, "database", err.Error())
	} else {
		e.say(true, "database", fmt.Sprintf("%s %s, %s, %s", health.Engine, health.Version, health.Path, sizeText(uint64(health.SizeBytes))))
		for _, p := range health.Problems {
			e.say(false, "database", p)
		}
		if health.Running != "" {
			e.say(true, "server", "runs at "+health.Running)
		}
	}
	if e.bad > 0 {
		return errors.New("not everything is well")
	}
	return nil
}

// An exam counts what is not well while it is printed.
type exam struct{ bad int }

func (e *exam) say(ok bool, what, finding string) {
	mark := "ok  "
	if !ok {
		mark = "BAD "
		e.bad++
	}
	fmt.Printf("%s %-12s %s\n", mark, what, finding)
}

// folder looks at the data folder and reports whether there is one. With a database elsewhere it may be missing.
func (e *exam) folder(dir string, elsewhere bool) bool {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) && elsewhere:
		return false
	case err != nil:
		e.say(false, "data folder", err.Error())
		return false
	case !info.IsDir():
		e.say(false, "data folder", dir+" is not a folder")
		return false
	case info.Mode().Perm()&0o077 != 0:
		e.say(false, "data folder", fmt.Sprintf("%s is open to other users (mode %v); chmod 700 closes it", dir, info.Mode().Perm()))
	default:
		e.say(true, "data folder", dir)
	}
	return true
}

// leastFree is the room below which a busy day may fill the disk.
const leastFree = 1 << 30 // bytes

func disk(free uint64) (ok bool, finding string) {
	if free < leastFree {
		return false, fmt.Sprintf("only %s free: make room, for on a full disk every write is refused", sizeText(free))
	}
	return true, sizeText(free) + " free"
}

// built is a time before which no clock that is right can be: this program was not there yet.
var built = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// clockSkew is how far the time of a file may lie ahead, as on a folder that another machine serves.
const clockSkew = time.Minute

func clock(now time.Time, newest string, written time.Time) (ok bool, finding string) {
	text := now.Format(time.RFC3339)
	switch {
	case now.Before(built):
		return false, text + " is before this program was made: set the clock"
	case written.After(now.Add(clockSkew)):
		return false, fmt.Sprintf("%s, but %s was written at %s: the clock was put back, or was wrong then", text, newest, written.Format(time.RFC3339))
	}
	return true, text
}

// newestFile returns the file of a folder that was written last.
func newestFile(dir string) (name string, at time.Time, err error) {
	err = filepath.WalkDir(dir, func(path string, f fs.DirEntry, err error) error {
		if err != nil || f.IsDir() {
			return err
		}
		info, err := f.Info()
		if errors.Is(err, fs.ErrNotExist) { // a server that runs removes files
			return nil
		}
		if err == nil && info.ModTime().After(at) {
			name, at = path, info.ModTime()
		}
		return err
	})
	return name, at, err
}

func sizeText(n uint64) string {
	switch {
	case n >= 10<<30:
		return fmt.Sprintf("%d GB", n>>30)
	case n >= 10<<20:
		return fmt.Sprintf("%d MB", n>>20)
	default:
		return fmt.Sprintf("%d kB", n>>10)
	}
}
