package org

import (
	"context"
	"time"

	"stoa/internal/engine/live"
	"stoa/internal/store"
)

// An Event is something that was announced on a topic. Its body tells what
// happened to which record and nothing of its content: who hears it asks for
// that through a session of their own.
type Event = live.Event

// TopicLost is the topic of the event that a listener gets in place of those that it was too slow for.
const TopicLost = live.Lost

const trimEvery = 5 * time.Minute

// Announce tells those who listen to a topic, in all processes, once the transaction stands.
func (t *Tx) Announce(topic, body string) {
	u := t.unit
	if err := u.session.org.live.Announce(u.ctx, u.tx, topic, body, u.session.actor.User); err != nil && u.failed == nil {
		u.failed = err
	}
}

// Announce tells those who listen to a topic, outside of a unit of work: who is present, who is typing.
func (s *Session) Announce(ctx context.Context, topic, body string) error {
	return s.org.db.Write(ctx, s.use.Ticket(), func(tx store.Tx) error {
		return s.org.live.Announce(ctx, tx, topic, body, s.actor.User)
	})
}

// Listen returns what is announced on some topics from now on, while Run runs; a topic that ends in "/" stands
// for all that begin so. A slow listener loses events and gets one of TopicLost in their place. Call stop; it closes events.
func (o *Org) Listen(topics ...string) (events <-chan Event, stop func()) {
	return o.live.Listen(topics...)
}

func (o *Org) trimLive(ctx context.Context) error { return live.Trim(ctx, o.db, o.ticket()) }
