package sqlite

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unsafe"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	lib "modernc.org/sqlite/lib"

	"stoa/internal/store"
)

// This file is the whole seam to the engine: open, prepare, bind, step, and
// the cells of a row. It calls the engine's own functions, because a layer
// between costs as much again as reading a row does.

// A native is one connection. One goroutine at a time may use it, except for interrupt.
type native struct {
	tls *libc.TLS
	db  uintptr
}

// start initialises the engine once a process. Its memory statistics are
// switched off: they put one lock around all connections.
var start = sync.OnceValue(func() error {
	tls := libc.NewTLS()
	defer tls.Close()
	lib.PatchIssue199()
	args := libc.NewVaList(int32(0))
	defer libc.Xfree(tls, args)
	if rc := lib.Xsqlite3_config(tls, lib.SQLITE_CONFIG_MEMSTATUS, args); rc != lib.SQLITE_OK {
		return fmt.Errorf("sqlite: configure: code %d", rc)
	}
	if rc := lib.Xsqlite3_initialize(tls); rc != lib.SQLITE_OK {
		return fmt.Errorf("sqlite: initialise: code %d", rc)
	}
	return nil
})

func openNative(path string, flags int32) (*native, error) {
	if err := start(); err != nil {
		return nil, err
	}
	n := &native{tls: libc.NewTLS()}
	name, err := libc.CString(path)
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(n.tls, name)
	out, err := libc.CString("12345678")
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(n.tls, out)
	rc := lib.Xsqlite3_open_v2(n.tls, name, out, flags|lib.SQLITE_OPEN_NOMUTEX|lib.SQLITE_OPEN_EXRESCODE, 0)
	n.db = *at[uintptr](out)
	if rc != lib.SQLITE_OK {
		err := n.fail(rc)
		n.close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	// Pages come into the database file only where their sums are taken (sums.go).
	args := libc.NewVaList(int32(1), uintptr(0))
	defer libc.Xfree(n.tls, args)
	if rc := lib.Xsqlite3_db_config(n.tls, n.db, lib.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, args); rc != lib.SQLITE_OK {
		err := n.fail(rc)
		n.close()
		return nil, err
	}
	return n, nil
}

func (n *native) close() {
	if n.db != 0 {
		lib.Xsqlite3_close_v2(n.tls, n.db)
	}
	n.tls.Close()
	n.db, n.tls = 0, nil
}

// interrupt stops the statement that is running. Any goroutine may call it before close.
func (n *native) interrupt() { lib.Xsqlite3_interrupt(n.tls, n.db) }

// autocommit reports whether no transaction is open.
func (n *native) autocommit() bool { return lib.Xsqlite3_get_autocommit(n.tls, n.db) != 0 }

func (n *native) changes() int64 { return lib.Xsqlite3_changes64(n.tls, n.db) }

// written returns how many pages the connection has written to the log since the last call.
func (n *native) written() int {
	out := libc.Xmalloc(n.tls, 2*8)
	defer libc.Xfree(n.tls, out)
	if rc := lib.Xsqlite3_db_status(n.tls, n.db, lib.SQLITE_DBSTATUS_CACHE_WRITE, out, out+8, 1); rc != lib.SQLITE_OK {
		return 0
	}
	return int(*at[int32](out))
}

// release gives the page cache back.
func (n *native) release() { lib.Xsqlite3_db_release_memory(n.tls, n.db) }

// An engineError is an error of the engine that no one decides on.
type engineError struct {
	code int32 // extended result code
	text string
}

func (e *engineError) Error() string { return fmt.Sprintf("sqlite: %s (code %d)", e.text, e.code) }

var errInterrupted = errors.New("sqlite: interrupted")

var uniqueColumn = regexp.MustCompile(`([^.,\s][^.,]*)\.([^,]+)`)

// fail turns a result code and the connection's message into an error.
func (n *native) fail(rc int32) error {
	text := ""
	if n.db != 0 {
		if x := lib.Xsqlite3_extended_errcode(n.tls, n.db); x&0xff == rc&0xff {
			rc = x
		}
		text = libc.GoString(lib.Xsqlite3_errmsg(n.tls, n.db))
	}
	e := &engineError{rc, text}
	switch rc & 0xff {
	case lib.SQLITE_CONSTRAINT:
		switch rc {
		case lib.SQLITE_CONSTRAINT_UNIQUE, lib.SQLITE_CONSTRAINT_PRIMARYKEY, lib.SQLITE_CONSTRAINT_ROWID:
			u := &store.UniqueError{}
			_, list, _ := strings.Cut(text, "failed: ")
			for _, m := range uniqueColumn.FindAllStringSubmatch(list, -1) {
				u.Table = m[1]
				u.Columns = append(u.Columns, store.UnshadowColumn(m[2]))
			}
			return u
		}
		return e
	case lib.SQLITE_FULL:
		return fmt.Errorf("%w: %w", store.ErrFull, e)
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return fmt.Errorf("%w: %w", store.ErrCorrupt, e)
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return fmt.Errorf("%w: %w", store.ErrSerialization, e)
	case lib.SQLITE_INTERRUPT:
		return errInterrupted
	default:
		return e
	}
}

// A stmt is a prepared statement. Its bound texts and bytes lie in buf, which
// the engine reads in place, so they stay until the next bind. buf is the
// engine's kind of memory: Go's own could move.
type stmt struct {
	n    *native
	p    uintptr
	text string
	buf  []byte
	mem  uintptr // where buf begins
	busy bool    // rows are being read
	kept bool    // among the connection's statements
}

func (n *native) prepare(text string) (*stmt, error) {
	src, err := libc.CString(text)
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(n.tls, src)
	out, err := libc.CString("12345678")
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(n.tls, out)
	if rc := lib.Xsqlite3_prepare_v3(n.tls, n.db, src, int32(len(text))+1, lib.SQLITE_PREPARE_PERSISTENT, out, 0); rc != lib.SQLITE_OK {
		return nil, n.fail(rc)
	}
	return &stmt{n: n, p: *at[uintptr](out), text: text}, nil
}

func (s *stmt) finalize() {
	lib.Xsqlite3_finalize(s.n.tls, s.p)
	libc.Xfree(s.n.tls, s.mem)
	s.p, s.mem, s.buf = 0, 0, nil
}

// reset ends the run of s and reports what ended it.
func (s *stmt) reset() {
	lib.Xsqlite3_reset(s.n.tls, s.p)
	s.busy = false
}

// shrink gives buf back. What was bound is forgotten.
func (s *stmt) shrink() {
	lib.Xsqlite3_clear_bindings(s.n.tls, s.p)
	libc.Xfree(s.n.tls, s.mem)
	s.mem, s.buf = 0, nil
}

// room makes buf large enough for n bytes of one run. Call it before the first bindText or bindBytes.
func (s *stmt) room(n int) {
	if cap(s.buf) > n {
		s.buf = s.buf[:0]
		return
	}
	libc.Xfree(s.n.tls, s.mem)
	n += n/2 + 64
	s.mem = libc.Xmalloc(s.n.tls, types.Size_t(n))
	if s.mem == 0 {
		panic("out of memory")
	}
	s.buf = unsafe.Slice(at[byte](s.mem), n)[:0]
}

func (s *stmt) bindInt(i int, v int64) { lib.Xsqlite3_bind_int64(s.n.tls, s.p, int32(i), v) }

func (s *stmt) bindFloat(i int, v float64) { lib.Xsqlite3_bind_double(s.n.tls, s.p, int32(i), v) }

func (s *stmt) bindNull(i int) { lib.Xsqlite3_bind_null(s.n.tls, s.p, int32(i)) }

// bindText binds v, for which room was made.
func (s *stmt) bindText(i int, v string) {
	from := len(s.buf)
	s.buf = append(s.buf, v...)
	lib.Xsqlite3_bind_text(s.n.tls, s.p, int32(i), s.address(from), int32(len(v)), lib.SQLITE_STATIC)
}

// bindBytes binds v, for which room was made.
func (s *stmt) bindBytes(i int, v string) {
	from := len(s.buf)
	s.buf = append(s.buf, v...)
	lib.Xsqlite3_bind_blob(s.n.tls, s.p, int32(i), s.address(from), int32(len(v)), lib.SQLITE_STATIC)
}

// address returns where byte i of buf is, or would be.
func (s *stmt) address(i int) uintptr { return s.mem + uintptr(i) }

// step goes to the next row; more is false at the end.
func (s *stmt) step() (more bool, err error) {
	switch rc := lib.Xsqlite3_step(s.n.tls, s.p); rc {
	case lib.SQLITE_ROW:
		return true, nil
	case lib.SQLITE_DONE:
		return false, nil
	default:
		return false, s.n.fail(rc)
	}
}

// A cell is one value of the row that step found. It is the engine's own
// structure, read without a call; checkCells holds it to what the engine's functions say.
type cell = lib.Tsqlite3_value

// cells returns the current row, which is valid until the next step or reset.
func (s *stmt) cells() []cell {
	v := at[lib.TVdbe](s.p)
	return unsafe.Slice(at[cell](v.FpResultRow), int(v.FnResColumn))
}

func isNull(c *cell) bool { return c.Fflags&lib.MEM_Null != 0 }

// whole returns an integer cell. A float is cut.
func whole(c *cell) int64 {
	if c.Fflags&(lib.MEM_Int|lib.MEM_IntReal) != 0 {
		return *(*int64)(unsafe.Pointer(&c.Fu))
	}
	if c.Fflags&lib.MEM_Real != 0 {
		return int64(c.Fu.Fr)
	}
	return 0
}

func float(c *cell) float64 {
	if c.Fflags&lib.MEM_Real != 0 {
		return c.Fu.Fr
	}
	return float64(whole(c))
}

// bytesOf returns the bytes of a text or blob cell; they belong to the engine.
func bytesOf(c *cell) []byte {
	if c.Fflags&(lib.MEM_Str|lib.MEM_Blob) == 0 || c.Fflags&lib.MEM_Zero != 0 || c.Fn == 0 {
		return nil
	}
	return unsafe.Slice(at[byte](c.Fz), int(c.Fn))
}

// at returns what the engine keeps at an address.
func at[T any](p uintptr) *T { return (*T)(*(*unsafe.Pointer)(unsafe.Pointer(&p))) }

// checkCells compares cells with the engine's functions, so that another
// version of the engine with another layout is refused and not misread.
func (n *native) checkCells() error {
	s, err := n.prepare(`SELECT 7, -9223372036854775807, 'text', NULL, 2.5, x'0102'`)
	if err != nil {
		return err
	}
	defer s.finalize()
	if more, err := s.step(); err != nil || !more {
		return fmt.Errorf("sqlite: check of cells: %w", err)
	}
	c := s.cells()
	if len(c) != 6 || whole(&c[0]) != 7 || whole(&c[1]) != -9223372036854775807 || string(bytesOf(&c[2])) != "text" ||
		!isNull(&c[3]) || isNull(&c[0]) || float(&c[4]) != 2.5 || string(bytesOf(&c[5])) != "\x01\x02" ||
		lib.Xsqlite3_column_int64(n.tls, s.p, 1) != whole(&c[1]) {
		return errors.New("sqlite: this version of the engine lays out its rows differently")
	}
	return nil
}

// A function is an SQL function in Go.
type function struct {
	name  string
	args  int
	apply func(call)
}

// A call is one call of a function.
type call struct {
	tls  *libc.TLS
	ctx  uintptr
	args []uintptr
}

func (c call) null(i int) bool     { return lib.Xsqlite3_value_type(c.tls, c.args[i]) == lib.SQLITE_NULL }
func (c call) whole(i int) int64   { return lib.Xsqlite3_value_int64(c.tls, c.args[i]) }
func (c call) float(i int) float64 { return lib.Xsqlite3_value_double(c.tls, c.args[i]) }

// text returns a copy.
func (c call) text(i int) string {
	p := lib.Xsqlite3_value_text(c.tls, c.args[i])
	size := lib.Xsqlite3_value_bytes(c.tls, c.args[i])
	if p == 0 || size == 0 {
		return ""
	}
	return string(unsafe.Slice(at[byte](p), int(size)))
}

func (c call) returnNull()           { lib.Xsqlite3_result_null(c.tls, c.ctx) }
func (c call) returnInt(v int64)     { lib.Xsqlite3_result_int64(c.tls, c.ctx, v) }
func (c call) returnFloat(v float64) { lib.Xsqlite3_result_double(c.tls, c.ctx, v) }
func (c call) returnText(v string) {
	p := libc.Xmalloc(c.tls, types.Size_t(len(v)+1))
	if p == 0 {
		c.returnNull()
		return
	}
	copy(unsafe.Slice(at[byte](p), len(v)+1), v)
	lib.Xsqlite3_result_text(c.tls, c.ctx, p, int32(len(v)), entry(libc.Xfree))
}

// define makes functions[i] known to the connection as a deterministic function.
func (n *native) define(i int) error {
	f := functions[i]
	name, err := libc.CString(f.name)
	if err != nil {
		return err
	}
	defer libc.Xfree(n.tls, name)
	rc := lib.Xsqlite3_create_function_v2(n.tls, n.db, name, int32(f.args), lib.SQLITE_UTF8|lib.SQLITE_DETERMINISTIC|lib.SQLITE_INNOCUOUS,
		uintptr(i), entry(trampoline), 0, 0, 0)
	if rc != lib.SQLITE_OK {
		return n.fail(rc)
	}
	return nil
}

func trampoline(tls *libc.TLS, ctx uintptr, argc int32, argv uintptr) {
	f := &functions[lib.Xsqlite3_user_data(tls, ctx)]
	f.apply(call{tls, ctx, unsafe.Slice(at[uintptr](argv), int(argc))})
}

// entry returns the address by which the engine calls a Go function, which
// must be a declared one: a closure could be collected.
func entry[F any](f F) uintptr {
	return *(*uintptr)(unsafe.Pointer(&struct{ f F }{f}))
}
