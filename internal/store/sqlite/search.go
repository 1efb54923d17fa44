package sqlite

import (
	"context"
	"strings"

	"stoa/internal/record"
	"stoa/internal/store"
)

// Index implements store.Tx.
func (t *tx) Index(ctx context.Context, docs []store.Doc) error {
	if err := t.ready(ctx, true); err != nil {
		return err
	}
	for n := range docs {
		doc := &docs[n]
		id, err := t.encode(doc.ID, true)
		if err != nil {
			return t.failure(ctx, err)
		}
		t.db.w.index.changes = append(t.db.w.index.changes, change{id: id, texts: [...]string{
			record.Fold(doc.Object), tokenText(doc.Name), tokenText(doc.Email), tokenText(doc.Phone), tokenText(doc.Body),
		}})
	}
	return nil
}

func tokenText(text string) string { return strings.Join(store.Tokens(text, false), " ") }

// Unindex implements store.Tx.
func (t *tx) Unindex(ctx context.Context, ids []record.ID) error {
	if err := t.ready(ctx, true); err != nil {
		return err
	}
	for _, id := range ids {
		n, err := t.encode(id, false)
		if err != nil {
			return t.failure(ctx, err)
		}
		if n != unknown {
			t.db.w.index.changes = append(t.db.w.index.changes, change{id: n, gone: true})
		}
	}
	return nil
}

// searchable makes the search index say what the transaction has done, where q searches it.
func (t *tx) searchable(ctx context.Context, q *store.SQL) error {
	if !t.write || t.db.w.index.applied == len(t.db.w.index.changes) || !strings.Contains(q.Text(), store.SearchTable) {
		return nil
	}
	if err := t.protect(ctx); err != nil {
		return err
	}
	if err := t.db.w.index.apply(); err != nil {
		return t.failure(ctx, err)
	}
	return nil
}

// Search implements store.Dialect. The term is one text of the engine's own
// query language; words with wildcards inside are looked up in the index's vocabulary when the query runs.
func (d dialect) Search(s *store.SQL, object string, m store.Match) {
	s.Raw("SELECT rowid AS id, bm25(").Table(store.SearchTable).Raw(", 0.0, 10.0, 4.0, 4.0, 1.0) AS rank FROM ").Table(store.SearchTable).
		Raw(" WHERE ").Table(store.SearchTable).Raw(" MATCH ")
	x := matcher{s: s}
	x.text.WriteString(`object : "` + strings.ReplaceAll(record.Fold(object), `"`, `""`) + `" AND (`)
	x.match(m)
	x.text.WriteString(")")
	x.flush()
}

// A matcher writes an expression that gives the query text: fixed parts as
// arguments, expanded words as subqueries, joined by ||.
type matcher struct {
	s     *store.SQL
	text  strings.Builder
	parts int
}

func (x *matcher) flush() {
	if x.text.Len() == 0 {
		return
	}
	x.join()
	x.s.Str(x.text.String())
	x.text.Reset()
}

func (x *matcher) join() {
	if x.parts > 0 {
		x.s.Raw(" || ")
	}
	x.parts++
}

func (x *matcher) match(m store.Match) {
	switch m.Op {
	case store.Word, store.Phrase:
		x.column(m.In)
		x.words(m.Words)
	case store.And, store.Or:
		op := " AND "
		if m.Op == store.Or {
			op = " OR "
		}
		x.text.WriteString("(")
		for i, a := range m.Args {
			if i > 0 {
				x.text.WriteString(op)
			}
			x.match(a)
		}
		x.text.WriteString(")")
	case store.AndNot:
		x.text.WriteString("(")
		x.match(m.Args[0])
		x.text.WriteString(" NOT ")
		x.match(m.Args[1])
		x.text.WriteString(")")
	}
}

// column limits what follows to a group of columns.
func (x *matcher) column(in store.SearchGroup) {
	switch in {
	case store.InName:
		x.text.WriteString("name : ")
	case store.InEmail:
		x.text.WriteString("email : ")
	case store.InPhone:
		x.text.WriteString("phone : ")
	case store.InAll:
		x.text.WriteString("{name email phone body} : ")
	}
}

// nowhere is a token that no document has: its character is no letter.
const nowhere = "\"\uE000\""

// words writes one word, or several that must follow one another.
func (x *matcher) words(words []string) {
	var tokens []string
	for _, w := range words {
		tokens = append(tokens, store.Tokens(w, true)...)
	}
	if len(tokens) == 0 {
		x.text.WriteString(nowhere)
		return
	}
	if len(tokens) == 1 {
		wild, prefix := store.Wild(tokens[0])
		if wild && !prefix {
			x.expand(tokens[0])
			return
		}
	}
	for i, token := range tokens {
		if i > 0 {
			x.text.WriteString(" + ")
		}
		// Inside a phrase a wildcard is only known at the end of the last word.
		_, prefix := store.Wild(token)
		stem := store.Stem(token)
		if stem == "" {
			x.text.WriteString(nowhere)
			continue
		}
		x.text.WriteString(`"` + stem + `"`)
		if prefix && i == len(tokens)-1 {
			x.text.WriteString(" *")
		}
	}
}

// maxExpansion bounds the words that one word with wildcards stands for.
const maxExpansion = 500

// expand writes the words of the vocabulary that a pattern stands for.
func (x *matcher) expand(pattern string) {
	x.text.WriteString("(")
	x.flush()
	x.join()
	stem := store.Stem(pattern)
	x.s.Raw(`(SELECT coalesce(group_concat('"' || term || '"', ' OR '), '` + nowhere + `') FROM (SELECT term FROM stoa_search_word WHERE term >= `).
		Str(stem).Raw(" AND term < ").Str(stem + "\U0010FFFF").Raw(" AND term GLOB ").Str(pattern).Raw(" LIMIT ").Int(maxExpansion).Raw("))")
	x.text.WriteString(")")
}
