package query

import (
	"context"

	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// A Form is what a query is: the shape of its rows, and what stands between it and reading them in the order of their ids.
type Form struct {
	Object   string
	Shape    *record.Shape // nil where rows are grouped or counted
	Children bool          // it has child queries
	Ordered  bool          // it has ORDER BY
	Limited  bool          // it has LIMIT or OFFSET
}

// FormOf binds a query and tells what it is.
func FormOf(ctx context.Context, tx store.Tx, env *Env, text string) (*Form, error) {
	b := newBinder(env, text, tx.Now(), false)
	b.within(ctx, tx)
	st, err := b.parseAndBind(text)
	if err != nil {
		return nil, err
	}
	f := &Form{Object: st.s.root.object.Name, Ordered: len(st.order) > 0, Limited: st.limit >= 0 || st.offset > 0}
	if st.sel != nil && st.group == nil {
		f.Shape, f.Children = st.sel.shape, len(st.sel.children) > 0
	}
	return f, nil
}

// Each runs a query of rows without children and hands them to f in pages of up to n rows, until there are no more or f
// returns false. A page is not f's to keep.
func Each(ctx context.Context, tx store.Tx, env *Env, text string, opt Options, n int, f func(*record.Result) (more bool, err error)) error {
	b := newBinder(env, text, tx.Now(), opt.All)
	b.within(ctx, tx)
	st, err := b.parseAndBind(text)
	if err != nil {
		return err
	}
	if st.sel == nil || st.group != nil || len(st.sel.children) > 0 {
		return fault.New(fault.MalformedQuery, "the rows of this query cannot be read one after another")
	}
	r := &run{ctx: ctx, tx: tx, batch: n}
	if err := r.narrow(st, opt.Words); err != nil {
		return timedOut(ctx, err)
	}
	var after func(*writer)
	if opt.After != nil {
		c, err := st.after(opt.After)
		if err != nil {
			return err
		}
		after = func(w *writer) { w.Raw(" AND "); c.write(w, false) }
	}
	cols := outs(st.sel.cols)
	rows, err := tx.Query(ctx, st.rows(tx.Dialect(), st.limit, after), cols)
	if err != nil {
		return timedOut(ctx, err)
	}
	defer rows.Close()
	page := record.NewPage(len(cols), min(n, defaultBatch))
	for {
		page.Reset(len(cols))
		done, err := rows.Fill(page, n)
		if err != nil {
			return timedOut(ctx, err)
		}
		res := &record.Result{Shape: st.sel.shape, Page: page, Total: page.Len()}
		if err := r.finish(st, res); err != nil {
			return err
		}
		more, err := f(res)
		if err != nil || done || !more {
			return err
		}
	}
}
