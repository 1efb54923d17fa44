package demo

import (
	"context"
	"fmt"

	"stoa/internal/record"
)

var appeals = []string{"Winter shelter appeal", "Library roof", "Summer swimming for all", "Trees for Beacon Hill", "Instruments for schools"}

// gifts are opportunities under campaigns, as nonprofits keep them.
func (c *city) gifts(ctx context.Context) error {
	var drafts []record.Draft
	for i, name := range appeals {
		start := c.now.AddDate(0, -3-4*i, 0)
		drafts = append(drafts, draft("Campaign", "Name", name, "Type", "Other", "Status", "In Progress", "IsActive", i < 3,
			"StartDate", day(start), "EndDate", day(start.AddDate(0, 8, 0)), "ExpectedRevenue", cents(5_000_000*int64(i+1)), "OwnerId", c.memberOf("Giving")))
	}
	ids, err := c.add(ctx, "campaigns", drafts)
	if err != nil {
		return err
	}
	c.campaigns = ids
	n := c.n(3200)
	drafts = make([]record.Draft, 0, n)
	for range n {
		r := pick(c, c.residents)
		k := c.rng.IntN(len(ids))
		at := c.workTime(c.rng.IntN(700))
		amount := []int64{1000, 2000, 2500, 5000, 10000, 25000, 50000, 250000}[c.weighted(10, 14, 12, 14, 9, 4, 2, 1)]
		stage, prob := "Closed Won", 100
		switch c.weighted(88, 8, 4) {
		case 1:
			stage, prob = "Prospecting", 10
		case 2:
			stage, prob = "Closed Lost", 0
		}
		d := draft("Opportunity", "Name", fmt.Sprintf("%s %s, %s", r.first, r.last, appeals[k]), "AccountId", r.account, "ContactId", r.id,
			"CampaignId", ids[k], "Amount", cents(amount), "CloseDate", day(at), "StageName", stage, "Probability", prob,
			"Type", "New Customer", "LeadSource", "Web", "OwnerId", c.memberOf("Giving"))
		drafts = append(drafts, created(d, at, c.memberOf("Giving"), at))
	}
	_, err = c.add(ctx, "gifts", drafts)
	return err
}
