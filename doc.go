// Package stoa holds nothing but the tests of the tree's own shape; the program is cmd/stoa.
package stoa
