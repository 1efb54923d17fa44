package postgres

import (
	"context"
	"strconv"
	"strings"

	"stoa/internal/record"
	"stoa/internal/store"
)

// Index implements store.Tx.
func (t *tx) Index(ctx context.Context, docs []store.Doc) error {
	if err := t.ready(ctx, true); err != nil || len(docs) == 0 {
		return err
	}
	cols := []store.Column{{Name: "id", Class: store.ID}, {Name: "object", Class: store.Text}, {Name: "words", Class: store.Text}}
	last := make(map[record.ID]int, len(docs)) // of several documents of one record the last one counts
	for i := range docs {
		last[docs[i].ID] = i
	}
	rows := make([][]record.Value, 0, len(docs))
	for i := range docs {
		if last[docs[i].ID] == i {
			rows = append(rows, []record.Value{record.OfID(docs[i].ID), record.OfText(record.Fold(docs[i].Object)), record.OfText(vector(&docs[i]))})
		}
	}
	arrays, err := t.arrays(cols, cols, rows)
	if err != nil {
		return t.failure(ctx, err)
	}
	var b strings.Builder
	b.WriteString("INSERT INTO ")
	b.Write(t.db.dialect.AppendTable(nil, store.SearchTable))
	b.WriteString(" (id, object, words) SELECT id, object, coalesce(words, '')::tsvector FROM ")
	unnest(&b, cols)
	b.WriteString(" AS d (id, object, words) ON CONFLICT (id) DO UPDATE SET object = excluded.object, words = excluded.words")
	_, err = t.exec(ctx, b.String(), arrays, nil)
	return err
}

// maxPosition is where the positions of a tsvector end.
const maxPosition = 16383

// vector writes a document as a tsvector. Between two groups a position stays empty, so that no phrase spans them.
func vector(doc *store.Doc) string {
	var b strings.Builder
	at := 0
	for i, text := range []string{doc.Name, doc.Email, doc.Phone, doc.Body} {
		at++
		for _, token := range store.Tokens(text, false) {
			at++
			b.WriteString("'" + token + "':" + strconv.Itoa(min(at, maxPosition)) + "ABCD"[i:i+1] + " ")
		}
	}
	return b.String()
}

// Unindex implements store.Tx.
func (t *tx) Unindex(ctx context.Context, ids []record.ID) error {
	if len(ids) == 0 {
		return t.ready(ctx, true)
	}
	_, err := t.Exec(ctx, store.NewSQL(t.db.dialect).Raw("DELETE FROM ").Table(store.SearchTable).Raw(" WHERE id").In(ids))
	return err
}

// Search implements store.Dialect. The index is asked for the term with words
// that have wildcards inside cut to what stands before; where there are such,
// the whole term is then held against the words of what was found.
func (d dialect) Search(s *store.SQL, object string, m store.Match) {
	if query := loose(m); query != "" {
		s.Raw("SELECT d.id, -ts_rank('{0.1, 0.4, 0.4, 1}', d.words, ").Str(query).Raw("::tsquery)::float8 AS rank FROM ").Table(store.SearchTable).
			Raw(" d WHERE d.words @@ ").Str(query).Raw("::tsquery AND d.object = ").Str(record.Fold(object))
	} else {
		s.Raw("SELECT d.id, 0::float8 AS rank FROM ").Table(store.SearchTable).Raw(" d WHERE d.object = ").Str(record.Fold(object))
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
		return phrase(tokens, m.In)
	}
	return ""
}

// nowhere is a token that no document has: its character is no letter.
const nowhere = "\uE000"

// phrase writes words that must follow one another.
func phrase(tokens []string, in store.SearchGroup) string {
	if len(tokens) == 0 {
		return "'" + nowhere + "'"
	}
	group := map[store.SearchGroup]string{store.InName: "A", store.InEmail: "B", store.InPhone: "C"}[in]
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
		b.WriteString("'" + stem + "'")
		if sign+group != "" {
			b.WriteString(":" + sign + group)
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
			s.Raw("d.words @@ ").Str(phrase(tokensOf(m), m.In)).Raw("::tsquery")
			return
		}
		pattern := strings.NewReplacer("*", "%", "?", "_").Replace(tokensOf(m)[0])
		s.Raw("EXISTS (SELECT 1 FROM unnest(d.words) w WHERE w.lexeme LIKE ").Str(pattern)
		if group := map[store.SearchGroup]string{store.InName: "A", store.InEmail: "B", store.InPhone: "C"}[m.In]; group != "" {
			s.Raw(" AND ").Str(group).Raw(" = ANY(w.weights)")
		}
		s.Raw(")")
	}
}
