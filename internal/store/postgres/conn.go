package postgres

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"

	"stoa/internal/store"
)

// statements is how many prepared statements a connection keeps.
const statements = 256

// A cache holds the prepared statements of one connection, least recently used first to go.
type cache struct {
	byText map[string]*list.Element // of *prepared
	order  *list.List
	made   int
}

// A prepared statement and what the server says about its result.
type prepared struct {
	text    string
	desc    *pgconn.StatementDescription
	formats []int16 // of the result columns
}

// cacheKey is where a connection keeps its cache.
const cacheKey = "stoa statements"

func cacheOf(c *pgconn.PgConn) *cache {
	if k, ok := c.CustomData()[cacheKey].(*cache); ok {
		return k
	}
	k := &cache{byText: map[string]*list.Element{}, order: list.New()}
	c.CustomData()[cacheKey] = k
	return k
}

// find returns the prepared statement of a text, nil where there is none yet.
func (k *cache) find(text string) *prepared {
	e, ok := k.byText[text]
	if !ok {
		return nil
	}
	k.order.MoveToFront(e)
	return e.Value.(*prepared)
}

// prepare returns the prepared statement of a text. c must not be busy.
func (k *cache) prepare(ctx context.Context, c *pgconn.PgConn, text string) (*prepared, error) {
	if p := k.find(text); p != nil {
		return p, nil
	}
	for k.order.Len() >= statements {
		last := k.order.Back()
		old := last.Value.(*prepared)
		if err := c.Deallocate(ctx, old.desc.Name); err != nil {
			return nil, err
		}
		k.order.Remove(last)
		delete(k.byText, old.text)
	}
	k.made++
	desc, err := c.Prepare(ctx, "s"+strconv.Itoa(k.made), text, nil)
	if err != nil {
		return nil, err
	}
	p := &prepared{text: text, desc: desc, formats: make([]int16, len(desc.Fields))}
	for i, f := range desc.Fields {
		p.formats[i] = formatOf(f.DataTypeOID)
	}
	k.byText[text] = k.order.PushFront(p)
	return p, nil
}

// run executes a statement without arguments that is not worth preparing.
func run(ctx context.Context, c *pgconn.PgConn, text string) error {
	_, err := c.Exec(ctx, text).ReadAll()
	return err
}

// SQLSTATE codes on which something is decided.
// Source: PostgreSQL documentation, appendix A.
const (
	uniqueViolation      = "23505"
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	lockNotAvailable     = "55P03"
	diskFull             = "53100"
	numericOutOfRange    = "22003"
	queryCanceled        = "57014"
	dataCorrupted        = "XX001"
	indexCorrupted       = "XX002"
	featureNotSupported  = "0A000" // also: a cached plan whose result has changed
)

var keyColumns = regexp.MustCompile(`^Key \((.*?)\)=\(`)

// explain turns an error of the server into one of the store's. again is true
// where the whole transaction may be tried again.
func explain(ctx context.Context, err error) (_ error, again bool) {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		if ctx.Err() != nil {
			return ctx.Err(), false
		}
		return err, false
	}
	switch e.Code {
	case uniqueViolation:
		u := &store.UniqueError{Table: e.TableName}
		if m := keyColumns.FindStringSubmatch(e.Detail); m != nil {
			for _, name := range splitNames(m[1]) {
				u.Columns = append(u.Columns, store.UnshadowColumn(name))
			}
		}
		return u, false
	case serializationFailure, deadlockDetected, featureNotSupported:
		return fmt.Errorf("%w: %s", store.ErrSerialization, e.Message), true
	case lockNotAvailable:
		return fmt.Errorf("%w: %s", store.ErrSerialization, e.Message), false
	case diskFull:
		return fmt.Errorf("%w: %s", store.ErrFull, e.Message), false
	case numericOutOfRange:
		return fmt.Errorf("%w: %s", store.ErrRange, e.Message), false
	case dataCorrupted, indexCorrupted:
		return fmt.Errorf("%w: %s", store.ErrCorrupt, e.Message), false
	case queryCanceled:
		if ctx.Err() != nil {
			return ctx.Err(), false
		}
	}
	return fmt.Errorf("postgres: %s (%s)", e.Message, e.Code), false
}

// splitNames splits a list of identifiers as the server writes it.
func splitNames(list string) []string {
	var out []string
	for len(list) > 0 {
		name := ""
		if list[0] == '"' {
			i := 1
			for i < len(list) && (list[i] != '"' || i+1 < len(list) && list[i+1] == '"') {
				if list[i] == '"' {
					i++
				}
				name += string(list[i])
				i++
			}
			list = list[min(i+1, len(list)):]
		} else {
			i := 0
			for i < len(list) && list[i] != ',' {
				i++
			}
			name, list = list[:i], list[i:]
		}
		out = append(out, name)
		for len(list) > 0 && (list[0] == ',' || list[0] == ' ') {
			list = list[1:]
		}
	}
	return out
}
