package query

import (
	"strings"
	"sync"

	"stoa/internal/engine/access"
	"stoa/internal/engine/catalog"
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
	object   *catalog.Object
	fields   string
	all      bool
}

// retrieval returns the bound read of fields of an object, from env's plans where it has them.
func (b *binder) retrieval(o *catalog.Object, fields []string) (*statement, error) {
	key := planKey{b.env.Snapshot, b.env.Access, o, strings.Join(fields, ","), b.all}
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
	kept := *st
	kept.b, kept.aliases = nil, st.b.aliases // b is of the request that bound it
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bound == nil || len(p.bound) >= maxPlans {
		p.bound = make(map[planKey]*statement, maxPlans)
	}
	p.bound[k] = &kept
}
