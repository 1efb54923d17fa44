package bulk

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// createQuery makes a job that exports. Its query is bound at once, so that a mistake is told at once.
func (c *call) createQuery() error {
	var set settings
	if err := c.decode(&set); err != nil {
		return err
	}
	if err := set.shape(); err != nil {
		return err
	}
	switch catalog.Fold(set.Operation) {
	case "query":
		set.Operation = "query"
	case "queryall":
		set.Operation = "queryAll"
	default:
		return fault.New(invalidJob, "InvalidJob : '%s' is not a valid operation", set.Operation)
	}
	if strings.TrimSpace(set.Query) == "" {
		return fault.New(invalidJob, "InvalidJob : The query is missing")
	}
	form, err := exportable(c.r.Context(), c.session, set.Query)
	if err != nil {
		return err
	}
	set.Object = form.Object
	j := newJob(c.session, c.version, &set)
	j.State, j.Header = org.BulkUploadComplete, string(csvHeader(flat(form.Shape), delimiters[j.Delimiter]))
	err = c.keep(&j, func(ctx context.Context, tx *org.Tx) error { return enqueue(ctx, tx, j.ID) })
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, infoOf(c, &j))
}

// exportable binds a query and refuses what has no place in rows of a CSV, in the words that clients look for.
func exportable(ctx context.Context, s *org.Session, soql string) (*org.QueryForm, error) {
	form, err := s.Form(ctx, soql)
	if err != nil {
		return nil, err
	}
	switch {
	case form.Shape == nil:
		return nil, fault.New(apiError, "Aggregate Relationships not supported in Bulk Query")
	case form.Children:
		return nil, fault.New(apiError, "Nested subqueries are not supported: Bulk Query does not support query with nested records")
	}
	return form, refuse(form.Shape)
}

func refuse(shape *record.Shape) error {
	for i := range shape.Items {
		it := &shape.Items[i]
		switch {
		case it.Role == record.Compound:
			return fault.New(apiError, "FUNCTIONALITY_NOT_ENABLED:Selecting compound data not supported in Bulk Query: %s", it.Key)
		case it.Role == record.Cell && it.Type == "base64":
			return fault.New(apiError, "FUNCTIONALITY_NOT_ENABLED:Selecting base64 data not supported in Bulk Query: %s", it.Key)
		case it.Role == record.Parent && it.Cases != nil:
			return fault.New(apiError, "TYPEOF is not supported: Bulk Query does not support query with it")
		case it.Role == record.Parent && it.Parent != nil:
			if err := refuse(it.Parent); err != nil {
				return err
			}
		}
	}
	return nil
}

// A flatCell is a column of an exported row: its dotted name, and where its value is.
type flatCell struct {
	name string
	col  int
	kind string // describe's type
}

// flat returns the columns of a shape, those of parents under their relationship's name.
func flat(shape *record.Shape) []flatCell { return flatten(nil, shape, "") }

func flatten(dst []flatCell, shape *record.Shape, under string) []flatCell {
	for i := range shape.Items {
		it := &shape.Items[i]
		switch {
		case it.Role == record.Cell:
			dst = append(dst, flatCell{under + it.Key, it.Col, it.Type})
		case it.Role == record.Parent && it.Parent != nil:
			dst = flatten(dst, it.Parent, under+it.Key+".")
		}
	}
	return dst
}

// csvHeader returns the header of an export, without a line end.
func csvHeader(cells []flatCell, comma byte) []byte {
	var b []byte
	for i, c := range cells {
		if i > 0 {
			b = append(b, comma)
		}
		b = appendQuoted(b, c.name)
	}
	return b
}

// appendRows appends the rows of a page as CSV.
func appendRows(dst []byte, p *record.Page, cells []flatCell, comma byte, end string) []byte {
	for row := range p.Len() {
		dst = appendRow(dst, p, row, cells, comma, end)
	}
	return dst
}

func appendRow(dst []byte, p *record.Page, row int, cells []flatCell, comma byte, end string) []byte {
	for i := range cells {
		if i > 0 {
			dst = append(dst, comma)
		}
		dst = append(dst, '"')
		k, n, scale, text := p.Raw(row, cells[i].col)
		if k == record.Text || k == record.Bytes {
			dst = appendDoubled(dst, text)
		} else {
			dst = appendPlain(dst, k, n, scale, text, cells[i].kind)
		}
		dst = append(dst, '"')
	}
	return append(dst, end...)
}

// appendDoubled appends text with its quotes doubled.
func appendDoubled(dst, text []byte) []byte {
	from := 0
	for i, b := range text {
		if b == '"' {
			dst = append(append(dst, text[from:i+1]...), '"')
			from = i + 1
		}
	}
	return append(dst, text[from:]...)
}

// appendPlain appends a value that needs no escaping.
func appendPlain(dst []byte, k record.Kind, n int64, scale uint8, text []byte, kind string) []byte {
	switch k {
	case record.Bool:
		return strconv.AppendBool(dst, n != 0)
	case record.Number:
		for scale > 0 && n%10 == 0 {
			n, scale = n/10, scale-1
		}
		dst = record.AppendDecimal(dst, n, scale)
		if scale == 0 && (kind == "double" || kind == "currency" || kind == "percent") {
			dst = append(dst, ".0"...)
		}
		return dst
	case record.Date:
		return record.AppendDate(dst, n)
	case record.DateTime:
		return append(record.AppendDateTime(dst, n), ".000Z"...)
	case record.Time:
		return record.AppendTime(dst, n)
	case record.Ref, record.Text, record.Bytes:
		return append(dst, text...)
	case record.Null:
		return dst
	default:
		return dst
	}
}

