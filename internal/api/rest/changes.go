package rest

import (
	"strings"
	"time"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// The window of updated and deleted. Source: the API's own limits.
const (
	oldestChange = 30 * 24 * time.Hour
	mostChanges  = 600_000
)

const apiTime = "2006-01-02T15:04:05.000-0700"

// updated answers which records of an object changed between two moments.
func (c *call) updated() error {
	o, from, to, err := c.window()
	if err != nil {
		return err
	}
	rows, err := c.changes("SELECT Id FROM "+o.Name+" WHERE SystemModstamp >= "+moment(from)+" AND SystemModstamp < "+moment(to), false)
	if err != nil {
		return err
	}
	ids := []record.ID{}
	for _, res := range rows {
		for i := range res.Len() {
			ids = append(ids, res.ID(i))
		}
	}
	return c.json(struct {
		IDs    []record.ID `json:"ids"`
		Latest string      `json:"latestDateCovered"`
	}{ids, covered(to)})
}

// deleted answers which records of an object were deleted between two moments and are still in the recycle bin.
func (c *call) deleted() error {
	o, from, to, err := c.window()
	if err != nil {
		return err
	}
	rows, err := c.changes("SELECT Id, SystemModstamp FROM "+o.Name+" WHERE IsDeleted = true AND SystemModstamp >= "+moment(from)+" AND SystemModstamp < "+moment(to), true)
	if err != nil {
		return err
	}
	type gone struct {
		ID   record.ID `json:"id"`
		Date string    `json:"deletedDate"`
	}
	records := []gone{}
	for _, res := range rows {
		for i := range res.Len() {
			records = append(records, gone{res.ID(i), res.Get(i, "SystemModstamp").Instant().Format(apiTime)})
		}
	}
	first, err := c.session.Query(c.r.Context(), "SELECT SystemModstamp FROM "+o.Name+" WHERE IsDeleted = true ORDER BY SystemModstamp LIMIT 1", org.QueryOptions{All: true})
	if err != nil {
		return err
	}
	earliest := to
	if first.Len() > 0 {
		earliest = first.Get(0, "SystemModstamp").Instant()
	}
	return c.json(struct {
		Records  []gone `json:"deletedRecords"`
		Earliest string `json:"earliestDateAvailable"`
		Latest   string `json:"latestDateCovered"`
	}{records, earliest.Format(apiTime), covered(to)})
}

// window reads the object and the two moments.
func (c *call) window() (o *catalog.Object, from, to time.Time, err error) {
	if o, err = c.object(); err != nil {
		return nil, from, to, err
	}
	if !o.Replicateable || o.Field("SystemModstamp") == nil || o.Field("IsDeleted") == nil {
		return nil, from, to, fault.New("INVALID_TYPE_FOR_OPERATION", "The object %s does not keep a list of changes", o.Name)
	}
	if from, err = c.moment("start"); err != nil {
		return nil, from, to, err
	}
	if to, err = c.moment("end"); err != nil {
		return nil, from, to, err
	}
	switch {
	case !to.After(from):
		err = fault.New(fault.InvalidReplicationDate, "startDate before endDate")
	case to.Sub(from) < time.Minute:
		err = fault.New(fault.InvalidReplicationDate, "the two dates must be at least one minute apart")
	case time.Since(from) > oldestChange:
		err = fault.New(fault.InvalidReplicationDate, "startDate cannot be more than 30 days ago")
	}
	return o, from, to, err
}

// moment reads a parameter as a time. An unescaped plus sign has become a space on the way.
func (c *call) moment(name string) (time.Time, error) {
	s := strings.ReplaceAll(c.param(name), " ", "+")
	if s == "" {
		return time.Time{}, fault.New(fault.MissingArgument, "%s is required", name)
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05.999999999Z07", "2006-01-02T15:04:05", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fault.New(fault.InvalidReplicationDate, "%s is not a date and time: %s", name, s)
}

// moment writes a time as a SOQL literal.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// covered returns the moment up to which an answer is complete: not the future.
func covered(to time.Time) string {
	if now := time.Now().UTC(); to.After(now) {
		to = now
	}
	return to.Truncate(time.Minute).Format(apiTime)
}

// changes runs a query to its end.
func (c *call) changes(soql string, all bool) ([]*record.Result, error) {
	res, err := c.session.Query(c.r.Context(), soql, org.QueryOptions{All: all, BatchSize: mostBatch})
	if err != nil {
		return nil, err
	}
	if res.Total > mostChanges {
		return nil, fault.New(fault.ExceededIDLimit, "more than %d records changed: ask for a shorter time", mostChanges)
	}
	batches := []*record.Result{res}
	for !res.Done() {
		if res, err = c.session.More(c.r.Context(), res.Next, mostBatch); err != nil {
			return nil, err
		}
		batches = append(batches, res)
	}
	return batches, nil
}
