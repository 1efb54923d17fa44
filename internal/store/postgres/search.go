package postgres

import (
	"context"
	"strconv"
	"strings"

	"stoa/internal/record"
	"stoa/internal/store"
)

// createWords makes the search index of a table. The vector is made by store.Tokens: the name's words have a mark and
// weight A, e-mail addresses have B, phone numbers C, keys C and a mark, the rest D.
func (t *tx) createWords(ctx context.Context, table string) error {
	there, err := t.columns(ctx, store.Words(table))
	if err != nil || len(there) > 0 {
		return err
	}
	words := string(t.db.dialect.AppendTable(nil, store.Words(table)))
	if err := t.ddl(ctx, "CREATE TABLE "+words+" (id bigint NOT NULL PRIMARY KEY, words tsvector NOT NULL)"); err != nil {
		return err
	}
	return t.ddl(ctx, "CREATE INDEX ON "+words+" USING gin (words)")
}

// Index implements store.Tx.
func (t *tx) Index(ctx context.Context, table string, docs []store.Doc) error {
	if err := t.ready(ctx, true); err != nil || len(docs) == 0 {
		return err
	}
	cols := []store.Column{{Name: "id", Class: store.ID}, {Name: "words", Class: store.Text}}
	last := make(map[record.ID]int, len(docs)) // of several documents of one record the last one counts
	for i := range docs {
		last[docs[i].ID] = i
	}
	rows := make([][]record.Value, 0, len(docs))
	for i := range docs {
		if last[docs[i].ID] == i {
			rows = append(rows, []record.Value{record.OfID(docs[i].ID), record.OfText(vector(&docs[i]))})
		}
	}
	arrays, err := t.arrays(cols, cols, rows)
	if err != nil {
		return t.failure(ctx, err)
	}
	var b strings.Builder
	b.WriteString("INSERT INTO ")
	b.Write(t.db.dialect.AppendTable(nil, store.Words(table)))
	b.WriteString(" (id, words) SELECT id, coalesce(words, '')::tsvector FROM ")
	unnest(&b, cols)
	b.WriteString(" AS d (id, words) ON CONFLICT (id) DO UPDATE SET words = excluded.words")
	_, err = t.exec(ctx, b.String(), arrays, nil)
	return err
}

// maxPosition is where the positions of a tsvector end.
const maxPosition = 16383

// vector writes a document as a tsvector. Between two groups a position stays empty, so that no phrase spans them.
func vector(doc *store.Doc) string {
	var b strings.Builder
	at := 0
	for _, part := range [...]struct{ text, mark, weight string }{
		{doc.Name, store.NameMark, "A"}, {doc.Email, "", "B"}, {doc.Phone, "", "C"}, {doc.Key, store.KeyMark, "C"}, {doc.Body, "", "D"},
	} {
		at++
		for _, token := range store.Tokens(part.text, false) {
			at++
			b.WriteString("'" + part.mark + token + "':" + strconv.Itoa(min(at, maxPosition)) + part.weight + " ")
		}
	}
	return b.String()
}

// Unindex implements store.Tx.
func (t *tx) Unindex(ctx context.Context, table string, ids []record.ID) error {
	if len(ids) == 0 {
		return t.ready(ctx, true)
	}
	_, err := t.Exec(ctx, store.NewSQL(t.db.dialect).Raw("DELETE FROM ").Table(store.Words(table)).Raw(" WHERE id").In(ids))
	return err
}

// Search implements store.Dialect. The index is asked for the term with words
// that have wildcards inside cut to what stands before; where there are such,
// the whole term is then held against the words of what was found.
func (d dialect) Search(s *store.SQL, table string, m store.Match) {
	if query := loose(m); query != "" {
		s.Raw("SELECT d.id, (-10000 * ts_rank('{0.1, 0.4, 0.4, 1}', d.words, ").Str(query).Raw("::tsquery))::bigint AS rank FROM ").Table(store.Words(table)).
			Raw(" d WHERE d.words @@ ").Str(query).Raw("::tsquery")
	} else {
		s.Raw("SELECT d.id, 0::bigint AS rank FROM ").Table(store.Words(table)).Raw(" d WHERE true")
	}
	if inner(m) {
		s.Raw(" AND ")
		exact(s, m)
	}
}

// inner reports whether m has a wildcard that a tsquery has no sign for.
func inner(m store.Match) bool {
	for _, a := range m.Args {
		if inner(a) {
			return true
		}
	}
	if m.Op != store.Word && m.Op != store.Phrase {
		return false
	}
	tokens := tokensOf(m)
	if len(tokens) != 1 {
		return false
	}
	wild, prefix := store.Wild(tokens[0])
	return wild && !prefix
}

