// Package difftest compares the query engine with a second one that is too
// slow to use and too simple to be wrong: it makes schemas, rows and queries
// from a seed, asks both engines of the store, and walks over all rows in
// memory. It knows SOQL's meaning and nothing of plans; its one invariant is
// that a seed always makes the same test.
package difftest
