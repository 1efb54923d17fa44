package desk

import (
	"cmp"
	"strings"
	"time"

	"stoa/apps/service"
	"stoa/internal/app"
	"stoa/internal/record"
	"stoa/internal/web/kit"
	"stoa/internal/web/page"
)

// A view is a case as the desk shows it.
type view struct {
	v     *page.Visit
	queue *queue

	id                         record.ID
	number, reference, subject string
	status, statusLabel        string
	priority, kind, origin     string
	closed                     bool
	created                    time.Time
	owner                      kit.Person
	mineNow                    bool
	contact                    record.ID
	person                     kit.Person
	email, phone, language     string
	account                    kit.Link
	service                    string
	version                    int
	mergedInto                 record.ID
	mergedRef                  string
	promises                   []promise
	tab                        string
	note                       bool // the composer begins as a note
	thread                     []entry
	files                      []file
	ledger                     []service.Receipt // of its mail, where that is shown
	links                      []service.Linked
	drafts                     []service.Draft
	reply, private             service.Draft // the person's own
	earlier                    []earlier
	statuses, priorities       []choice
	owners                     []choice
	macros                     []choice
	articles                   []article
	sender                     string
	can                        bool      // may change the case
	following                  record.ID // case after this one in the list, "" for none
}

// A choice is a value that a menu offers.
type choice struct {
	value, label string
	icon         string
	now          bool
}

// An earlier is another case of the same person.
type earlier struct {
	id                       record.ID
	subject, status, service string
	created, closed          time.Time
	over                     bool
}

// An article is one that may answer the case.
type article struct {
	id             record.ID
	title, summary string
	public, used   bool
}

func (c *view) path() string { return c.queue.path() + "/" + string(c.id) }

// name is what a case is called: its reference where it has one.
func (c *view) name() string { return cmp.Or(c.reference, c.number) }

// next is the promise that the head of the case shows.
func (c *view) next() promise { return next(c.promises) }

const caseFields = `Id, CaseNumber, Reference__c, Subject, Status, Priority, Type, Origin, IsClosed, IsEscalated, CreatedDate, OwnerId, Owner.Name, ContactId, Contact.Name,
	Contact.Email, Contact.Phone, AccountId, Account.Name, SuppliedName, SuppliedEmail, SuppliedPhone, Language, Service__r.Name, Reply_Due__c, Replied_At__c,
	Solve_Due__c, Solved_At__c, Paused_Since__c, Thread_Version__c, Merged_Into__c, Merged_Into__r.Reference__c`

