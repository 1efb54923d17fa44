package query

import (
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/engine/query/filter"
	"stoa/internal/engine/soql"
	"stoa/internal/record"
	"stoa/internal/store"
)

// Words keeps a query to the records that have all words of a text, each in any of some fields. A word is found
// where a word of the record begins with it; digits are found anywhere in telephone and record numbers. The
// search index says which records may have a word, so that a rare one is not looked for in all of them.
type Words struct {
	Text string
	In   []string // text fields of the object, or of a parent: Name, Account.Name
}

// fewRecords is how many records may have a word for them to be looked up one by one. Where more have it, a page of
// them is soon found in any order.
const fewRecords = 2000

// narrow adds the conditions of words to a statement.
func (r *run) narrow(st *statement, words *Words) error {
	if words == nil || len(words.In) == 0 {
		return nil
	}
	var all allOf
	if st.where != nil {
		all = append(all, st.where)
	}
	for word := range strings.FieldsSeq(words.Text) {
		c, err := r.hasWord(st, word, words.In)
		if err != nil {
			return err
		}
		all = append(all, c)
	}
	if len(all) > 0 {
		st.where = all
	}
	return nil
}

// hasWord returns the condition that a record has a word in any of some fields.
func (r *run) hasWord(st *statement, word string, in []string) (cond, error) {
	root := st.s.root.object
	digits := phoneDigits(word) != ""
	own := among{at: root.Field(store.IDColumn), of: root, anywhere: !root.Searchable}
	var all []among
	for _, path := range in {
		if name, _, ok := strings.Cut(path, "."); ok {
			p := among{at: root.Relationship(name), paths: []string{path}, anywhere: true}
			if p.at != nil && len(p.at.ReferenceTo) == 1 {
				p.of = st.b.env.Snapshot.Object(p.at.ReferenceTo[0])
				p.anywhere = !p.of.Searchable || digits && p.of.NameField != nil && p.of.NameField.AutoNumber
			}
			all = append(all, p)
			continue
		}
		own.paths = append(own.paths, path)
		if f := root.Field(path); digits && f != nil && (f.Type == &catalog.Phone || f.AutoNumber) {
			own.anywhere = true
		}
	}
	if len(own.paths) > 0 {
		all = append(all, own)
	}
	var any anyOf
	for i := range all {
		c, err := r.among(st, &all[i], word)
		if err != nil {
			return nil, err
		}
		any = append(any, c)
	}
	return any, nil
}

// An among is a place to look for a word: some fields of the records of an object that at points to.
type among struct {
	at       *catalog.Field // Id, or a lookup
	of       *catalog.Object
	paths    []string
	anywhere bool // inside of words, too, of which the search index knows nothing
}

// among returns the condition that a word is in one of the fields of a.
func (r *run) among(st *statement, a *among, word string) (cond, error) {
	var terms []string
	for _, path := range a.paths {
		terms = append(terms, path+" LIKE "+filter.Like(word, "%", "%"))
	}
	q, err := soql.Parse("SELECT Id FROM " + st.s.root.object.Name + " WHERE " + strings.Join(terms, " OR "))
	if err != nil {
		return nil, err
	}
	has, err := st.b.condition(st.s, q.Where, func(op soql.Operand) (*operand, error) { return st.b.operand(st.s, op) })
	if err != nil || a.anywhere || len(store.Tokens(word, false)) == 0 {
		return has, err
	}
	ids, few, err := r.mayHave(a.of, word)
	switch {
	case err != nil || !few:
		return has, err
	case len(ids) == 0:
		return fixed(false), nil
	default:
		return allOf{&test{of: column(st.s.root, a.at, 0), form: oneOf, ids: ids}, has}, nil
	}
}

// mayHave returns the records of an object of which a word begins with word, and whether those are few.
func (r *run) mayHave(o *catalog.Object, word string) (ids []record.ID, few bool, err error) {
	q := store.NewSQL(r.tx.Dialect()).Raw("SELECT found.id FROM (")
	r.tx.Dialect().Search(q, o.Table, store.Match{Op: store.Phrase, Words: []string{record.Fold(word) + "*"}})
	q.Raw(") found ORDER BY found.id DESC LIMIT ").Int(fewRecords + 1)
	p, err := r.everything(q, []store.Out{{Class: store.ID}})
	if err != nil || p.Len() > fewRecords {
		return nil, false, err
	}
	return p.IDs(0), true, nil
}
