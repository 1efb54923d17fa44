package rest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"stoa/internal/server"
	"stoa/internal/server/servertest"
)

// BenchmarkRead reads through the whole server, network included: one record, and a page of 200.
func BenchmarkRead(b *testing.B) {
	s := servertest.Start(b, server.Settings{})
	id := ""
	for i := range 200 {
		id = s.Create(b, "Account", map[string]any{"Name": fmt.Sprint("Bench ", i), "Industry": "Education", "BillingCity": "Oslo", "Phone": "555 0100"})
	}
	kase := s.Create(b, "Case", map[string]any{"Subject": "Lamp 12 is out", "Description": "It has been dark for a week.", "Origin": "Web", "Priority": "Medium"})
	for name, path := range map[string]string{
		"case":     servertest.API + "/sobjects/Case/" + kase,
		"versions": "/services/data",
		"record":   servertest.API + "/sobjects/Account/" + id + "?fields=Id,Name,Industry,BillingCity,Phone,OwnerId,CreatedDate",
		"list200":  servertest.API + "/query?q=" + url.QueryEscape("SELECT Id, Name, Industry, BillingCity, Phone, Owner.Name, CreatedDate FROM Account LIMIT 200"),
	} {
		b.Run(name, func(b *testing.B) {
			req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, s.URL+path, nil)
			if err != nil {
				b.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+s.Token)
			req.Header.Set("Accept-Encoding", "identity")
			for b.Loop() {
				resp, err := http.DefaultClient.Do(req)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
					b.Fatalf("%d %v", resp.StatusCode, err)
				}
				resp.Body.Close()
			}
		})
	}
}

// BenchmarkCreate writes one case through the whole server, network and disk included.
func BenchmarkCreate(b *testing.B) {
	s := servertest.Start(b, server.Settings{})
	body := `{"Subject":"Lamp 12 is out","Description":"It has been dark for a week.","Origin":"Web","Priority":"Medium","Status":"New"}`
	for b.Loop() {
		req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, s.URL+servertest.API+"/sobjects/Case", strings.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+s.Token)
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusCreated {
			b.Fatalf("%d %v", resp.StatusCode, err)
		}
		resp.Body.Close()
	}
}
