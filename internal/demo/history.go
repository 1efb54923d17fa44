package demo

import (
	"context"
	"math/rand/v2"
	"time"

	"stoa/internal/record"
)

// A past is the history of one case under construction, its moments between the case's first and its last.
type past struct {
	c          *city
	rng        *rand.Rand
	row        caseRow
	now, until time.Time
	drafts     *[]record.Draft
}

// histories writes what happened to every case: it came to a team, somebody took
// it, some were found more urgent, some waited for a third, most were closed.
func (c *city) histories(ctx context.Context) error {
	rng := rand.New(rand.NewPCG(1851, 8)) // of its own, so that what comes later stays as it is
	drafts := make([]record.Draft, 0, 5*len(c.caseRows))
	for _, row := range c.caseRows {
		p := &past{c: c, rng: rng, row: row, now: row.at, until: row.changed, drafts: &drafts}
		p.tell()
	}
	_, err := c.seed(ctx, "history", drafts)
	return err
}

func (p *past) tell() {
	p.note("created", "Text", "", "")
	row := p.row
	if row.status == "New" {
		return
	}
	if p.rng.IntN(6) == 0 && row.priority != "Low" {
		p.pass(0.1)
		p.note("Priority", "Text", map[string]string{"High": "Medium", "Medium": "Low"}[row.priority], row.priority)
	}
	p.pass(0.15)
	team := p.c.teams[row.team]
	p.note("Owner", "Text", row.team, p.c.nameOf(row.owner))
	p.note("Owner", "EntityId", string(team), string(row.owner))
	p.note("Status", "Text", "New", "Open")
	waits := "On Hold"
	if row.paused > 0 || row.status == "Waiting" {
		waits = "Waiting"
	}
	if row.status == waits || row.paused > 0 || p.rng.IntN(14) == 0 {
		p.pass(0.4)
		p.note("Status", "Text", "Open", waits)
		if row.status == waits {
			return
		}
		p.pass(0.5)
		p.note("Status", "Text", waits, "Open")
	}
	if row.status == "On Hold" { // after it had waited for the resident
		p.pass(0.5)
		p.note("Status", "Text", "Open", "On Hold")
	}
	if !row.solved.IsZero() {
		p.now = p.until
		p.note("Status", "Text", "Open", row.status)
	}
}

// pass lets up to a share of what is left of the case's time go by.
func (p *past) pass(share float64) {
	left := p.until.Sub(p.now)
	p.now = p.now.Add(time.Duration(float64(left) * share * p.rng.Float64())).Truncate(time.Second)
}

func (p *past) note(field, kind, before, after string) {
	d := draft("CaseHistory", "CaseId", p.row.id, "Field", field, "DataType", kind, "CreatedDate", p.now, "CreatedById", p.row.owner)
	if before != "" {
		d.Set("OldValue", record.OfText(before))
	}
	if after != "" {
		d.Set("NewValue", record.OfText(after))
	}
	*p.drafts = append(*p.drafts, d)
}

// nameOf returns the name of one of the staff.
func (c *city) nameOf(id record.ID) string {
	for i, p := range c.staff {
		if p.id == id {
			return staff[i].first + " " + staff[i].last
		}
	}
	return ""
}
