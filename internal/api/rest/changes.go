package rest

import (
	"strings"
	"time"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/record"
)

const apiTime = "2006-01-02T15:04:05.000-0700"

// updated answers which records of an object changed between two moments.
func (c *call) updated() error {
	o, from, to, err := c.window()
	if err != nil {
		return err
	}
	ch, err := c.session.Updated(c.r.Context(), o, from, to, time.Now())
	if err != nil {
		return err
	}
	return c.json(struct {
		IDs    []record.ID `json:"ids"`
		Latest string      `json:"latestDateCovered"`
	}{append([]record.ID{}, ch.IDs...), ch.Covered.Format(apiTime)})
}

// deleted answers which records of an object were deleted between two moments and are still in the recycle bin.
func (c *call) deleted() error {
	o, from, to, err := c.window()
	if err != nil {
		return err
	}
	ch, err := c.session.Deleted(c.r.Context(), o, from, to, time.Now())
	if err != nil {
		return err
	}
	type gone struct {
		ID   record.ID `json:"id"`
		Date string    `json:"deletedDate"`
	}
	records := make([]gone, len(ch.IDs))
	for i, id := range ch.IDs {
		records[i] = gone{id, ch.Dates[i].Format(apiTime)}
	}
	return c.json(struct {
		Records  []gone `json:"deletedRecords"`
		Earliest string `json:"earliestDateAvailable"`
		Latest   string `json:"latestDateCovered"`
	}{records, ch.Earliest.Format(apiTime), ch.Covered.Format(apiTime)})
}

// window reads the object and the two moments.
func (c *call) window() (o *catalog.Object, from, to time.Time, err error) {
	if o, err = c.object(); err != nil {
		return nil, from, to, err
	}
	if from, err = c.moment("start"); err != nil {
		return nil, from, to, err
	}
	to, err = c.moment("end")
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
