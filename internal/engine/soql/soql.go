// Package soql reads SOQL and SOSL: text → tree → text. It knows no catalog
// and no SQL, so a name is only a name here; its one invariant is that what
// parses prints as text that parses to the same tree.
package soql
