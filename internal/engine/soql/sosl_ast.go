package soql

// A Search is a SOSL search.
type Search struct {
	Text    string   // the term as it was written between the braces
	Term    Term     // nil where the term is too long to find anything
	In      string   // ALL, NAME, EMAIL, PHONE or SIDEBAR
	Targets []Target // empty without RETURNING
	With    []SearchWith
	Limit   *Int
	Update  []Name // TRACKING, VIEWSTAT in upper case
}

// A Term is a search term: *Words, *AllOf, *AnyOf or *ButNot.
type Term interface {
	Position() int
	term()
}

// Words are words that stand next to each other in this order: a phrase, or what punctuation joined, as in
// jo@example.org. One word is the common case. Words are as written, without punctuation; a * in a word stands
// for any characters, a ? for one.
type Words struct {
	Words []string // at least one
	Pos   int
}

// AllOf finds what all of Args find: AND, or nothing between two words. It has at least two.
type AllOf struct {
	Args []Term
	Pos  int
}

// AnyOf finds what one of Args finds. It has at least two.
type AnyOf struct {
	Args []Term
	Pos  int
}

// ButNot finds what Term finds and Not does not.
type ButNot struct {
	Term, Not Term
	Pos       int
}

func (t *Words) Position() int  { return t.Pos }
func (t *AllOf) Position() int  { return t.Pos }
func (t *AnyOf) Position() int  { return t.Pos }
func (t *ButNot) Position() int { return t.Pos }

func (*Words) term()  {}
func (*AllOf) term()  {}
func (*AnyOf) term()  {}
func (*ButNot) term() {}

// A Target is one object of RETURNING. The clauses of Query that SOSL does not have are empty.
type Target struct {
	Object   Name
	Select   []SelectItem // *Path or *Call; empty where no fields are listed: Id
	Where    Expr         // nil without; no semi-joins
	ListView *Name        // USING Listview = name, nil without
	OrderBy  []OrderItem
	Limit    *Int
	Offset   *Int
}

// A SearchWith is one WITH clause.
type SearchWith struct {
	// Kind is DIVISION, DATA CATEGORY, NETWORK, SNIPPET, PRICEBOOKID, METADATA, HIGHLIGHT, SPELL_CORRECTION,
	// USER_MODE or SYSTEM_MODE.
	Kind       string
	Values     []Literal  // DIVISION, NETWORK, PRICEBOOKID, METADATA: strings; SPELL_CORRECTION: one Bool
	Length     *Int       // SNIPPET(target_length = n), nil without
	Categories []Category // DATA CATEGORY
	Pos        int
}
