package postgres

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"

	"stoa/internal/record"
)

// foldFunction returns the statement that makes stoa_fold in a schema, and a
// mark of what it does. The server's own lower() depends on its locale, so it
// is used for ASCII only; every other letter is translated by a table made from record.Fold.
func foldFunction(schema string) (statement, mark string) {
	var from, to strings.Builder
	for r := rune('A'); r <= unicode.MaxRune; r++ {
		if r >= 0xD800 && r < 0xE000 {
			continue
		}
		if folded := record.Fold(string(r)); folded != string(r) {
			from.WriteRune(r)
			to.WriteString(folded)
		}
	}
	statement = "CREATE OR REPLACE FUNCTION " + schema + "stoa_fold(t text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$" +
		`SELECT CASE WHEN octet_length(t) = char_length(t) THEN lower(t COLLATE "C") ELSE translate(t, '` + from.String() + `', '` + to.String() + `') END$$`
	sum := sha256.Sum256([]byte(statement))
	return statement, hex.EncodeToString(sum[:8])
}
