package rest

import (
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/record"
)

// maxMultipart bounds a body in parts, in bytes: a record is written in one piece, so all of it is in memory.
const maxMultipart = 100 << 20

// A filePart is the content of a field of type base64, as a part of the body brings it.
type filePart struct {
	field *catalog.Field
	name  string // of the file, "" where the part has none
	body  []byte
}

// boundaryOf returns the boundary of a multipart/form-data body; ok is false where the body is something else.
func (c *call) boundaryOf() (boundary string, ok bool) {
	kind, params, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return "", false
	}
	return params["boundary"], true
}

// parts reads a body in parts as a record of o: one in JSON, whatever its name, and one named like each field with content.
func (c *call) parts(o *catalog.Object, boundary string) (n node, files []filePart, err error) {
	if boundary == "" || len(boundary) > 70 { // source: RFC 2046, 5.1.1
		return n, nil, fault.New(fault.JSONParserError, "The multipart body has no boundary, or one that is too long")
	}
	from, err := c.plainBody(maxMultipart)
	if err != nil {
		return n, nil, err
	}
	left := &io.LimitedReader{R: from, N: maxMultipart + 1}
	found := false
	for parts := multipart.NewReader(left, boundary); ; {
		part, err := parts.NextPart()
		if err == io.EOF { //nolint:errorlint // bare it is the end of the body, wrapped a body without one
			break
		}
		if err != nil {
			return n, nil, c.brokenPart(err, left)
		}
		f := o.Field(part.FormName())
		isFile := f != nil && f.Type.Kind == record.Bytes
		kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		switch {
		case kind == "application/json" && (!isFile || part.FileName() == ""):
			if found {
				return n, nil, fault.New(fault.JSONParserError, "The multipart body has more than one part in JSON")
			}
			found = true
			text, err := appendAll(nil, io.LimitReader(part, maxBody+1))
			if err != nil {
				return n, nil, c.brokenPart(err, left)
			}
			if len(text) > maxBody {
				return n, nil, tooLarge(maxBody)
			}
			if n, err = parseJSON(text); err != nil {
				return n, nil, err
			}
		case !isFile:
			return n, nil, fault.New(fault.InvalidField, "The part '%s' is neither JSON nor named like a field of %s with content", part.FormName(), o.Name)
		default:
			for i := range files {
				if files[i].field == f {
					return n, nil, fault.New(fault.InvalidField, "The multipart body has more than one part for %s", f.Name).On(f.Name)
				}
			}
			var content io.Reader = part
			if strings.EqualFold(part.Header.Get("Content-Transfer-Encoding"), "base64") {
				content = base64.NewDecoder(base64.StdEncoding, part)
			}
			body, err := appendAll([]byte{}, content)
			if err != nil {
				return n, nil, c.brokenPart(err, left)
			}
			files = append(files, filePart{f, strings.ToValidUTF8(part.FileName(), ""), body})
		}
	}
	if !found {
		return n, nil, fault.New(fault.JSONParserError, "The multipart body has no part with the content type application/json")
	}
	return n, files, nil
}

func (c *call) brokenPart(err error, left *io.LimitedReader) error {
	if isTooLarge(err) || left.N <= 0 {
		return tooLarge(maxMultipart)
	}
	return fault.New(fault.JSONParserError, "The multipart body is malformed, or has no end").Because(err)
}

// attach puts files into a draft of o. A new record gets the name of its file where it has none of its own.
func (c *call) attach(o *catalog.Object, d *record.Draft, files []filePart) error {
	for i := range files {
		f := &files[i]
		if _, twice := d.Get(f.field.Name); twice {
			return fault.New(fault.InvalidField, "%s is in the JSON and in a part of its own", f.field.Name).On(f.field.Name)
		}
		d.Set(f.field.Name, record.OfBytes(f.body))
		name := "Name"
		if o.Field("PathOnClient") != nil {
			name = "PathOnClient"
		}
		if o.Field(name) == nil || f.name == "" || c.r.Method != http.MethodPost || d.ID != "" {
			continue
		}
		if v, _ := d.Get(name); v.IsNull() || v.Text() == "" {
			d.Set(name, record.OfText(f.name))
		}
	}
	return nil
}
