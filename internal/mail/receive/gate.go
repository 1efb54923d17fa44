package receive

import (
	"net"
	"sync"
	"time"
)

// A gate is a listener that lets so many connections in, and so many from one
// host. Whoever is too many is told so at once, and comes back.
type gate struct {
	net.Listener
	max, perHost int

	mu       sync.Mutex
	draining bool               // guarded by mu
	open     map[*conn]struct{} // guarded by mu
	hosts    map[string]int     // guarded by mu
}

func newGate(l net.Listener, limit, perHost int) *gate {
	return &gate{Listener: l, max: limit, perHost: perHost, open: map[*conn]struct{}{}, hosts: map[string]int{}}
}

// Accept returns the next connection that is let in.
func (g *gate) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if in := g.admit(c); in != nil {
			return in, nil
		}
		_ = c.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = c.Write([]byte("421 4.7.0 Too many connections, come back later\r\n"))
		_ = c.Close()
	}
}

func (g *gate) admit(c net.Conn) *conn {
	g.mu.Lock()
	defer g.mu.Unlock()
	h := host(c.RemoteAddr())
	if len(g.open) >= g.max || g.hosts[h] >= g.perHost {
		return nil
	}
	in := &conn{Conn: c, gate: g, host: h}
	g.open[in] = struct{}{}
	g.hosts[h]++
	return in
}

func (g *gate) leave(c *conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.open[c]; !ok {
		return
	}
	delete(g.open, c)
	if g.hosts[c.host]--; g.hosts[c.host] == 0 {
		delete(g.hosts, c.host)
	}
}

// drain ends the wait of every connection for its next command. One whose
// message is being kept still gets its answer.
func (g *gate) drain() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.draining = true
	for c := range g.open {
		_ = c.Conn.SetReadDeadline(time.Now())
	}
}

func (g *gate) closeAll() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for c := range g.open {
		_ = c.Conn.Close()
	}
}

// A conn is a connection that the gate counts.
type conn struct {
	net.Conn
	gate *gate
	host string
}

// SetReadDeadline sets it to now while the gate drains.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.gate.mu.Lock()
	defer c.gate.mu.Unlock()
	if c.gate.draining {
		t = time.Now()
	}
	return c.Conn.SetReadDeadline(t)
}

// Close closes the connection and makes room for another.
func (c *conn) Close() error {
	c.gate.leave(c)
	return c.Conn.Close()
}
