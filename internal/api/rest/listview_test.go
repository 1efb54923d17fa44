package rest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConditionsOfAListViewAreTakenApart(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]listCondition{
		"Status = 'a AND b'":          {Field: "Status", Operator: "equals", Values: []string{"'a AND b'"}},
		"Owner.Name LIKE '%x%'":       {Field: "Owner.Name", Operator: "like", Values: []string{"'%x%'"}},
		"Colours__c INCLUDES ('Red')": {Field: "Colours__c", Operator: "includes", Values: []string{"'Red'"}},
		"ClosedDate != null":          {Field: "ClosedDate", Operator: "notEquals", Values: []string{"null"}},
		"(CreatedDate >= 1 AND CreatedDate < 2)": {Conjunction: "and", Conditions: []listCondition{
			{Field: "CreatedDate", Operator: "greaterThanOrEqualTo", Values: []string{"1"}}, {Field: "CreatedDate", Operator: "lessThan", Values: []string{"2"}},
		}},
		"(CreatedDate < 1 OR CreatedDate >= 2)": {Conjunction: "or", Conditions: []listCondition{
			{Field: "CreatedDate", Operator: "lessThan", Values: []string{"1"}}, {Field: "CreatedDate", Operator: "greaterThanOrEqualTo", Values: []string{"2"}},
		}},
	} {
		if d := cmp.Diff(want, oneCondition(text)); d != "" {
			t.Errorf("%s: %s", text, d)
		}
	}
}
