package server_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stoa/internal/server"
	"stoa/internal/server/servertest"
)

// TestClientsReachTheSamePortWithAndWithoutTLS signs in both ways; whoever came over TLS is told to come again over TLS.
func TestClientsReachTheSamePortWithAndWithoutTLS(t *testing.T) {
	dir := t.TempDir()
	s := servertest.Start(t, server.Settings{DataDir: dir, TLS: true})
	ca, err := os.ReadFile(filepath.Join(dir, server.CAFile))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		t.Fatal("no certificate of an authority")
	}
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(tr.CloseIdleConnections)
	for _, base := range []string{s.URL, strings.Replace(s.URL, "http://", "https://", 1)} {
		form := url.Values{
			"grant_type": {"password"}, "client_id": {servertest.ClientID}, "client_secret": {servertest.ClientSecret},
			"username": {servertest.Admin}, "password": {servertest.Password},
		}
		var token struct {
			Instance string `json:"instance_url"`
			ID       string `json:"id"`
			Access   string `json:"access_token"`
		}
		body := send(t, tr, http.MethodPost, base+"/services/oauth2/token", "application/x-www-form-urlencoded", form.Encode(), "")
		if err := json.Unmarshal(body, &token); err != nil || token.Instance != base || !strings.HasPrefix(token.ID, base+"/id/00D") {
			t.Errorf("%s: %s", base, body)
		}
		if got := send(t, tr, http.MethodGet, base+"/services/data/v66.0/limits", "", "", token.Access); !strings.Contains(string(got), "DailyApiRequests") {
			t.Errorf("%s: %s", base, got)
		}
		login := `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><login xmlns="urn:partner.soap.sforce.com"><username>` +
			servertest.Admin + `</username><password>` + servertest.Password + `</password></login></e:Body></e:Envelope>`
		if got := send(t, tr, http.MethodPost, base+"/services/Soap/u/66.0", "text/xml", login, ""); !strings.Contains(string(got), "<serverUrl>"+base+"/services/Soap/u/66.0/00D") {
			t.Errorf("%s: %s", base, got)
		}
	}
	// Who does not know the authority does not trust it.
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.Replace(s.URL, "http://", "https://", 1)+"/services/data", nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := new(http.Transport).RoundTrip(req); err == nil {
		resp.Body.Close()
		t.Error("a stranger's certificate was taken")
	}
}

func send(t *testing.T, tr http.RoundTripper, method, to, kind, body, token string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, to, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := tr.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
