package rest

import (
	"bytes"
	"mime"
	"net/http"
	"strings"
	"time"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
)

// A blob is the content of a field of type base64 as an answer.
type blob struct {
	name, kind string // of the file; its content type, harmless
	body       []byte
}

// contentOf answers GET sobjects/ContentVersion/068…/VersionData: the bytes of a field. A field that is empty, that the user may
// not read or that a mask hides does not exist.
func (c *call) contentOf(o *catalog.Object, f *catalog.Field) error {
	if c.inside {
		return fault.New(fault.InvalidArgument, "A request inside another cannot read the content of a file")
	}
	id, err := rowID(o, c.args[1])
	if err != nil {
		return err
	}
	if !c.session.CanRead(f) {
		return notFound()
	}
	fields := []string{f.Name}
	for _, name := range []string{"PathOnClient", "Name", "ContentType"} {
		if other := o.Field(name); other != nil && c.session.CanRead(other) {
			fields = append(fields, name)
		}
	}
	res, err := c.session.Retrieve(c.r.Context(), o.Name, id, fields)
	if err != nil {
		return err
	}
	v := res.Get(0, f.Name)
	if v.IsNull() {
		return notFound()
	}
	b := &blob{body: []byte(v.Text()), kind: "application/octet-stream"}
	for _, name := range fields[1:] {
		switch text := res.Get(0, name).Text(); {
		case text == "":
		case name == "ContentType":
			b.kind = harmless(text)
		case b.name == "":
			b.name = text
		}
	}
	c.blob, c.xml = b, false
	return nil
}

// harmless returns a content type that no program runs and no client takes for a page, which is what an API may never
// answer with: what is active, or no type at all, is bytes.
func harmless(stored string) string {
	kind, params, err := mime.ParseMediaType(stored)
	if err != nil || strings.Count(kind, "/") != 1 || strings.HasPrefix(kind, "multipart/") {
		return "application/octet-stream"
	}
	for _, active := range []string{"html", "xml", "svg", "script", "shockwave"} {
		if strings.Contains(kind, active) {
			return "application/octet-stream"
		}
	}
	if s := mime.FormatMediaType(kind, params); s != "" {
		return s
	}
	return "application/octet-stream"
}

// sendBlob writes the content of a file, all of it or the range that was asked for. It is always to be saved, never shown.
func (c *call) sendBlob() {
	h := c.w.Header()
	params := map[string]string{}
	if name := c.blob.name; name != "" {
		params["filename"] = name[strings.LastIndexAny(name, `/\`)+1:]
	}
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", params))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Content-Type", c.blob.kind)
	h.Set("Etag", tagOf(c.blob.body))
	http.ServeContent(c.w, c.r, "", time.Time{}, bytes.NewReader(c.blob.body))
}
