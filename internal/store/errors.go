package store

import (
	"errors"
	"strings"
)

// More errors on which callers decide.
var (
	// ErrFull says that the disk of the store, or its quota, is full. Nothing of the transaction was kept.
	ErrFull = errors.New("no space left for the store")
	// ErrCorrupt says that a file of the store is damaged.
	ErrCorrupt = errors.New("the store's file is damaged")
	// ErrReadOnly says that a read transaction was asked to write.
	ErrReadOnly = errors.New("write in a read transaction")
	// ErrClosed says that the store has been closed.
	ErrClosed = errors.New("store is closed")
	// ErrFailed says that an earlier statement of the transaction failed outside of Try, so that only its end can follow.
	ErrFailed = errors.New("transaction has failed already")
	// ErrRange says that a number does not fit its column.
	ErrRange = errors.New("number out of range")
)

// A UniqueError is an ErrUnique that knows where. It holds no values.
type UniqueError struct {
	Table   string
	Columns []string // "Id" for the key; without the mark of a shadow
}

func (e *UniqueError) Error() string {
	return ErrUnique.Error() + ": " + e.Table + " (" + strings.Join(e.Columns, ", ") + ")"
}

// Is makes errors.Is(err, ErrUnique) true.
func (e *UniqueError) Is(target error) bool { return target == ErrUnique }

// UnshadowColumn returns the column that name belongs to: itself, or the one it is the shadow of.
func UnshadowColumn(name string) string { return strings.TrimSuffix(name, "~f") }
