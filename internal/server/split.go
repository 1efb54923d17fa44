package server

import (
	"errors"
	"net"
	"sync"
	"time"
)

// helloTime is how long a connection may take to send its first byte.
const helloTime = 30 * time.Second

// tlsHandshake is the first byte of every TLS connection; no HTTP method begins with it.
const tlsHandshake = 0x16

// A splitter hands the connections of one listener to two: those whose first
// byte begins a TLS handshake, and the others. Clients that speak only TLS and
// clients that speak only plain HTTP are so served on the same port.
type splitter struct {
	net.Listener
	plain, tls *branch
	done       chan struct{} // closed by Close
	once       sync.Once

	mu      sync.Mutex
	waiting map[net.Conn]bool // guarded by mu: sent nothing yet
	closed  bool              // guarded by mu
	group   sync.WaitGroup
}

// A branch is one of the two listeners.
type branch struct {
	*splitter
	conns chan net.Conn
}

func split(l net.Listener) *splitter {
	s := &splitter{Listener: l, done: make(chan struct{}), waiting: map[net.Conn]bool{}}
	s.plain, s.tls = &branch{s, make(chan net.Conn)}, &branch{s, make(chan net.Conn)}
	s.group.Go(s.accept)
	return s
}

func (s *splitter) accept() {
	for {
		c, err := s.Listener.Accept()
		var temporary interface{ Temporary() bool }
		switch {
		case err == nil:
			s.group.Go(func() { s.sort(c) })
		case errors.As(err, &temporary) && temporary.Temporary(): // too many open files: wait for some to close
			select {
			case <-time.After(50 * time.Millisecond):
			case <-s.done:
				return
			}
		default:
			_ = s.Close()
			return
		}
	}
}

// sort waits for the first byte of c and hands it to its branch.
func (s *splitter) sort(c net.Conn) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		c.Close()
		return
	}
	s.waiting[c] = true
	s.mu.Unlock()

	var first [1]byte
	_ = c.SetReadDeadline(time.Now().Add(helloTime)) // it fails only where reading will, too
	n, err := c.Read(first[:])

	s.mu.Lock()
	delete(s.waiting, c)
	s.mu.Unlock()
	if err != nil || n == 0 || c.SetReadDeadline(time.Time{}) != nil {
		c.Close()
		return
	}
	to := s.plain
	if first[0] == tlsHandshake {
		to = s.tls
	}
	select {
	case to.conns <- &peeked{Conn: c, first: first[0], unread: true}:
	case <-s.done:
		c.Close()
	}
}

// Close closes the listener and the connections that have sent nothing, and waits for its goroutines.
func (s *splitter) Close() error {
	var err error
	s.once.Do(func() {
		close(s.done)
		err = s.Listener.Close()
		s.mu.Lock()
		s.closed = true
		for c := range s.waiting {
			c.Close()
		}
		s.mu.Unlock()
	})
	return err
}

func (b *branch) Accept() (net.Conn, error) {
	select {
	case c := <-b.conns:
		return c, nil
	case <-b.done:
		return nil, net.ErrClosed
	}
}

// A peeked connection gives back the byte that was read from it.
type peeked struct {
	net.Conn
	first  byte
	unread bool
}

func (p *peeked) Read(b []byte) (int, error) {
	if p.unread && len(b) > 0 {
		b[0], p.unread = p.first, false
		return 1, nil
	}
	return p.Conn.Read(b)
}
