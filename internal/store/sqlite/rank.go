package sqlite

import (
	"errors"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// stoa_rank(index) tells how well a document fits what it was found by. The engine's own bm25 weighs each word by how
// many documents have it, and so reads the list of all of them; this one looks at the one document.

// weights are what a word counts by where it stands: name, email, phone, key, body.
var weights = [...]float64{10, 4, 4, 4, 1}

// saturation is how much of a word is enough: more of it counts less and less, so that a second word counts more
// than the first one over and over. Source: k1 of BM25.
const saturation = 1.2

// rankedPhrases is how many phrases of a term are counted.
const rankedPhrases = 64

// defineRank makes stoa_rank known to the connection.
//
// Source: SQLite FTS5 Extension, 7.1 Custom Auxiliary Functions.
func (n *native) defineRank() error {
	s, err := n.prepare("SELECT fts5(?1)")
	if err != nil {
		return err
	}
	defer s.finalize()
	kind, err := libc.CString("fts5_api_ptr")
	if err != nil {
		return err
	}
	defer libc.Xfree(n.tls, kind)
	out := libc.Xcalloc(n.tls, 1, 8)
	defer libc.Xfree(n.tls, out)
	if rc := lib.Xsqlite3_bind_pointer(n.tls, s.p, 1, out, kind, 0); rc != lib.SQLITE_OK {
		return n.fail(rc)
	}
	if _, err := s.step(); err != nil {
		return err
	}
	api := *at[uintptr](out)
	if api == 0 {
		return errors.New("sqlite: the engine has no full-text search")
	}
	name, err := libc.CString("stoa_rank")
	if err != nil {
		return err
	}
	defer libc.Xfree(n.tls, name)
	create := callee[func(tls *libc.TLS, api, name, data, function, destroy uintptr) int32](at[lib.Tfts5_api](api).FxCreateFunction)
	if rc := create(n.tls, api, name, 0, entry(rank), 0); rc != lib.SQLITE_OK {
		return n.fail(rc)
	}
	return nil
}

// rank is stoa_rank(index): a whole number, the smaller the better.
func rank(tls *libc.TLS, api, fts, ctx uintptr, _ int32, _ uintptr) {
	x := at[lib.TFts5ExtensionApi](api)
	out := tls.Alloc(16)
	defer tls.Free(16)
	if rc := callee[func(tls *libc.TLS, fts, n uintptr) int32](x.FxInstCount)(tls, fts, out); rc != lib.SQLITE_OK {
		lib.Xsqlite3_result_error_code(tls, ctx, rc)
		return
	}
	instance := callee[func(tls *libc.TLS, fts uintptr, i int32, phrase, column, offset uintptr) int32](x.FxInst)
	var found [rankedPhrases]float64
	for i := range *at[int32](out) {
		if rc := instance(tls, fts, i, out, out+4, out+8); rc != lib.SQLITE_OK {
			lib.Xsqlite3_result_error_code(tls, ctx, rc)
			return
		}
		if phrase, column := *at[int32](out), *at[int32](out + 4); int(phrase) < len(found) && int(column) < len(weights) {
			found[phrase] += weights[column]
		}
	}
	score := 0.0
	for _, f := range found {
		score += f / (f + saturation)
	}
	lib.Xsqlite3_result_int64(tls, ctx, int64(-1000*score))
}

// callee returns the function of the engine's that stands at an address.
func callee[F any](p uintptr) F { return *(*F)(unsafe.Pointer(&struct{ p uintptr }{p})) }
