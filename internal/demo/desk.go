package demo

import (
	"context"
	"time"

	"stoa/internal/hours"
	"stoa/internal/record"
)

// A holiday of the city: on the nth of a weekday in a month, or on a day of it.
type holiday struct {
	name     string
	month    time.Month
	day      int
	instance int // 1 to 4, 5 for the last; 0 for a fixed day
	weekday  time.Weekday
}

var holidays = []holiday{
	{"New Year’s Day", time.January, 1, 0, 0}, {"Founders’ Day", time.February, 0, 3, time.Monday}, {"Memorial Day", time.May, 0, 5, time.Monday},
	{"Independence Day", time.July, 4, 0, 0}, {"Labor Day", time.September, 0, 1, time.Monday}, {"Thanksgiving Day", time.November, 0, 4, time.Thursday},
	{"Christmas Day", time.December, 25, 0, 0},
}

var instances = [...]string{"", "First", "Second", "Third", "Fourth", "Last"}

// desk sets up how the city answers: when it works, where cases go, what its staff writes again and again.
func (c *city) desk(ctx context.Context) error {
	if err := c.workingHours(ctx); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{c.offers, c.rules, c.macros, c.quickTexts} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	there, err := c.s.Query(ctx, "SELECT Id FROM Service_Setting__c WHERE Name = 'Default' ORDER BY CreatedDate DESC", queryAll)
	if err != nil || there.Len() == 0 {
		return err
	}
	set := draft("Service_Setting__c", "Reference_Prefix__c", prefix, "Default_Queue__c", queueName(teams[0]), "First_Reply_Minutes__c", 480, "Solution_Minutes__c", 2400,
		"Sender_Name__c", "City of Harborview", "Sender_Address__c", Help)
	set.ID = there.Get(0, "Id").ID()
	return firstError(c.s.Update(ctx, []record.Draft{set}, saved))
}

// workingHours makes the default business hours those of the city, Monday to Friday from 8 to 18, and its holidays.
func (c *city) workingHours(ctx context.Context) error {
	found, err := c.s.Query(ctx, "SELECT Id FROM BusinessHours WHERE IsDefault = true", queryAll)
	if err != nil {
		return err
	}
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		return err
	}
	c.hours = &hours.Calendar{Zone: zone}
	from, to := record.OfTime(8*3_600_000), record.OfTime(18*3_600_000)
	d := record.Draft{Object: "BusinessHours"}
	d.Set("Name", record.OfText("Harborview city hall")).Set("IsActive", record.OfBool(true)).Set("IsDefault", record.OfBool(true)).Set("TimeZoneSidKey", record.OfText(zone.String()))
	for day := time.Monday; day <= time.Friday; day++ {
		c.hours.Week[day] = []hours.Span{{From: 8 * 60, To: 18 * 60}}
		d.Set(day.String()+"StartTime", from).Set(day.String()+"EndTime", to)
	}
	if found.Len() > 0 {
		d.ID = found.Get(0, "Id").ID()
		c.hoursID = d.ID
		if err := firstError(c.s.Update(ctx, []record.Draft{d}, saved)); err != nil {
			return err
		}
	} else if ids, err := c.add(ctx, "hours", []record.Draft{d}); err != nil {
		return err
	} else {
		c.hoursID = ids[0]
	}
	var drafts []record.Draft
	for _, h := range holidays {
		r := hours.Recurrence{Type: "RecursYearly", Month: h.month, DayOfMonth: h.day}
		row := draft("Holiday", "Name", h.name, "IsAllDay", true, "IsRecurrence", true, "RecurrenceMonthOfYear", h.month.String())
		if h.instance > 0 {
			r = hours.Recurrence{Type: "RecursYearlyNth", Month: h.month, Instance: h.instance, DayMask: 1 << h.weekday}
			row.Set("RecurrenceInstance", record.OfText(instances[h.instance])).Set("RecurrenceDayOfWeekMask", record.OfInt(int64(r.DayMask)))
		} else {
			row.Set("RecurrenceDayOfMonth", record.OfInt(int64(h.day)))
		}
		row.Set("RecurrenceType", record.OfText(r.Type)).Set("RecurrenceStartDate", record.OfDay(c.now.AddDate(-3, 0, 0)))
		drafts = append(drafts, row)
		c.hours.Holidays = append(c.hours.Holidays, hours.Holiday{On: r.Rule(), Closed: hours.Day})
	}
	_, err = c.add(ctx, "holidays", drafts)
	return err
}

