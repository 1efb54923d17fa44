package bulk

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"strconv"
	"strings"

	"stoa/internal/org"
	"stoa/internal/record"
)

// The limits of a batch. Source: the API's own.
const (
	maxBatchBytes = 10 << 20
	maxBatchRows  = 10_000
	maxQuery      = 100_000 // bytes of SOQL
)

// resultPrefix is the key prefix of results of exports. The id of a result is that of its batch but for that.
const resultPrefix = "752"

func resultID(batch record.ID) record.ID {
	id, _ := record.ParseID(resultPrefix + batch.Short()[3:])
	return id
}

// addBatch takes a batch. What is wrong with its content is told by the batch.
func (c *async) addBatch(j *org.BulkJob) error {
	if j.State != org.BulkOpen {
		return refusedAs("InvalidJobState", "Trying to add a batch to a job that is "+string(j.State))
	}
	from, err := plainBody(c.w, c.r, maxBatchBytes)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(from)
	if err != nil {
		return unreadable(err)
	}
	if len(text) == 0 {
		return refusedAs("InvalidBatch", "The batch is empty")
	}
	b := org.BulkBatch{Job: j.ID, State: org.BulkQueued}
	if j.Exports() {
		if len(text) > maxQuery {
			return refusedAs("InvalidBatch", "The query is longer than "+strconv.Itoa(maxQuery)+" characters")
		}
		b.Query = strings.ToValidUTF8(string(text), "\ufffd")
	}
	open := false
	err = c.session.Do(c.r.Context(), func(ctx context.Context, tx *org.Tx) (err error) {
		t := tx.Bulk()
		if open, err = t.Move(ctx, j.ID, org.BulkOpen, "", org.BulkOpen); err != nil || !open {
			return err // the row stays locked, so that batches are numbered one by one
		}
		if b.Upload, err = t.NewUpload(ctx); err != nil {
			return err
		}
		for seq, rest := 0, text; len(rest) > 0 && !j.Exports(); seq++ {
			n := min(len(rest), partBytes)
			if err := t.PutParts(ctx, b.Upload, org.BulkPart{Seq: seq, Body: rest[:n]}); err != nil {
				return err
			}
			rest = rest[n:]
		}
		if err := t.AddBatch(ctx, &b); err != nil {
			return err
		}
		return enqueue(ctx, tx, j.ID)
	})
	if err != nil {
		return err
	}
	if !open {
		return refusedAs("InvalidJobState", "Trying to add a batch to a job that is no longer open")
	}
	return c.answerBatch(http.StatusCreated, &b)
}

