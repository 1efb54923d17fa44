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

// fewRecords is how many records that may have a word are named one by one, which is the quickest where they are few.
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
		if f, none := c.(fixed); !none || bool(f) { // it would keep SQLite from looking up what the others name
			any = append(any, c)
		}
	}
	switch len(any) {
	case 0:
		return fixed(false), nil
	case 1:
		return any[0], nil
	default:
		return any, nil
	}
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
	at, may := column(st.s.root, a.at, 0), a.match(word)
	found := store.NewSQL(r.tx.Dialect()).Raw("SELECT found.id FROM (")
	r.tx.Dialect().Search(found, a.of.Table, may)
	p, err := r.everything(found.Raw(") found ORDER BY found.id DESC LIMIT ").Int(fewRecords+1), []store.Out{{Class: store.ID}})
	switch {
	case err != nil:
		return nil, err
	case p.Len() == 0:
		return fixed(false), nil
	case p.Len() <= fewRecords:
		return allOf{&test{of: at, form: oneOf, ids: p.IDs(0)}, has}, nil
	default:
		return allOf{&indexed{of: at, table: a.of.Table, match: may}, has}, nil
	}
}

// match returns what the search index is asked for to find a word at the beginning of one in the groups of the fields of a.
func (a *among) match(word string) store.Match {
	any := store.Match{Op: store.Or}
	for _, path := range a.paths {
		group := store.InAll
		if f := a.of.Field(path[strings.LastIndexByte(path, '.')+1:]); f != nil && searchGroup(f) != inBody {
			group = searchGroup(f)
		}
		any.Args = append(any.Args, store.Match{Op: store.Phrase, Words: []string{record.Fold(word) + "*"}, In: group})
	}
	return any
}

// An indexed test holds for references to records that the search index finds.
type indexed struct {
	of    *operand
	table string
	match store.Match
}

func (c *indexed) write(w *writer, not bool) {
	w.value(c.of)
	if not {
		w.Raw(" NOT")
	}
	w.Raw(" IN (SELECT found.id FROM (")
	w.d.Search(w.SQL, c.table, c.match)
	w.Raw(") found)")
}
