package sqlite

import (
	"fmt"
	"unsafe"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	lib "modernc.org/sqlite/lib"
)

// The engine writes each page of a commit to its log with two calls of the kernel. This file gathers them: what is
// appended to the log stays in memory until the log is flushed, which a commit that waits for the disk does last,
// before anybody is told of it. So thirty pages are one write.

// logRoom is how much is gathered at most: the engine itself writes less than 128 KiB with one call, and takes
// such a number for none.
const logRoom = 127 << 10

// A gathered is the engine's table of functions for the log's file, of its kind of memory, with what they need behind
// it: the engine hands them the file, whose first word leads here.
type gathered struct {
	methods lib.Tsqlite3_io_methods // the first field: it is what the engine knows
	under   uintptr                 // the table that was there before
	buf     uintptr                 // logRoom bytes
	n       int64                   // of them gathered
	at      int64                   // where in the file they belong
}

// gather makes the connection gather what it appends to its log. It must flush with every commit (synchronous = FULL).
func (n *native) gather() error {
	name, err := libc.CString("main")
	if err != nil {
		return err
	}
	defer libc.Xfree(n.tls, name)
	out := libc.Xmalloc(n.tls, 8)
	defer libc.Xfree(n.tls, out)
	if rc := lib.Xsqlite3_file_control(n.tls, n.db, name, lib.SQLITE_FCNTL_JOURNAL_POINTER, out); rc != lib.SQLITE_OK {
		return n.fail(rc)
	}
	file := at[lib.Tsqlite3_file](*at[uintptr](out))
	if file.FpMethods == 0 {
		return fmt.Errorf("sqlite: the log is not open")
	}
	under := at[lib.Tsqlite3_io_methods](file.FpMethods)
	character := fn[func(*libc.TLS, uintptr) int32](under.FxDeviceCharacteristics)(n.tls, *at[uintptr](out))
	if character&lib.SQLITE_IOCAP_POWERSAFE_OVERWRITE == 0 {
		return nil // the engine writes on behind the flush
	}
	p := libc.Xmalloc(n.tls, types.Size_t(unsafe.Sizeof(gathered{})))
	g := at[gathered](p)
	*g = gathered{methods: *under, under: file.FpMethods, buf: libc.Xmalloc(n.tls, logRoom)}
	g.methods.FxClose, g.methods.FxRead, g.methods.FxWrite = entry(logClose), entry(logRead), entry(logWrite)
	g.methods.FxTruncate, g.methods.FxSync, g.methods.FxFileSize = entry(logTruncate), entry(logSync), entry(logSize)
	file.FpMethods = p
	return nil
}

// fn returns the engine's function at an address.
func fn[F any](p uintptr) F { return *(*F)(unsafe.Pointer(&struct{ p uintptr }{p})) }

func gatheredOf(file uintptr) (*gathered, *lib.Tsqlite3_io_methods) {
	g := at[gathered](at[lib.Tsqlite3_file](file).FpMethods)
	return g, at[lib.Tsqlite3_io_methods](g.under)
}

// flushLog writes what was gathered.
func flushLog(tls *libc.TLS, file uintptr) int32 {
	g, under := gatheredOf(file)
	if g.n == 0 {
		return lib.SQLITE_OK
	}
	n := g.n
	g.n = 0 // a write that fails undoes the transaction
	return fn[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](under.FxWrite)(tls, file, g.buf, int32(n), g.at)
}

func logWrite(tls *libc.TLS, file, from uintptr, n int32, offset int64) int32 {
	g, under := gatheredOf(file)
	if g.n > 0 && (offset != g.at+g.n || g.n+int64(n) > logRoom) {
		if rc := flushLog(tls, file); rc != lib.SQLITE_OK {
			return rc
		}
	}
	if n > logRoom {
		return fn[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](under.FxWrite)(tls, file, from, n, offset)
	}
	if g.n == 0 {
		g.at = offset
	}
	copy(unsafe.Slice(at[byte](g.buf), logRoom)[g.n:], unsafe.Slice(at[byte](from), int(n)))
	g.n += int64(n)
	return lib.SQLITE_OK
}

func logSync(tls *libc.TLS, file uintptr, flags int32) int32 {
	if rc := flushLog(tls, file); rc != lib.SQLITE_OK {
		return rc
	}
	_, under := gatheredOf(file)
	return fn[func(*libc.TLS, uintptr, int32) int32](under.FxSync)(tls, file, flags)
}

func logRead(tls *libc.TLS, file, to uintptr, n int32, offset int64) int32 {
	if rc := flushLog(tls, file); rc != lib.SQLITE_OK {
		return rc
	}
	_, under := gatheredOf(file)
	return fn[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](under.FxRead)(tls, file, to, n, offset)
}

func logTruncate(tls *libc.TLS, file uintptr, size int64) int32 {
	if rc := flushLog(tls, file); rc != lib.SQLITE_OK {
		return rc
	}
	_, under := gatheredOf(file)
	return fn[func(*libc.TLS, uintptr, int64) int32](under.FxTruncate)(tls, file, size)
}

func logSize(tls *libc.TLS, file, out uintptr) int32 {
	if rc := flushLog(tls, file); rc != lib.SQLITE_OK {
		return rc
	}
	_, under := gatheredOf(file)
	return fn[func(*libc.TLS, uintptr, uintptr) int32](under.FxFileSize)(tls, file, out)
}

func logClose(tls *libc.TLS, file uintptr) int32 {
	rc := flushLog(tls, file)
	g, under := gatheredOf(file)
	p := at[lib.Tsqlite3_file](file).FpMethods
	at[lib.Tsqlite3_file](file).FpMethods = g.under
	libc.Xfree(tls, g.buf)
	libc.Xfree(tls, p)
	if closed := fn[func(*libc.TLS, uintptr) int32](under.FxClose)(tls, file); closed != lib.SQLITE_OK {
		return closed
	}
	return rc
}