// load reads a case for the conversation and what stands around it.
func load(v *page.Visit, q *queue, id record.ID) (*view, error) {
	c, err := head(v, q, id)
	if err != nil {
		return nil, err
	}
	for _, part := range []func() error{c.loadReasons, c.loadThread, c.loadUnsure, c.loadLedger, c.loadLinks, c.loadFiles, c.loadDrafts, c.loadEarlier, c.loadChoices, c.loadArticles} {
		if err := part(); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// head reads a case's own facts.
func head(v *page.Visit, q *queue, id record.ID) (*view, error) {
	res, err := app.Query(v.Ctx(), v.S, "SELECT "+caseFields+" FROM Case WHERE Id = ?", id)
	if err != nil {
		return nil, err
	}
	if res.Len() == 0 {
		return nil, page.NotFound()
	}
	get := func(path ...string) string { return app.Text(res.Get(0, path...)) }
	c := &view{
		v: v, queue: q, id: res.Get(0, "Id").ID(), number: get("CaseNumber"), reference: get("Reference__c"), subject: cmp.Or(get("Subject"), v.T("desk.noSubject")),
		status: get("Status"), priority: get("Priority"), kind: get("Type"), origin: get("Origin"), closed: res.Get(0, "IsClosed").Bool(),
		created: app.Instant(res.Get(0, "CreatedDate")), contact: res.Get(0, "ContactId").ID(),
		email: cmp.Or(get("SuppliedEmail"), get("Contact", "Email")), phone: cmp.Or(get("SuppliedPhone"), get("Contact", "Phone")),
		service: get("Service__r", "Name"), version: int(res.Get(0, "Thread_Version__c").Int()), mergedInto: res.Get(0, "Merged_Into__c").ID(),
		mergedRef: get("Merged_Into__r", "Reference__c"), tab: v.Query("tab"), note: v.Query("as") == "note",
	}
	owner := res.Get(0, "OwnerId").ID()
	c.owner = kit.Person{ID: owner, Name: get("Owner", "Name"), Team: owner.Prefix() == "00G"}
	c.mineNow = owner == v.S.Actor().User
	c.person = kit.Person{ID: c.contact, Name: cmp.Or(get("Contact", "Name"), get("SuppliedName"), c.email, v.T("desk.nobody"))}
	if id := res.Get(0, "AccountId").ID(); id != "" {
		c.account = kit.Link{Label: get("Account", "Name"), Href: "/console/r/" + string(id)}
	}
	o := v.S.Catalog().Object("Case")
	c.language, c.statusLabel = get("Language"), kit.Label(o.Field("Status"), c.status)
	c.language = kit.Label(o.Field("Language"), c.language)
	calendar, err := service.Calendar(v.Ctx(), v.S)
	if err != nil {
		return nil, err
	}
	c.promises = promisesOf(func(name string) record.Value { return res.Get(0, name) }, v.UI.Now, calendar)
	c.can = v.S.Rights(o).Edit
	return c, nil
}

// loadReasons reads why promises end when they do.
func (c *view) loadReasons() error {
	if len(c.promises) == 0 {
		return nil
	}
	all, err := service.Promises(c.v.Ctx(), c.v.S, c.id, c.v.UI.Now)
	if err != nil {
		return err
	}
	for _, why := range all {
		for i := range c.promises {
			p := &c.promises[i]
			if !p.due.Equal(why.Due) {
				continue
			}
			args := []any{"what", c.v.T(p.name), "t", c.v.UI.Moment(c.v.UI.In(p.due)), "length", duration(c.v, time.Duration(why.Minutes)*time.Minute), "hours", why.Hours, "service", why.Service}
			if p.why = c.v.T("desk.promise.whySetting", args...); why.Service != "" {
				p.why = c.v.T("desk.promise.whyService", args...)
			}
			break
		}
	}
	return nil
}

func (c *view) loadDrafts() (err error) {
	c.reply = service.Draft{Case: c.id, Kind: service.DraftReply, Version: c.version}
	if c.email != "" {
		c.reply.To = []string{c.email}
	}
	all, err := service.Drafts(c.v.Ctx(), c.v.S, c.id)
	if err != nil {
		return err
	}
	for _, d := range all {
		switch {
		case d.Owner != c.v.S.Actor().User:
			c.drafts = append(c.drafts, d)
		case d.Kind == service.DraftNote:
			c.private = d
		default:
			c.reply = d
		}
	}
	if c.private.Body != "" && c.reply.Body == "" {
		c.note = true
	}
	return nil
}

func (c *view) loadEarlier() error {
	where, arg := "ContactId = ?", any(c.contact)
	if c.contact == "" {
		if c.email == "" {
			return nil
		}
		where, arg = "SuppliedEmail = ?", c.email
	}
	res, err := app.Query(c.v.Ctx(), c.v.S, "SELECT Id, Subject, Status, IsClosed, CreatedDate, ClosedDate, Service__r.Name FROM Case WHERE "+where+" AND Id != ? ORDER BY CreatedDate DESC LIMIT 6", arg, c.id)
	if err != nil {
		return err
	}
	for i := range res.Len() {
		c.earlier = append(c.earlier, earlier{
			id: res.Get(i, "Id").ID(), subject: app.Text(res.Get(i, "Subject")), status: app.Text(res.Get(i, "Status")), over: res.Get(i, "IsClosed").Bool(),
			created: app.Instant(res.Get(i, "CreatedDate")), closed: app.Instant(res.Get(i, "ClosedDate")), service: app.Text(res.Get(i, "Service__r", "Name")),
		})
	}
	return nil
}

// loadChoices reads what the menus offer.
func (c *view) loadChoices() error {
	o := c.v.S.Catalog().Object("Case")
	for _, opt := range kit.Options(o.Field("Status"), c.status) {
		if opt.Value != "" && opt.Value != "Merged" {
			c.statuses = append(c.statuses, choice{value: opt.Value, label: opt.Label, now: opt.Value == c.status})
		}
	}
	for _, opt := range kit.Options(o.Field("Priority"), c.priority) {
		if opt.Value != "" {
			c.priorities = append(c.priorities, choice{value: opt.Value, label: opt.Label, now: opt.Value == c.priority})
		}
	}
	me := c.v.S.Actor()
	c.owners = append(c.owners, choice{value: string(me.User), label: c.v.T("desk.me"), icon: "user-round", now: c.mineNow})
	res, err := app.Query(c.v.Ctx(), c.v.S, "SELECT QueueId, Queue.Name FROM QueueSobject WHERE SobjectType = 'Case' ORDER BY Queue.Name LIMIT 50")
	if err != nil {
		return err
	}
	for i := range res.Len() {
		id := string(res.Get(i, "QueueId").ID())
		c.owners = append(c.owners, choice{value: id, label: app.Text(res.Get(i, "Queue", "Name")), icon: "users", now: id == string(c.owner.ID)})
	}
	res, err = app.Query(c.v.Ctx(), c.v.S, "SELECT Id, Name FROM User WHERE IsActive = true AND UserType = 'Standard' AND Id != ? ORDER BY Name LIMIT 50", me.User)
	if err != nil {
		return err
	}
	for i := range res.Len() {
		id := string(res.Get(i, "Id").ID())
		c.owners = append(c.owners, choice{value: id, label: app.Text(res.Get(i, "Name")), icon: "user-round", now: id == string(c.owner.ID)})
	}
	c.macros, err = macrosOf(c.v)
	return err
}

// fact is a name and a value of the Details tab.
type fact struct{ label, value, href string }

// facts returns what the Details tab shows; what is empty is left out.
func (c *view) facts() (all []fact) {
	v := c.v
	add := func(label, value, href string) {
		if strings.TrimSpace(value) != "" {
			all = append(all, fact{label, value, href})
		}
	}
	add(v.T("desk.fact.number"), c.number, "")
	add(v.T("desk.fact.reference"), c.reference, "")
	add(v.T("desk.fact.service"), c.service, "")
	add(v.T("desk.fact.kind"), c.kind, "")
	add(v.T("desk.fact.origin"), c.origin, "")
	add(v.T("desk.fact.priority"), c.priority, "")
	add(v.T("desk.fact.status"), c.statusLabel, "")
	add(v.T("desk.fact.owner"), c.owner.Name, "/console/r/"+string(c.owner.ID))
	add(v.T("desk.fact.opened"), v.UI.Moment(v.UI.In(c.created)), "")
	add(v.T("desk.fact.account"), c.account.Label, c.account.Href)
	for _, p := range c.promises {
		add(v.T(p.name), v.UI.Moment(v.UI.In(p.due)), "")
	}
	return all
}
