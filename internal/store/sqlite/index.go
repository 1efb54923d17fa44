package sqlite

import "stoa/internal/store"

// An index gathers what is to go into the search indexes until the group commits: the engine writes a segment for
// each savepoint behind a change, one for all is a fraction of the work. A search inside of the transaction has it applied first.
type index struct {
	c       *conn
	changes []change
	applied int // of changes
}

// A change puts a document into the search index of a table, or takes one out.
type change struct {
	table string
	id    int64
	texts [5]string // name, email, phone, key, body
	gone  bool
}

// An indexMark is how far an index had come when a savepoint began.
type indexMark struct{ changes, applied int }

func (x *index) mark() indexMark { return indexMark{len(x.changes), x.applied} }

// rewind forgets what was gathered since m; what of it was applied the engine has undone.
func (x *index) rewind(m indexMark) {
	clear(x.changes[m.changes:])
	x.changes, x.applied = x.changes[:m.changes], m.applied
}

// apply makes the changes that were not made yet, the last of each document.
func (x *index) apply() error {
	left := x.changes[x.applied:]
	if len(left) == 0 {
		return nil
	}
	last := make(map[int64]int, len(left))
	for i := range left {
		last[left[i].id] = i
	}
	for i := range left {
		if c := &left[i]; last[c.id] == i {
			if err := x.make(c); err != nil {
				return err
			}
		}
	}
	x.applied = len(x.changes)
	return nil
}

// make makes one change.
func (x *index) make(c *change) error {
	words := store.Quote(store.Words(c.table))
	text := "INSERT OR REPLACE INTO " + words + " (rowid, name, email, phone, key, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
	if c.gone {
		text = "DELETE FROM " + words + " WHERE rowid = ?1"
	}
	s, err := x.c.stmt(text)
	if err != nil {
		return err
	}
	defer x.c.done(s)
	s.bindChange(c)
	_, err = s.step()
	return err
}

func (s *stmt) bindChange(c *change) {
	size := 0
	for _, text := range c.texts {
		size += len(text)
	}
	s.room(size)
	s.bindInt(1, c.id)
	if c.gone {
		return
	}
	for i, text := range c.texts {
		s.bindText(i+2, text)
	}
}
