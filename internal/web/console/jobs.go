package console

import (
	"context"
	"net/http"
	"strings"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/web/kit"
)

const jobsPath = "/console/setup/jobs"

// jobsShown is how many bulk jobs the page shows, the newest.
const jobsShown = 100

// A jobRow is a bulk job as the page shows it.
type jobRow struct {
	org.BulkJob
	does  string // insert Contact
	owner string
}

// going reports whether something is still to be done, or to come, for the job.
func (r *jobRow) going() bool {
	return r.State == org.BulkOpen || r.State == org.BulkUploadComplete || r.State == org.BulkInProgress
}

// share returns n of all rows in thousandths.
func (r *jobRow) share(n int64) int64 {
	total := max(r.Total, r.Processed, 1)
	if r.Exports() && r.State == org.BulkInProgress {
		return 0 // how many rows there will be is not known
	}
	return n * 1000 / total
}

// mayAdminister reports whether the person sees everybody's bulk jobs.
func (v *visit) mayAdminister() bool {
	return v.s.Can("ModifyAllData") || v.s.Can("ManageDataIntegrations")
}

// showJobs lists the bulk jobs of the API: what is loaded or exported by whom, and how far it is.
func showJobs(v *visit) error {
	if !v.mayAdminister() {
		return fault.New(fault.InsufficientAccess, "")
	}
	var jobs []org.BulkJob
	err := v.s.ReadBulk(v.ctx(), func(ctx context.Context, b *org.BulkTx) (err error) {
		jobs, err = b.Jobs(ctx, org.BulkFilter{All: true, Limit: jobsShown})
		return err
	})
	if err != nil {
		return err
	}
	rows := make([]*jobRow, len(jobs))
	going := false
	for i, j := range jobs {
		rows[i] = &jobRow{BulkJob: j, owner: v.nameOf(j.Owner)}
		what := j.Object
		if o := v.s.Catalog().Object(j.Object); o != nil {
			what = plural(o)
		}
		rows[i].does = v.ui.T("loads.does."+strings.ToLower(j.Operation), "what", what)
		going = going || rows[i].going()
	}
	title := v.ui.T("loads.title")
	return v.draw(http.StatusOK, framed(v.frame(title, "database", nil), jobsBody(v.ui, title, rows, going)))
}

// jobsLink leads to the page from that of all objects.
func (v *visit) jobsLink() kit.Link {
	return kit.Link{Icon: "database", Label: v.ui.T("loads.title"), Href: jobsPath}
}
