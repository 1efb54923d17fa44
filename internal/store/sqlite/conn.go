package sqlite

import (
	"container/list"

	"fmt"

	lib "modernc.org/sqlite/lib"
)

// statements is how many prepared statements a connection keeps.
const statements = 256

// keptBuffer is how large the buffer of a statement may stay between its runs.
const keptBuffer = 64 << 10

// A conn is a connection with its prepared statements, least recently used
// first to go.
type conn struct {
	*native
	cache map[string]*list.Element // of *stmt
	order *list.List               // most recently used first
	text  []byte                   // room for the text of a statement

	begin, commit, rollback *stmt
}

// connect opens a connection. cacheKiB bounds its page cache.
func connect(path string, writer bool, cacheKiB int, synchronous string) (_ *conn, err error) {
	flags := int32(lib.SQLITE_OPEN_READWRITE)
	if writer {
		flags |= lib.SQLITE_OPEN_CREATE
	}
	n, err := openNative(path, flags)
	if err != nil {
		return nil, err
	}
	c := &conn{native: n, cache: map[string]*list.Element{}, order: list.New()}
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	for i := range functions {
		if err := n.define(i); err != nil {
			return nil, err
		}
	}
	if err := n.defineRank(); err != nil {
		return nil, err
	}
	pragmas := []string{
		"busy_timeout = 10000", "temp_store = MEMORY", "mmap_size = 0", "foreign_keys = OFF",
		"case_sensitive_like = ON", fmt.Sprintf("cache_size = -%d", cacheKiB),
	}
	if writer {
		pragmas = append(pragmas, "page_size = 4096", "journal_mode = WAL", "synchronous = "+synchronous,
			"wal_autocheckpoint = 0", "journal_size_limit = 67108864")
	} else {
		pragmas = append(pragmas, "query_only = ON")
	}
	for _, p := range pragmas {
		if err := c.run("PRAGMA " + p); err != nil {
			return nil, err
		}
	}
	begin := "BEGIN"
	if writer {
		begin = "BEGIN IMMEDIATE"
	}
	for text, into := range map[string]**stmt{begin: &c.begin, "COMMIT": &c.commit, "ROLLBACK": &c.rollback} {
		if *into, err = n.prepare(text); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *conn) close() {
	for e := c.order.Front(); e != nil; e = e.Next() {
		e.Value.(*stmt).finalize()
	}
	for _, s := range []*stmt{c.begin, c.commit, c.rollback} {
		if s != nil {
			s.finalize()
		}
	}
	c.native.close()
}

// run executes statements without arguments that are not worth keeping.
func (c *conn) run(text string) error {
	s, err := c.native.prepare(text)
	if err != nil {
		return err
	}
	defer s.finalize()
	for {
		more, err := s.step()
		if err != nil || !more {
			return err
		}
	}
}

// do executes one of the connection's own statements.
func (c *conn) do(s *stmt) error {
	_, err := s.step()
	s.reset()
	return err
}

// stmt returns a prepared statement that nobody is running. Give it back with done.
func (c *conn) stmt(text string) (*stmt, error) {
	e, ok := c.order.Front(), true
	if e == nil || e.Value.(*stmt).text != text { // the same one again is found without a look at all of its text
		e, ok = c.cache[text]
	}
	if ok {
		s := e.Value.(*stmt)
		if !s.busy {
			c.order.MoveToFront(e)
			s.busy = true
			return s, nil
		}
		s, err := c.native.prepare(text) // a second run of the same statement
		if err == nil {
			s.busy = true
		}
		return s, err
	}
	s, err := c.native.prepare(text)
	if err != nil {
		return nil, err
	}
	s.busy, s.kept = true, true
	c.cache[text] = c.order.PushFront(s)
	for e := c.order.Back(); c.order.Len() > statements && e != nil; {
		e = c.drop(e)
	}
	return s, nil
}

// stmtOf is stmt for a text that was made in c.text, of which a string is only made for a new statement.
func (c *conn) stmtOf(text []byte) (*stmt, error) {
	c.text = text
	if e, ok := c.cache[string(text)]; ok {
		return c.stmt(e.Value.(*stmt).text)
	}
	return c.stmt(string(text))
}

// drop forgets a statement that nobody is running and returns the one that was used after it.
func (c *conn) drop(e *list.Element) (before *list.Element) {
	before = e.Prev()
	if old := e.Value.(*stmt); !old.busy {
		c.order.Remove(e)
		delete(c.cache, old.text)
		old.finalize()
	}
	return before
}

// done ends a run of s.
func (c *conn) done(s *stmt) {
	s.reset()
	if !s.kept {
		s.finalize()
		return
	}
	if cap(s.buf) > keptBuffer {
		s.shrink()
	}
}

// trim gives memory back, for a connection that has nothing to do.
func (c *conn) trim() {
	for e := c.order.Back(); c.order.Len() > statements/8 && e != nil; {
		e = c.drop(e)
	}
	c.release()
}

// one returns the first column of the first row of a query without arguments.
func (c *conn) one(text string) (n int64, s string, err error) {
	q, err := c.native.prepare(text)
	if err != nil {
		return 0, "", err
	}
	defer q.finalize()
	more, err := q.step()
	if err != nil || !more {
		return 0, "", err
	}
	cell := &q.cells()[0]
	return whole(cell), string(bytesOf(cell)), nil
}
