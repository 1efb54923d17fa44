package main

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"stoa/internal/record"
	"stoa/internal/store"
	"stoa/internal/store/sqlite"
)

// commits compares durable commits with those that a power loss may take, at 16 clients: group commit makes them cost the same.
func (b *bench) commits() error {
	var full, normal []float64
	for round := range b.rounds {
		for _, o := range []struct {
			fast bool
			rate *[]float64
		}{{false, &full}, {true, &normal}} {
			r, err := commitRate(b.ctx, filepath.Join(b.dir, fmt.Sprintf("commits-%d-%t", round, o.fast)), o.fast)
			if err != nil {
				return err
			}
			*o.rate = append(*o.rate, r)
		}
	}
	share := median(full) / median(normal)
	b.note("durable commits a second at 16 clients", fmt.Sprintf("%.0f", median(full)))
	b.say("durable commits (FULL), share of NORMAL at 16 clients", fmt.Sprintf("%.2f", share), "≥ 0.9", share >= 0.9)
	return nil
}

func commitRate(ctx context.Context, dir string, fast bool) (float64, error) {
	db, err := sqlite.Open(ctx, sqlite.Options{Dir: dir, Relaxed: fast})
	if err != nil {
		return 0, err
	}
	defer db.Close()
	ticket := store.Issue("", "load", "test")
	columns := []store.Column{{Name: "Id", Class: store.ID}, {Name: "Subject", Class: store.Text}}
	err = db.Write(ctx, ticket, func(tx store.Tx) error {
		return tx.CreateTable(ctx, store.Table{Name: "Load", Columns: columns})
	})
	if err != nil {
		return 0, err
	}
	var n atomic.Int64
	var failed atomic.Pointer[error]
	begun := time.Now()
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for time.Since(begun) < time.Second {
				err := db.Write(ctx, ticket, func(tx store.Tx) error {
					ids, err := tx.NewIDs(ctx, "zzL", 1)
					if err != nil {
						return err
					}
					return tx.Insert(ctx, "Load", columns, [][]record.Value{{record.OfID(ids[0]), record.OfText("The lamp by number 12 is out")}})
				})
				if err != nil {
					failed.Store(&err)
					return
				}
				n.Add(1)
			}
		})
	}
	wg.Wait()
	if e := failed.Load(); e != nil {
		return 0, *e
	}
	return float64(n.Load()) / time.Since(begun).Seconds(), nil
}
