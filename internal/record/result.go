package record

// A Result is one batch of what a query found: rows of cells and the shape that
// tells how cells nest. Children results are kept per child query, for all rows together.
type Result struct {
	Shape    *Shape
	Page     *Page
	Total    int    // rows that match, after LIMIT and OFFSET; the count itself for SELECT COUNT()
	Next     string // locator of the next batch, "" when this is the last
	Children []Children
}

// Children are the results of one child query for all rows of its parents' page.
type Children struct {
	Result *Result
	Spans  []Span // one a parent row
}

// A Span is the part of a child page that belongs to one parent row.
type Span struct {
	From, To int
	Total    int    // all matching children of this parent
	Next     string // locator of the rest, "" when all are here
}

// A Shape tells how one row becomes a record: its items in SELECT's order.
type Shape struct {
	Object  string // canonical API name; "AggregateResult" for grouped rows
	TypeCol int    // cell with the object's name where it varies by row (polymorphic), else -1
	IDCol   int    // cell with the record's id, for its url, else -1
	Items   []Item
}

// An Item is one key of a record.
type Item struct {
	Key  string   // canonical, as JSON carries it
	Role ItemRole //
	Type string   // describe type ("double", "int", "address", …), "" for Parent and Child
	Col  int      // Cell: its cell. Parent: the cell that is null when there is no parent
	// Parent is the shape of a parent record. Parts are the items of a compound, in the API's order.
	// Cases are the shapes of TYPEOF by object name; a row without one shows Parent, or null if that is nil.
	Parent *Shape
	Parts  []Item
	Cases  map[string]*Shape
	Child  int // index in Result.Children
	// Sparse: a Cell that is left out of records in which it is null.
	Sparse bool
	// Label is that of the field, where the query asks for labels.
	Label string
}

// An ItemRole says what an item holds.
type ItemRole uint8

// The roles.
const (
	Cell     ItemRole = iota
	Parent            // a nested record
	Child             // the records of a child query
	Compound          // address or location: an object of its parts, null when all parts are
)

// Done reports whether r is the last batch.
func (r *Result) Done() bool { return r.Next == "" }

// Len returns the number of rows in this batch.
func (r *Result) Len() int {
	if r == nil {
		return 0
	}
	return r.Page.Len()
}

// Get returns the value that a row has under a path of keys, such as
// ("Contact", "Name"). It is null where the path leads nowhere.
func (r *Result) Get(row int, path ...string) Value {
	s := r.Shape
	for len(path) > 0 && s != nil {
		it := s.Item(path[0])
		if it == nil {
			return Value{}
		}
		if len(path) == 1 && it.Role == Cell {
			return r.Page.Value(row, it.Col)
		}
		s, path = it.Parent, path[1:]
	}
	return Value{}
}

// ID returns the id of a row's record, "" where the query did not read it.
func (r *Result) ID(row int) ID {
	if r.Shape.IDCol < 0 {
		return ""
	}
	return r.Page.ID(row, r.Shape.IDCol)
}

// Item returns the item with a key, nil if there is none.
func (s *Shape) Item(key string) *Item {
	for i := range s.Items {
		if s.Items[i].Key == key {
			return &s.Items[i]
		}
	}
	return nil
}
