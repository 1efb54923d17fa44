package service

import (
	"context"
	"fmt"
	"slices"
	"time"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// maxMerge is how many cases are merged into one at once. Source: spec of the desk, A15.
const maxMerge = 10

// forever is how long a merge or a split can be taken back: as long as there are the cases.
const forever = 100 * 365 * 24 * time.Hour

// The kinds of undos: of a merge, and of the part of it that one case has.
const (
	kindMerge  = "merge"
	kindMerged = "merge.case"
)

// Merge merges cases into one that survives. What they hold stays theirs and
// shows in the survivor, and what their citizens write later goes to it; so a merge can be taken back at any time.
func Merge(ctx context.Context, s *org.Session, into record.ID, cases []record.ID) (done Done, err error) {
	switch {
	case len(cases) == 0 || slices.Contains(cases, into):
		return Done{}, fault.New(fault.MergeFailed, "Choose at least one other case to merge.")
	case len(cases) > maxMerge:
		return Done{}, fault.New(fault.MergeFailed, "At most %d cases are merged at once.", maxMerge)
	}
	err = s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		done, err = undoable(ctx, tx, kindMerge, append([]record.ID{into}, cases...), forever, func(*step) error {
			return merge(ctx, tx, into, cases)
		})
		return err
	})
	return done, err
}

// merge merges locked cases.
func merge(ctx context.Context, tx *org.Tx, into record.ID, cases []record.ID) error {
	res, err := query(ctx, tx, "SELECT Id, Reference__c, Merged_Into__c FROM Case WHERE Id IN ?", append([]record.ID{into}, cases...))
	if err != nil {
		return err
	}
	refs := map[record.ID]string{}
	for i := range res.Len() {
		if !res.Get(i, "Merged_Into__c").IsNull() {
			return fault.New(fault.MergeFailed, "%s was merged already.", text(res.Get(i, "Reference__c")))
		}
		refs[res.Get(i, "Id").ID()] = text(res.Get(i, "Reference__c"))
	}
	var lines []line
	var names []string
	for _, id := range cases {
		if refs[id] == "" || refs[into] == "" {
			return fault.New(fault.NotFound, "There is no such case.")
		}
		_, err := undoable(ctx, tx, kindMerged, []record.ID{id}, forever, func(*step) error {
			if err := change(ctx, tx, []record.ID{id}, "Status", record.OfText("Merged")); err != nil {
				return err
			}
			// Whoever may change the status of a case may merge it; the field itself is the desk's.
			return change(ctx, tx.System(), []record.ID{id}, "Merged_Into__c", record.OfID(into))
		})
		if err != nil {
			return err
		}
		names = append(names, refs[id])
		lines = append(lines, line{id, eventMerged, true, []any{"case", string(into), "reference", refs[into]}})
	}
	if err := tell(ctx, tx, append(lines, line{into, eventMergedFrom, false, []any{"references", names}})...); err != nil {
		return err
	}
	if err := bumpThreads(ctx, tx, into); err != nil {
		return err
	}
	tx.Announce(TopicCase(into), SaysMessage)
	return nil
}

// bumpThreads counts the versions of threads up: there is more in them than somebody may have read.
func bumpThreads(ctx context.Context, tx *org.Tx, cases ...record.ID) error {
	res, err := query(ctx, tx.System(), "SELECT Id, Thread_Version__c FROM Case WHERE Id IN ?", cases)
	if err != nil {
		return err
	}
	var drafts []record.Draft
	for i := range res.Len() {
		drafts = append(drafts, changes("Case", res.Get(i, "Id").ID(), "Thread_Version__c", int(res.Get(i, "Thread_Version__c").Int())+1))
	}
	_, err = org.Must(tx.System().Update(ctx, drafts, org.WriteOptions{AllOrNone: true}))
	return err
}

// Unmerge makes a merged case one of its own again, as it was when it was merged. The others of its merge stay merged.
func Unmerge(ctx context.Context, s *org.Session, id record.ID) error {
	return s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		if err := visible(ctx, tx, id); err != nil {
			return err
		}
		if err := tx.Lock(ctx, id); err != nil {
			return err
		}
		sys := tx.System()
		res, err := query(ctx, sys, "SELECT Merged_Into__c FROM Case WHERE Id = ? AND Merged_Into__c != null", id)
		if err != nil {
			return err
		}
		if res.Len() == 0 {
			return fault.New(fault.InvalidOperation, "This case is not merged.")
		}
		into := res.Get(0, "Merged_Into__c").ID()
		// It changes nothing, but only for those who may change the case.
		if err := change(ctx, tx, []record.ID{id}, "Status", record.OfText("Merged")); err != nil {
			return err
		}
		st, err := mergeOf(ctx, tx, id)
		if err != nil {
			return err
		}
		if st != nil {
			err = st.restore(ctx, tx)
		} else {
			_, err = org.Must(sys.Update(ctx, []record.Draft{changes("Case", id, "Merged_Into__c", nil, "Status", "Open")}, org.WriteOptions{}))
		}
		if err != nil {
			return err
		}
		tx.Announce(TopicCase(into), SaysMessage)
		tx.Announce(TopicCase(id), SaysStatus)
		return tell(ctx, tx, line{id, eventUnmerged, true, []any{"case", string(into)}}, line{into, eventUnmerged, false, []any{"case", string(id)}})
	})
}

// mergeOf returns what became of a case when it was merged last, nil where nothing is kept of it.
func mergeOf(ctx context.Context, tx *org.Tx, id record.ID) (*step, error) {
	res, err := query(ctx, tx.System(), "SELECT Data__c FROM Undo__c WHERE Kind__c = ? AND Case__c = ? ORDER BY CreatedDate DESC, Id DESC LIMIT 1", kindMerged, id)
	if err != nil || res.Len() == 0 {
		return nil, err
	}
	st, err := unpack(text(res.Get(0, "Data__c")))
	if err != nil {
		return nil, fmt.Errorf("merge of %s: %w", id, err)
	}
	return st, nil
}
