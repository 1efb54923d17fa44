package dml

import (
	"sync"
	"sync/atomic"

	"stoa/internal/engine/catalog"
	"stoa/internal/record"
)

// A Memory keeps for all transactions of an org what the pipeline works out of a catalog, and the rows that only change
// with it: the values of status picklists. What is kept holds for one Snapshot and goes with it. It is safe for concurrent use.
type Memory struct{ kept atomic.Pointer[lore] }

// A lore is what is known under one Snapshot.
type lore struct {
	snapshot *catalog.Snapshot
	forms    sync.Map // *form by *catalog.Object
	statuses sync.Map // map[string][]record.Value, see statuses, by the name of the object
}

func (m *Memory) lore(s *catalog.Snapshot) *lore {
	if m == nil {
		return &lore{snapshot: s}
	}
	l := m.kept.Load()
	if l == nil || l.snapshot != s {
		l = &lore{snapshot: s}
		m.kept.Store(l)
	}
	return l
}

func (l *lore) form(o *catalog.Object) *form {
	if f, ok := l.forms.Load(o); ok {
		return f.(*form)
	}
	f, _ := l.forms.LoadOrStore(o, formOf(o))
	return f.(*form)
}

// made are the records that a transaction has created so far: they are there, and need not be looked for.
type made struct {
	order []record.ID
	is    map[record.ID]bool
}

func (m *made) add(ids []record.ID) {
	if m.is == nil {
		m.is = make(map[record.ID]bool, len(ids))
	}
	m.order = append(m.order, ids...)
	for _, id := range ids {
		m.is[id] = true
	}
}

// rewind forgets all but the first n, which have been undone; with 0 it forgets all, since some may have been deleted.
func (m *made) rewind(n int) {
	n = min(n, len(m.order)) // a deletion may have forgotten more
	for _, id := range m.order[n:] {
		delete(m.is, id)
	}
	m.order = m.order[:n]
}
