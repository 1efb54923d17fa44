package org_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stoa/internal/org"
	"stoa/internal/store"
	"stoa/internal/store/storetest"
)

// TestAnAllowanceIsOneForAllProcesses asks two orgs over one store, as two processes are, and again after a restart.
func TestAnAllowanceIsOneForAllProcesses(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db store.DB) {
		open := func() *org.Org {
			o, err := org.Open(t.Context(), org.Settings{DB: db, JournalDir: t.TempDir(), Report: func(err error) { t.Error(err) }})
			if err != nil {
				t.Fatal(err)
			}
			return o
		}
		processes := []*org.Org{open(), open()}
		links := org.Allowance{Kind: "link", AtOnce: 7, Every: time.Hour}
		var got atomic.Int32
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Go(func() {
				ok, err := processes[i%2].Admit(t.Context(), links, "ann@home.example", "192.0.2.0")
				if err != nil {
					t.Error(err)
				}
				if ok {
					got.Add(1)
				}
			})
		}
		wg.Wait()
		if got.Load() != 7 {
			t.Errorf("%d of 7 were given out", got.Load())
		}
		again := open()
		admits := func(want bool, a org.Allowance, names ...string) {
			t.Helper()
			if ok, err := again.Admit(t.Context(), a, names...); err != nil || ok != want {
				t.Errorf("%v gets %s: %v %v", names, a.Kind, ok, err)
			}
		}
		admits(false, links, "ann@home.example")
		admits(false, links, "bo@home.example", "192.0.2.0")
		admits(true, links, "bo@home.example", "198.51.100.0")
		admits(true, org.Allowance{Kind: "other", AtOnce: 1, Every: time.Hour}, "ann@home.example")
		quick := org.Allowance{Kind: "quick", AtOnce: 1, Every: time.Millisecond}
		admits(true, quick, "ann@home.example")
		for deadline := time.Now().Add(10 * time.Second); ; { // a transaction's time has whole seconds
			ok, err := again.Admit(t.Context(), quick, "ann@home.example")
			if err != nil {
				t.Fatal(err)
			}
			if ok {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("what was spent does not come back")
			}
		}
	})
}
