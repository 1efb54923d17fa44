package org_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"stoa/internal/org"
	"stoa/internal/record"
)

func TestTogether(t *testing.T) {
	eachWith(t, org.Settings{}, func(t *testing.T, o *org.Org, s *org.Session) {
		account := func(name string) []record.Draft {
			return []record.Draft{{Object: "Account", Fields: []record.DraftField{{Name: "Name", Value: record.OfText(name)}}}}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()

		next := ""
		err := s.Together(ctx, func(ctx context.Context, in *org.Session) error {
			for _, name := range []string{"One", "Two", ""} { // the third is refused, alone
				if _, err := in.Insert(ctx, account(name), org.WriteOptions{}); err != nil {
					return err
				}
			}
			res, err := in.Query(ctx, "SELECT Id, Name FROM Account ORDER BY Name FOR VIEW", org.QueryOptions{BatchSize: 1})
			if err != nil {
				return err
			}
			if res.Len() != 1 || res.Get(0, "Name").Text() != "One" {
				t.Errorf("it does not see what it wrote: %d rows", res.Len())
			}
			next = res.Next
			if _, err := in.Query(ctx, "SELECT Id, LastViewedDate FROM Account", org.QueryOptions{}); err != nil {
				return err
			}
			more, err := in.More(ctx, next, 0)
			if err != nil {
				return err
			}
			if got := more.Get(0, "Name").Text(); got != "Two" {
				t.Errorf("the next batch begins with %q", got)
			}
			return in.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
				_, err := org.Must(tx.Insert(ctx, account("Three"), org.WriteOptions{}))
				return err
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		if more, err := s.More(ctx, next, 0); err != nil || more.Len() != 1 {
			t.Errorf("the locator does not outlive the transaction: %v", err)
		}
		if got := names(t, s, "SELECT Name FROM Account ORDER BY Name"); len(got) != 3 {
			t.Errorf("%q are there", got)
		}

		stop := errors.New("stop")
		err = s.Together(ctx, func(ctx context.Context, in *org.Session) error {
			if _, err := org.Must(in.Insert(ctx, account("Four"), org.WriteOptions{})); err != nil {
				return err
			}
			return stop
		})
		if !errors.Is(err, stop) {
			t.Errorf("%v, want the error of the function", err)
		}
		if got := names(t, s, "SELECT Name FROM Account WHERE Name = 'Four'"); len(got) != 0 {
			t.Error("what failed stands")
		}
	})
}
