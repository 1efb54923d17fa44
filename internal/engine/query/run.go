package query

import (
	"context"
	"errors"
	"strconv"

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/engine/soql"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/store"
)

// defaultBatch is how many rows a batch has where nobody asks for less, and the most that a query without a cursor answers.
const defaultBatch = 2000

func small(n int) string { return strconv.Itoa(n) }

// Run runs a query and returns its first batch. Where there is more than one, the cursor holds
// the ids of all rows and the caller keeps it under a locator of its own; else it is nil.
func Run(ctx context.Context, tx store.Tx, env *Env, text string, opt Options) (*record.Result, *Cursor, error) {
	b := newBinder(env, text, tx.Now(), opt.All)
	b.within(ctx, tx)
	b.levels = opt.Levels
	st, err := b.parseAndBind(text)
	if err != nil {
		return nil, nil, err
	}
	r := &run{ctx: ctx, tx: tx, batch: opt.BatchSize, rest: opt.Rest}
	if r.batch <= 0 {
		r.batch = defaultBatch
	}
	if err := r.narrow(st, opt.Words); err != nil {
		return nil, nil, timedOut(ctx, err)
	}
	res, cur, err := r.first(st, opt)
	return res, cur, timedOut(ctx, err)
}

// within has what binding needs to know read in a transaction.
func (b *binder) within(ctx context.Context, tx store.Tx) {
	b.accessOf = func(user record.ID) (*access.Access, error) { return access.Load(ctx, tx, b.env.Snapshot, user) }
	b.lookedAt = func() ([]*catalog.Object, error) { return objectsLookedAt(ctx, tx, b.env) }
	b.schedulesNow = func() ([]scheduled, error) { return schedulesOf(ctx, tx, b.env.Schedules) }
	b.listView = func(object, name string) (string, bool, error) { return listViewOf(ctx, tx, b.env, object, name) }
}

// timedOut tells the client that its time was up where that is why a statement failed.
func timedOut(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*fault.Error](err); !ok && errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		return fault.New(fault.QueryTimeout, "Your query request was running for too long.").Because(err)
	}
	return err
}

// A run is one execution of statements in one transaction.
type run struct {
	ctx   context.Context
	tx    store.Tx
	batch int     // rows in a batch, also of one parent's children
	rest  *[]Rest // where cursors of children go, nil where all children are returned
}

// page runs a statement and returns up to n rows, and whether those are all.
func (r *run) page(q *store.SQL, cols []store.Out, n int) (*record.Page, bool, error) {
	p := record.NewPage(len(cols), min(n, 256))
	done, err := r.fill(p, q, cols, n)
	return p, done, err
}

// fill runs a statement and puts up to n rows into a page.
func (r *run) fill(p *record.Page, q *store.SQL, cols []store.Out, n int) (done bool, err error) {
	rows, err := r.tx.Query(r.ctx, q, cols)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	return rows.Fill(p, n)
}

// everything runs a statement and returns all its rows.
func (r *run) everything(q *store.SQL, cols []store.Out) (*record.Page, error) {
	p, _, err := r.page(q, cols, noLimit)
	return p, err
}

func (r *run) first(st *statement, opt Options) (*record.Result, *Cursor, error) {
	d := r.tx.Dialect()
	switch {
	case st.counted:
		p, err := r.everything(st.count(d), []store.Out{{Class: store.Int}})
		if err != nil {
			return nil, nil, err
		}
		st.noteCount(int(p.Value(0, 0).Int()))
		res := &record.Result{Shape: &record.Shape{Object: st.s.root.object.Name, TypeCol: -1, IDCol: -1}, Page: record.NewPage(0, 0)}
		res.Total = int(p.Value(0, 0).Int())
		return res, nil, nil
	case st.group != nil:
		res, err := r.groups(st)
		return res, nil, err
	}
	// One row more than the batch tells whether there are more.
	ask := r.batch + 1
	if st.limit >= 0 && st.limit < ask {
		ask = st.limit
	}
	var after func(*writer)
	if opt.After != nil {
		c, err := st.after(opt.After)
		if err != nil {
			return nil, nil, err
		}
		after = func(w *writer) { w.Raw(" AND "); c.write(w, false) }
	}
	p, _, err := r.page(st.rows(d, ask, after), outs(st.sel.cols), ask)
	if err != nil {
		return nil, nil, err
	}
	more := p.Len() > r.batch
	if more {
		p.DropLast()
	}
	res := &record.Result{Shape: st.sel.shape, Page: p, Total: p.Len()}
	if err := r.finish(st, res); err != nil {
		return nil, nil, err
	}
	switch {
	case opt.NoTotal:
		res.Total = -1
		if more {
			res.Next = "more"
		}
		return res, nil, nil
	case !more:
		return res, nil, nil
	}
	ids, err := r.everything(st.ids(d, nil), []store.Out{{Class: store.ID}})
	if err != nil {
		return nil, nil, err
	}
	cur := &Cursor{Text: st.b.text, All: opt.All, IDs: ids.IDs(0)}
	res.Total = len(cur.IDs)
	return res, cur, nil
}

// finish reads the children of a page, shows values as they were asked for and notes the use.
func (r *run) finish(st *statement, res *record.Result) error {
	if err := r.children(st, res); err != nil {
		return err
	}
	st.note(res.Page)
	st.looks(res)
	applyPosts(st.sel.posts, res.Page)
	return nil
}

func applyPosts(posts []post, p *record.Page) {
	for _, post := range posts {
		for row := range p.Len() {
			p.Set(row, post.col, post.of(p.Value(row, post.col)))
		}
	}
}

