package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/netip"
	"strings"
)

// Base returns scheme and host that the client of a request should call, such
// as http://localhost:8080, without a slash at the end.
func (g *Gate) Base(r *http.Request) string {
	if g.opt.Origin != "" {
		return strings.TrimRight(g.opt.Origin, "/")
	}
	scheme, host := "http", r.Host
	if r.TLS != nil {
		scheme = "https"
	}
	if g.proxied(r) {
		if p := firstOf(r.Header.Get("X-Forwarded-Proto")); p == "http" || p == "https" {
			scheme = p
		}
		if h := firstOf(r.Header.Get("X-Forwarded-Host")); h != "" && !strings.ContainsAny(h, "/\\ <>\"'@?#") {
			host = h
		}
	}
	return scheme + "://" + host
}

// Address returns the address of who sent a request, without a port.
func (g *Gate) Address(r *http.Request) string {
	peer := peerOf(r)
	if g.proxied(r) {
		// The last entry that no proxy of ours wrote is the nearest that we can believe.
		hops := strings.Split(r.Header.Get("X-Forwarded-For"), ",")
		for i := len(hops) - 1; i >= 0; i-- {
			a, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
			if err != nil {
				break
			}
			peer = a.Unmap()
			if !g.isProxy(peer) {
				break
			}
		}
	}
	if !peer.IsValid() {
		return ""
	}
	return peer.String()
}

func (g *Gate) proxied(r *http.Request) bool { return len(g.opt.Proxies) > 0 && g.isProxy(peerOf(r)) }

func (g *Gate) isProxy(a netip.Addr) bool {
	for _, p := range g.opt.Proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

func peerOf(r *http.Request) netip.Addr {
	if p, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		return p.Addr().Unmap()
	}
	return netip.Addr{}
}

func firstOf(list string) string {
	s, _, _ := strings.Cut(list, ",")
	return strings.TrimSpace(s)
}

// SetCookie gives the browser a session's token.
func (g *Gate) SetCookie(w http.ResponseWriter, r *http.Request, token string) {
	http.SetCookie(w, &http.Cookie{
		Name: Cookie, Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: strings.HasPrefix(g.Base(r), "https:"),
	})
}

// ClearCookie takes it away.
func (g *Gate) ClearCookie(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{
		Name: Cookie, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: strings.HasPrefix(g.Base(r), "https:"),
	})
}

// FormToken returns what a form of a signed-in browser carries to show that it
// came from a page of ours. It is bound to the session's token and to what the form does.
func FormToken(token, what string) string {
	m := hmac.New(sha256.New, []byte(token))
	m.Write([]byte("form:" + what))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// CheckForm reports whether a form carried its token.
func CheckForm(token, what, got string) bool {
	return token != "" && subtle.ConstantTimeCompare([]byte(FormToken(token, what)), []byte(got)) == 1
}

// LocalPath returns target where it leads to a page of this server, else fallback. A browser drops
// control characters and reads "\" as "/", so neither may occur.
func LocalPath(target, fallback string) string {
	if !strings.HasPrefix(target, "/") || strings.HasPrefix(target, "//") || strings.Contains(target, "\\") {
		return fallback
	}
	for i := range len(target) {
		if target[i] < ' ' || target[i] == 0x7f {
			return fallback
		}
	}
	return target
}
