package query

import (
	"strings"
	"sync"
	"sync/atomic"

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
	"stoa/internal/engine/purpose"
	"stoa/internal/record"
	"stoa/internal/store"
)

// Plans keep what was bound for reads by id, which are many and alike. What is
// kept holds for one catalog and one access, neither of which changes, so it
// never goes stale; it is dropped whole when it grows too large. It is safe for concurrent use.
type Plans struct {
	mu    sync.Mutex
	bound map[planKey]*statement
}

// maxPlans bounds the memory of Plans: a bound read takes about 20 KiB.
const maxPlans = 256

type planKey struct {
	snapshot *catalog.Snapshot
	access   *access.Access
	user     record.ID
	object   *catalog.Object
	fields   string
	all      bool
}

// A kept is what a bound read of one record needs again every time.
type kept struct {
	outs     []store.Out
	readings []reading
	one      atomic.Pointer[store.SQL] // the read of one id, its last argument; nil until it was written once
	text     atomic.Int64              // bytes of the last row's text: about what the next one has
}

// retrieval returns the bound read of fields of an object, from env's plans where it has them.
func (b *binder) retrieval(o *catalog.Object, fields []string) (*statement, error) {
	key := planKey{b.env.Snapshot, b.env.Access, b.env.User, o, strings.Join(fields, ","), b.all}
	if st := b.env.Plans.get(key); st != nil {
		mine := *st
		mine.b = b
		b.aliases = st.aliases // what it writes goes on from there
		return &mine, nil
	}
	s := b.newScope(o, nil)
	st := &statement{b: b, s: s, sel: b.newSelection(s), limit: -1}
	if err := b.retrieved(st, fields); err != nil {
		return nil, err
	}
	b.env.Plans.put(key, st)
	return st, nil
}

func (p *Plans) get(k planKey) *statement {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bound[k]
}

func (p *Plans) put(k planKey, st *statement) {
	if p == nil {
		return
	}
	mine := *st
	mine.b, mine.aliases = nil, st.b.aliases // b is of the request that bound it
	mine.kept = &kept{outs: outs(st.sel.cols), readings: st.reads(purpose.Named)}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bound == nil || len(p.bound) >= maxPlans {
		p.bound = make(map[planKey]*statement, maxPlans)
	}
	p.bound[k] = &mine
}

// one returns the read of the row with an id. The text is written once for a kept statement.
func (st *statement) one(d store.Dialect, id record.ID) *store.SQL {
	if st.kept == nil {
		return st.byID(d, []record.ID{id})
	}
	q := st.kept.one.Load()
	if q == nil {
		q = st.byID(d, []record.ID{id}).Keep()
		if st.timeless() {
			st.kept.one.Store(q)
		}
	}
	return q.Again(record.OfID(id))
}

// timeless reports whether the text depends on nothing but what the statement is kept under:
// objects without a table are written out of the catalog and the language of who asks.
func (st *statement) timeless() bool {
	for _, src := range st.s.sources {
		if src.targets != nil || src.object.Table == "" {
			return false
		}
	}
	return true
}
