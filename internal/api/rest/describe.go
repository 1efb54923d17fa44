package rest

import (
	"time"

	"stoa/internal/record"
)

// catalogChanged returns when this server first saw the catalog as it is, for Last-Modified.
func (c *call) catalogChanged() time.Time {
	version := c.session.Catalog().Version
	for {
		seen := c.h.changed.Load()
		if seen != nil && seen.version == version {
			return seen.at
		}
		now := &change{version, time.Now()}
		if c.h.changed.CompareAndSwap(seen, now) {
			return now.at
		}
	}
}

// describeGlobal answers the list of all objects that the user may read.
func (c *call) describeGlobal() error {
	c.out = append(c.out, `{"encoding":"UTF-8","maxBatchSize":200,"sobjects":[`...)
	first := true
	for _, o := range c.session.Catalog().Objects() {
		if !c.session.Rights(o).Read {
			continue
		}
		if !first {
			c.out = append(c.out, ',')
		}
		first = false
		c.out = c.appendEntry(c.out, o)
	}
	c.out = append(c.out, "]}"...)
	c.unchanged(c.catalogChanged())
	return nil
}

// describe answers an object with its fields.
func (c *call) describe() error {
	o, err := c.object()
	if err != nil {
		return err
	}
	c.out = c.appendDescribe(c.out, o)
	c.unchanged(c.catalogChanged())
	return nil
}

// objectInfo answers an object's entry in the list of all, and its recent records.
func (c *call) objectInfo() error {
	o, err := c.object()
	if err != nil {
		return err
	}
	c.out = append(c.out, `{"objectDescribe":`...)
	c.out = c.appendEntry(c.out, o)
	c.out = append(c.out, `,"recentItems":`...)
	res, err := c.recentlyViewed(o.Name, recentItems)
	if err != nil {
		return err
	}
	c.out = append(appendRecords(c.out, c.base, []*record.Result{res}), '}')
	return nil
}
