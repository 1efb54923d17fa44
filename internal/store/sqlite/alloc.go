package sqlite

import (
	"fmt"

	"stoa/internal/record"
	"stoa/internal/store"
)

// The writer gives out ids, numbers and heads from memory. What it gave out is
// written once a group, just before the commit that makes the first use of it
// durable, so that an error that undoes one call undoes none of it.

// idBlock is how many ids ahead the durable mark of a prefix lies.
const idBlock = 1000

// A counter is the state of a prefix or of a sequence.
type counter struct {
	next int64 // to give out
	mark int64 // what the table must say: everything given out lies below
	kept int64 // what the table says
}

// An allocator belongs to the holder of the write connection.
type allocator struct {
	c     *conn
	heads *store.Heads
	pod   string

	headsKept int // heads below this number are in the table
	ids       map[string]*counter
	sequences map[string]*counter
	dirty     bool
}

// addHead puts id's head into the dictionary.
func (a *allocator) addHead(id record.ID) error {
	a.dirty = true
	return a.heads.Append(store.Head([]byte(id[:7])))
}

func (a *allocator) newIDs(prefix string, n int) ([]record.ID, error) {
	if !store.ValidPrefix(prefix) {
		return nil, fmt.Errorf("%q is no key prefix", prefix)
	}
	c, err := a.counter(a.ids, store.IDBlockTable, "prefix", prefix)
	if err != nil {
		return nil, err
	}
	ids := store.MakeIDs(prefix, a.pod, c.next, n)
	c.next += int64(n)
	a.raise(c, idBlock)
	if n > 0 {
		if _, ok := a.heads.Number(ids[n-1]); !ok {
			return ids, a.addHead(ids[n-1])
		}
	}
	return ids, nil
}

// observe keeps id, which a row is about to have, from being given out.
func (a *allocator) observe(id record.ID) error {
	used, ok := store.CounterOf(id, a.pod)
	if !ok {
		return nil
	}
	c, err := a.counter(a.ids, store.IDBlockTable, "prefix", id.Prefix())
	if err != nil || used < c.next {
		return err
	}
	c.next = used + 1
	a.raise(c, idBlock)
	return nil
}

func (a *allocator) newNumbers(sequence string, n int) (int64, error) {
	c, err := a.counter(a.sequences, store.SequenceTable, "name", sequence)
	if err != nil {
		return 0, err
	}
	first := c.next
	c.next += int64(n)
	a.raise(c, 0)
	return first, nil
}

func (a *allocator) raise(c *counter, ahead int64) {
	if c.next > c.mark {
		c.mark = c.next + ahead
		a.dirty = true
	}
}

// counter returns the counter of a key, from its table on first use.
func (a *allocator) counter(from map[string]*counter, table, column, key string) (*counter, error) {
	if c, ok := from[key]; ok {
		return c, nil
	}
	s, err := a.c.stmt("SELECT next FROM " + table + " WHERE " + column + " = ?")
	if err != nil {
		return nil, err
	}
	defer a.c.done(s)
	s.room(len(key))
	s.bindText(1, key)
	more, err := s.step()
	if err != nil {
		return nil, err
	}
	c := &counter{next: 1, mark: 1, kept: 1}
	if more {
		n := whole(&s.cells()[0])
		c = &counter{next: n, mark: n, kept: n}
	}
	from[key] = c
	return c, nil
}

// flush writes what the tables do not say yet. saved, called after the commit, notes that they do.
func (a *allocator) flush() error {
	if !a.dirty {
		return nil
	}
	for n := a.headsKept; n < a.heads.Len(); n++ {
		head := a.heads.Head(n)
		if err := a.put("INSERT INTO "+store.HeadTable+" (number, head) VALUES (?2, ?1)", string(head[:]), int64(n)); err != nil {
			return err
		}
	}
	for _, t := range []struct {
		of   map[string]*counter
		text string
	}{
		{a.ids, "INSERT OR REPLACE INTO " + store.IDBlockTable + " (prefix, next) VALUES (?1, ?2)"},
		{a.sequences, "INSERT OR REPLACE INTO " + store.SequenceTable + " (name, next) VALUES (?1, ?2)"},
	} {
		for key, c := range t.of {
			if c.mark == c.kept {
				continue
			}
			if err := a.put(t.text, key, c.mark); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *allocator) saved() {
	if !a.dirty {
		return
	}
	a.dirty, a.headsKept = false, a.heads.Len()
	for _, of := range []map[string]*counter{a.ids, a.sequences} {
		for _, c := range of {
			c.kept = c.mark
		}
	}
}

func (a *allocator) put(text, key string, n int64) error {
	s, err := a.c.stmt(text)
	if err != nil {
		return err
	}
	defer a.c.done(s)
	s.room(len(key))
	s.bindText(1, key)
	s.bindInt(2, n)
	_, err = s.step()
	return err
}

// load reads the dictionary.
func (a *allocator) load() error {
	s, err := a.c.stmt("SELECT number, head FROM " + store.HeadTable + " ORDER BY number")
	if err != nil {
		return err
	}
	defer a.c.done(s)
	var heads []store.Head
	for {
		more, err := s.step()
		if err != nil {
			return err
		}
		if !more {
			break
		}
		cells := s.cells()
		text := bytesOf(&cells[1])
		if whole(&cells[0]) != int64(len(heads)) || len(text) != len(store.Head{}) {
			return fmt.Errorf("%w: dictionary of ids, entry %d", store.ErrCorrupt, len(heads))
		}
		heads = append(heads, store.Head(text))
	}
	a.headsKept = len(heads)
	return a.heads.Append(heads...)
}
