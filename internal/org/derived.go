package org

import (
	"context"
	"time"

	"stoa/internal/engine/access"
	"stoa/internal/engine/query"
	"stoa/internal/record"
	"stoa/internal/store"
)

// A Reader is what reads records.
type Reader interface {
	Query(ctx context.Context, soql string, opt QueryOptions) (*record.Result, error)
	Home() string // of the org: where its pages are
}

// A Derived works out fields that no column keeps up to date, whenever they are read: what they say depends on the
// time at which somebody asks. Filters and orders see what the columns hold.
type Derived struct {
	Object string
	Fields []string

	// Of returns the values of the fields by id and name; what it leaves out stays as it is stored. It reads with r,
	// which sees everything, in the transaction of whoever asks, at its time.
	Of func(ctx context.Context, r Reader, now time.Time, ids []record.ID) (map[record.ID]map[string]record.Value, error)
}

// derivedReader reads in a transaction that is there, with the rights of the platform and the use of who asks.
type derivedReader struct {
	org *Org
	tx  store.Tx
	env *query.Env
}

func (r derivedReader) Home() string { return r.org.Home() }

func (r derivedReader) Query(ctx context.Context, soql string, opt QueryOptions) (*record.Result, error) {
	opt.NoTotal, opt.Rest = true, nil
	res, _, err := query.Run(ctx, r.tx, r.env, soql, opt)
	return res, err
}

// derive fills in the derived fields of a result, of its parents and of its children.
func (s *Session) derive(ctx context.Context, tx store.Tx, env *query.Env, results ...*record.Result) error {
	if len(s.org.derived) == 0 {
		return nil
	}
	sys := *env
	sys.Access, sys.Looks, sys.Plans = access.System(), nil, nil
	r := derivedReader{s.org, tx, &sys}
	for _, res := range results {
		if res == nil || res.Page == nil {
			continue
		}
		if err := s.deriveShape(ctx, r, res, res.Shape); err != nil {
			return err
		}
		for _, c := range res.Children {
			if err := s.derive(ctx, tx, env, c.Result); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Session) deriveShape(ctx context.Context, r derivedReader, res *record.Result, shape *record.Shape) error {
	for i := range s.org.derived {
		d := &s.org.derived[i]
		if shape.Object != d.Object || shape.IDCol < 0 {
			continue
		}
		cols := map[string]int{}
		for _, name := range d.Fields {
			if it := shape.Item(name); it != nil && it.Role == record.Cell {
				cols[name] = it.Col
			}
		}
		if len(cols) == 0 {
			continue
		}
		if err := d.fill(ctx, r, res.Page, shape.IDCol, cols); err != nil {
			return err
		}
	}
	for _, it := range shape.Items {
		if it.Role != record.Parent {
			continue
		}
		if it.Parent != nil {
			if err := s.deriveShape(ctx, r, res, it.Parent); err != nil {
				return err
			}
		}
		for _, one := range it.Cases {
			if err := s.deriveShape(ctx, r, res, one); err != nil {
				return err
			}
		}
	}
	return nil
}

// fill writes the values of the records of a page into its cells.
func (d *Derived) fill(ctx context.Context, r derivedReader, p *record.Page, idCol int, cols map[string]int) error {
	var ids []record.ID
	seen := map[record.ID]bool{}
	for row := range p.Len() {
		if id := p.ID(row, idCol); id != "" && !seen[id] {
			seen[id], ids = true, append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	values, err := d.Of(ctx, r, r.tx.Now(), ids)
	if err != nil {
		return err
	}
	for row := range p.Len() {
		of := values[p.ID(row, idCol)]
		for name, col := range cols {
			if v, ok := of[name]; ok {
				p.Set(row, col, v)
			}
		}
	}
	return nil
}