// defaultRecords is how many rows an answer has at most where the client names no number, pageRecords how many
// one of resultPages has, and pagesShown how many of those are told at once. Source: the last is the API's own.
const (
	defaultRecords = 250_000
	pageRecords    = 50_000
	pagesShown     = 5
)

// A locator is a place in the rows of an export, and how many rows are read from there.
type locator struct{ from, rows int }

func (l locator) String() string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d:%d", l.from, l.rows))
}

func parseLocator(s string) (l locator, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return l, false
	}
	from, rows, _ := strings.Cut(string(b), ":")
	l.from, err = strconv.Atoi(from)
	n, errRows := strconv.Atoi(rows)
	l.rows = n
	return l, err == nil && errRows == nil && l.from >= 0 && l.rows > 0
}

// queryResults sends rows of an export from a locator on.
func (c *call) queryResults(j *org.BulkJob) error {
	if j.State != org.BulkJobComplete {
		return fault.New(invalidJobState, "InvalidJobState : The job is %s; its results are there when it is complete", j.State)
	}
	q := c.r.URL.Query()
	at := locator{rows: defaultRecords}
	if s := q.Get("locator"); s != "" && s != "null" {
		var ok bool
		if at, ok = parseLocator(s); !ok {
			return fault.New(fault.InvalidQueryLocator, "invalid query locator")
		}
	}
	if s := q.Get("maxRecords"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n <= 0 {
			return fault.New(fault.InvalidArgument, "'%s' is not a valid maxRecords", s)
		}
		at.rows = n
	}
	pages, total, err := c.pages(j)
	if err != nil {
		return err
	}
	if at.from > total {
		return fault.New(fault.InvalidQueryLocator, "invalid query locator")
	}
	n := min(at.rows, total-at.from)
	next := "null"
	if at.from+n < total {
		next = locator{at.from + n, at.rows}.String()
	}
	h := c.w.Header()
	h.Set("Sforce-NumberOfRecords", strconv.Itoa(n))
	h.Set("Sforce-Locator", next)
	body := c.stream("text/csv")
	defer body.close()
	end := lineEndings[j.LineEnding]
	body.write(append([]byte(j.Header), end...))
	return sendRows(c.session, body, j.Upload, pages, at.from, n, delimiters[j.Delimiter])
}

// pages returns the rows of each page of an export, and of all.
func (c *call) pages(j *org.BulkJob) (pages []int, total int, err error) {
	err = c.session.ReadBulk(c.r.Context(), func(ctx context.Context, b *org.BulkTx) (err error) {
		pages, err = b.Pages(ctx, j.Upload)
		return err
	})
	for _, n := range pages {
		total += n
	}
	return pages, total, err
}

// sendRows sends n rows of an export's pages from a row on.
func sendRows(s *org.Session, to *body, upload int64, pages []int, from, n int, comma byte) error {
	seq := 0
	for seq < len(pages) && from >= pages[seq] {
		from -= pages[seq]
		seq++
	}
	for n > 0 && seq < len(pages) {
		var parts []org.BulkPart
		err := s.ReadBulk(to.ctx, func(ctx context.Context, b *org.BulkTx) (err error) {
			parts, err = b.Results(ctx, upload, seq, 4)
			return err
		})
		if err != nil || len(parts) == 0 {
			return to.broke(cmp.Or(err, error(badCSV("a page is gone"))))
		}
		for _, p := range parts {
			rows := p.Body
			if from > 0 || n < p.Rows {
				rows = someRows(rows, from, n, comma)
			}
			n -= min(n, p.Rows-from)
			from = 0
			if !to.write(rows) || n == 0 {
				return nil
			}
		}
		seq += len(parts)
	}
	return nil
}

// someRows returns up to n rows of a page, from a row on.
func someRows(page []byte, from, n int, comma byte) []byte {
	text := string(page)
	rest := text
	var values []string
	for range from {
		values, rest = nextRecord(rest, comma, values[:0])
	}
	begin := len(text) - len(rest)
	for i := 0; i < n && rest != ""; i++ {
		values, rest = nextRecord(rest, comma, values[:0])
	}
	return page[begin : len(text)-len(rest)]
}

// resultPages tells where rows of an export can be read side by side.
func (c *call) resultPages(j *org.BulkJob) error {
	if j.State != org.BulkJobComplete {
		return fault.New(invalidJobState, "InvalidJobState : The job is %s; its results are there when it is complete", j.State)
	}
	type page struct {
		URL string `json:"resultUrl"`
	}
	var list struct {
		Pages []page  `json:"resultPages"`
		Next  *string `json:"nextRecordsUrl"`
		Done  bool    `json:"done"`
	}
	from := 0
	if s := c.r.URL.Query().Get("queryLocator"); s != "" {
		at, ok := parseLocator(s)
		if !ok {
			return fault.New(fault.InvalidQueryLocator, "invalid query locator")
		}
		from = at.from
	}
	_, total, err := c.pages(j)
	if err != nil {
		return err
	}
	base := c.base + "/jobs/query/" + string(j.ID)
	for ; len(list.Pages) < pagesShown && (from < total || from == 0); from += pageRecords {
		list.Pages = append(list.Pages, page{base + "/results?locator=" + locator{from, pageRecords}.String()})
	}
	if list.Done = from >= total; !list.Done {
		next := base + "/resultPages?queryLocator=" + locator{from, pageRecords}.String()
		list.Next = &next
	}
	return c.answer(http.StatusOK, list)
}