// batch returns the batch of a job that a path names.
func (c *async) batch(j *org.BulkJob, text string) (*org.BulkBatch, error) {
	id, err := record.ParseID(text)
	if err != nil {
		return nil, refusedAs("InvalidBatch", "Invalid batch id: "+text)
	}
	var b org.BulkBatch
	found := false
	err = c.session.ReadBulk(c.r.Context(), func(ctx context.Context, t *org.BulkTx) (err error) {
		b, found, err = t.Batch(ctx, j.ID, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, refusedAs("InvalidBatch", "Invalid batch id: "+text)
	}
	return &b, nil
}

func (c *async) batchPairs(b *org.BulkBatch) []pair {
	var why any
	if b.Error != "" {
		why = b.Error
	}
	return []pair{
		{"id", string(b.ID)}, {"jobId", string(b.Job)}, {"state", string(b.State)}, {"stateMessage", why}, {"createdDate", c.moment(b.Created)},
		{"systemModstamp", c.moment(b.Modified)}, {"numberRecordsProcessed", b.Processed}, {"numberRecordsFailed", b.Failed},
		{"totalProcessingTime", b.Millis}, {"apiActiveProcessingTime", b.Millis}, {"apexProcessingTime", int64(0)},
	}
}

func (c *async) answerBatch(status int, b *org.BulkBatch) error {
	c.pairs(status, "batchInfo", c.batchPairs(b), asyncJSON)
	return nil
}

func (c *async) listBatches(j *org.BulkJob) error {
	var batches []org.BulkBatch
	err := c.session.ReadBulk(c.r.Context(), func(ctx context.Context, t *org.BulkTx) (err error) {
		batches, err = t.Batches(ctx, j.ID, 0)
		return err
	})
	if err != nil {
		return err
	}
	all := make([][]pair, len(batches))
	for i := range batches {
		all[i] = c.batchPairs(&batches[i])
	}
	c.list("batchInfoList", "batchInfo", all)
	return nil
}

// typeOf is what data of a job's format are served as.
func typeOf(format string) string {
	switch format {
	case "CSV":
		return "text/csv"
	case "JSON":
		return asyncJSON
	case "ZIP_CSV", "ZIP_JSON", "ZIP_XML":
		return "application/zip"
	default:
		return "application/xml"
	}
}

// request sends what was sent.
func (c *async) request(j *org.BulkJob, b *org.BulkBatch) error {
	to := c.stream(typeOf(j.Format))
	defer to.close()
	to.write([]byte(b.Query))
	for from := 0; ; from += readAhead {
		parts, err := c.parts(to.ctx, b.Upload, from)
		if err != nil {
			return to.broke(err)
		}
		for _, p := range parts {
			to.write(p.Body)
		}
		if len(parts) < readAhead {
			return nil
		}
	}
}

func (c *async) parts(ctx context.Context, upload int64, from int) (parts []org.BulkPart, err error) {
	err = c.session.ReadBulk(ctx, func(ctx context.Context, t *org.BulkTx) (err error) {
		parts, err = t.Parts(ctx, upload, from, readAhead)
		return err
	})
	return parts, err
}

// results sends what became of a batch: the rows' outcomes, or of an export the ids of what it found.
func (c *async) results(j *org.BulkJob, b *org.BulkBatch) error {
	if b.State != org.BulkCompleted {
		return refusedAs("InvalidBatch", "Batch not completed")
	}
	if j.Exports() {
		if c.json {
			c.head(asyncJSON)
			_, _ = c.w.Write([]byte(`["` + resultID(b.ID) + `"]`))
			return nil
		}
		c.pairs(http.StatusOK, "result-list", []pair{{"result", string(resultID(b.ID))}}, asyncJSON)
		return nil
	}
	format := strings.TrimPrefix(j.Format, "ZIP_")
	to := c.stream(typeOf(format))
	defer to.close()
	w := outcomeWriter(format)
	to.write(w.open())
	for from := 0; ; from += resultParts {
		var results []org.BulkPart
		err := c.session.ReadBulk(to.ctx, func(ctx context.Context, t *org.BulkTx) (err error) {
			results, err = t.Results(ctx, b.Upload, from, resultParts)
			return err
		})
		if err != nil {
			return to.broke(err)
		}
		for _, r := range results {
			var buf []byte
			for o, rest, ok := nextOutcome(r.Body); ok; o, rest, ok = nextOutcome(rest) {
				buf = w.row(buf, &o)
			}
			to.write(buf)
		}
		if len(results) < resultParts {
			to.write(w.close())
			return nil
		}
	}
}

// An outcomes writes what became of the rows of a batch.
type outcomes struct {
	format string
	begun  bool
}

func outcomeWriter(format string) *outcomes { return &outcomes{format: format} }

func (w *outcomes) open() []byte {
	switch w.format {
	case "CSV":
		return []byte("\"Id\",\"Success\",\"Created\",\"Error\"\n")
	case "JSON":
		return []byte("[")
	default:
		return []byte(xml.Header + `<results xmlns="` + dataload + `">`)
	}
}

func (w *outcomes) close() []byte {
	switch w.format {
	case "CSV":
		return nil
	case "JSON":
		return []byte("]")
	default:
		return []byte("</results>")
	}
}

func (w *outcomes) row(dst []byte, o *outcome) []byte {
	success, created := o.how != rowFailed, o.how == rowCreated
	switch w.format {
	case "CSV":
		dst = append(appendQuoted(dst, o.id), ',')
		dst = append(appendQuoted(dst, strconv.FormatBool(success)), ',')
		dst = append(appendQuoted(dst, strconv.FormatBool(created)), ',')
		return append(appendQuoted(dst, o.reason()), '\n')
	case "JSON":
		if w.begun {
			dst = append(dst, ',')
		}
		w.begun = true
		var id *string
		if o.id != "" {
			id = &o.id
		}
		b, _ := json.Marshal(struct { // holds nothing that cannot be written
			Success bool       `json:"success"`
			Created bool       `json:"created"`
			ID      *string    `json:"id"`
			Errors  []rowError `json:"errors"`
		}{success, created, id, o.errors()})
		return append(dst, b...)
	default:
		dst = append(dst, "<result>"...)
		for _, e := range o.errors() {
			dst = append(dst, "<errors>"...)
			for _, f := range e.Fields {
				dst = appendLeaf(dst, "fields", []byte(f))
			}
			dst = appendLeaf(dst, "message", []byte(e.Message))
			dst = append(appendLeaf(dst, "statusCode", []byte(e.Code)), "</errors>"...)
		}
		if o.id != "" {
			dst = appendLeaf(dst, "id", []byte(o.id))
		}
		dst = appendLeaf(dst, "success", strconv.AppendBool(nil, success))
		return append(appendLeaf(dst, "created", strconv.AppendBool(nil, created)), "</result>"...)
	}
}

// exported sends the rows of an export.
func (c *async) exported(j *org.BulkJob, b *org.BulkBatch, result string) error {
	id, err := record.ParseID(result)
	if err != nil || !j.Exports() || b.State != org.BulkCompleted || id != resultID(b.ID) {
		return refusedAs("InvalidBatch", "Invalid result id: "+result)
	}
	var pages []int
	var header string
	err = c.session.ReadBulk(c.r.Context(), func(ctx context.Context, t *org.BulkTx) (err error) {
		if pages, err = t.Pages(ctx, b.Upload); err != nil {
			return err
		}
		head, err := t.Parts(ctx, b.Upload, 0, 1)
		if len(head) > 0 {
			header = string(head[0].Body)
		}
		return err
	})
	if err != nil {
		return err
	}
	to := c.stream(typeOf(j.Format))
	defer to.close()
	open, end := "", ""
	switch j.Format {
	case "CSV":
		if open = header + "\n"; len(pages) == 0 {
			open = "Records not found for this query"
		}
	case "JSON":
		open, end = "[", "]"
	default:
		open = xml.Header + `<queryResult xmlns="` + dataload + `" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">`
		end = "</queryResult>"
	}
	to.write([]byte(open))
	for seq := range pages {
		var page []org.BulkPart
		err := c.session.ReadBulk(to.ctx, func(ctx context.Context, t *org.BulkTx) (err error) {
			page, err = t.Results(ctx, b.Upload, seq, 1)
			return err
		})
		if err != nil || len(page) == 0 {
			return to.broke(err)
		}
		if j.Format == "JSON" && seq > 0 {
			to.write([]byte(","))
		}
		if !to.write(page[0].Body) {
			return nil
		}
	}
	to.write([]byte(end))
	return nil
}
