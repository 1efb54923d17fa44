package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// both serves plain HTTP and TLS on one port with a certificate of Stoa's own
// authority, and returns its address and a client that trusts the authority.
func both(t *testing.T) (addr string, client *http.Client) {
	t.Helper()
	dir := t.TempDir()
	certs, err := newCertificates(Settings{DataDir: dir, Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a test's own listener
	if err != nil {
		t.Fatal(err)
	}
	s := split(l)
	srv := &http.Server{TLSConfig: certs.config(), ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS != nil {
			_, _ = io.WriteString(w, "tls "+r.Proto)
			return
		}
		_, _ = io.WriteString(w, "plain")
	})}
	ended := make(chan error, 2)
	go func() { ended <- srv.Serve(s.plain) }()
	go func() { ended <- srv.ServeTLS(s.tls, "", "") }()
	t.Cleanup(func() {
		if err := srv.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		for range 2 {
			if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
				t.Error(err)
			}
		}
		s.Close()
		s.group.Wait()
	})
	pem, err := os.ReadFile(filepath.Join(dir, CAFile))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true}
	t.Cleanup(tr.CloseIdleConnections)
	return l.Addr().String(), &http.Client{Transport: tr}
}

func TestPlainAndTLSShareAPort(t *testing.T) {
	addr, client := both(t)
	silent, err := net.Dial("tcp", addr) //nolint:noctx // a test's own connection
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close() // says nothing: it must hold nobody up
	for url, want := range map[string]string{"http://" + addr: "plain", "https://" + addr: "tls HTTP/2.0"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || string(b) != want {
			t.Errorf("%s: %q %v", url, b, err)
		}
	}
}

func TestAuthorityIsKept(t *testing.T) {
	dir := t.TempDir()
	first, err := openAuthority(dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := openAuthority(dir)
	if err != nil || !first.cert.Equal(again.cert) {
		t.Errorf("another authority: %v", err)
	}
	info, err := os.Stat(filepath.Join(dir, caKeyFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key is open to others: %v %v", info, err)
	}
}

func TestCertificateIsReadAgainWhenItsFilesChange(t *testing.T) {
	ca, err := openAuthority(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	set := Settings{TLSCert: filepath.Join(dir, "cert.pem"), TLSKey: filepath.Join(dir, "key.pem")}
	write := func(name string, at time.Time) {
		t.Helper()
		cert, err := ca.issue([]string{name}, at)
		if err != nil {
			t.Fatal(err)
		}
		key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(writePEM(set.TLSCert, "CERTIFICATE", cert.Certificate[0], 0o600), writePEM(set.TLSKey, "PRIVATE KEY", key, 0o600),
			os.Chtimes(set.TLSCert, at, at), os.Chtimes(set.TLSKey, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	write("one.example", now.Add(-time.Hour))
	c, err := newCertificates(set)
	if err != nil {
		t.Fatal(err)
	}
	name := func() string {
		t.Helper()
		c.read = time.Time{} // as if the last look was long ago
		cert, err := c.get(nil)
		if err != nil {
			t.Fatal(err)
		}
		return cert.Leaf.DNSNames[0]
	}
	if got := name(); got != "one.example" {
		t.Error(got)
	}
	write("two.example", now)
	if got := name(); got != "two.example" {
		t.Error(got)
	}
	if err := os.WriteFile(set.TLSKey, []byte("half a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := name(); got != "two.example" {
		t.Errorf("a broken pair replaced a good one: %s", got)
	}
}