// rules send what words give away to the right team, whatever service was chosen.
func (c *city) rules(ctx context.Context) error {
	var drafts []record.Draft
	for i, r := range []struct{ name, field, operator, value, team, priority string }{
		{"Danger comes first", "Subject", "contains", "gas;wires;flood;flooded;fuga de gas;inunda", "Water", "High"},
		{"Homeless tonight", "Subject", "contains", "eviction;lost my home;desahucio;sin casa", "Housing", "High"},
		{"Recruiting has its own people", "Subject", "contains", "vacancy;job application;interview", "Recruiting", ""},
		{"Gifts", "Subject", "contains", "donation;gift;donación", "Giving", ""},
		{"Bins by any name", "Subject", "contains", "bin;rubbish;garbage;collection;basura;contenedor", "Waste and recycling", ""},
		{"Lamps and roads", "Subject", "contains", "lamp;pothole;street light;farola;bache", "Streets", ""},
		{"Water by any name", "Subject", "contains", "water;leak;agua;fuga", "Water", ""},
	} {
		drafts = append(drafts, draft("Routing_Rule__c", "Name", r.name, "Order__c", (i+1)*10, "Active__c", true, "Field__c", r.field, "Operator__c", r.operator,
			"Value__c", r.value, "Queue__c", queueName(r.team), "Priority__c", empty(r.priority)))
	}
	_, err := c.add(ctx, "routing", drafts)
	return err
}

// empty makes null of an empty text.
func empty(s string) record.Value {
	if s == "" {
		return record.Value{}
	}
	return record.OfText(s)
}

const (
	inReply = "Field.Email.TextBody"
	inNote  = "Field.CaseComment.CommentBody"
)

// macros are what staff does many times a day.
func (c *city) macros(ctx context.Context) error {
	type step struct{ op, target, value string }
	all := []struct {
		name, about string
		steps       []step
	}{
		{"Ask for a photo", "Asks the citizen for a photo and waits.", []step{
			{"Insert", inReply, "Dear {!Case.SuppliedName},\n\nthank you for writing to us about “{!Case.Subject}”. A photo would help us to help you: please answer this message and attach one.\n\nKind regards,\n{!User.Name}"},
			{"Submit", "Action.Email", ""}, {"Set", "Field.Case.Status", "Waiting"}, {"Set", "Field.Case.OwnerId", "me"}}},
		{"Crew is on its way", "Tells the citizen that the crew comes, notes it, and holds the case.", []step{
			{"Insert", inReply, "Dear {!Case.SuppliedName},\n\nour crew has your report and comes by {!Case.Solve_Due__c}. You need not be there.\n\nKind regards,\n{!User.Name}"},
			{"Insert", inNote, "Crew informed by {!User.Name}; {!Case.Reference__c} is on their list."},
			{"Set", "Field.Case.Status", "On Hold"}, {"Set", "Field.Case.OwnerId", "me"}}},
		{"Done, thank you", "Thanks the citizen and solves the case.", []step{
			{"Insert", inReply, "Dear {!Case.SuppliedName},\n\nthis is done. If it is not as it should be, just answer this message: your case {!Case.Reference__c} opens again.\n\nKind regards,\n{!User.Name}"},
			{"Set", "Field.Case.Status", "Solved"}}},
		{"Urgent: call back", "Makes a case urgent and asks the lead to call.", []step{
			{"Set", "Field.Case.Priority", "High"}, {"Insert", inNote, "Please call {!Case.SuppliedName} today. @ines.varga"}}},
		{"Not ours: Housing", "Gives a case to Housing with a word to the citizen.", []step{
			{"Insert", inReply, "Dear {!Case.SuppliedName},\n\nyour request belongs to our colleagues in Housing. They have it now; you need not write again.\n\nKind regards,\n{!User.Name}"},
			{"Set", "Field.Case.OwnerId", "Housing"}}},
		{"Spam", "Closes a case without an answer.", []step{{"Insert", inNote, "Closed as spam."}, {"Set", "Field.Case.Priority", "Low"}, {"Set", "Field.Case.Status", "Closed"}}},
	}
	var drafts []record.Draft
	for _, m := range all {
		drafts = append(drafts, draft("Macro", "Name", m.name, "Description", m.about, "StartingContext", "Case", "IsLightningSupported", true))
	}
	ids, err := c.add(ctx, "macros", drafts)
	if err != nil {
		return err
	}
	drafts = drafts[:0]
	for i, m := range all {
		for n, s := range m.steps {
			drafts = append(drafts, draft("MacroInstruction", "MacroId", ids[i], "Operation", s.op, "Target", s.target, "Value", empty(s.value), "SortOrder", n+1))
		}
	}
	_, err = c.add(ctx, "macros", drafts)
	return err
}

