package org

// Home returns the scheme and host under which people reach the pages of this process, such as https://city.example, for what
// is written to them: "" where it is not known. It never comes from a request of a stranger, who could say any host.
func (o *Org) Home() string {
	if h := o.home.Load(); h != nil {
		return *h
	}
	return ""
}

// SetHome says what Home is.
func (o *Org) SetHome(url string) { o.home.Store(&url) }

// Home is that of the org.
func (s *Session) Home() string { return s.org.Home() }

// Home is that of the org.
func (t *Tx) Home() string { return t.unit.session.org.Home() }
