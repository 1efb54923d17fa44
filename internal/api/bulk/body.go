package bulk

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"stoa/internal/fault"
)

// The sizes of bodies. Source: the API's own limits; an upload counts as its base64 form there, so this is the larger of the two.
const (
	maxUpload   = 150 << 20
	maxSettings = 1 << 20
)

// stall is for how long an upload may send nothing, lineTime how long all of it may take.
const (
	stall    = time.Minute
	lineTime = 2 * time.Hour
)

var errTooLarge = errors.New("body too large")

// plainBody returns the request's body, unpacked, of at most limit bytes: one more is errTooLarge or *http.MaxBytesError.
// A sender that stalls is cut off.
func plainBody(w http.ResponseWriter, r *http.Request, limit int64) (io.Reader, error) {
	if r.ContentLength > limit {
		return nil, tooLarge()
	}
	slow := &paced{from: http.MaxBytesReader(w, r.Body, limit), to: http.NewResponseController(w), end: time.Now().Add(lineTime)}
	switch strings.ToLower(r.Header.Get("Content-Encoding")) {
	case "", "identity":
		return slow, nil
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(slow)
		if err != nil {
			return nil, fault.New(clientInput, "The request body is not gzip, as its Content-Encoding says")
		}
		return &bounded{z, limit}, nil
	default:
		return nil, fault.New(fault.UnsupportedMediaType, "Content encoding '%s' is not supported", r.Header.Get("Content-Encoding"))
	}
}

// A paced reader moves the deadlines of the connection with each read: that of the answer, too, which comes after a long upload.
type paced struct {
	from io.Reader
	to   *http.ResponseController
	end  time.Time
}

func (p *paced) Read(b []byte) (int, error) {
	until := time.Now().Add(stall)
	if until.After(p.end) {
		until = p.end
	}
	_ = p.to.SetReadDeadline(until) // where there is none to set, the server's own holds
	_ = p.to.SetWriteDeadline(until.Add(stall))
	return p.from.Read(b)
}

// A bounded reader fails where more than left bytes come.
type bounded struct {
	from io.Reader
	left int64
}

func (l *bounded) Read(b []byte) (int, error) {
	n, err := l.from.Read(b)
	if l.left -= int64(n); l.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}

// unreadable returns the refusal of a body that could not be read to its end.
func unreadable(err error) error {
	if _, large := errors.AsType[*http.MaxBytesError](err); large || errors.Is(err, errTooLarge) {
		return tooLarge()
	}
	return fault.New(clientInput, "The request body could not be read to its end").Because(err)
}
