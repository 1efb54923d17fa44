package server

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Files of Stoa's own authority in the data folder, beside CAFile.
const caKeyFile = "ca-key.pem"

const (
	caLife   = 10 * 365 * 24 * time.Hour
	certLife = 397 * 24 * time.Hour // the longest that browsers take
	renewAt  = 30 * 24 * time.Hour  // before the end
)

// certificates answer TLS handshakes: with the operator's files, read again
// when they change, or with a certificate of Stoa's own authority, renewed before it ends.
type certificates struct {
	certFile, keyFile string // "": own authority
	ca                *authority
	names             []string

	mu      sync.Mutex
	current *tls.Certificate // guarded by mu
	read    time.Time        // guarded by mu: when the files were looked at
	stamp   [2]time.Time     // guarded by mu: their times then
}

func newCertificates(set Settings) (*certificates, error) {
	c := &certificates{certFile: set.TLSCert, keyFile: set.TLSKey}
	if (c.certFile == "") != (c.keyFile == "") {
		return nil, errors.New("a certificate needs its key, and a key its certificate (--tls-cert, --tls-key)")
	}
	if c.certFile == "" {
		ca, err := openAuthority(set.DataDir)
		if err != nil {
			return nil, fmt.Errorf("certificate authority: %w", err)
		}
		c.ca, c.names = ca, certNames(set)
	}
	_, err := c.get(nil)
	return c, err
}

// certNames returns the names under which clients reach the server.
func certNames(set Settings) []string {
	names := []string{"localhost", "127.0.0.1", "::1"}
	add := func(name string) {
		if name != "" && name != "0.0.0.0" && name != "::" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if host, _, err := net.SplitHostPort(set.Listen); err == nil {
		add(host)
	}
	if u, err := url.Parse(set.PublicURL); err == nil {
		add(u.Hostname())
	}
	if host, err := os.Hostname(); err == nil {
		add(host)
	}
	return names
}

// config names the protocols, although ServeTLS would: the same http.Server also
// serves plain connections, and whichever begins first decides whether it knows HTTP/2.
func (c *certificates) config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get, NextProtos: []string{"h2", "http/1.1"}}
}

func (c *certificates) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if c.ca != nil {
		if c.current == nil || c.current.Leaf.NotAfter.Sub(now) < renewAt {
			cert, err := c.ca.issue(c.names, now)
			if err != nil {
				return nil, err
			}
			c.current = cert
		}
		return c.current, nil
	}
	if c.current != nil && now.Sub(c.read) < time.Second {
		return c.current, nil
	}
	c.read = now
	var stamp [2]time.Time
	for i, name := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(name)
		if err != nil {
			return c.keep(err)
		}
		stamp[i] = info.ModTime()
	}
	if c.current != nil && stamp == c.stamp {
		return c.current, nil
	}
	cert, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return c.keep(err)
	}
	c.current, c.stamp = &cert, stamp
	return c.current, nil
}

// keep goes on with the certificate that was good before: half a pair of files is there while they are being replaced.
func (c *certificates) keep(err error) (*tls.Certificate, error) {
	if c.current == nil {
		return nil, err
	}
	return c.current, nil
}

// An authority signs certificates for one data folder. Its key never leaves it.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// openAuthority reads the authority of a data folder, or makes it.
func openAuthority(dir string) (*authority, error) {
	certPath, keyPath := filepath.Join(dir, CAFile), filepath.Join(dir, caKeyFile)
	pair, err := tls.LoadX509KeyPair(certPath, keyPath)
	if err == nil {
		key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
		if !ok {
			return nil, fmt.Errorf("%s holds no ECDSA key", keyPath)
		}
		return &authority{pair.Leaf, key}, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	t := &x509.Certificate{
		Subject:   pkix.Name{CommonName: "Stoa authority " + now.Format(time.DateOnly), Organization: []string{"Stoa"}},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(caLife),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := sign(t, t, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	// The key first: a certificate without its key would be found next time, and stop the server.
	if err := writePEM(keyPath, "PRIVATE KEY", keyDER, 0o600); err != nil {
		return nil, err
	}
	if err := writePEM(certPath, "CERTIFICATE", der, 0o644); err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return &authority{cert, key}, err
}

func writePEM(path, kind string, der []byte, mode fs.FileMode) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), mode)
}

// issue makes a certificate for the server under the given names. Its key lives in memory only.
func (a *authority) issue(names []string, now time.Time) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	t := &x509.Certificate{
		Subject:   pkix.Name{CommonName: names[0]},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(certLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, name)
		}
	}
	der, err := sign(t, a.cert, &key.PublicKey, a.key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	return &tls.Certificate{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: key, Leaf: leaf}, err
}

func sign(t, parent *x509.Certificate, public *ecdsa.PublicKey, by *ecdsa.PrivateKey) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	t.SerialNumber = serial.Add(serial, big.NewInt(1))
	return x509.CreateCertificate(rand.Reader, t, parent, public, by)
}
