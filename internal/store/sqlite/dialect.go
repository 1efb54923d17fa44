package sqlite

import (
	"strconv"
	"time"

	"stoa/internal/store"
)

// A dialect is the SQL of SQLite for one org, whose heads it knows.
type dialect struct {
	*store.Heads
}

func (dialect) Name() string { return "sqlite" }

func (dialect) AppendTable(dst []byte, name string) []byte { return append(dst, store.Quote(name)...) }

func (dialect) AppendPlaceholder(dst []byte, n int, _ store.Class) []byte {
	return strconv.AppendInt(append(dst, '?'), int64(n), 10)
}

// AppendIn writes a set as a JSON array, which the engine reads as a table.
func (dialect) AppendIn(dst []byte, n int) []byte {
	dst = append(dst, " IN (SELECT value FROM json_each(?"...)
	return append(strconv.AppendInt(dst, int64(n), 10), "))"...)
}

func (dialect) Fold(s *store.SQL, write func()) {
	s.Raw("stoa_fold(")
	write()
	s.Raw(")")
}

// Like is written with GLOB, because LIKE ignores the case of ASCII letters.
func (dialect) Like(s *store.SQL, pattern string, write func()) {
	glob := make([]byte, 0, len(pattern)+8)
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		switch {
		case c == '%':
			c = '*'
		case c == '_':
			c = '?'
		default:
			if c == '\\' && i+1 < len(pattern) {
				i++
				c = pattern[i]
			}
			if c == '*' || c == '?' || c == '[' {
				glob = append(glob, '[', c, ']')
				continue
			}
		}
		glob = append(glob, c)
	}
	write()
	s.Raw(" GLOB ").Str(string(glob))
}

func (dialect) DatePart(s *store.SQL, part store.DatePart, of store.Class, zone string, write func()) {
	if of == store.Date {
		s.Raw("stoa_date_part(")
		write()
		s.Raw(", " + strconv.Itoa(int(part)) + ", '')")
		return
	}
	s.Raw("stoa_time_part(")
	write()
	s.Raw(", " + strconv.Itoa(int(part)) + ", '" + zoneName(zone) + "')")
}

// zoneName returns zone if it is one, so that it can stand in a statement: an
// argument would make equal expressions of GROUP BY and SELECT different ones.
func zoneName(zone string) string {
	if zone == "" || store.ValidZone(zone) != nil {
		return time.UTC.String()
	}
	return zone
}

func (dialect) Distance(s *store.SQL, scale uint8, lat1, lon1, lat2, lon2 func()) {
	s.Raw("stoa_distance(")
	for _, write := range []func(){lat1, lon1, lat2, lon2} {
		write()
		s.Raw(", ")
	}
	s.Raw(strconv.Itoa(int(scale)) + ")")
}

func (dialect) Live(s *store.SQL, alias string) {
	s.Col(alias, store.DeletedColumn).Raw(" = 0")
}

func (dialect) False(s *store.SQL, write func()) {
	write()
	s.Raw(" = 0")
}

func (dialect) Avg(s *store.SQL, write func()) {
	s.Raw("avg(")
	write()
	s.Raw(")")
}

// SkipLocked writes nothing: there is one writer.
func (dialect) SkipLocked(*store.SQL) {}
