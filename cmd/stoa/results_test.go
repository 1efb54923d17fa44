package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestResultsAreTakenUpWhereTheyWereCut cuts a results file at a byte, as a crash may: at each of the head and
// of the last lines, and at some between.
func TestResultsAreTakenUpWhereTheyWereCut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.csv")
	log, err := openResults(path, "about")
	if err != nil {
		t.Fatal(err)
	}
	batch := make([]saved, batchRows)
	for i := range batch {
		batch[i].Success = i%2 == 0
		if !batch[i].Success {
			batch[i].Errors = append(batch[i].Errors, struct {
				StatusCode, Message string
				Fields              []string
			}{"CODE", "\nwhat is \"wrong\",\nin three lines", nil})
		}
	}
	key := log.key
	for first := 1; first < 2*batchRows; first += batchRows {
		if err := log.add(first, batch); err != nil {
			t.Fatal(err)
		}
	}
	log.close()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head := strings.Index(string(whole), resultColumns) + len(resultColumns)
	half := head + (len(whole)-head)/2
	for at := range len(whole) + 1 {
		if at > 2*head && at < len(whole)-200 && at%101 != 0 {
			continue
		}
		if err := os.WriteFile(path, whole[:at], 0o644); err != nil {
			t.Fatal(err)
		}
		log, err := openResults(path, "about")
		if err != nil {
			t.Fatalf("cut at %d: %v", at, err)
		}
		log.close()
		// The two batches are of nearly the same length: the second has longer row numbers.
		want := 0
		switch {
		case at == len(whole):
			want = 2 * batchRows
		case at > half:
			want = batchRows
		}
		if at >= head && log.key != key || at < head && log.key == key {
			t.Errorf("cut at %d: the key is %s, was %s", at, log.key, key)
		}
		if (at < half-batchRows || at > half) && log.done != want || log.ok != log.done/2 || log.failed != log.done/2 {
			t.Errorf("cut at %d: %d rows done (%d, %d), want %d", at, log.done, log.ok, log.failed, want)
		}
	}
}

func TestResultsOfSomethingElseStayAsTheyAre(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notes.txt")
	for _, text := range []string{"Notes of mine", "# about something, import KEY\n" + resultColumns + "1,", "# ab\n" + resultColumns} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := openResults(path, "about"); err == nil || !strings.Contains(err.Error(), "holds the results of another import") {
			t.Errorf("%q: %v", text, err)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != text {
			t.Errorf("%q became %q, %v", text, b, err)
		}
	}
}
