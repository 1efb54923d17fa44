package bulk

import (
	"cmp"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"stoa/internal/engine/catalog"
	"stoa/internal/org"
)

// formats are the values of a job's contentType.
var formats = map[string]bool{"CSV": true, "JSON": true, "XML": true, "ZIP_CSV": true, "ZIP_JSON": true, "ZIP_XML": true}

// members reads the members of a small object, in JSON or XML as the caller writes it.
func (c *async) members() (map[string]string, error) {
	from, err := plainBody(c.w, c.r, maxSettings)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(from)
	if err != nil {
		return nil, unreadable(err)
	}
	if !c.json {
		return xmlMembers(text)
	}
	var raw map[string]any
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, refusedAs("InvalidJob", "Unable to parse Job")
	}
	all := map[string]string{}
	for name, v := range raw {
		switch v := v.(type) {
		case string:
			all[name] = v
		case float64:
			all[name] = strconv.FormatFloat(v, 'f', -1, 64)
		case bool:
			all[name] = strconv.FormatBool(v)
		}
	}
	return all, nil
}

// xmlMembers reads the children of the root element.
func xmlMembers(text []byte) (map[string]string, error) {
	all := map[string]string{}
	d := xml.NewDecoder(strings.NewReader(string(text)))
	depth, name := 0, ""
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) && depth == 0 {
			return all, nil
		}
		if err != nil {
			return nil, refusedAs("InvalidJob", "Unable to parse Job")
		}
		switch t := t.(type) {
		case xml.StartElement:
			if depth++; depth > 3 {
				return nil, refusedAs("InvalidJob", "Unable to parse Job")
			}
			name = t.Name.Local
		case xml.EndElement:
			depth--
		case xml.CharData:
			if depth == 2 {
				all[name] += string(t)
			}
		}
	}
}

// createJob makes a job without data.
func (c *async) createJob() error {
	m, err := c.members()
	if err != nil {
		return err
	}
	set := settings{
		Object: m["object"], Operation: m["operation"], ExternalID: m["externalIdFieldName"], Assignment: m["assignmentRuleId"],
		ContentType: strings.ToUpper(m["contentType"]), Delimiter: "COMMA", LineEnding: "LF",
	}
	if set.ContentType == "" {
		set.ContentType = "XML"
		if c.json {
			set.ContentType = "JSON"
		}
	}
	if !formats[set.ContentType] {
		return refusedAs("InvalidJob", "Unable to find content type "+m["contentType"])
	}
	opt := options{Assignment: set.Assignment}
	switch op := catalog.Fold(set.Operation); op {
	case "query", "queryall":
		set.Operation = map[string]string{"query": "query", "queryall": "queryAll"}[op]
		o := c.session.Catalog().Object(set.Object)
		if o == nil || !c.session.Rights(o).Read {
			return refusedAs("InvalidEntity", "Entity '"+set.Object+"' is not supported by the Bulk API.")
		}
		set.Object = o.Name
		if opt.PKChunk, err = pkChunk(c.r.Header.Get("Sforce-Enable-PKChunking")); err != nil {
			return err
		}
	default:
		if err := set.target(c.session); err != nil {
			return err
		}
	}
	j := newJob(c.session, c.version, &set)
	j.API = 1
	if mode := m["concurrencyMode"]; strings.EqualFold(mode, "Serial") || mode == "1" {
		j.Concurrency = "Serial"
	}
	if opt != (options{}) {
		b, err := json.Marshal(opt)
		if err != nil {
			return err
		}
		j.Options = string(b)
	}
	if err := c.keep(&j, nil); err != nil {
		return err
	}
	return c.answerJob(http.StatusCreated, &j)
}

// The ids in a batch of an export that is cut by ids. Source: the API's own default and limit.
const (
	chunkDefault = 100_000
	chunkMax     = 250_000
)

// pkChunk reads Sforce-Enable-PKChunking: TRUE, or chunkSize=50000; parent=Account.
func pkChunk(header string) (int, error) {
	if header == "" || strings.EqualFold(header, "false") {
		return 0, nil
	}
	size := chunkDefault
	for part := range strings.SplitSeq(header, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if !strings.EqualFold(strings.TrimSpace(name), "chunkSize") {
			continue
		}
		n, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil || n < 1 || n > chunkMax {
			return 0, refusedAs("InvalidJob", "chunkSize must be between 1 and "+strconv.Itoa(chunkMax))
		}
		size = n
	}
	return size, nil
}

