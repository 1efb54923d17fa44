// Package assets serves the style sheets, script, icons and fonts that
// internal/web/build.mjs made. It knows no page; its one invariant is that a
// name carries the hash of its content, so that an answer never goes stale.
package assets

import (
	"embed"
	"encoding/json"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed dist
var dist embed.FS

// Prefix is where Handler is mounted.
const Prefix = "/assets/"

// immutable is how long a browser may keep an asset: a year, the longest that RFC 9111 speaks of.
const immutable = "public, max-age=31536000, immutable"

// names maps an asset's plain name to the one with its hash.
var names = sync.OnceValue(func() map[string]string {
	m := map[string]string{}
	b, err := dist.ReadFile("dist/manifest.json")
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	if err != nil {
		return nil
	}
	return m
})

// URL returns the address of an asset by its plain name, such as "console.css".
// A name that was not built gives an address that answers 404.
func URL(name string) string {
	if n := names()[name]; n != "" {
		return Prefix + n
	}
	return Prefix + name
}

// types are the content types of what is in dist; nothing else is served.
var types = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml",
	".txt":   "text/plain; charset=utf-8",
	".woff2": "font/woff2",
}

// Handler answers GET and HEAD under Prefix with the asset of the name that
// follows it, compressed where the browser takes it.
func Handler() http.Handler {
	return http.StripPrefix(Prefix, http.HandlerFunc(serve))
}

func serve(w http.ResponseWriter, r *http.Request) {
	kind := types[path.Ext(r.URL.Path)]
	if kind == "" || strings.Contains(r.URL.Path, "/") {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	file, encoding := "dist/"+r.URL.Path, ""
	body, err := dist.ReadFile(file)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	for _, e := range []struct{ name, ext string }{{"br", ".br"}, {"gzip", ".gz"}} {
		if !accepts(r.Header.Get("Accept-Encoding"), e.name) {
			continue
		}
		if b, err := dist.ReadFile(file + e.ext); err == nil {
			body, encoding = b, e.name
			break
		}
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", immutable)
	h.Set("Vary", "Accept-Encoding")
	h.Set("X-Content-Type-Options", "nosniff")
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	if r.Method == http.MethodGet {
		_, _ = w.Write(body)
	}
}

// accepts reports whether an Accept-Encoding header names an encoding and does not refuse it with q=0.
func accepts(header, encoding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), encoding) {
			q := strings.ReplaceAll(params, " ", "")
			return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
		}
	}
	return false
}