func tokensOf(m store.Match) (tokens []string) {
	for _, w := range m.Words {
		tokens = append(tokens, store.Tokens(w, true)...)
	}
	return tokens
}

// loose writes a tsquery that finds at least what m does, "" for one that would find everything.
func loose(m store.Match) string {
	switch m.Op {
	case store.And, store.Or:
		var parts []string
		for _, a := range m.Args {
			q := loose(a)
			if q == "" && m.Op == store.Or {
				return ""
			}
			if q != "" {
				parts = append(parts, q)
			}
		}
		if len(parts) == 0 {
			return ""
		}
		return "(" + strings.Join(parts, map[store.MatchOp]string{store.And: " & ", store.Or: " | "}[m.Op]) + ")"
	case store.AndNot:
		yes, no := loose(m.Args[0]), loose(m.Args[1])
		if inner(m.Args[1]) || no == "" {
			return yes
		}
		if yes == "" {
			return "!" + no
		}
		return "(" + yes + " & !" + no + ")"
	case store.Word, store.Phrase:
		tokens := tokensOf(m)
		if inner(m) && store.Stem(tokens[0]) == "" {
			return ""
		}
		return within(tokens, m.In)
	}
	return ""
}

// nowhere is a token that no document has: its character is no letter.
const nowhere = "\uE000"

// within writes words in a group of a document. Those of names and keys have a mark.
func within(tokens []string, in store.SearchGroup) string {
	switch in {
	case store.InName:
		return phrase(tokens, store.NameMark, "")
	case store.InKey:
		return phrase(tokens, store.KeyMark, "")
	case store.InEmail:
		return phrase(tokens, "", "B")
	case store.InPhone:
		return phrase(tokens, "", "C")
	default:
		return "(" + phrase(tokens, store.NameMark, "") + " | " + phrase(tokens, store.KeyMark, "") + " | " + phrase(tokens, "", "") + ")"
	}
}

// phrase writes words, each behind a mark, that must follow one another with a weight.
func phrase(tokens []string, mark, weight string) string {
	if len(tokens) == 0 {
		return "'" + nowhere + "'"
	}
	var b strings.Builder
	b.WriteString("(")
	for i, token := range tokens {
		if i > 0 {
			b.WriteString(" <-> ")
		}
		stem := store.Stem(token)
		wild, prefix := store.Wild(token)
		sign := ""
		if i == len(tokens)-1 && (prefix || wild && len(tokens) == 1) {
			sign = "*"
		}
		if stem == "" {
			stem, sign = nowhere, ""
		}
		b.WriteString("'" + mark + stem + "'")
		if sign+weight != "" {
			b.WriteString(":" + sign + weight)
		}
	}
	b.WriteString(")")
	return b.String()
}

// exact writes the condition that m holds for the words of d.
func exact(s *store.SQL, m store.Match) {
	switch m.Op {
	case store.And, store.Or:
		s.Raw("(")
		for i, a := range m.Args {
			if i > 0 {
				s.Raw(map[store.MatchOp]string{store.And: " AND ", store.Or: " OR "}[m.Op])
			}
			exact(s, a)
		}
		s.Raw(")")
	case store.AndNot:
		s.Raw("(")
		exact(s, m.Args[0])
		s.Raw(" AND NOT ")
		exact(s, m.Args[1])
		s.Raw(")")
	case store.Word, store.Phrase:
		if !inner(m) {
			s.Raw("d.words @@ ").Str(within(tokensOf(m), m.In)).Raw("::tsquery")
			return
		}
		pattern := strings.NewReplacer("*", "%", "?", "_").Replace(tokensOf(m)[0])
		s.Raw("EXISTS (SELECT 1 FROM unnest(d.words) w WHERE ")
		switch m.In {
		case store.InName:
			s.Raw("w.lexeme LIKE ").Str(store.NameMark + pattern)
		case store.InKey:
			s.Raw("w.lexeme LIKE ").Str(store.KeyMark + pattern)
		case store.InEmail:
			s.Raw("w.lexeme LIKE ").Str(pattern).Raw(" AND 'B' = ANY(w.weights)")
		case store.InPhone:
			s.Raw("w.lexeme LIKE ").Str(pattern).Raw(" AND 'C' = ANY(w.weights)")
		case store.InAll:
			s.Raw("ltrim(w.lexeme, ").Str(store.NameMark + store.KeyMark).Raw(") LIKE ").Str(pattern)
		}
		s.Raw(")")
	}
}
