package page

import (
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode"

	"stoa/internal/fault"
)

// MaxForm is the most that a form without files may bring: 2 MB, far above the longest record.
const MaxForm = 2 << 20

// MaxUpload is the most that a form with files may bring in all. Source: what
// mail servers let through, so that a letter with enclosures can come either way.
const MaxUpload = 25 << 20

// maxParts bounds the parts of an upload, so that a form of a million small ones costs nothing.
const maxParts = 200

// An Upload is a file that a form brought. Its name and its type are what the browser says: hostile until looked at.
type Upload struct {
	Field string
	Name  string // last element of the path, without control characters; "" where none was chosen
	Data  []byte
}

type uploads struct{ all []Upload }

// Posted returns a value of the posted form.
func (v *Visit) Posted(name string) string { return v.Values().Get(name) }

// Text returns a posted value without the spaces around it and without control characters, at most max characters.
func (v *Visit) Text(name string, max int) string {
	s := strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || !unicode.IsControl(r) {
			return r
		}
		return -1
	}, strings.ReplaceAll(strings.ToValidUTF8(v.Posted(name), "\uFFFD"), "\r\n", "\n"))
	s = strings.TrimSpace(s)
	if r := []rune(s); len(r) > max {
		s = string(r[:max])
	}
	return s
}

// Values returns the posted form, files left out.
func (v *Visit) Values() url.Values {
	v.parse()
	return v.form
}

// Uploads returns the files of a posted form, in its order.
func (v *Visit) Uploads() []Upload {
	v.parse()
	if v.files == nil {
		return nil
	}
	return v.files.all
}

// BadForm returns why the posted form could not be read, nil where it could.
func (v *Visit) BadForm() error {
	v.parse()
	return v.bad
}

func (v *Visit) parse() {
	if v.form != nil {
		return
	}
	v.form = url.Values{}
	kind, params, err := mime.ParseMediaType(v.R.Header.Get("Content-Type"))
	if err == nil && kind == "multipart/form-data" && params["boundary"] != "" {
		v.R.Body = http.MaxBytesReader(v.W, v.R.Body, MaxUpload)
		v.bad = v.parseParts()
	} else {
		v.R.Body = http.MaxBytesReader(v.W, v.R.Body, MaxForm)
		if v.bad = v.R.ParseForm(); v.bad == nil {
			v.form = v.R.PostForm
		}
	}
	if v.bad != nil {
		if f := TooLarge(v.bad); f != nil {
			v.bad = f
		} else {
			v.bad = fault.New(fault.InvalidField, "The form could not be read.")
		}
	}
	if v.form == nil {
		v.form = url.Values{}
	}
}

// parseParts reads a form with files into memory: MaxUpload bounds it.
func (v *Visit) parseParts() error {
	r, err := v.R.MultipartReader()
	if err != nil {
		return err
	}
	v.files = &uploads{}
	for n := 0; ; n++ {
		p, err := r.NextPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if n == maxParts {
			return fault.New(fault.InvalidField, "The form has too many parts.")
		}
		b, err := io.ReadAll(p)
		if err != nil {
			return err
		}
		_, params, err := mime.ParseMediaType(p.Header.Get("Content-Disposition"))
		if err != nil {
			continue
		}
		if name, isFile := params["filename"]; isFile {
			if name != "" || len(b) > 0 {
				v.files.all = append(v.files.all, Upload{Field: params["name"], Name: FileName(name), Data: b})
			}
			continue
		}
		v.form.Add(params["name"], string(b))
	}
}

// FileName makes a name that a stranger gave safe to keep and to show: no path, no control
// characters, nothing that turns the direction of writing, at most 120 characters.
func FileName(s string) string {
	s = path.Base(strings.ReplaceAll(strings.ToValidUTF8(s, ""), `\`, "/"))
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune(`<>:"|?*`, r) {
			return -1
		}
		return r
	}, s)
	s = strings.TrimLeft(strings.TrimSpace(s), ".")
	if r := []rune(s); len(r) > 120 {
		ext := []rune(path.Ext(s))
		if len(ext) > 12 {
			ext = nil
		}
		s = string(slices.Concat(r[:120-len(ext)], ext))
	}
	if s == "" {
		return "file"
	}
	return s
}

// Attachment returns the Content-Disposition of a file that is saved and not shown. Source: RFC 6266, with RFC 8187 for the name.
func Attachment(name string) string {
	name = FileName(name)
	ascii := strings.Map(func(r rune) rune {
		if r < 0x7f {
			return r
		}
		return '_'
	}, name)
	return `attachment; filename="` + ascii + `"; filename*=UTF-8''` + strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
}