// Batch returns rows from…from+n of a cursor. Rows that are gone since are left out.
func Batch(ctx context.Context, tx store.Tx, env *Env, cur *Cursor, from, n int) (*record.Result, error) {
	b := newBinder(env, cur.Text, tx.Now(), cur.All)
	b.within(ctx, tx)
	st, err := b.parseAndBind(cur.Text)
	if err != nil {
		return nil, err
	}
	if st.sel == nil || st.group != nil {
		return nil, fault.New(fault.InvalidQueryLocator, "invalid query locator")
	}
	// The rows are those of the first call, whatever they look like now.
	st.where, st.order, st.limit, st.offset = nil, nil, -1, 0
	ids := cur.IDs[min(from, len(cur.IDs)):min(from+n, len(cur.IDs))]
	r := &run{ctx: ctx, tx: tx, batch: max(n, 1), rest: cur.Rest}
	res, err := r.byID(st, ids)
	return res, timedOut(ctx, err)
}

// byID reads the rows with the given ids, in their order.
func (r *run) byID(st *statement, ids []record.ID) (*record.Result, error) {
	res := &record.Result{Shape: st.sel.shape}
	cols := st.outs()
	if len(ids) == 0 {
		res.Page = record.NewPage(len(cols), 0)
		return res, r.finish(st, res)
	}
	var p *record.Page
	var q *store.SQL
	if len(ids) == 1 {
		p, q = st.pageOfOne(), st.one(r.tx.Dialect(), ids[0])
	} else {
		p, q = record.NewPage(len(cols), min(len(ids), 256)), st.byID(r.tx.Dialect(), ids)
	}
	if _, err := r.fill(p, q, cols, len(ids)+1); err != nil { // one more than there can be, so that the statement ends
		return nil, err
	}
	if st.kept != nil {
		st.kept.text.Store(int64(p.TextBytes()))
	}
	res.Page = inOrder(p, st.sel.shape.IDCol, ids)
	res.Total = res.Page.Len()
	return res, r.finish(st, res)
}

// pageOfOne returns an empty page for one row.
func (st *statement) pageOfOne() *record.Page {
	if st.kept == nil {
		return record.NewPage(len(st.sel.cols), 1)
	}
	return record.NewPageOf(len(st.sel.cols), min(int(st.kept.text.Load())*5/4+64, mostText))
}

// mostText is how much room for text is made at once for a row.
const mostText = 64 << 10

// byID writes the SELECT of the rows with the given ids, the condition on them last.
func (st *statement) byID(d store.Dialect, ids []record.ID) *store.SQL {
	id := &operand{kind: opField, src: st.s.root, field: st.s.root.object.Field(store.IDColumn)}
	c := &test{of: id, form: oneOf, ids: ids}
	w := st.b.writer(d)
	w.looksOf = st.s.root.alias
	w.Raw("SELECT ")
	w.columns(st.sel.cols)
	w.from(st.s, func() { w.Raw(" AND "); c.write(w, false) })
	return w.SQL
}

// inOrder returns the rows of p in the order of ids.
func inOrder(p *record.Page, idCol int, ids []record.ID) *record.Page {
	if p.Len() == 1 {
		return p
	}
	row := make(map[record.ID]int, p.Len())
	sorted := true
	for i := range p.Len() {
		id := p.ID(i, idCol)
		row[id] = i
		sorted = sorted && i < len(ids) && ids[i] == id
	}
	if sorted {
		return p
	}
	out := record.NewPage(p.Width(), p.Len())
	for _, id := range ids {
		if i, ok := row[id]; ok {
			out.Move(p, i)
			delete(row, id)
		}
	}
	return out
}

// Retrieve reads records by id with the named fields, relationship paths allowed, all readable
// fields where there are none. Missing and invisible ones are left out of the result.
func Retrieve(ctx context.Context, tx store.Tx, env *Env, o *catalog.Object, ids []record.ID, fields []string, all bool) (*record.Result, error) {
	b := newBinder(env, "", tx.Now(), all)
	if !env.Access.Object(o).Read {
		return nil, b.unsupported(o.Name, 0)
	}
	b.within(ctx, tx)
	if err := b.askForSchedules(o); err != nil {
		return nil, err
	}
	st, err := b.retrieval(o, fields)
	if err != nil {
		return nil, err
	}
	r := &run{ctx: ctx, tx: tx, batch: defaultBatch}
	res, err := r.byID(st, ids)
	return res, timedOut(ctx, err)
}

// retrieved binds the fields of Retrieve: those named, or every field that the user may read.
func (b *binder) retrieved(st *statement, fields []string) error {
	if len(fields) == 0 {
		for _, f := range st.s.root.object.Fields {
			if !b.env.Access.CanRead(f) {
				continue
			}
			if err := b.selectField(st.s, st.sel, st.s.root, f, 0); err != nil {
				return err
			}
		}
		return nil
	}
	for _, name := range fields {
		p := &soql.Path{Names: splitPath(name)}
		src, last, err := b.path(st.s, p)
		if err != nil {
			return err
		}
		f, err := b.field(src, last, 0)
		if err != nil {
			return err
		}
		// A field that is named twice is given once, as REST does.
		if st.sel.seen[pathOf(src, f.Name)] {
			continue
		}
		if err := b.selectField(st.s, st.sel, src, f, 0); err != nil {
			return err
		}
	}
	return nil
}

func splitPath(s string) []string {
	var names []string
	from := 0
	for i := range len(s) {
		if s[i] == '.' {
			names = append(names, s[from:i])
			from = i + 1
		}
	}
	return append(names, s[from:])
}
