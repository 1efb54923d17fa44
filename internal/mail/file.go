package mail

import (
	"bytes"
	"mime"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxFileName is in bytes: file systems take 255, and the name is shown.
const maxFileName = 120

// FileName makes the name of a file that a stranger chose safe to store and to
// show: its last component, without control characters, marks that turn the
// direction of text, or characters that a file system gives a meaning.
func FileName(name string) string {
	name = strings.ToValidUTF8(name, "_")
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), turnsDirection(r), r == '\uFEFF', r >= '\u200B' && r <= '\u200D', r == '\u2028', r == '\u2029':
			return -1
		case strings.ContainsRune(`<>:"|?*`, r):
			return '_'
		default:
			return r
		}
	}, name)
	name = strings.TrimLeft(strings.TrimRight(strings.TrimSpace(name), ". "), ".")
	if name == "" {
		return "attachment"
	}
	if len(name) <= maxFileName {
		return name
	}
	ext := path.Ext(name)
	if len(ext) > 16 {
		ext = ""
	}
	cut := maxFileName - len(ext)
	for !utf8.RuneStart(name[cut]) {
		cut--
	}
	return name[:cut] + ext
}

// magics are the beginnings of files that tell their type. The order matters:
// longer before shorter.
var magics = []struct{ prefix, kind string }{
	{"%PDF-", "application/pdf"},
	{"\x89PNG\r\n\x1a\n", "image/png"},
	{"\xff\xd8\xff", "image/jpeg"},
	{"GIF87a", "image/gif"},
	{"GIF89a", "image/gif"},
	{"II*\x00", "image/tiff"},
	{"MM\x00*", "image/tiff"},
	{"BM", "image/bmp"},
	{"PK\x03\x04", "application/zip"},
	{"Rar!\x1a\x07", "application/vnd.rar"},
	{"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"},
	{"\x1f\x8b", "application/gzip"},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"},
	{"MZ", "application/vnd.microsoft.portable-executable"},
	{"\x7fELF", "application/x-executable"},
	{"#!", "text/x-script"},
	{"OggS", "audio/ogg"},
	{"ID3", "audio/mpeg"},
	{"\x78\x9f\x3e\x22", "application/vnd.ms-tnef"},
	{"{\\rtf", "application/rtf"},
	{"BEGIN:VCALENDAR", "text/calendar"},
	{"BEGIN:VCARD", "text/vcard"},
}

// within are the types that are a container of another type: a declaration
// that refines the container is believed, any other is not.
var within = map[string][]string{
	"application/zip": {
		"application/vnd.openxmlformats-", "application/vnd.oasis.opendocument.", "application/epub+zip",
		"application/java-archive", "application/x-zip-compressed", "application/vnd.android.package-archive",
	},
	"application/x-ole-storage": {"application/msword", "application/vnd.ms-", "application/x-msi"},
	"image/bmp":                 {"image/bmp", "image/x-ms-bmp"},
}

// MediaType tells the type of a file by its first bytes, and believes what was
// declared only where they do not contradict it. Text that a browser would
// run is named as such, whatever it was declared to be.
func MediaType(content []byte, declared string) string {
	declared, _, err := mime.ParseMediaType(declared)
	if err != nil || !strings.Contains(declared, "/") {
		declared = "application/octet-stream"
	}
	head := content[:min(len(content), 512)]
	for _, m := range magics {
		if !bytes.HasPrefix(head, []byte(m.prefix)) {
			continue
		}
		for _, w := range within[m.kind] {
			if strings.HasPrefix(declared, w) {
				return declared
			}
		}
		if m.kind == "image/bmp" { // two letters prove nothing
			break
		}
		return m.kind
	}
	if len(head) >= 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP" {
		return "image/webp"
	}
	if len(head) >= 12 && string(head[4:8]) == "ftyp" {
		return mediaBox(string(head[8:12]))
	}
	if kind := markup(head); kind != "" {
		return kind
	}
	if strings.HasPrefix(declared, "image/") || declared == "application/pdf" {
		return "application/octet-stream" // it would have begun as one
	}
	return declared
}

func mediaBox(brand string) string {
	switch brand {
	case "heic", "heix", "mif1":
		return "image/heic"
	case "avif":
		return "image/avif"
	case "M4A ":
		return "audio/mp4"
	case "qt  ":
		return "video/quicktime"
	default:
		return "video/mp4"
	}
}

// markup tells HTML and SVG, which run scripts, from their first element.
func markup(head []byte) string {
	s := strings.ToLower(string(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")))
	if !strings.HasPrefix(s, "<") {
		return ""
	}
	switch {
	case strings.Contains(s, "<svg"):
		return "image/svg+xml"
	case strings.HasPrefix(s, "<!doctype html"), strings.Contains(s, "<html"), strings.Contains(s, "<script"),
		strings.Contains(s, "<body"), strings.Contains(s, "<iframe"):
		return "text/html"
	case strings.HasPrefix(s, "<?xml"):
		return "application/xml"
	default:
		return ""
	}
}

// extensions names a file that came without a name.
var extensions = map[string]string{
	"application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp",
	"image/svg+xml": ".svg", "text/calendar": ".ics", "text/vcard": ".vcf", "message/rfc822": ".eml", "text/html": ".html",
	"text/plain": ".txt", "application/zip": ".zip", "application/vnd.ms-tnef": ".dat", "application/ms-tnef": ".dat",
	"message/delivery-status": ".txt", "text/rfc822-headers": ".txt", "application/pgp-signature": ".asc",
	"application/pkcs7-signature": ".p7s", "application/pkcs7-mime": ".p7m",
}

func extensionOf(kind string) string {
	if e, ok := extensions[kind]; ok {
		return e
	}
	return ".bin"
}
