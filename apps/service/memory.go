package service

import (
	"context"
	"sync"
	"time"

	"stoa/internal/hours"
	"stoa/internal/org"
)

// How long a process believes what it has read of how the desk works: a change
// by another process counts after memoryLife, one of its own at once. While such a
// change may not have been committed, for as long as memoryRest, nothing is kept. Source: Stoa's own.
const (
	memoryLife = 5 * time.Second
	memoryRest = 3 * time.Second
)

// A memory keeps how the desk of one org works, so that a case need not read all of it.
type memory struct {
	mu     sync.Mutex
	kept   *desk     // guarded by mu; what it points to never changes
	read   time.Time // guarded by mu: when
	rested time.Time // guarded by mu: from when on it may keep again
}

// desk returns the desk for a unit of work.
func (m *memory) desk(ctx context.Context, tx *org.Tx) (*desk, error) {
	now := tx.Now()
	m.mu.Lock()
	kept, age := m.kept, now.Sub(m.read)
	m.mu.Unlock()
	if kept != nil && age >= 0 && age < memoryLife {
		d := *kept
		d.tx = tx
		return &d, nil
	}
	d, err := loadDesk(ctx, tx)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !now.Before(m.rested) {
		keep := *d
		keep.tx = nil
		m.kept, m.read = &keep, now
	}
	return d, nil
}

// hours returns the default business hours for somebody who reads.
func (m *memory) hours(ctx context.Context, r reader, now time.Time) (*hours.Calendar, error) {
	m.mu.Lock()
	kept, age := m.kept, now.Sub(m.read)
	m.mu.Unlock()
	if kept != nil && age >= 0 && age < memoryLife {
		return kept.calendar, nil
	}
	c, _, err := loadCalendar(ctx, r)
	return c, err
}

// forget is the hook of what the memory is made of.
func (m *memory) forget(_ context.Context, tx *org.Tx, _ *org.Batch) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept, m.rested = nil, tx.Now().Add(memoryRest)
	return nil
}

// remembered are the objects whose rows a memory is made of, as far as people change them.
var remembered = [...]string{"Service__c", "Routing_Rule__c", "Service_Setting__c", "Group", "BusinessHours", "Holiday"}
