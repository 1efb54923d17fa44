package dml

import (
	"context"
	"fmt"
	"strings"

	"stoa/internal/record"
)

// deriveOpportunity follows the stage (OpportunityStage): closed, won, the
// probability where nobody gave one, the forecast category; and the amount and close date.
func deriveOpportunity(ctx context.Context, b *Batch) error {
	if b.anyChanged("StageName") {
		stages, err := statuses(ctx, b, "OpportunityStage", "IsClosed", "IsWon", "DefaultProbability", "ForecastCategory", "ForecastCategoryName")
		if err != nil {
			return err
		}
		for _, r := range b.Rows {
			if r.Changed(b.Field("StageName")) {
				r.followStage(stages)
			}
		}
	}
	for _, r := range b.Rows {
		r.expectRevenue()
		r.placeInYear()
	}
	return nil
}

func (r *Row) followStage(stages map[string][]record.Value) {
	name := record.Fold(r.get("StageName").Text())
	row, ok := stages[name]
	if !ok {
		won := name == "closed won"
		closed := won || name == "closed lost"
		row = []record.Value{record.OfBool(closed), record.OfBool(won), {}, record.OfText("Pipeline"), record.OfText("Pipeline")}
		switch {
		case won:
			row[2], row[3], row[4] = record.OfInt(100), record.OfText("Closed"), record.OfText("Closed")
		case closed:
			row[2], row[3], row[4] = record.OfInt(0), record.OfText("Omitted"), record.OfText("Omitted")
		}
	}
	r.set("IsClosed", row[0])
	r.set("IsWon", row[1])
	if f := r.batch.Field("Probability"); f != nil && !r.says("Probability") && !row[2].IsNull() {
		r.Set(f, row[2])
		r.given[r.batch.form.at[f]] = false
	}
	r.set("ForecastCategory", row[3])
	if !r.says("ForecastCategoryName") && !row[4].IsNull() {
		r.set("ForecastCategoryName", row[4])
	}
	if r.old != nil {
		r.set("LastStageChangeDate", record.OfInstant(r.batch.Tx.Now()))
	}
}

// expectRevenue multiplies amount and probability.
func (r *Row) expectRevenue() {
	f := r.batch.Field("ExpectedRevenue")
	amount, p := r.get("Amount"), r.get("Probability")
	if f == nil {
		return
	}
	if amount.IsNull() || p.IsNull() {
		r.set(f.Name, record.Value{})
		return
	}
	a, as := amount.Decimal()
	n, ps := p.Decimal()
	if a != 0 && abs(n) > 1<<62/abs(a) {
		return
	}
	if m, ok := record.Rescale(a*n, as+ps+2, uint8(f.Scale)); ok {
		r.set(f.Name, record.OfDecimal(m, uint8(f.Scale)))
	}
}

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}

// placeInYear fills the fiscal period of the close date, by calendar quarters.
func (r *Row) placeInYear() {
	d := r.get("CloseDate")
	if d.IsNull() {
		return
	}
	t := d.Instant()
	quarter := (int(t.Month()) + 2) / 3
	r.set("FiscalYear", record.OfInt(int64(t.Year())))
	r.set("FiscalQuarter", record.OfInt(int64(quarter)))
	r.set("Fiscal", record.OfText(fmt.Sprintf("%d %d", t.Year(), quarter)))
}

// opportunityContacts makes the contact that an opportunity was created with its primary contact role.
func opportunityContacts(ctx context.Context, b *Batch) error {
	f := b.Field("ContactId")
	if !b.Insert || f == nil || b.Env.Snapshot.Object("OpportunityContactRole") == nil {
		return nil
	}
	var drafts []record.Draft
	for _, r := range b.Rows {
		if v := r.Get(f); !v.IsNull() {
			drafts = append(drafts, *(&record.Draft{Object: "OpportunityContactRole"}).Set("OpportunityId", record.OfID(r.ID)).
				Set("ContactId", v).Set("IsPrimary", record.OfBool(true)))
		}
	}
	return b.bring(ctx, drafts)
}

// lower writes a label as it stands in the middle of a sentence.
func lower(label string) string { return strings.ToLower(label) }
