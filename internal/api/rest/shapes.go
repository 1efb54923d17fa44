package rest

import (
	"sync"

	"stoa/internal/record"
)

// shapes are those of reads by id, which are many and alike: what they read is bound once and gives the same
// record.Shape every time. They are dropped whole when they grow too many. The zero value is ready to use.
type shapes struct {
	mu    sync.Mutex
	ready map[shapeKey]*shape
}

// maxShapes bounds the memory of shapes: one takes about 10 KiB.
const maxShapes = 256

type shapeKey struct {
	of   *record.Shape
	base string
}

// of returns s made ready under a version's base path.
func (all *shapes) of(base string, s *record.Shape) *shape {
	k := shapeKey{s, base}
	all.mu.Lock()
	defer all.mu.Unlock()
	if p := all.ready[k]; p != nil {
		return p
	}
	p := newShape(base, s)
	if all.ready == nil || len(all.ready) >= maxShapes {
		all.ready = make(map[shapeKey]*shape, maxShapes)
	}
	all.ready[k] = p
	return p
}
