package sqlite

import (
	"context"
	"strings"

	"stoa/internal/record"
	"stoa/internal/store"
)

// createWords makes the search index of a table. Its text is made of tokens of ours (store.Tokens) with blanks
// between them, so every other character may be part of a token.
func (t *tx) createWords(ctx context.Context, table string) error {
	words := store.Words(table)
	there, err := t.columns(ctx, words)
	if err != nil || len(there) > 0 {
		return err
	}
	for _, text := range []string{
		"CREATE VIRTUAL TABLE " + store.Quote(words) + ` USING fts5(name, email, phone, key, body, content = '', contentless_delete = 1,
			prefix = '2 3', tokenize = "unicode61 remove_diacritics 0 categories 'L* M* N* P* S* Co Cn'")`,
		"CREATE VIRTUAL TABLE " + store.Quote(vocabulary(table)) + " USING fts5vocab(" + store.Quote(words) + ", 'row')",
		// A commit adds a small segment; merging eight at a time instead of four halves the work of single writes.
		"INSERT INTO " + store.Quote(words) + " (" + store.Quote(words) + ", rank) VALUES ('automerge', 8)",
	} {
		if err := t.ddl(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// vocabulary returns the name of the table that lists the words of a search index.
func vocabulary(table string) string { return store.Words(table) + "~v" }

// Index implements store.Tx.
func (t *tx) Index(ctx context.Context, table string, docs []store.Doc) error {
	if err := t.ready(ctx, true); err != nil {
		return err
	}
	for n := range docs {
		doc := &docs[n]
		id, err := t.encode(doc.ID, true)
		if err != nil {
			return t.failure(ctx, err)
		}
		t.db.w.index.changes = append(t.db.w.index.changes, change{table: table, id: id, texts: [...]string{
			tokenText(doc.Name, store.NameMark), tokenText(doc.Email, ""), tokenText(doc.Phone, ""), tokenText(doc.Key, store.KeyMark), tokenText(doc.Body, ""),
		}})
	}
	return nil
}

// tokenText returns the tokens of a text, each behind a mark.
func tokenText(text, mark string) string {
	tokens := store.Tokens(text, false)
	if len(tokens) == 0 {
		return ""
	}
	return mark + strings.Join(tokens, " "+mark)
}

// Unindex implements store.Tx.
func (t *tx) Unindex(ctx context.Context, table string, ids []record.ID) error {
	if err := t.ready(ctx, true); err != nil {
		return err
	}
	for _, id := range ids {
		n, err := t.encode(id, false)
		if err != nil {
			return t.failure(ctx, err)
		}
		if n != unknown {
			t.db.w.index.changes = append(t.db.w.index.changes, change{table: table, id: n, gone: true})
		}
	}
	return nil
}

// searchable makes the search indexes say what the transaction has done, where q searches one.
func (t *tx) searchable(ctx context.Context, q *store.SQL) error {
	if !t.write || t.db.w.index.applied == len(t.db.w.index.changes) || !strings.Contains(q.Text(), store.WordsSuffix) {
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
func (d dialect) Search(s *store.SQL, table string, m store.Match) {
	words := store.Words(table)
	s.Raw("SELECT rowid AS id, stoa_rank(").Table(words).Raw(") AS rank FROM ").Table(words).Raw(" WHERE ").Table(words).Raw(" MATCH ")
	x := matcher{s: s, table: table}
	x.match(m)
	x.flush()
}

// A matcher writes an expression that gives the query text: fixed parts as
// arguments, expanded words as subqueries, joined by ||.
type matcher struct {
	s     *store.SQL
	table string
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
		x.within(m.Words, m.In)
	case store.And, store.Or:
		op := " AND "
		if m.Op == store.Or {
			op = " OR "
		}
		if len(m.Args) == 0 {
			x.text.WriteString(nowhere)
			return
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

// within writes words in a group of a document. Those of names and keys have a mark, so they need no column.
func (x *matcher) within(words []string, in store.SearchGroup) {
	switch in {
	case store.InName:
		x.words(words, store.NameMark)
	case store.InKey:
		x.words(words, store.KeyMark)
	case store.InEmail:
		x.text.WriteString("email : ")
		x.words(words, "")
	case store.InPhone:
		x.text.WriteString("phone : ")
		x.words(words, "")
	case store.InAll:
		x.text.WriteString("(")
		x.words(words, store.NameMark)
		x.text.WriteString(" OR ")
		x.words(words, store.KeyMark)
		x.text.WriteString(" OR ")
		x.words(words, "")
		x.text.WriteString(")")
	}
}

// nowhere is a token that no document has: its character is no letter.
const nowhere = "\"\uE000\""

// words writes one word, or several that must follow one another, each behind a mark.
func (x *matcher) words(words []string, mark string) {
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
			x.expand(mark + tokens[0])
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
		x.text.WriteString(`"` + mark + stem + `"`)
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
	x.s.Raw(`(SELECT coalesce(group_concat('"' || term || '"', ' OR '), '` + nowhere + `') FROM (SELECT term FROM `).Table(vocabulary(x.table)).
		Raw(" WHERE term >= ").Str(stem).Raw(" AND term < ").Str(stem + "\U0010FFFF").Raw(" AND term GLOB ").Str(pattern).Raw(" LIMIT ").Int(maxExpansion).Raw("))")
	x.text.WriteString(")")
}
