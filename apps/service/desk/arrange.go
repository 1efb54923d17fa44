package desk

import (
	"stoa/apps/service"
	"stoa/internal/app"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/kit"
	"stoa/internal/web/page"
)

// Pages on which whoever runs service arranges it. What has no page of its own are records of plain objects.
const (
	queuesRoot = "/console/service/queues"
	macrosRoot = "/console/service/macros"
)

// A membership is a queue and who works in it.
type membership struct {
	id      record.ID
	name    string
	members []member
}

type member struct {
	row    record.ID // of GroupMember
	person kit.Person
}

// memberships is what the page of queues shows.
type memberships struct {
	v      *page.Visit
	queues []*membership
	people []kit.Person
	can    bool
}

func showMembers(v *page.Visit) error {
	m := &memberships{v: v}
	o := v.S.Catalog().Object("GroupMember")
	m.can = o != nil && v.S.Rights(o).Create && v.S.Rights(o).Delete
	res, err := app.Query(v.Ctx(), v.S, "SELECT QueueId, Queue.Name FROM QueueSobject WHERE SobjectType = 'Case' ORDER BY Queue.Name LIMIT 200")
	if err != nil {
		return err
	}
	of := map[record.ID]*membership{}
	var ids []record.ID
	for i := range res.Len() {
		q := &membership{id: res.Get(i, "QueueId").ID(), name: app.Text(res.Get(i, "Queue", "Name"))}
		of[q.id], ids, m.queues = q, append(ids, q.id), append(m.queues, q)
	}
	people, err := app.Query(v.Ctx(), v.S, "SELECT Id, Name FROM User WHERE IsActive = true AND UserType = 'Standard' ORDER BY Name LIMIT 500")
	if err != nil {
		return err
	}
	named := map[record.ID]kit.Person{}
	for i := range people.Len() {
		p := kit.Person{ID: people.Get(i, "Id").ID(), Name: app.Text(people.Get(i, "Name"))}
		named[p.ID], m.people = p, append(m.people, p)
	}
	rows, err := app.Query(v.Ctx(), v.S, "SELECT Id, GroupId, UserOrGroupId FROM GroupMember WHERE GroupId IN ? ORDER BY Id LIMIT 5000", ids)
	if err != nil {
		return err
	}
	for i := range rows.Len() {
		if p, ok := named[rows.Get(i, "UserOrGroupId").ID()]; ok {
			q := of[rows.Get(i, "GroupId").ID()]
			q.members = append(q.members, member{rows.Get(i, "Id").ID(), p})
		}
	}
	return v.Answer(page.Page{Title: v.T("service.queues"), Icon: "users", Body: membersPage(m), Toasts: toasts(v)})
}

// changeMembers adds somebody to a queue, or takes them out.
func changeMembers(v *page.Visit) error {
	var err error
	var words string
	if row, bad := record.ParseID(v.Posted("remove")); bad == nil {
		words = v.T("service.queue.removed")
		_, err = org.Must(v.S.Delete(v.Ctx(), []record.ID{row}, org.WriteOptions{}))
	} else {
		words = v.T("service.queue.added")
		queue, badQueue := record.ParseID(v.Posted("queue"))
		person, badPerson := record.ParseID(v.Posted("person"))
		if badQueue != nil || badPerson != nil {
			err = fault.New(fault.RequiredFieldMissing, "Choose a person.").On("UserOrGroupId")
		} else {
			_, err = org.Must(v.S.Insert(v.Ctx(), []record.Draft{app.Draft("GroupMember", "GroupId", queue, "UserOrGroupId", person)}, org.WriteOptions{}))
		}
	}
	return done(v, words, service.Done{}, err, queuesRoot)
}

// A macroRow is a macro and what its instructions say.
type macroRow struct {
	id                record.ID
	name, description string
	steps             []service.Effect
}

// macroList is what the page of macros shows.
type macroList struct {
	v    *page.Visit
	rows []*macroRow
}

func showMacros(v *page.Visit) error {
	if o := v.S.Catalog().Object("Macro"); o == nil || !v.S.Rights(o).Read {
		return page.NotFound()
	}
	l := &macroList{v: v}
	res, err := app.Query(v.Ctx(), v.S, "SELECT Id, Name, Description FROM Macro ORDER BY Name LIMIT 200")
	if err != nil {
		return err
	}
	of := map[record.ID]*macroRow{}
	var ids []record.ID
	for i := range res.Len() {
		m := &macroRow{id: res.Get(i, "Id").ID(), name: app.Text(res.Get(i, "Name")), description: app.Text(res.Get(i, "Description"))}
		of[m.id], ids, l.rows = m, append(ids, m.id), append(l.rows, m)
	}
	steps, err := app.Query(v.Ctx(), v.S, "SELECT MacroId, Target, Value FROM MacroInstruction WHERE MacroId IN ? ORDER BY MacroId, SortOrder, Id LIMIT 5000", ids)
	if err != nil {
		return err
	}
	for i := range steps.Len() {
		m := of[steps.Get(i, "MacroId").ID()]
		m.steps = append(m.steps, stepOf(app.Text(steps.Get(i, "Target")), app.Text(steps.Get(i, "Value"))))
	}
	return v.Answer(page.Page{Title: v.T("service.macros"), Icon: "zap", Body: macrosPage(l), Toasts: toasts(v)})
}

// stepOf returns what an instruction does, without a case.
func stepOf(target, value string) service.Effect {
	switch target {
	case "Field.Email.TextBody":
		return service.Effect{What: "reply", Text: value}
	case "Field.CaseComment.CommentBody":
		return service.Effect{What: "note", Text: value}
	}
	const onCase = "Field.Case."
	if len(target) > len(onCase) && target[:len(onCase)] == onCase {
		target = target[len(onCase):]
	}
	return service.Effect{What: target, To: value}
}
