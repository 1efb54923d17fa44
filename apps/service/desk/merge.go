package desk

import (
	"slices"

	"stoa/apps/service"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/web/page"
)

// mergeMost is how many cases one merge has, the survivor included.
const mergeMost = 11

// A merging is what the merge screen shows.
type merging struct {
	v       *page.Visit
	cases   []*view
	into    *view // that stays
	thread  []entry
	back    string
	problem string
	counts  struct{ messages, notes int } // that go in
}

// ids returns the cases that a merge is about, each once.
func mergeIDs(values []string) (ids []record.ID) {
	for _, s := range values {
		for _, one := range service.SplitAddresses(s) {
			if id, err := record.ParseID(one); err == nil && !slices.Contains(ids, id) && len(ids) < mergeMost {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// showMerge shows cases side by side and the conversation that they would have together.
func showMerge(v *page.Visit) error {
	m := &merging{v: v, back: page.Within(v.Query("back"), root, root)}
	values := v.R.URL.Query()["id"]
	if more := v.Query("add"); more != "" {
		id, err := caseNamed(v, more)
		if err != nil {
			m.problem = fault.From(err).Message
		} else {
			values = append(values, string(id))
		}
	}
	ids := mergeIDs(values)
	if len(ids) == 0 {
		return page.NotFound()
	}
	for _, id := range ids {
		c, err := head(v, &queue{key: mine}, id)
		if err != nil {
			return err
		}
		m.cases = append(m.cases, c)
	}
	m.into = m.cases[0]
	for _, c := range m.cases {
		if string(c.id) == v.Query("into") {
			m.into = c
		}
	}
	if err := m.together(); err != nil {
		return err
	}
	return v.Answer(page.Page{Title: v.T("desk.merge.title"), Icon: "git-merge", Body: mergePage(m), Toasts: toasts(v)})
}

// together reads the conversation of all cases in the order of time.
func (m *merging) together() error {
	var all []service.Entry
	for _, c := range m.cases {
		t, err := service.Thread(m.v.Ctx(), m.v.S, c.id)
		if err != nil {
			return err
		}
		for _, e := range t {
			if e.Kind == service.KindEvent {
				continue
			}
			all = append(all, e)
			switch {
			case c == m.into:
			case e.Kind == service.KindNote:
				m.counts.notes++
			default:
				m.counts.messages++
			}
		}
	}
	slices.SortStableFunc(all, func(a, b service.Entry) int { return a.At.Compare(b.At) })
	m.thread = m.into.entries(all)
	return nil
}

// of returns the case that an entry comes from.
func (m *merging) of(e entry) *view {
	for _, c := range m.cases {
		if c.id == e.Case {
			return c
		}
	}
	return m.into
}

// others returns the cases that go in.
func (m *merging) others() (all []*view) {
	for _, c := range m.cases {
		if c != m.into {
			all = append(all, c)
		}
	}
	return all
}

// merge merges cases into the one that was chosen.
func merge(v *page.Visit) error {
	into, err := record.ParseID(v.Posted("into"))
	if err != nil {
		return page.NotFound()
	}
	ids := slices.DeleteFunc(mergeIDs(v.Values()["id"]), func(id record.ID) bool { return id == into })
	d, err := service.Merge(v.Ctx(), v.S, into, ids)
	return done(v, v.T("desk.did.merge", "n", len(ids)), d, err, root+"/"+mine+"/"+string(into))
}

// unmerge makes a merged case one of its own again.
func unmerge(v *page.Visit) error {
	q, id, err := args(v)
	if err != nil {
		return err
	}
	err = service.Unmerge(v.Ctx(), v.S, id)
	return done(v, v.T("desk.did.unmerge"), service.Done{}, err, q.path()+"/"+string(id))
}

// split makes a message a case of its own.
func split(v *page.Visit) error {
	q, id, err := args(v)
	if err != nil {
		return err
	}
	to := q.path() + "/" + string(id)
	m, err := record.ParseID(v.Posted("message"))
	if err != nil {
		return page.NotFound()
	}
	_, d, err := service.Split(v.Ctx(), v.S, m, v.Text("subject", 255))
	return done(v, v.T("desk.did.split"), d, err, to)
}
