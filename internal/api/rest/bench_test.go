package rest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
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
	for name, path := range map[string]string{
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
