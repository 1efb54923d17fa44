package store

import "strconv"

// Levels are the nested parts of a transaction that can be undone by themselves, outermost first. A savepoint costs its
// statements, in SQLite a copy of every page that is changed behind it and in PostgreSQL a transaction of its own. So one is only
// set before something is written, and levels between whose beginnings nothing was written share it: an insert
// that is all of a call, of a Try in it and of another one inside takes one. What is returned is for the dialect to run, "" for nothing.
type Levels struct {
	own []bool // a level each: whether its own savepoint is set
	set int    // of levels; those from here on have none and have written nothing
}

// Begin opens a level inside the innermost one.
func (l *Levels) Begin() { l.own = append(l.own, false) }

// Open reports whether there is a level.
func (l *Levels) Open() bool { return len(l.own) > 0 }

// Protect returns what to run before something is written.
func (l *Levels) Protect() string {
	n := l.set
	if n == len(l.own) {
		return ""
	}
	l.own[n], l.set = true, len(l.own)
	return "SAVEPOINT " + levelName(n)
}

// Keep ends the innermost level.
func (l *Levels) Keep() string {
	n, own := l.end()
	if !own {
		return ""
	}
	return "RELEASE " + levelName(n)
}

// Undo ends the innermost level and undoes what was done in it. The second is to be run after the first.
func (l *Levels) Undo() (first, second string) {
	wrote := l.set == len(l.own)
	n, own := l.end()
	switch {
	case !wrote:
		return "", ""
	case own:
		return "ROLLBACK TO " + levelName(n), "RELEASE " + levelName(n)
	}
	for n--; !l.own[n]; n-- { // it began where this one outside did
	}
	return "ROLLBACK TO " + levelName(n), ""
}

func (l *Levels) end() (n int, own bool) {
	n = len(l.own) - 1
	own = l.own[n]
	l.own, l.set = l.own[:n], min(l.set, n)
	return n, own
}

func levelName(n int) string { return "level" + strconv.Itoa(n) }
