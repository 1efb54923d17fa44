package service

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"stoa/internal/app"
	"stoa/internal/fault"
	"stoa/internal/mail/send"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/store"
	"stoa/internal/store/storetest"
)

// A house is an org with the desk, some staff and a queue.
type house struct {
	t     *testing.T
	o     *org.Org
	sys   *org.Session
	queue record.ID
	staff []record.ID
}

// each runs the cases on one house an engine, since making one takes seconds on PostgreSQL.
func each(t *testing.T, cases map[string]func(*testing.T, *house)) {
	storetest.Each(t, func(t *testing.T, db store.DB) {
		h := newHouse(t, db)
		for name, run := range cases {
			t.Run(name, func(t *testing.T) {
				mine := *h
				mine.t = t
				run(t, &mine)
			})
		}
	})
}

// emptyHouse makes an org with the desk, and other apps, and nothing in it.
func emptyHouse(t *testing.T, db store.DB, more ...app.App) *house {
	t.Helper()
	all := append(app.Apps{App()}, more...)
	kinds, schedules := all.Jobs()
	for _, m := range all.Mail(app.Post{Domain: "harborview.example", Transport: send.Nowhere{}}) {
		kinds = append(kinds, m.Jobs...)
	}
	o, err := org.Open(t.Context(), org.Settings{DB: db, JournalDir: t.TempDir(), Report: func(err error) { t.Error(err) }, Hooks: all.Hooks(), Derived: all.Derived(), Jobs: kinds, Schedules: schedules})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Create(t.Context(), org.NewOrg{Name: "Test", AdminUsername: "admin@test.example"}); err != nil {
		t.Fatal(err)
	}
	if err := o.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := all.Install(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, o: o}
	if h.sys, err = o.System(t.Context(), org.System, "operation"); err != nil {
		t.Fatal(err)
	}
	return h
}

func newHouse(t *testing.T, db store.DB) *house {
	t.Helper()
	h := emptyHouse(t, db)
	profile := h.ids("SELECT Id FROM Profile WHERE Name = 'Standard User'")[0]
	for _, first := range []string{"Mara", "Tomas", "Ines"} {
		name := strings.ToLower(first)
		h.staff = append(h.staff, h.insert(draft("User", "FirstName", first, "LastName", "Staff", "Username", name+"@test.example", "Email", name+"@test.example", "Alias", name,
			"CommunityNickname", name, "ProfileId", profile, "IsActive", true, "TimeZoneSidKey", "UTC", "LocaleSidKey", "en_US", "LanguageLocaleKey", "en_US", "EmailEncodingKey", "UTF-8")))
	}
	h.queue = h.insert(draft("Group", "Name", "Streets", "DeveloperName", "Streets", "Type", "Queue"))
	h.insert(draft("QueueSobject", "QueueId", h.queue, "SobjectType", "Case"))
	for _, u := range h.staff {
		h.insert(draft("GroupMember", "GroupId", h.queue, "UserOrGroupId", u))
	}
	h.insert(draft("Service__c", "Name", "Street light", "Slug__c", "street-light", "Queue__c", "Streets", "First_Reply_Minutes__c", 60, "Solution_Minutes__c", 600))
	h.update(changes("Service_Setting__c", h.ids("SELECT Id FROM Service_Setting__c")[0], "Reference_Prefix__c", "HV", "Default_Queue__c", "Streets", "Sender_Name__c", "City",
		"Sender_Address__c", "help@test.example"))
	return h
}

func (h *house) insert(d record.Draft) record.ID {
	h.t.Helper()
	ids, err := org.Must(h.sys.Insert(h.t.Context(), []record.Draft{d}, org.WriteOptions{}))
	if err != nil {
		h.t.Fatalf("insert %s: %v", d.Object, err)
	}
	return ids[0]
}

func (h *house) update(d record.Draft) {
	h.t.Helper()
	if _, err := org.Must(h.sys.Update(h.t.Context(), []record.Draft{d}, org.WriteOptions{})); err != nil {
		h.t.Fatalf("update %s: %v", d.Object, err)
	}
}

func (h *house) ids(soql string, args ...any) (ids []record.ID) {
	h.t.Helper()
	res, err := query(h.t.Context(), h.sys, soql, args...)
	if err != nil {
		h.t.Fatalf("%s: %v", soql, err)
	}
	for i := range res.Len() {
		ids = append(ids, res.Get(i, "Id").ID())
	}
	return ids
}

// get returns fields of a record as text, parted by |.
func (h *house) get(id record.ID, object, fields string) string {
	h.t.Helper()
	res, err := query(h.t.Context(), h.sys, "SELECT "+fields+" FROM "+object+" WHERE Id = ?", id)
	if err != nil {
		h.t.Fatal(err)
	}
	var all []string
	for f := range strings.SplitSeq(fields, ", ") {
		if res.Len() == 0 {
			return "gone"
		}
		all = append(all, text(res.Get(0, strings.Split(f, ".")...)))
	}
	return strings.Join(all, "|")
}

// as returns a session of the n-th of the staff.
func (h *house) as(n int) *org.Session {
	h.t.Helper()
	a, _, ok, err := h.o.UserByID(h.t.Context(), h.staff[n])
	if err != nil || !ok {
		h.t.Fatalf("user %d: %v", n, err)
	}
	s, err := h.o.Session(h.t.Context(), a, org.Console, "service")
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// citizen returns a session of the app in the name of somebody without a user.
func (h *house) citizen() *org.Session {
	h.t.Helper()
	s, err := h.o.Service(h.t.Context(), org.Actor{}, org.Portal, "service")
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

var serial int

// made returns a new case of a citizen with an address.
func (h *house) made() record.ID {
	h.t.Helper()
	serial++
	m, err := NewCase(h.t.Context(), h.citizen(), Intake{Name: "Ada Grey", Email: "ada" + strconv.Itoa(serial) + "@post.example", Subject: "Lamp out", Body: "The lamp is dark.", Service: "street-light"})
	if err != nil {
		h.t.Fatal(err)
	}
	return m.Case
}

func (h *house) version(id record.ID) int {
	h.t.Helper()
	n, err := strconv.Atoi(h.get(id, "Case", "Thread_Version__c"))
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

func (h *house) reply(n int, in ReplyIn) Sent {
	h.t.Helper()
	sent, err := Reply(h.t.Context(), h.as(n), in)
	if err != nil {
		h.t.Fatal(err)
	}
	return sent
}

// release lets a held message go out, as its job does later.
func (h *house) release(message record.ID) {
	h.t.Helper()
	if err := release(h.t.Context(), h.sys, []byte(message)); err != nil {
		h.t.Fatal(err)
	}
}

// kinds returns the kinds of a case's lines.
func (h *house) kinds(id record.ID) string {
	h.t.Helper()
	res, err := query(h.t.Context(), h.sys, "SELECT Kind__c FROM Case_Event__c WHERE Case__c = ? ORDER BY Name", id)
	if err != nil {
		h.t.Fatal(err)
	}
	var all []string
	for i := range res.Len() {
		all = append(all, text(res.Get(i, "Kind__c")))
	}
	return strings.Join(all, " ")
}

// code returns the code of a client's error.
func code(err error) fault.Code {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Code
	}
	return ""
}