// quickTexts are what is typed after a semicolon, in both languages.
func (c *city) quickTexts(ctx context.Context) error {
	var drafts []record.Draft
	for _, q := range []struct{ name, category, en, es string }{
		{"greet", "Greetings", "Dear {!Case.SuppliedName},\n\nthank you for writing to us.", "Estimada/o {!Case.SuppliedName}:\n\nGracias por escribirnos."},
		{"sorry", "Greetings", "We are sorry for the wait, and for the trouble that it makes.", "Sentimos la espera y las molestias."},
		{"ref", "FAQ", "Your reference is {!Case.Reference__c}. You can follow your case at {!Link}", "Su referencia es {!Case.Reference__c}. Puede seguir su caso en {!Link}"},
		{"when", "FAQ", "You have our answer by {!Case.Solve_Due__c}.", "Tendrá nuestra respuesta antes del {!Case.Solve_Due__c}."},
		{"hours", "FAQ", "You find us at Quay Street 1, on working days from 8 to 18, or call 555-0100.", "Nos encuentra en Quay Street 1, en días laborables de 8 a 18, o llame al 555-0100."},
		{"photo", "FAQ", "Could you send us a photo? Just answer this message and attach it.", "¿Podría enviarnos una foto? Responda a este mensaje y adjúntela."},
		{"appeal", "FAQ", "If you think that this decision is wrong, write to us within 30 days. You need no form and no lawyer.", "Si cree que esta decisión es incorrecta, escríbanos en un plazo de 30 días. No necesita formulario ni abogado."},
		{"language", "FAQ", "We can also write to you in Spanish, or call you with an interpreter. Just tell us.", "También podemos escribirle en inglés o llamarle con un intérprete. Solo díganoslo."},
		{"bye", "Closings", "Kind regards,\n{!User.Name}\nCity of Harborview", "Un cordial saludo,\n{!User.Name}\nCiudad de Harborview"},
		{"done", "Closings", "This is done. If it is not as it should be, just answer this message.", "Ya está resuelto. Si no está como debería, responda a este mensaje."},
	} {
		drafts = append(drafts, draft("QuickText", "Name", q.name, "Category", q.category, "Message", q.en, "Channel", "Email"),
			draft("QuickText", "Name", q.name+"_es", "Category", q.category, "Message", q.es, "Channel", "Email"))
	}
	_, err := c.add(ctx, "quick texts", drafts)
	return err
}