// moment writes a time as the caller's format has it.
func (c *async) moment(t time.Time) string {
	if c.json {
		return stamp(t)
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

func (c *async) jobPairs(ctx context.Context, j *org.BulkJob) ([]pair, error) {
	var states map[org.BulkState]int
	err := c.session.ReadBulk(ctx, func(ctx context.Context, b *org.BulkTx) (err error) {
		states, err = b.CountStates(ctx, j.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	total := 0
	for s, n := range states {
		if s != org.BulkNotProcessed { // clients wait until as many have ended
			total += n
		}
	}
	count := func(s org.BulkState) any { return int64(states[s]) }
	var external any
	if j.ExternalID != "" {
		external = j.ExternalID
	}
	state := j.State
	if state == org.BulkUploadComplete || state == org.BulkInProgress {
		state = org.BulkClosed
	}
	return []pair{
		{"id", string(j.ID)}, {"operation", j.Operation}, {"object", j.Object}, {"createdById", string(j.Owner)}, {"createdDate", c.moment(j.Created)},
		{"systemModstamp", c.moment(j.Modified)}, {"state", string(state)}, {"externalIdFieldName", external}, {"concurrencyMode", j.Concurrency},
		{"contentType", j.Format}, {"numberBatchesQueued", count(org.BulkQueued)}, {"numberBatchesInProgress", count(org.BulkInProgress)},
		{"numberBatchesCompleted", count(org.BulkCompleted)}, {"numberBatchesFailed", count(org.BulkFailed)}, {"numberBatchesTotal", int64(total)},
		{"numberRecordsProcessed", j.Processed}, {"numberRetries", int64(j.Retries)}, {"apiVersion", decimal(j.Version)},
		{"numberRecordsFailed", j.Failed}, {"totalProcessingTime", j.Millis}, {"apiActiveProcessingTime", j.Millis}, {"apexProcessingTime", int64(0)},
	}, nil
}

func (c *async) answerJob(status int, j *org.BulkJob) error {
	all, err := c.jobPairs(c.r.Context(), j)
	if err != nil {
		return err
	}
	c.pairs(status, "jobInfo", all, asyncJSON)
	return nil
}

// changeJob closes a job or gives it up.
func (c *async) changeJob(j *org.BulkJob) error {
	m, err := c.members()
	if err != nil {
		return err
	}
	var to org.BulkState
	var from []org.BulkState
	switch catalog.Fold(m["state"]) {
	case "closed":
		to, from = org.BulkClosed, []org.BulkState{org.BulkOpen, org.BulkClosed}
	case "aborted":
		to, from = org.BulkAborted, []org.BulkState{org.BulkOpen, org.BulkClosed, org.BulkAborted}
	default:
		return refusedAs("InvalidJobState", "'"+m["state"]+"' is not a state that a job can be given")
	}
	moved := false
	err = c.session.Do(c.r.Context(), func(ctx context.Context, tx *org.Tx) (err error) {
		if moved, err = tx.Bulk().Move(ctx, j.ID, to, "", from...); err != nil || !moved {
			return err
		}
		if to == org.BulkAborted {
			return tx.Bulk().DropBatches(ctx, j.ID)
		}
		return enqueue(ctx, tx, j.ID)
	})
	if err != nil {
		return err
	}
	if !moved {
		return refusedAs("InvalidJobState", "The job is "+string(j.State)+", so that it cannot become "+string(to))
	}
	if j, err = jobByID(c.r.Context(), c.session, j.ID); err != nil || j == nil {
		return cmp.Or(err, refusedAs("InvalidJob", "The job is gone"))
	}
	return c.answerJob(http.StatusOK, j)
}

// listJobs tells of the newest jobs of version 1.
func (c *async) listJobs() error {
	var jobs []org.BulkJob
	err := c.session.ReadBulk(c.r.Context(), func(ctx context.Context, b *org.BulkTx) (err error) {
		jobs, err = b.Jobs(ctx, org.BulkFilter{All: true, API: 1, Limit: listPage})
		return err
	})
	if err != nil {
		return err
	}
	all := make([][]pair, len(jobs))
	for i := range jobs {
		if all[i], err = c.jobPairs(c.r.Context(), &jobs[i]); err != nil {
			return err
		}
	}
	c.list("jobInfoList", "jobInfo", all)
	return nil
}

// list answers several objects.
func (c *async) list(name, each string, all [][]pair) {
	var out []byte
	if c.json {
		c.head(asyncJSON)
		out = append(append(append(out, `{"`...), each...), `":[`...)
		for i, p := range all {
			if i > 0 {
				out = append(out, ',')
			}
			out = appendObject(out, p)
		}
		out = append(out, "]}"...)
	} else {
		c.head("application/xml")
		out = append(out, xml.Header...)
		out = append(append(append(out, '<'), name...), ` xmlns="`+dataload+`">`...)
		for _, p := range all {
			out = appendElement(out, each, p, false)
		}
		out = append(append(append(out, "</"...), name...), '>')
	}
	c.w.WriteHeader(http.StatusOK)
	if c.r.Method != http.MethodHead {
		_, _ = c.w.Write(out) // the client is gone: nobody to tell
	}
}
