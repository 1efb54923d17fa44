package live

import (
	"context"
	"strings"
	"sync"
	"time"

	"stoa/internal/record"
	"stoa/internal/store"
)

const (
	backlog = 64                     // events that a listener may be behind
	burst   = 100 * time.Millisecond // commits of other processes come in bursts; one look for several is enough
)

// A Hub hands the events of an org to the listeners in this process. Its zero value is not usable; see NewHub.
type Hub struct {
	alone bool          // no other process uses the store
	tail  *tail         // of Run, nil where alone
	wake  chan struct{} // holds one where there may be something new

	mu        sync.Mutex
	listeners map[*listener]struct{} // guarded by mu
}

// A listener is one who hears. Only the hub sends to it, under the hub's mutex.
type listener struct {
	topics []string
	events chan Event // one more than backlog, for Lost; closed by stop
	lost   bool       // it was told that it lost events, and has not caught up
}

// NewHub returns a hub that hands out what is committed from now on, while it runs.
func NewHub(ctx context.Context, tx store.Tx) (_ *Hub, err error) {
	h := &Hub{alone: tx.Dialect().Name() == "sqlite", wake: make(chan struct{}, 1), listeners: map[*listener]struct{}{}}
	if !h.alone {
		h.tail, err = start(ctx, tx)
	}
	return h, err
}

// Announce has an event heard in all processes once the caller's transaction is committed.
func (h *Hub) Announce(ctx context.Context, tx store.Tx, topic, body string, actor record.ID) error {
	if h.alone {
		e := Event{At: tx.Now(), Topic: topic, Body: body, Actor: actor}
		tx.Signal(func() { h.send(e) })
		return nil
	}
	if err := write(ctx, tx, topic, body, actor); err != nil {
		return err
	}
	tx.Signal(h.look)
	return nil
}

// look makes Run look for events.
func (h *Hub) look() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// Listen returns the events of some topics from now on; a topic that ends in "/"
// stands for all that begin so. Whoever is too slow loses events and gets one of
// the topic Lost in their place. Call stop, as often as you like; it closes events.
func (h *Hub) Listen(topics ...string) (events <-chan Event, stop func()) {
	l := &listener{topics: topics, events: make(chan Event, backlog+1)}
	h.mu.Lock()
	h.listeners[l] = struct{}{}
	h.mu.Unlock()
	return l.events, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if _, ok := h.listeners[l]; ok {
			delete(h.listeners, l)
			close(l.events)
		}
	}
}

// Run hands out events until ctx is done.
func (h *Hub) Run(ctx context.Context, db store.DB, t store.Ticket, report func(error)) {
	if h.alone {
		<-ctx.Done()
		return
	}
	for ctx.Err() == nil {
		committed := db.Wait() // before the look, so that nothing is missed
		var found []Event
		err := db.Read(ctx, t, func(tx store.Tx) (err error) {
			found, err = h.tail.read(ctx, tx)
			return err
		})
		if err != nil && ctx.Err() == nil {
			report(err)
		}
		h.send(found...)
		h.idle(ctx, committed)
	}
}

// idle waits until there may be events.
func (h *Hub) idle(ctx context.Context, committed <-chan struct{}) {
	select {
	case <-ctx.Done():
	case <-h.wake:
	case <-committed:
		select {
		case <-ctx.Done():
		case <-h.wake:
		case <-time.After(burst):
		}
	}
}

func (h *Hub) send(events ...Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for l := range h.listeners {
		for _, e := range events {
			if l.hears(e.Topic) {
				l.send(e)
			}
		}
	}
}

func (l *listener) hears(topic string) bool {
	for _, t := range l.topics {
		if t == topic || strings.HasSuffix(t, "/") && strings.HasPrefix(topic, t) {
			return true
		}
	}
	return false
}

// send never waits: the channel has a place more than the backlog, and only the hub fills it.
func (l *listener) send(e Event) {
	switch {
	case len(l.events) < backlog:
		l.events <- e
		l.lost = false
	case !l.lost:
		l.events <- Event{At: e.At, Topic: Lost}
		l.lost = true
	}
}
