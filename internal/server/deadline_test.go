package server

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestADeadlineEndsInTime(t *testing.T) {
	for name, ask := range map[string]func(context.Context){
		"who only asks": func(context.Context) {},
		"who waits":     func(ctx context.Context) { ctx.Done() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDeadline(t.Context(), time.Now().Add(time.Minute))
				defer d.end()
				ask(d)
				time.Sleep(59 * time.Second)
				if err := d.Err(); err != nil {
					t.Fatalf("before its time: %v", err)
				}
				time.Sleep(time.Second)
				synctest.Wait()
				<-d.Done()
				if err := d.Err(); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(context.Cause(d), context.DeadlineExceeded) {
					t.Errorf("%v, by cause %v", err, context.Cause(d))
				}
			})
		})
	}
}

func TestADeadlineEndsWithTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, gone := context.WithCancel(t.Context())
		asked, waited, of := newDeadline(conn, time.Now().Add(time.Minute)), newDeadline(conn, time.Now().Add(time.Minute)), newDeadline(conn, time.Now().Add(time.Minute))
		child, stop := context.WithCancel(of)
		defer stop()
		waited.Done()
		gone()
		<-child.Done()
		for _, ctx := range []context.Context{asked, waited, of, child} {
			if err := ctx.Err(); !errors.Is(err, context.Canceled) {
				t.Errorf("%v", err)
			}
			<-ctx.Done()
		}
	})
}

func TestADeadlineEndsWithItsRequest(t *testing.T) {
	d := newDeadline(t.Context(), time.Now().Add(time.Minute))
	done := d.Done()
	d.end()
	<-done
	if err := d.Err(); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
