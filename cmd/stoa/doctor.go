package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"stoa/internal/server"
)

type doctorCmd struct {
	Data     string `help:"Data folder." env:"STOA_DATA" default:"stoa-data" type:"path" placeholder:"DIR"`
	Database string `help:"PostgreSQL database instead of SQLite (postgres://…)." env:"STOA_DATABASE" placeholder:"URL"`
}

func (d *doctorCmd) Run(ctx context.Context) error {
	bad := 0
	say := func(ok bool, what, finding string) {
		mark := "ok  "
		if !ok {
			mark = "BAD "
			bad++
		}
		fmt.Printf("%s %-12s %s\n", mark, what, finding)
	}
	say(true, "version", version())

	info, err := os.Stat(d.Data)
	switch {
	case err != nil && d.Database == "":
		say(false, "data folder", err.Error())
	case err == nil && !info.IsDir():
		say(false, "data folder", d.Data+" is not a folder")
	case err == nil && info.Mode().Perm()&0o077 != 0:
		say(false, "data folder", fmt.Sprintf("%s is open to other users (mode %v); chmod 700 closes it", d.Data, info.Mode().Perm()))
	case err == nil:
		say(true, "data folder", d.Data)
	}
	if err == nil {
		free, err := freeBytes(d.Data)
		say(err == nil && free > 1<<30, "disk", sizeText(free)+" free")
	}
	now := time.Now()
	built := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	say(now.After(built), "clock", now.Format(time.RFC3339))

	health, err := server.Inspect(ctx, server.Settings{DataDir: d.Data, Database: d.Database})
	if err != nil {
		say(false, "database", err.Error())
	} else {
		say(true, "database", fmt.Sprintf("%s %s, %s, %s", health.Engine, health.Version, health.Path, sizeText(uint64(health.SizeBytes))))
		for _, p := range health.Problems {
			say(false, "database", p)
		}
		if health.Running != "" {
			say(true, "server", "runs at "+health.Running)
		}
	}
	if bad > 0 {
		return errors.New("not everything is well")
	}
	return nil
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
