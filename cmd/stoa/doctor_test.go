package main

import (
	"strings"
	"testing"
	"time"
)

func TestDoctorSaysWhatIsNotWell(t *testing.T) {
	now := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		look func() (bool, string)
		ok   bool
		want string
	}{
		"a disk with room":      {func() (bool, string) { return disk(20 << 30) }, true, "20 GB free"},
		"a disk that fills up":  {func() (bool, string) { return disk(200 << 20) }, false, "only 200 MB free: make room, for on a full disk every write is refused"},
		"a full disk":           {func() (bool, string) { return disk(0) }, false, "only 0 kB free: make room, for on a full disk every write is refused"},
		"a clock that is right": {func() (bool, string) { return clock(now, "stoa.db", now.Add(30*time.Second)) }, true, "2027-03-01T12:00:00Z"},
		"a clock of 1970": {func() (bool, string) { return clock(time.Unix(0, 0).UTC(), "stoa.db", time.Unix(0, 0)) }, false,
			"1970-01-01T00:00:00Z is before this program was made: set the clock"},
		"a clock that was put back": {func() (bool, string) { return clock(now, "stoa.db", now.Add(time.Hour)) }, false,
			"2027-03-01T12:00:00Z, but stoa.db was written at 2027-03-01T13:00:00Z: the clock was put back, or was wrong then"},
	} {
		if ok, finding := c.look(); ok != c.ok || finding != c.want {
			t.Errorf("%s: %v %s, want %s", name, ok, finding, c.want)
		}
	}
	if strings.Contains(sizeText(leastFree), "kB") {
		t.Error("the least room is said in kB")
	}
}
