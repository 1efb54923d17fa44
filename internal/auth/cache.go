package auth

import (
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"

	"stoa/internal/org"
	"stoa/internal/record"
)

// cacheLimit is how many sessions are kept in memory, about 1 KB each.
const cacheLimit = 20_000

type cacheKey [sha256.Size]byte

func keyOf(token string) cacheKey { return sha256.Sum256([]byte(token)) }

// An entry is a session as it was when it was last read from the vault. It does not change.
type entry struct {
	session *Session
	actor   org.Actor
	checked time.Time
}

// A cache keeps sessions by the hash of their token. Every drop begins a new
// epoch, so that a read begun before it cannot bring back what was revoked.
type cache struct {
	mu      sync.RWMutex
	entries map[cacheKey]*entry // guarded by mu
	drops   uint64              // guarded by mu
}

func newCache() *cache { return &cache{entries: map[cacheKey]*entry{}} }

func (c *cache) get(k cacheKey) *entry {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.entries[k]
}

func (c *cache) epoch() uint64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.drops
}

// put keeps e and reports true, or false where an epoch ended since.
func (c *cache) put(k cacheKey, e *entry, epoch uint64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.drops != epoch {
		return false
	}
	if len(c.entries) >= cacheLimit {
		// Any will do: a session that is in use comes back with its next request.
		for old := range c.entries {
			delete(c.entries, old)
			if len(c.entries) < cacheLimit*9/10 {
				break
			}
		}
	}
	c.entries[k] = e
	return true
}

// drop forgets a session that the vault no longer has. It begins no epoch: nothing was revoked here.
func (c *cache) drop(k cacheKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.entries, k)
}

func (c *cache) dropID(id string) {
	var k cacheKey
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drops++
	if b, err := hex.DecodeString(id); err == nil && len(b) == len(k) {
		copy(k[:], b)
		delete(c.entries, k)
	}
}

func (c *cache) dropUser(user record.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drops++
	for k, e := range c.entries {
		if e.session.User == user {
			delete(c.entries, k)
		}
	}
}
