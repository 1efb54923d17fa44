package org

import (
	"context"
	"time"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/record"
)

// The window in which changes may be asked for. Source: the API's own limits.
const (
	oldestChange = 30 * 24 * time.Hour
	mostChanges  = 600_000
	changesBatch = 2000
)

// Changes are the records of an object that changed between two moments.
type Changes struct {
	IDs      []record.ID
	Dates    []time.Time // of deletion, one each; nil where updates were asked for
	Earliest time.Time   // from when deletions are known; zero where updates were asked for
	Covered  time.Time   // up to when the list is complete: not the future, a whole minute
}

// Updated returns which records of an object changed in [from, to), now being the time of the request.
func (s *Session) Updated(ctx context.Context, o *catalog.Object, from, to, now time.Time) (Changes, error) {
	if err := changeable(o, from, to, now); err != nil {
		return Changes{}, err
	}
	ch := Changes{Covered: covered(to, now)}
	err := s.changes(ctx, "SELECT Id FROM "+o.Name+" WHERE "+within(from, to), false, func(res *record.Result, row int) {
		ch.IDs = append(ch.IDs, res.ID(row))
	})
	return ch, err
}

// Deleted returns which records of an object were deleted in [from, to) and are still in the recycle bin.
func (s *Session) Deleted(ctx context.Context, o *catalog.Object, from, to, now time.Time) (Changes, error) {
	if err := changeable(o, from, to, now); err != nil {
		return Changes{}, err
	}
	ch := Changes{Covered: covered(to, now), Earliest: to}
	err := s.changes(ctx, "SELECT Id, SystemModstamp FROM "+o.Name+" WHERE IsDeleted = true AND "+within(from, to), true, func(res *record.Result, row int) {
		ch.IDs = append(ch.IDs, res.ID(row))
		ch.Dates = append(ch.Dates, res.Get(row, "SystemModstamp").Instant())
	})
	if err != nil {
		return Changes{}, err
	}
	first, err := s.Query(ctx, "SELECT SystemModstamp FROM "+o.Name+" WHERE IsDeleted = true ORDER BY SystemModstamp LIMIT 1", QueryOptions{All: true})
	if err != nil {
		return Changes{}, err
	}
	if first.Len() > 0 {
		ch.Earliest = first.Get(0, "SystemModstamp").Instant()
	}
	return ch, nil
}

// changeable checks an object and a window.
func changeable(o *catalog.Object, from, to, now time.Time) error {
	switch {
	case !o.Replicateable || o.Field("SystemModstamp") == nil || o.Field("IsDeleted") == nil:
		return fault.New("INVALID_TYPE_FOR_OPERATION", "The object %s does not keep a list of changes", o.Name)
	case !to.After(from):
		return fault.New(fault.InvalidReplicationDate, "startDate before endDate")
	case to.Sub(from) < time.Minute:
		return fault.New(fault.InvalidReplicationDate, "the two dates must be at least one minute apart")
	case now.Sub(from) > oldestChange:
		return fault.New(fault.InvalidReplicationDate, "startDate cannot be more than 30 days ago")
	}
	return nil
}

func within(from, to time.Time) string {
	const literal = "2006-01-02T15:04:05Z"
	return "SystemModstamp >= " + from.UTC().Format(literal) + " AND SystemModstamp < " + to.UTC().Format(literal)
}

func covered(to, now time.Time) time.Time {
	if to.After(now) {
		to = now
	}
	return to.UTC().Truncate(time.Minute)
}

// changes runs a query to its end.
func (s *Session) changes(ctx context.Context, soql string, all bool, each func(*record.Result, int)) error {
	res, err := s.Query(ctx, soql, QueryOptions{All: all, BatchSize: changesBatch})
	if err == nil && res.Total > mostChanges {
		return fault.New(fault.ExceededIDLimit, "more than %d records changed: ask for a shorter time", mostChanges)
	}
	for err == nil {
		for row := range res.Len() {
			each(res, row)
		}
		if res.Done() {
			return nil
		}
		res, err = s.More(ctx, res.Next, changesBatch)
	}
	return err
}
