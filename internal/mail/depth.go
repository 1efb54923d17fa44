package mail

import (
	"bytes"
	"strings"

	"github.com/jhillyerd/enmime/v2/mediatype"
)

// tooDeep reports whether raw has more levels of multiparts, or more parts,
// than are read. A parser that recurses pays for a level with every byte below
// it, so this is found out first, in one pass, with a stack of boundaries.
func tooDeep(raw []byte) bool {
	var open []string
	parts, header := 0, true
	var field []byte // the Content-Type field of the header being read
	ends := func() { // the header is over
		if _, params, _, err := mediatype.Parse(string(field)); err == nil && params["boundary"] != "" {
			open = append(open, params["boundary"])
		}
		field, header = nil, false
	}
	inField := false
	for line := range bytes.Lines(raw) {
		text := bytes.TrimRight(line, "\r\n")
		if b := boundaryAt(open, text); b >= 0 {
			parts++
			closing := bytes.HasPrefix(text[2+len(open[b]):], []byte("--"))
			open = open[:b+1]
			if closing {
				open = open[:b]
			}
			field, header, inField = nil, !closing, false
		} else if header {
			switch {
			case len(text) == 0:
				ends()
			case text[0] == ' ' || text[0] == '\t':
				if inField && len(field) < maxHeaderBytes {
					field = append(append(field, ' '), bytes.TrimSpace(text)...)
				}
			default:
				name, value, _ := bytes.Cut(text, []byte(":"))
				if inField = strings.EqualFold(string(bytes.TrimSpace(name)), "Content-Type"); inField {
					field = bytes.Clone(value)
				}
			}
		}
		if len(open) > maxDepth || parts > maxParts {
			return true
		}
	}
	return false
}

// boundaryAt returns which of the open boundaries line is, or -1.
func boundaryAt(open []string, line []byte) int {
	if !bytes.HasPrefix(line, []byte("--")) {
		return -1
	}
	for i := len(open) - 1; i >= 0; i-- {
		if rest, ok := bytes.CutPrefix(line[2:], []byte(open[i])); ok {
			if rest = bytes.TrimRight(rest, " \t"); len(rest) == 0 || bytes.Equal(rest, []byte("--")) {
				return i
			}
		}
	}
	return -1
}
