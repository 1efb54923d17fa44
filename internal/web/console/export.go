package console

import (
	"bufio"
	"encoding/csv"
	"net/http"
	"slices"
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/kit"
)

// exportRows is how many rows an export reads at once.
const exportRows = 2000

// export writes the list as CSV, all rows of it, a batch at a time; what has
// been read is on its way before the next batch is.
func export(v *visit) error {
	o, err := v.object()
	if err != nil {
		return err
	}
	st, _, err := v.stateOf(o, v.r.URL.Query())
	if err != nil {
		return err
	}
	rd := newReader(v.s, o)
	fields := slices.Clone(rd.fields(st.columns...))
	order, path := st.order(v.s)
	if path != "" {
		rd.item(path)
	}
	where, words, err := st.where(v)
	if err != nil {
		return err
	}
	soql := "SELECT " + rd.list() + " FROM " + o.Name + where + order
	opt := org.QueryOptions{BatchSize: exportRows, NoTotal: true, Words: words}
	res, err := v.s.Query(v.ctx(), soql, opt)
	if err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+strings.ToLower(o.Name)+"-"+v.ui.In(v.ui.Now).Format("2006-01-02")+`.csv"`)
	buf := bufio.NewWriter(v.w)
	out := csv.NewWriter(buf)
	head := []string{"Id"}
	for _, f := range fields {
		head = append(head, columnLabel(f))
	}
	_ = out.Write(head)
	for {
		for i := range res.Len() {
			row := []string{string(rd.id(res, i))}
			for _, f := range fields {
				row = append(row, v.exported(rd.value(res, i, f), f))
			}
			if err := out.Write(row); err != nil {
				return nil // the person went away
			}
		}
		out.Flush()
		if buf.Flush() != nil || http.NewResponseController(v.w).Flush() != nil || res.Done() || res.Len() == 0 {
			return nil
		}
		last := res.Len() - 1
		opt.After = []record.Value{record.OfID(rd.id(res, last))}
		if path != "" {
			opt.After = []record.Value{get(res, last, path), opt.After[0]}
		}
		if res, err = v.s.Query(v.ctx(), soql, opt); err != nil {
			return nil // the head is out: the file ends short, and the log has the request
		}
	}
}

// exported returns a value as a cell of a spreadsheet. Text that a spreadsheet
// would take for a formula gets an apostrophe before it.
func (v *visit) exported(val kit.Value, f *catalog.Field) string {
	s := val.Value.String()
	switch val.Kind() {
	case record.DateTime:
		return v.ui.In(val.Instant()).Format("2006-01-02 15:04")
	case record.Ref:
		if val.Ref.Name != "" {
			s = val.Ref.Name
		}
	case record.Text, record.Null, record.Bytes:
	case record.Bool, record.Number, record.Date, record.Time:
		return s
	default:
		return s
	}
	if isCompound(f) {
		s = kit.Text(v.ui, val)
	}
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
