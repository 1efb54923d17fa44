package bulk

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// splitAll splits a CSV that comes in pieces of n bytes and returns its header and its records.
func splitAll(text string, comma byte, n int) (header []string, rows [][]string, err error) {
	s := &splitter{comma: comma, emit: func(body []byte, count int) error {
		rest := string(body)
		for range count {
			var values []string
			values, rest = nextRecord(rest, comma, nil)
			rows = append(rows, values)
		}
		if rest != "" {
			return fmt.Errorf("%q is left of a part", rest)
		}
		return nil
	}}
	for piece := range slices.Chunk([]byte(text), max(n, 1)) {
		if err := s.write(piece); err != nil {
			return nil, nil, err
		}
	}
	if err := s.close(); err != nil {
		return nil, nil, err
	}
	if s.seen {
		header = parseRecord(string(s.header), comma, nil)
	}
	return header, rows, nil
}

// FuzzSplit holds that what a result file says is read back as it was written, in pieces of any size, and that any
// other text is either refused in the API's words or read the same way in pieces of any other size.
func FuzzSplit(f *testing.F) {
	f.Add("a,b\n1,2\n", byte(','), 3)
	f.Add("\ufeff\"a\"\"\n\",b\r\n\r\n1;\"2\"", byte(';'), 1)
	f.Add("a\n\"open", byte('|'), 2)
	f.Add("a\n\"x\"\r", byte('\t'), 1)
	f.Fuzz(func(t *testing.T, text string, comma byte, n int) {
		if !strings.ContainsRune("`^,|;\t", rune(comma)) {
			return
		}
		header, rows, err := splitAll(text, comma, n)
		whole, again, errWhole := splitAll(text, comma, len(text))
		if (err == nil) != (errWhole == nil) || !slices.Equal(header, whole) || !slices.EqualFunc(rows, again, slices.Equal[[]string]) {
			t.Fatalf("%q in pieces of %d: %q %q %v, whole: %q %q %v", text, n, header, rows, err, whole, again, errWhole)
		}
		if bad, ok := errors.AsType[badCSV](err); err != nil && (!ok || !strings.HasPrefix(string(bad), "InvalidBatch : ")) {
			t.Fatalf("%q: %v", text, err)
		}
		out := &sheetWriter{comma: comma, end: "\r\n"}
		for _, r := range append([][]string{header}, rows...) {
			out.head(r...)
			out.line()
		}
		if err != nil || len(header) == 0 {
			return
		}
		same, read, err := splitAll(string(out.buf), comma, n)
		if err != nil || !slices.Equal(header, same) || !slices.EqualFunc(rows, read, slices.Equal[[]string]) {
			t.Fatalf("%q %q were written as %q and read as %q %q, %v", header, rows, out.buf, same, read, err)
		}
	})
}
