package soap

import (
	"context"
	"strings"
	"time"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/org"
)

const dateTime = "2006-01-02T15:04:05.000Z"

func (c *call) getUpdated() error {
	ch, err := c.changes(c.session.Updated)
	if err != nil {
		return err
	}
	w := c.out
	w.open("result")
	for _, id := range ch.IDs {
		w.text("ids", string(id))
	}
	w.text("latestDateCovered", ch.Covered.Format(dateTime)).close("result")
	return nil
}

func (c *call) getDeleted() error {
	ch, err := c.changes(c.session.Deleted)
	if err != nil {
		return err
	}
	w := c.out
	w.open("result")
	for i, id := range ch.IDs {
		w.open("deletedRecords").text("deletedDate", ch.Dates[i].UTC().Format(dateTime)).text("id", string(id)).close("deletedRecords")
	}
	w.text("earliestDateAvailable", ch.Earliest.UTC().Format(dateTime)).text("latestDateCovered", ch.Covered.Format(dateTime)).close("result")
	return nil
}

// changes reads an object and a window of time, and asks for what changed there.
func (c *call) changes(ask func(ctx context.Context, o *catalog.Object, from, to, now time.Time) (org.Changes, error)) (org.Changes, error) {
	o, err := c.object(c.op.arg(0, "sObjectType").text())
	if err != nil {
		return org.Changes{}, err
	}
	from, err := c.moment(1, "startDate")
	if err != nil {
		return org.Changes{}, err
	}
	to, err := c.moment(2, "endDate")
	if err != nil {
		return org.Changes{}, err
	}
	return ask(c.r.Context(), o, from, to, c.h.gate.Now())
}

// moment reads a parameter that is an xsd:dateTime; one without a zone is in UTC.
func (c *call) moment(place int, name string) (time.Time, error) {
	s := strings.TrimSpace(c.op.arg(place, name).text())
	if s == "" {
		return time.Time{}, fault.New(fault.MissingArgument, "%s is required", name)
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fault.New(fault.InvalidReplicationDate, "%s is not a date and time: %s", name, s)
}

// object returns an object that the user may read.
func (c *call) object(name string) (*catalog.Object, error) {
	name = strings.TrimSpace(name)
	o := c.session.Catalog().Object(name)
	if o == nil || !c.session.Rights(o).Read {
		return nil, fault.New(fault.InvalidType, "sObject type '%s' is not supported.", name)
	}
	return o, nil
}
