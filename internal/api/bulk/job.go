package bulk

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// settings are what a client says of a new job, or of a change of one.
type settings struct {
	Object      string `json:"object"`
	Operation   string `json:"operation"`
	ExternalID  string `json:"externalIdFieldName"`
	Delimiter   string `json:"columnDelimiter"`
	LineEnding  string `json:"lineEnding"`
	ContentType string `json:"contentType"`
	Assignment  string `json:"assignmentRuleId"`
	Query       string `json:"query"`
	State       string `json:"state"`
}

// options are what a job keeps for this package alone.
type options struct {
	Assignment string `json:"assignmentRuleId,omitempty"`
	PKChunk    int    `json:"pkChunk,omitempty"` // ids in a batch of an export, 0 for one batch
	Parent     string `json:"parent,omitempty"`
}

// An info is a job as version 2 tells of it.
type info struct {
	ID                  record.ID `json:"id"`
	Operation           string    `json:"operation"`
	Object              string    `json:"object"`
	CreatedByID         record.ID `json:"createdById"`
	CreatedDate         string    `json:"createdDate"`
	SystemModstamp      string    `json:"systemModstamp"`
	State               string    `json:"state"`
	ExternalIDFieldName string    `json:"externalIdFieldName,omitempty"`
	ConcurrencyMode     string    `json:"concurrencyMode"`
	ContentType         string    `json:"contentType"`
	APIVersion          decimal   `json:"apiVersion"`
	ContentURL          string    `json:"contentUrl,omitempty"`
	LineEnding          string    `json:"lineEnding"`
	ColumnDelimiter     string    `json:"columnDelimiter"`
	AssignmentRuleID    string    `json:"assignmentRuleId,omitempty"`
	JobType             string    `json:"jobType,omitempty"`
	Processed           *int64    `json:"numberRecordsProcessed,omitempty"`
	Failed              *int64    `json:"numberRecordsFailed,omitempty"`
	Retries             *int      `json:"retries,omitempty"`
	TotalTime           *int64    `json:"totalProcessingTime,omitempty"`
	ActiveTime          *int64    `json:"apiActiveProcessingTime,omitempty"`
	ApexTime            *int64    `json:"apexProcessingTime,omitempty"`
	ErrorMessage        string    `json:"errorMessage,omitempty"`
	PKChunking          *bool     `json:"isPkChunkingSupported,omitempty"`
}

// A decimal is a version as the API writes it: 66.0.
type decimal int

// MarshalJSON writes one place.
func (d decimal) MarshalJSON() ([]byte, error) {
	return append(record.AppendDecimal(nil, int64(d), 0), ".0"...), nil
}

