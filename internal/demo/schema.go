package demo

import (
	"context"

	"stoa/internal/engine/catalog"
	"stoa/internal/org"
)

// schema makes the custom objects and fields of the city, and lets staff work with them.
func (c *city) schema(ctx context.Context) error {
	var changes []catalog.Change
	object := func(name, label, plural string, about string) {
		changes = append(changes, catalog.Change{Object: &catalog.ObjectDef{Name: name, Label: label, LabelPlural: plural, Description: about,
			SharingModel: "ReadWrite", NameField: &catalog.NameDef{Label: label + " name", Type: "Text"}, Person: new(name != "Position__c")}})
	}
	numbered := func(name, label, plural, format, about string) {
		changes = append(changes, catalog.Change{Object: &catalog.ObjectDef{Name: name, Label: label, LabelPlural: plural, Description: about,
			SharingModel: "ReadWrite", NameField: &catalog.NameDef{Label: label + " number", Type: "AutoNumber", DisplayFormat: format, StartingNumber: 1}, Person: new(true)}})
	}
	field := func(d catalog.FieldDef) { changes = append(changes, catalog.Change{Field: &d}) }
	picklist := func(object, name, label string, values ...string) {
		d := catalog.FieldDef{Object: object, Name: name, Label: label, Type: "Picklist", Restricted: true}
		for _, v := range values {
			d.Values = append(d.Values, catalog.ValueDef{Value: v, Label: v})
		}
		field(d)
	}

	field(catalog.FieldDef{Object: "Case", Name: "Type", Values: values("Question", "Request", "Report", "Appeal", "Complaint")})

	object("Position__c", "Position", "Positions", "A job of the city that is or was open.")
	field(catalog.FieldDef{Object: "Position__c", Name: "Department__c", Label: "Department", Type: "Text", Length: 80})
	picklist("Position__c", "Status__c", "Status", "Open", "Closed", "Filled")
	field(catalog.FieldDef{Object: "Position__c", Name: "Grade__c", Label: "Pay grade", Type: "Text", Length: 10})
	field(catalog.FieldDef{Object: "Position__c", Name: "Openings__c", Label: "Openings", Type: "Number", Precision: 3})
	field(catalog.FieldDef{Object: "Position__c", Name: "Open_Date__c", Label: "Open date", Type: "Date"})
	field(catalog.FieldDef{Object: "Position__c", Name: "Close_Date__c", Label: "Close date", Type: "Date"})
	field(catalog.FieldDef{Object: "Position__c", Name: "Min_Pay__c", Label: "Minimum pay", Type: "Currency", Precision: 10, Scale: 2})
	field(catalog.FieldDef{Object: "Position__c", Name: "Max_Pay__c", Label: "Maximum pay", Type: "Currency", Precision: 10, Scale: 2})
	field(catalog.FieldDef{Object: "Position__c", Name: "Remote__c", Label: "Work from home", Type: "Checkbox", Default: "false"})
	field(catalog.FieldDef{Object: "Position__c", Name: "Description__c", Label: "Description", Type: "LongTextArea", Length: 32768})

	numbered("Candidate__c", "Candidate", "Candidates", "C-{00000}", "Somebody who applies for work.")
	field(catalog.FieldDef{Object: "Candidate__c", Name: "First_Name__c", Label: "First name", Type: "Text", Length: 50})
	field(catalog.FieldDef{Object: "Candidate__c", Name: "Last_Name__c", Label: "Last name", Type: "Text", Length: 50, Required: true})
	field(catalog.FieldDef{Object: "Candidate__c", Name: "Email__c", Label: "Email", Type: "Email", ExternalID: true})
	field(catalog.FieldDef{Object: "Candidate__c", Name: "Phone__c", Label: "Phone", Type: "Phone"})
	field(catalog.FieldDef{Object: "Candidate__c", Name: "City__c", Label: "City", Type: "Text", Length: 50})
	field(catalog.FieldDef{Object: "Candidate__c", Name: "Education__c", Label: "Education", Type: "Text", Length: 80})
	field(catalog.FieldDef{Object: "Candidate__c", Name: "Years_of_Experience__c", Label: "Years of experience", Type: "Number", Precision: 2})

	numbered("Job_Application__c", "Job application", "Job applications", "JA-{00000}", "A candidate's application for a position.")
	field(catalog.FieldDef{Object: "Job_Application__c", Name: "Position__c", Label: "Position", Type: "Lookup", ReferenceTo: []string{"Position__c"}, RelationshipName: "Job_Applications", Required: true, Delete: "Restrict"})
	field(catalog.FieldDef{Object: "Job_Application__c", Name: "Candidate__c", Label: "Candidate", Type: "Lookup", ReferenceTo: []string{"Candidate__c"}, RelationshipName: "Job_Applications", Required: true, Delete: "Restrict"})
	picklist("Job_Application__c", "Stage__c", "Stage", "Applied", "Screened", "Interview", "Offer", "Hired", "Not selected", "Withdrawn")
	field(catalog.FieldDef{Object: "Job_Application__c", Name: "Source__c", Label: "Source", Type: "Text", Length: 40})
	field(catalog.FieldDef{Object: "Job_Application__c", Name: "Applied_On__c", Label: "Applied on", Type: "Date"})
	field(catalog.FieldDef{Object: "Job_Application__c", Name: "Cover_Letter__c", Label: "Cover letter", Type: "LongTextArea", Length: 32768})

	if err := c.s.Change(ctx, changes...); err != nil {
		return err
	}
	work := org.Rights{Read: true, Create: true, Edit: true, Delete: true}
	custom := []string{"Position__c", "Candidate__c", "Job_Application__c", "Case"}
	if err := c.s.Grant(ctx, work, []string{"Standard User"}, custom...); err != nil {
		return err
	}
	return c.s.Grant(ctx, org.Rights{Read: true}, []string{"Read Only"}, custom...)
}

func values(names ...string) (v []catalog.ValueDef) {
	for _, n := range names {
		v = append(v, catalog.ValueDef{Value: n, Label: n})
	}
	return v
}
