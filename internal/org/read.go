package org

import (
	"cmp"
	"context"
	"strings"

	"stoa/internal/engine/query"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// Query runs SOQL and returns the first batch of rows.
func (s *Session) Query(ctx context.Context, soql string, opt QueryOptions) (*record.Result, error) {
	if err := s.beforeLooking(ctx, soql); err != nil {
		return nil, err
	}
	var res *record.Result
	var cur *query.Cursor
	var rest []query.Rest
	var looks []query.Look
	err := s.read(ctx, func(tx store.Tx) (err error) {
		rest, looks = rest[:0], looks[:0]
		opt.Rest = &rest
		env := s.queryEnv()
		env.Looks = &looks
		if res, cur, err = query.Run(ctx, tx, env, soql, opt); err != nil {
			return err
		}
		return s.derive(ctx, tx, env, res)
	})
	if err != nil {
		return nil, err
	}
	if err := s.looked(ctx, looks); err != nil {
		return nil, err
	}
	if cur != nil {
		if res.Next, err = s.keepCursor(ctx, cur, res.Len()); err != nil {
			return nil, err
		}
	}
	return res, s.keepRest(ctx, rest)
}

// keepRest stores the rest of child sets that are larger than a batch, and puts their locators into the result.
func (s *Session) keepRest(ctx context.Context, rest []query.Rest) error {
	for _, r := range rest {
		next, err := s.keepCursor(ctx, r.Cursor, r.Returned)
		if err != nil {
			return err
		}
		r.Span.Next = next
	}
	return nil
}

// More returns the next batch of a query by its locator; batch is the number of rows, 0 for 2,000.
func (s *Session) More(ctx context.Context, locator string, batch int) (*record.Result, error) {
	cur, from, err := s.cursor(ctx, locator)
	if err != nil {
		return nil, err
	}
	if batch <= 0 {
		batch = 2000
	}
	var res *record.Result
	var rest []query.Rest
	var looks []query.Look
	err = s.read(ctx, func(tx store.Tx) (err error) {
		rest, looks = rest[:0], looks[:0]
		cur.Rest = &rest
		env := s.queryEnv()
		env.Looks = &looks
		if res, err = query.Batch(ctx, tx, env, cur, from, batch); err != nil {
			return err
		}
		return s.derive(ctx, tx, env, res)
	})
	if err != nil {
		return nil, err
	}
	if err := s.looked(ctx, looks); err != nil {
		return nil, err
	}
	res.Total = len(cur.IDs)
	if from+batch < len(cur.IDs) {
		res.Next = locatorAt(locator, from+batch)
	}
	return res, s.keepRest(ctx, rest)
}

// Columns binds a query and returns its columns, without rows.
func (s *Session) Columns(_ context.Context, soql string) (*QueryColumns, error) {
	return query.Describe(s.queryEnv(), soql)
}

// Explain returns the plans for a query, the chosen one first.
func (s *Session) Explain(ctx context.Context, soql string) (plans []Plan, err error) {
	err = s.read(ctx, func(tx store.Tx) error {
		plans, err = query.Explain(ctx, tx, s.queryEnv(), soql)
		return err
	})
	return plans, err
}

// Search runs SOSL and returns a result an object, in RETURNING's order.
func (s *Session) Search(ctx context.Context, sosl string) (found []*record.Result, err error) {
	var looks []query.Look
	err = s.read(ctx, func(tx store.Tx) (err error) {
		looks = looks[:0]
		env := s.queryEnv()
		env.Looks = &looks
		if found, err = query.Search(ctx, tx, env, sosl); err != nil {
			return err
		}
		return s.derive(ctx, tx, env, found...)
	})
	if err != nil {
		return nil, err
	}
	return found, s.looked(ctx, looks)
}

// Retrieve reads one record with the named fields, relationship paths allowed, all readable ones
// where there are none. A record that does not exist or may not be seen is NOT_FOUND, one in the bin ENTITY_IS_DELETED.
func (s *Session) Retrieve(ctx context.Context, object string, id record.ID, fields []string) (*record.Result, error) {
	o := s.Catalog().Object(object)
	if o == nil || !s.Rights(o).Read || o.KeyPrefix != "" && id.Prefix() != o.KeyPrefix {
		return nil, fault.New(fault.NotFound, "The requested resource does not exist")
	}
	if err := s.beforeLooking(ctx, cmp.Or(strings.Join(fields, " "), "fields")); err != nil {
		return nil, err
	}
	var res *record.Result
	deleted := false
	err := s.read(ctx, func(tx store.Tx) (err error) {
		env := s.queryEnv()
		if res, err = query.Retrieve(ctx, tx, env, o, []record.ID{id}, fields, false); err != nil {
			return err
		}
		if res.Len() > 0 {
			return s.derive(ctx, tx, env, res)
		}
		gone, err := query.Retrieve(ctx, tx, s.queryEnv(), o, []record.ID{id}, []string{"Id"}, true)
		deleted = err == nil && gone.Len() > 0
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case res.Len() > 0:
		return res, nil
	case deleted:
		return nil, fault.New(fault.EntityIsDeleted, "entity is deleted")
	default:
		return nil, fault.New(fault.NotFound, "The requested resource does not exist")
	}
}