// infoOf tells of a job.
func infoOf(c *call, j *org.BulkJob) info {
	i := info{
		ID: j.ID, Operation: j.Operation, Object: j.Object, CreatedByID: j.Owner, CreatedDate: stamp(j.Created), SystemModstamp: stamp(j.Modified),
		State: string(j.State), ExternalIDFieldName: j.ExternalID, ConcurrencyMode: j.Concurrency, ContentType: j.Format, APIVersion: decimal(j.Version),
		LineEnding: j.LineEnding, ColumnDelimiter: j.Delimiter, JobType: "V2Ingest",
		Processed: &j.Processed, Retries: &j.Retries, TotalTime: &j.Millis,
	}
	i.AssignmentRuleID = optionsOf(j).Assignment
	switch {
	case j.API == 1:
		i.JobType = "Classic"
	case j.Exports():
		yes := true
		i.JobType, i.PKChunking = "V2Query", &yes
		if j.State == org.BulkUploadComplete {
			i.Processed, i.Retries, i.TotalTime = nil, nil, nil
		}
	default:
		none := int64(0)
		i.Failed, i.ActiveTime, i.ApexTime = &j.Failed, &j.Millis, &none
		if j.State == org.BulkOpen {
			i.ContentURL = strings.TrimPrefix(c.base, "/") + "/jobs/ingest/" + string(j.ID) + "/batches"
		}
	}
	if j.State == org.BulkFailed {
		i.ErrorMessage = j.Error
	}
	return i
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000+0000") }

// jobByID returns a job that the session may see, nil where there is none.
func jobByID(ctx context.Context, s *org.Session, id record.ID) (found *org.BulkJob, err error) {
	err = s.ReadBulk(ctx, func(ctx context.Context, b *org.BulkTx) error {
		j, ok, err := b.Job(ctx, id)
		if ok {
			found = &j
		}
		return err
	})
	return found, err
}

// shape checks how the data of a job are written, and fills in what was left out.
func (set *settings) shape() error {
	set.Delimiter = strings.ToUpper(cmp.Or(set.Delimiter, "COMMA"))
	set.LineEnding = strings.ToUpper(cmp.Or(set.LineEnding, "LF"))
	set.ContentType = strings.ToUpper(cmp.Or(set.ContentType, "CSV"))
	switch {
	case delimiters[set.Delimiter] == 0:
		return fault.New(invalidJob, "InvalidJob : '%s' is not a valid columnDelimiter", set.Delimiter)
	case lineEndings[set.LineEnding] == "":
		return fault.New(invalidJob, "InvalidJob : '%s' is not a valid lineEnding", set.LineEnding)
	case set.ContentType != "CSV":
		return fault.New(invalidJob, "InvalidJob : '%s' is not a valid contentType, CSV is", set.ContentType)
	}
	return nil
}

// operations are those that write, by their folded names.
var operations = map[string]string{"insert": "insert", "update": "update", "upsert": "upsert", "delete": "delete", "harddelete": "hardDelete"}

// target checks what a job does to which object. The codes are those of version 2.
func (set *settings) target(s *org.Session) error {
	o := s.Catalog().Object(set.Object)
	if set.Object == "" {
		return fault.New(invalidJob, "InvalidJob : Object is required")
	}
	if o == nil || !s.Rights(o).Read && !s.Rights(o).Create || o.Table == "" {
		return fault.New(invalidEntity, "InvalidEntity : Entity '%s' is not supported by the Bulk API.", set.Object)
	}
	set.Object = o.Name
	op, ok := operations[catalog.Fold(set.Operation)]
	if !ok {
		return fault.New(invalidJob, "InvalidJob : '%s' is not a valid operation", set.Operation)
	}
	set.Operation = op
	may := true
	switch op {
	case "insert":
		may = o.Createable
	case "update":
		may = o.Updateable
	case "upsert":
		may = o.Createable || o.Updateable
	case "delete", "hardDelete":
		may = o.Deletable
	}
	if !may {
		return fault.New(invalidEntity, "InvalidEntity : Entity '%s' does not support %s by the Bulk API.", o.Name, op)
	}
	if op == "hardDelete" && !s.Can("BulkApiHardDelete") {
		return errHardDelete
	}
	if op != "upsert" {
		set.ExternalID = ""
		return nil
	}
	f := o.Field(set.ExternalID)
	switch {
	case set.ExternalID == "":
		return fault.New(invalidJob, "InvalidJob : External ID was blank for %s. An External ID must be specified for upsert.", o.Name)
	case f == nil || !s.CanRead(f) || f.Column == "" || f.Name != "Id" && !f.ExternalID && !f.IDLookup:
		return fault.New(invalidJob, "InvalidJob : Field name provided, %s does not match an External ID, Salesforce Id, or indexed field for %s", set.ExternalID, o.Name)
	}
	set.ExternalID = f.Name
	return nil
}

// newJob returns a job of the session's.
func newJob(s *org.Session, version int, set *settings) org.BulkJob {
	return org.BulkJob{
		API: 2, Operation: set.Operation, Object: set.Object, ExternalID: set.ExternalID, Query: set.Query, Format: set.ContentType,
		Delimiter: set.Delimiter, LineEnding: set.LineEnding, Concurrency: "Parallel", Version: version,
		Owner: s.Actor().User, Purpose: s.Purpose(), App: s.Actor().App, State: org.BulkOpen,
	}
}

// listPage is how many jobs a list shows at once. Source: the API's own.
const listPage = 1000

// list tells of jobs, the newest first.
func (c *call) list(exports bool) error {
	q := c.r.URL.Query()
	f := org.BulkFilter{Exports: exports, Limit: listPage + 1}
	if exports {
		f.API = 2
	}
	switch catalog.Fold(q.Get("jobType")) {
	case "":
	case "classic":
		f.API, f.All = 1, true
	case "v2ingest":
		f.API, f.Exports = 2, false
	case "v2query":
		f.API, f.Exports = 2, true
	case "bigobjectingest":
		return c.answer(http.StatusOK, jobList{Done: true, Records: []info{}})
	default:
		return fault.New(fault.InvalidArgument, "'%s' is not a valid jobType", q.Get("jobType"))
	}
	if at := q.Get("queryLocator"); at != "" {
		id, err := record.ParseID(at)
		if err != nil {
			return fault.New(fault.InvalidQueryLocator, "invalid query locator")
		}
		f.Before = id
	}
	var jobs []org.BulkJob
	err := c.session.ReadBulk(c.r.Context(), func(ctx context.Context, b *org.BulkTx) (err error) {
		jobs, err = b.Jobs(ctx, f)
		return err
	})
	if err != nil {
		return err
	}
	l := jobList{Done: true, Records: make([]info, 0, len(jobs))}
	if len(jobs) > listPage {
		jobs = jobs[:listPage]
		q.Set("queryLocator", string(jobs[listPage-1].ID))
		next := c.base + "/jobs/" + map[bool]string{true: "query", false: "ingest"}[exports] + "?" + url.Values(q).Encode()
		l.Done, l.Next = false, &next
	}
	for i := range jobs {
		l.Records = append(l.Records, infoOf(c, &jobs[i]))
	}
	return c.answer(http.StatusOK, l)
}

type jobList struct {
	Done    bool    `json:"done"`
	Records []info  `json:"records"`
	Next    *string `json:"nextRecordsUrl"`
}

// change says that an upload is complete, or gives a job up.
func (c *call) change(j *org.BulkJob) error {
	var set settings
	if err := c.decode(&set); err != nil {
		return err
	}
	var to org.BulkState
	var from []org.BulkState
	switch {
	case catalog.Fold(set.State) == "uploadcomplete" && !j.Exports():
		to, from = org.BulkUploadComplete, []org.BulkState{org.BulkOpen}
	case catalog.Fold(set.State) == "aborted":
		to, from = org.BulkAborted, []org.BulkState{org.BulkOpen, org.BulkUploadComplete, org.BulkInProgress}
	default:
		return fault.New(invalidJobState, "InvalidJobState : '%s' is not a state that a job can be given", set.State)
	}
	moved := false
	err := c.session.Do(c.r.Context(), func(ctx context.Context, tx *org.Tx) (err error) {
		if moved, err = tx.Bulk().Move(ctx, j.ID, to, j.Error, from...); err != nil || !moved || to == org.BulkAborted {
			return err
		}
		return enqueue(ctx, tx, j.ID)
	})
	if err != nil {
		return err
	}
	if j, err = jobByID(c.r.Context(), c.session, j.ID); err != nil || j == nil {
		return cmp.Or(err, notFound())
	}
	if !moved {
		return fault.New(invalidJobState, "InvalidJobState : The job is %s, so that it cannot become %s", j.State, to)
	}
	return c.answer(http.StatusOK, infoOf(c, j))
}

// remove removes a job that nothing is done for.
func (c *call) remove(j *org.BulkJob) error {
	if j.State == org.BulkInProgress || j.State == org.BulkOpen {
		return fault.New(invalidJobState, "InvalidJobState : A job that is %s cannot be deleted. Abort it first.", j.State)
	}
	err := c.session.Do(c.r.Context(), func(ctx context.Context, tx *org.Tx) error {
		if err := tx.Bulk().Remove(ctx, j); err != nil {
			return err
		}
		return tx.Enqueue(ctx, org.Job{Kind: kindSweep, Key: "removed"})
	})
	if err != nil {
		return err
	}
	c.head("")
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}
