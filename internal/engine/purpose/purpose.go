// Package purpose binds every use of data to a declared purpose and keeps its
// entry in the use register. It knows objects and fields but no SQL of theirs;
// its one invariant is that rows are served only when their entry is written:
// in the transaction of a write, in the journal before a read's bytes leave.
package purpose

import (
	"slices"
	"sync"

	"stoa/internal/engine/catalog"
	"stoa/internal/record"
	"stoa/internal/store"
)

// Default is the purpose of a request that declares none.
const Default = "administration"

// An Op is what was done to rows, in the words of the register.
type Op string

// The operations.
const (
	OpRead   Op = "read"
	OpList   Op = "list"
	OpSearch Op = "search"
	OpCreate Op = "create"
	OpUpdate Op = "update"
	OpDelete Op = "delete"
)

// A Use is one request's use of data: it hands out the tickets that the store
// asks for and collects what was touched until Seal makes an entry of it.
// It is safe for concurrent use.
type Use struct {
	Purpose string
	Actor   record.ID
	Channel string
	App     string

	ticket  store.Ticket
	mu      sync.Mutex
	touched []touch
	space   [2]touch // of touched, as long as it is enough
}

// A touch is what a request did to rows of one object.
type touch struct {
	op     Op
	object *catalog.Object
	set    *Fields          // nil where several were used, or none
	fields []*catalog.Field // where set is nil
	n      int
	ids    []byte // front-coded, see addRaw
	last   [18]byte
}

// New begins a use.
func New(actor record.ID, purpose, channel, app string) *Use {
	return &Use{Purpose: purpose, Actor: actor, Channel: channel, App: app, ticket: store.Issue(actor, purpose, channel)}
}

// Ticket returns what the store asks for.
func (u *Use) Ticket() store.Ticket { return u.ticket }

// Read notes that rows of an object were read, and by which fields.
func (u *Use) Read(f *Fields, ids []record.ID) {
	u.note(readOp(len(ids)), f.object, f, len(ids), func(t *touch) {
		for _, id := range ids {
			t.add(id)
		}
	})
}

// ReadPage is Read for the ids in one column of a page; rows without one do not count.
func (u *Use) ReadPage(f *Fields, p *record.Page, col int) {
	n := 0
	for row := range p.Len() {
		if !p.Null(row, col) {
			n++
		}
	}
	u.note(readOp(n), f.object, f, n, func(t *touch) {
		for row := range p.Len() {
			if _, _, _, id := p.Raw(row, col); id != nil {
				t.addRaw(id)
			}
		}
	})
}

// Counted notes rows of an object that were read only as a number or a group, so that no id is known.
func (u *Use) Counted(f *Fields, n int) { u.note(OpList, f.object, f, n, func(*touch) {}) }

// Wrote notes that rows were created, updated or deleted.
func (u *Use) Wrote(op string, o *catalog.Object, ids []record.ID) {
	u.note(Op(op), o, nil, len(ids), func(t *touch) {
		for _, id := range ids {
			t.add(id)
		}
	})
}

// Again returns a use of the same actor for the same purpose that has noted nothing.
func (u *Use) Again() *Use {
	return &Use{Purpose: u.Purpose, Actor: u.Actor, Channel: u.Channel, App: u.App, ticket: u.ticket}
}

// A Mark is how far the notes of writes had come.
type Mark struct{ wrote []touch }

// Mark returns how far the notes of writes have come, for Rewind.
func (u *Use) Mark() Mark {
	u.mu.Lock()
	defer u.mu.Unlock()
	var m Mark
	for i := range u.touched {
		if u.touched[i].op.writes() {
			m.wrote = append(m.wrote, u.touched[i])
		}
	}
	return m
}

// Rewind forgets the writes noted since m, which have been undone. What was read stays: it has been seen.
func (u *Use) Rewind(m Mark) {
	u.mu.Lock()
	defer u.mu.Unlock()
	reads := u.touched[:0]
	for i := range u.touched {
		if !u.touched[i].op.writes() {
			reads = append(reads, u.touched[i])
		}
	}
	u.touched = append(reads, m.wrote...) // ids of a touch only grow, so those of the mark are still there
}

func (op Op) writes() bool { return op == OpCreate || op == OpUpdate || op == OpDelete }

// Reset forgets what was noted; a transaction that runs again begins with it.
func (u *Use) Reset() {
	u.mu.Lock()
	u.touched = nil
	u.mu.Unlock()
}

func (u *Use) note(op Op, o *catalog.Object, f *Fields, n int, add func(*touch)) {
	if n == 0 || o == nil || o.Setup {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for i := range u.touched {
		if t := &u.touched[i]; t.op == op && t.object == o {
			t.n += n
			if t.set != f {
				t.fields = union(t.list(), f.list)
				t.set = nil
			}
			add(t)
			return
		}
	}
	if u.touched == nil {
		u.touched = u.space[:0]
	}
	u.touched = append(u.touched, touch{op: op, object: o, set: f, n: n})
	add(&u.touched[len(u.touched)-1])
}

// list returns the fields that were used, which nobody changes.
func (t *touch) list() []*catalog.Field {
	if t.set != nil {
		return slices.Clip(t.set.list)
	}
	return t.fields
}

func readOp(n int) Op {
	if n == 1 {
		return OpRead
	}
	return OpList
}

func union(a, b []*catalog.Field) []*catalog.Field {
next:
	for _, f := range b {
		for _, g := range a {
			if f == g {
				continue next
			}
		}
		a = append(a, f)
	}
	return a
}

func (t *touch) add(id record.ID) {
	var b [18]byte
	copy(b[:], id)
	t.addRaw(b[:])
}

// addRaw front-codes an id: the number of leading characters that it shares
// with the one before, then the others up to the fifteenth.
func (t *touch) addRaw(id []byte) {
	if len(id) < 15 {
		return
	}
	shared := 0
	for shared < 15 && id[shared] == t.last[shared] {
		shared++
	}
	t.ids = append(append(t.ids, byte(shared)), id[shared:15]...)
	copy(t.last[:], id)
}
