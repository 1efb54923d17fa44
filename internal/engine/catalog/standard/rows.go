package standard

import (
	"strings"

	"stoa/internal/record"
)

// rows has one line a row that every org begins with: object, then name=value pairs; true, false and numbers are what they look like.
const rows = `CaseStatus|MasterLabel=New|ApiName=New|SortOrder=1|IsDefault=true|IsClosed=false
CaseStatus|MasterLabel=Working|ApiName=Working|SortOrder=2|IsDefault=false|IsClosed=false
CaseStatus|MasterLabel=Escalated|ApiName=Escalated|SortOrder=3|IsDefault=false|IsClosed=false
CaseStatus|MasterLabel=Closed|ApiName=Closed|SortOrder=4|IsDefault=false|IsClosed=true
TaskStatus|MasterLabel=Not Started|ApiName=Not Started|SortOrder=1|IsDefault=true|IsClosed=false
TaskStatus|MasterLabel=In Progress|ApiName=In Progress|SortOrder=2|IsDefault=false|IsClosed=false
TaskStatus|MasterLabel=Completed|ApiName=Completed|SortOrder=3|IsDefault=false|IsClosed=true
TaskStatus|MasterLabel=Waiting on someone else|ApiName=Waiting on someone else|SortOrder=4|IsDefault=false|IsClosed=false
TaskStatus|MasterLabel=Deferred|ApiName=Deferred|SortOrder=5|IsDefault=false|IsClosed=false
LeadStatus|MasterLabel=Open - Not Contacted|ApiName=Open - Not Contacted|SortOrder=1|IsDefault=true|IsConverted=false
LeadStatus|MasterLabel=Working - Contacted|ApiName=Working - Contacted|SortOrder=2|IsDefault=false|IsConverted=false
LeadStatus|MasterLabel=Closed - Converted|ApiName=Closed - Converted|SortOrder=3|IsDefault=false|IsConverted=true
LeadStatus|MasterLabel=Closed - Not Converted|ApiName=Closed - Not Converted|SortOrder=4|IsDefault=false|IsConverted=false
OpportunityStage|MasterLabel=Prospecting|ApiName=Prospecting|SortOrder=1|IsActive=true|IsClosed=false|IsWon=false|DefaultProbability=10|ForecastCategory=Pipeline|ForecastCategoryName=Pipeline
OpportunityStage|MasterLabel=Qualification|ApiName=Qualification|SortOrder=2|IsActive=true|IsClosed=false|IsWon=false|DefaultProbability=10|ForecastCategory=Pipeline|ForecastCategoryName=Pipeline
OpportunityStage|MasterLabel=Needs Analysis|ApiName=Needs Analysis|SortOrder=3|IsActive=true|IsClosed=false|IsWon=false|DefaultProbability=20|ForecastCategory=Pipeline|ForecastCategoryName=Pipeline
OpportunityStage|MasterLabel=Value Proposition|ApiName=Value Proposition|SortOrder=4|IsActive=true|IsClosed=false|IsWon=false|DefaultProbability=50|ForecastCategory=Pipeline|ForecastCategoryName=Pipeline
OpportunityStage|MasterLabel=Id. Decision Makers|ApiName=Id. Decision Makers|SortOrder=5|IsActive=true|IsClosed=false|IsWon=false|DefaultProbability=60|ForecastCategory=Pipeline|ForecastCategoryName=Pipeline
OpportunityStage|MasterLabel=Perception Analysis|ApiName=Perception Analysis|SortOrder=6|IsActive=true|IsClosed=false|IsWon=false|DefaultProbability=70|ForecastCategory=Pipeline|ForecastCategoryName=Pipeline
OpportunityStage|MasterLabel=Proposal/Price Quote|ApiName=Proposal/Price Quote|SortOrder=7|IsActive=true|IsClosed=false|IsWon=false|DefaultProbability=75|ForecastCategory=Pipeline|ForecastCategoryName=Pipeline
OpportunityStage|MasterLabel=Negotiation/Review|ApiName=Negotiation/Review|SortOrder=8|IsActive=true|IsClosed=false|IsWon=false|DefaultProbability=90|ForecastCategory=Pipeline|ForecastCategoryName=Pipeline
OpportunityStage|MasterLabel=Closed Won|ApiName=Closed Won|SortOrder=9|IsActive=true|IsClosed=true|IsWon=true|DefaultProbability=100|ForecastCategory=Closed|ForecastCategoryName=Closed
OpportunityStage|MasterLabel=Closed Lost|ApiName=Closed Lost|SortOrder=10|IsActive=true|IsClosed=true|IsWon=false|DefaultProbability=0|ForecastCategory=Omitted|ForecastCategoryName=Omitted
BusinessHours|Name=Default|IsActive=true|IsDefault=true|TimeZoneSidKey=UTC`

// Rows returns the rows that every org begins with: the lifecycle sets and the default business hours.
func Rows() []record.Draft {
	var drafts []record.Draft
	for line := range strings.Lines(rows) {
		object, pairs, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "|")
		d := record.Draft{Object: object}
		for pair := range strings.SplitSeq(pairs, "|") {
			name, text, _ := strings.Cut(pair, "=")
			d.Set(name, rowValue(text))
		}
		drafts = append(drafts, d)
	}
	return drafts
}

func rowValue(text string) record.Value {
	if text == "true" || text == "false" {
		return record.OfBool(text == "true")
	}
	if n, scale, ok := record.ParseDecimal(text); ok {
		return record.OfDecimal(n, scale)
	}
	return record.OfText(text)
}
