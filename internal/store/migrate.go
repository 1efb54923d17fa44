package store

import (
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// A Migration is one numbered step of the system tables, in the SQL of one
// engine. Steps go forward only and are never edited after a release.
type Migration struct {
	Number    int
	Name, SQL string
}

// Keys of MetaTable.
const (
	MigrationKey = "migration" // number of the last step done
	PodKey       = "pod"       // two characters in the ids that the org makes
)

// Migrations reads the steps in a folder of f, named NNNN_name.sql, in order.
func Migrations(f fs.FS, folder string) ([]Migration, error) {
	entries, err := fs.ReadDir(f, folder)
	if err != nil {
		return nil, err
	}
	out := make([]Migration, 0, len(entries))
	for _, e := range entries {
		number, name, ok := strings.Cut(strings.TrimSuffix(e.Name(), ".sql"), "_")
		n, err := strconv.Atoi(number)
		if !ok || err != nil || n != len(out)+1 {
			return nil, fmt.Errorf("migration %s: name is not the next NNNN_name.sql", e.Name())
		}
		text, err := fs.ReadFile(f, path.Join(folder, e.Name()))
		if err != nil {
			return nil, err
		}
		out = append(out, Migration{Number: n, Name: name, SQL: string(text)})
	}
	return out, nil
}
