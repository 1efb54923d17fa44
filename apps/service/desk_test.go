package service

import (
	"errors"
	"strings"
	"testing"
	"time"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

func TestDesk(t *testing.T) {
	each(t, map[string]func(*testing.T, *house){
		"ACaseIsMadeOnceAndFindsItsPlace":         aCaseIsMadeOnceAndFindsItsPlace,
		"AKnownAddressIsAContact":                 aKnownAddressIsAContact,
		"ATrackKeyOpensOneCase":                   aTrackKeyOpensOneCase,
		"RulesDecideAndExplain":                   rulesDecideAndExplain,
		"AReplyIsHeldAndKeepsThePromise":          aReplyIsHeldAndKeepsThePromise,
		"AReplyIsTakenBack":                       aReplyIsTakenBack,
		"ASendIsGuarded":                          aSendIsGuarded,
		"PromisesStopWhileACaseWaits":             promisesStopWhileACaseWaits,
		"BrokenPromisesAreSaidOnce":               brokenPromisesAreSaidOnce,
		"ActionsAreUndoneExactly":                 actionsAreUndoneExactly,
		"MentionsBecomeTasks":                     mentionsBecomeTasks,
		"MergedCasesAreOneAndComeApart":           mergedCasesAreOneAndComeApart,
		"AMessageBecomesACaseAndComesBack":        aMessageBecomesACaseAndComesBack,
		"AMessageMovesToItsCaseAndBack":           aMessageMovesToItsCaseAndBack,
		"AnUnsureMessageSaysWhy":                  anUnsureMessageSaysWhy,
		"LinkedCasesKnowEachOther":                linkedCasesKnowEachOther,
		"AllCitizensOfAProblemAreAnswered":        allCitizensOfAProblemAreAnswered,
		"FilesComeInPieces":                       filesComeInPieces,
		"AFormattedReplyIsSentAsSuch":             aFormattedReplyIsSentAsSuch,
		"MilestonesSayWhatIsLeft":                 milestonesSayWhatIsLeft,
		"AQuestionGoesToThePublicOnlyWithConsent": aQuestionGoesToThePublicOnlyWithConsent,
		"WhatACaseKnowsIsBlackedOut":              whatACaseKnowsIsBlackedOut,
		"NobodyTakesTheSameCase":                  nobodyTakesTheSameCase,
		"ImportsAreKeptAsTheyAre":                 importsAreKeptAsTheyAre,
		"ManyCasesAreChangedAndUndoneAtOnce":      manyCasesAreChangedAndUndoneAtOnce,
		"LostPromisesAreFoundAgain":               lostPromisesAreFoundAgain,
		"StatusesAreThoseOfTheDesk":               statusesAreThoseOfTheDesk,
		"ThreadsAreReadInOneQuery":                threadsAreReadInOneQuery,
	})
}

func aCaseIsMadeOnceAndFindsItsPlace(t *testing.T, h *house) {
	in := Intake{Name: "Ada Grey", Email: "ada@post.example", Subject: "Lamp out", Body: "The lamp is dark.", Language: "es-MX", Service: "street-light", Once: "form-1",
		Files: []File{{"lamp.txt", []byte("dark")}}}
	first, err := NewCase(t.Context(), h.citizen(), in)
	if err != nil {
		t.Fatal(err)
	}
	again, err := NewCase(t.Context(), h.citizen(), in)
	if err != nil || again != first {
		t.Errorf("the second time makes %+v, %v, not %+v", again, err, first)
	}
	if _, ok := ParseReference(first.Reference); !ok || !strings.HasPrefix(first.Reference, "HV-") {
		t.Errorf("reference %q", first.Reference)
	}
	if got, want := h.get(first.Case, "Case", "Status, Origin, Language, OwnerId, Last_From__c, Snippet__c"), "New|Web|es|"+string(h.queue)+"|Citizen|The lamp is dark."; got != want {
		t.Errorf("the case is %s, not %s", got, want)
	}
	if got := h.kinds(first.Case); got != "made routed" {
		t.Errorf("lines %q", got)
	}
	res, err := query(t.Context(), h.sys, "SELECT TargetDate, MilestoneType.Name, TargetResponseInMins FROM CaseMilestone WHERE CaseId = ? ORDER BY TargetDate", first.Case)
	if err != nil || res.Len() != 2 {
		t.Fatalf("%d milestones, %v", res.Len(), err)
	}
	if due := instant(res.Get(0, "TargetDate")); !due.Equal(first.ReplyDue) || text(res.Get(0, "MilestoneType", "Name")) != "First Reply" || res.Get(0, "TargetResponseInMins").Int() != 60 {
		t.Errorf("the first milestone is %v, the citizen was told %v", due, first.ReplyDue)
	}
	if got := h.ids("SELECT Id FROM ContentDocumentLink WHERE LinkedEntityId = ?", first.Case); len(got) != 1 {
		t.Errorf("%d files", len(got))
	}
	for _, bad := range []Intake{{Email: "ada@post.example"}, {Body: "x", Email: "ada"}, {Body: "x", Service: "none"}} {
		if _, err := NewCase(t.Context(), h.citizen(), bad); code(err) == "" {
			t.Errorf("%+v is answered with %v", bad, err)
		}
	}
}

func aKnownAddressIsAContact(t *testing.T, h *house) {
	account := h.insert(draft("Account", "Name", "Grey household"))
	h.insert(draft("Contact", "FirstName", "Bo", "LastName", "Grey", "AccountId", account, "Email", "grey@post.example"))
	ada := h.insert(draft("Contact", "FirstName", "Ada", "LastName", "Grey", "AccountId", account, "Email", "Grey@post.example"))
	m, err := NewCase(t.Context(), h.citizen(), Intake{Name: "ada grey", Email: "grey@POST.example", Body: "Hello"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := h.get(m.Case, "Case", "ContactId, AccountId"), string(ada)+"|"+string(account); got != want {
		t.Errorf("the case is of %s, not of %s", got, want)
	}
}

func aTrackKeyOpensOneCase(t *testing.T, h *house) {
	a, b := h.made(), h.made()
	key, err := TrackKey(t.Context(), h.o, a)
	if err != nil {
		t.Fatal(err)
	}
	other, err := TrackKey(t.Context(), h.o, b)
	if err != nil {
		t.Fatal(err)
	}
	opens := func(key string) record.ID {
		id, _, err := TrackedCase(t.Context(), h.o, key)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	if got := opens(strings.ToUpper(key)); got != a {
		t.Errorf("the key opens %q", got)
	}
	n := len(key) - macLength
	for _, bad := range []string{"", key[:n], key[n:], key[:len(key)-1] + "!", other[:n] + key[n:], key + "a"} {
		if got := opens(bad); got != "" {
			t.Errorf("%q opens %s", bad, got)
		}
	}
	if err := LockTrack(t.Context(), h.o, a); err != nil {
		t.Fatal(err)
	}
	if got := opens(key); got != "" {
		t.Error("a key that was locked out opens its case")
	}
}

func rulesDecideAndExplain(t *testing.T, h *house) {
	parks := h.insert(draft("Group", "Name", "Parks", "DeveloperName", "Parks", "Type", "Queue"))
	h.insert(draft("QueueSobject", "QueueId", parks, "SobjectType", "Case"))
	for _, r := range []record.Draft{
		draft("Routing_Rule__c", "Name", "Trees", "Order__c", 1, "Active__c", true, "Field__c", "Subject", "Operator__c", "contains", "Value__c", "tree; branch", "Queue__c", "Parks", "Priority__c", "High"),
		draft("Routing_Rule__c", "Name", "All trees", "Order__c", 2, "Active__c", true, "Field__c", "Subject", "Operator__c", "contains", "Value__c", "tree", "Queue__c", "Streets"),
	} {
		id := h.insert(r)
		defer func() { h.update(changes("Routing_Rule__c", id, "Active__c", false)) }()
	}
	for _, k := range []struct {
		name  string
		draft record.Draft
		want  string
		why   string
	}{
		{"the first rule that fits", draft("Case", "Subject", "A Branch is down", "Origin", "Phone"), string(parks) + "|High", `"rule":"Trees"`},
		{"the service's queue", draft("Case", "Subject", "Lamp", "Service__c", h.ids("SELECT Id FROM Service__c")[0]), string(h.queue) + "|Medium", `"service":"Street light"`},
		{"the default queue for what comes in by itself", draft("Case", "Subject", "Hello", "Origin", "Email"), string(h.queue) + "|Medium", `"default":""`},
		{"nothing for what staff takes down", draft("Case", "Subject", "Hello", "Origin", "Phone"), string(h.o.Admin()) + "|Medium", ""},
		{"an owner who was named", draft("Case", "Subject", "A tree", "OwnerId", h.staff[0]), string(h.staff[0]) + "|High", ""},
	} {
		id := h.insert(k.draft)
		if got := h.get(id, "Case", "OwnerId, Priority"); got != k.want {
			t.Errorf("%s: %s, not %s", k.name, got, k.want)
		}
		res, err := query(t.Context(), h.sys, "SELECT Data__c FROM Case_Event__c WHERE Case__c = ? AND Kind__c = 'routed'", id)
		if err != nil {
			t.Fatal(err)
		}
		if why := ""; res.Len() > 0 != (k.why != "") {
			t.Errorf("%s: explained %d times", k.name, res.Len())
		} else if res.Len() > 0 {
			if why = text(res.Get(0, "Data__c")); !strings.Contains(why, k.why) {
				t.Errorf("%s: explained by %s", k.name, why)
			}
		}
	}
	for _, bad := range []record.Draft{
		draft("Routing_Rule__c", "Name", "x", "Field__c", "Subject", "Value__c", "x", "Queue__c", "Nowhere"),
		draft("Routing_Rule__c", "Name", "x", "Field__c", "Nothing__c", "Value__c", "x"),
		draft("Service__c", "Name", "x", "Slug__c", "x", "Queue__c", "Nowhere"),
	} {
		if _, err := org.Must(h.sys.Insert(t.Context(), []record.Draft{bad}, org.WriteOptions{})); code(err) == "" {
			t.Errorf("%v is answered with %v", bad, err)
		}
	}
}

func aReplyIsHeldAndKeepsThePromise(t *testing.T, h *house) {
	id := h.made()
	sent := h.reply(0, ReplyIn{Case: id, Body: "It is on the list.", Then: "Waiting"})
	if got, want := h.get(sent.Message, "EmailMessage", "Status, FromAddress, FromName, Incoming, IsExternallyVisible"), "5|help@test.example|Mara Staff, City|false|true"; got != want {
		t.Errorf("the message is %s, not %s", got, want)
	}
	if got := h.get(id, "Case", "Replied_At__c, Status"); got != "|Waiting" {
		t.Errorf("held, it is already %s", got)
	}
	if public, err := PublicThread(t.Context(), h.citizen(), id); err != nil || strings.Contains(bodies(public), "on the list") {
		t.Errorf("held, it is public: %v, %v", bodies(public), err)
	}
	h.release(sent.Message)
	h.release(sent.Message) // a job may run twice
	if got := h.get(sent.Message, "EmailMessage", "Status"); got != "3" {
		t.Errorf("released, its status is %s", got)
	}
	if got := h.get(id, "Case", "Last_From__c, Snippet__c"); got != "Staff|It is on the list." || h.get(id, "Case", "Replied_At__c") == "" {
		t.Errorf("released, the case is %s", got)
	}
	if got := h.ids("SELECT Id FROM CaseMilestone WHERE CaseId = ? AND IsCompleted = true", id); len(got) != 1 {
		t.Errorf("%d milestones are kept", len(got))
	}
	if _, err := FromCitizen(t.Context(), h.citizen(), id, "Thank you", nil); err != nil {
		t.Fatal(err)
	}
	if got := h.get(id, "Case", "Status, Last_From__c"); got != "Open|Citizen" {
		t.Errorf("after an answer the case is %s", got)
	}
	if err := Undo(t.Context(), h.as(0), sent.Undo); code(err) != fault.InvalidOperation {
		t.Errorf("a message that went out is undone: %v", err)
	}
}

func bodies(all []Entry) string {
	var b strings.Builder
	for _, e := range all {
		b.WriteString(e.Subject + "\n" + e.Body + "\n")
		for _, v := range e.Data {
			if s, ok := v.(string); ok {
				b.WriteString(s + "\n")
			}
		}
	}
	return b.String()
}

func aReplyIsTakenBack(t *testing.T, h *house) {
	id := h.made()
	before := h.get(id, "Case", watched)
	sent := h.reply(0, ReplyIn{Case: id, Body: "Oh no", Then: "Solved"})
	if got := h.get(id, "Case", "IsClosed"); got != "true" {
		t.Fatal("it is not solved")
	}
	if err := Undo(t.Context(), h.as(1), sent.Undo); code(err) != fault.NotFound {
		t.Errorf("somebody else undoes it: %v", err)
	}
	if err := Undo(t.Context(), h.as(0), sent.Undo); err != nil {
		t.Fatal(err)
	}
	h.release(sent.Message)
	if got := h.get(id, "Case", watched); got != before {
		t.Errorf("undone, the case is\n%s, not\n%s", got, before)
	}
	if got := h.get(sent.Message, "EmailMessage", "Status"); got != "gone" {
		t.Errorf("the message is %s", got)
	}
	drafts, err := Drafts(t.Context(), h.as(1), id)
	if err != nil || len(drafts) != 1 || drafts[0].Body != "Oh no" || drafts[0].Name != "Mara Staff" {
		t.Errorf("the drafts are %+v, %v", drafts, err)
	}
	if err := Undo(t.Context(), h.as(0), sent.Undo); code(err) != fault.InvalidOperation {
		t.Errorf("it is undone twice: %v", err)
	}
}

func aSendIsGuarded(t *testing.T, h *house) {
	id := h.made()
	read := h.version(id)
	if _, err := FromCitizen(t.Context(), h.citizen(), id, "It is urgent", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := Note(t.Context(), h.as(1), id, "I am on it"); err != nil {
		t.Fatal(err)
	}
	in := ReplyIn{Case: id, Body: "Soon", Version: read}
	_, err := Reply(t.Context(), h.as(0), in)
	stale, ok := errors.AsType[*Stale](err)
	if !ok || len(stale.News) != 2 || !strings.Contains(bodies(stale.News), "It is urgent") || stale.Version != h.version(id) {
		t.Fatalf("an overtaken reply is answered with %+v", err)
	}
	in.Version = stale.Version
	in.Cc = []string{"stranger@other.example"}
	_, err = Reply(t.Context(), h.as(0), in)
	if u, ok := errors.AsType[*Unconfirmed](err); !ok || u.Addresses[0] != "stranger@other.example" {
		t.Fatalf("a strange address is answered with %v", err)
	}
	in.Confirmed = in.Cc
	h.reply(0, in)
	in.Version, in.Anyway = 0, true
	h.reply(0, in)
	none := h.insert(draft("Case", "Subject", "Called", "Origin", "Phone"))
	if _, err := Reply(t.Context(), h.as(0), ReplyIn{Case: none, Body: "x"}); code(err) != fault.RequiredFieldMissing {
		t.Errorf("a case without an address is answered with %v", err)
	}
	if _, err := Reply(t.Context(), h.as(0), ReplyIn{Case: none, Body: "x", To: []string{"nobody"}}); code(err) != fault.InvalidEmail {
		t.Errorf("what is no address is answered with %v", err)
	}
}

func promisesStopWhileACaseWaits(t *testing.T, h *house) {
	id := h.made()
	at := func(field string) time.Time {
		v, err := time.Parse("2006-01-02T15:04:05.000Z0700", h.get(id, "Case", field))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	due := at("Solve_Due__c")
	h.update(changes("Case", id, "Status", "Waiting"))
	// Two hours ago, as far as the case is concerned.
	back := changes("Case", id, "Paused_Since__c", at("Paused_Since__c").Add(-2*time.Hour))
	h.update(back)
	h.update(changes("Case", id, "Status", "Open"))
	if got := at("Solve_Due__c").Sub(due); got < 2*time.Hour || got > 2*time.Hour+time.Minute {
		t.Errorf("after two hours of waiting the promise is %v later", got)
	}
	res, err := query(t.Context(), h.sys, "SELECT TargetDate FROM CaseMilestone WHERE CaseId = ? ORDER BY TargetDate DESC", id)
	if err != nil {
		t.Fatal(err)
	}
	if got := instant(res.Get(0, "TargetDate")); !got.Equal(at("Solve_Due__c")) {
		t.Errorf("the milestone says %v, the case %v", got, at("Solve_Due__c"))
	}
	told, err := Promises(t.Context(), h.as(0), id, time.Now())
	if err != nil || len(told) != 2 || told[1].Name != "Solution" || !told[1].Due.Equal(at("Solve_Due__c")) || told[1].Minutes != 600 || told[1].Service != "Street light" ||
		told[1].Broken || told[1].Left > 600*time.Minute+2*time.Hour || told[1].Left < 600*time.Minute || told[1].Reckoning < 2*time.Hour {
		t.Errorf("the promises are told as %+v, %v", told, err)
	}
	h.update(changes("Case", id, "Status", "Solved"))
	if h.get(id, "Case", "Solved_At__c") == "" || h.get(id, "Case", "Replied_At__c") == "" {
		t.Error("a solved case has kept no promise")
	}
	if _, err := FromCitizen(t.Context(), h.citizen(), id, "It is dark again", nil); err != nil {
		t.Fatal(err)
	}
	if got := h.get(id, "Case", "Status, Solved_At__c, IsClosed"); got != "Open||false" {
		t.Errorf("opened again the case is %s", got)
	}
}

func brokenPromisesAreSaidOnce(t *testing.T, h *house) {
	id := h.made()
	look := func() {
		t.Helper()
		if err := (&memory{}).lookAt(t.Context(), h.sys, []byte(id)); err != nil {
			t.Fatal(err)
		}
	}
	look()
	if got := h.kinds(id); got != "made routed" {
		t.Errorf("at once there are %s", got)
	}
	h.update(changes("Case", id, "Reply_Due__c", time.Now().Add(8*time.Minute))) // of 60, that is over 85 %
	look()
	look()
	if got := h.kinds(id); got != "made routed reply.warning" {
		t.Errorf("near the end there are %s", got)
	}
	h.update(changes("Case", id, "Reply_Due__c", time.Now().Add(-time.Minute)))
	look()
	look()
	if got := len(h.ids("SELECT Id FROM CaseMilestone WHERE CaseId = ? AND IsViolated = true AND IsCompleted = false", id)); got != 1 {
		t.Errorf("%d milestones are violated", got)
	}
	if got := h.kinds(id) + " " + h.get(id, "Case", "IsEscalated"); got != "made routed reply.warning reply.breach true" {
		t.Errorf("after the end there are %s", got)
	}
}

func actionsAreUndoneExactly(t *testing.T, h *house) {
	actions := map[string]func(*org.Session, record.ID) (Done, error){
		"close": func(s *org.Session, id record.ID) (Done, error) {
			return SetStatus(t.Context(), s, []record.ID{id}, "Closed")
		},
		"wait": func(s *org.Session, id record.ID) (Done, error) {
			return SetStatus(t.Context(), s, []record.ID{id}, "Waiting")
		},
		"assign": func(s *org.Session, id record.ID) (Done, error) {
			return SetOwner(t.Context(), s, []record.ID{id}, h.staff[2])
		},
		"priority": func(s *org.Session, id record.ID) (Done, error) {
			return SetPriority(t.Context(), s, []record.ID{id}, "High")
		},
	}
	for name, act := range actions {
		t.Run(name, func(t *testing.T) {
			id := h.made()
			milestones := func() string {
				var all []string
				for _, m := range h.ids("SELECT Id FROM CaseMilestone WHERE CaseId = ? ORDER BY Id", id) {
					all = append(all, h.get(m, "CaseMilestone", "TargetDate, CompletionDate"))
				}
				return strings.Join(all, " ")
			}
			before, promised := h.get(id, "Case", watched), milestones()
			done, err := act(h.as(0), id)
			if err != nil {
				t.Fatal(err)
			}
			if h.get(id, "Case", watched) == before {
				t.Fatal("nothing was done")
			}
			if err := Undo(t.Context(), h.as(0), done.Undo); err != nil {
				t.Fatal(err)
			}
			if got := h.get(id, "Case", watched); got != before {
				t.Errorf("undone it is\n%s, not\n%s", got, before)
			}
			if got := milestones(); got != promised {
				t.Errorf("undone its milestones are %s, not %s", got, promised)
			}
		})
	}
	id := h.made()
	done, err := SetStatus(t.Context(), h.as(0), []record.ID{id}, "Waiting")
	if err != nil {
		t.Fatal(err)
	}
	h.update(changes("Case", id, "Status", "On Hold"))
	err = Undo(t.Context(), h.as(0), done.Undo)
	if code(err) != fault.InvalidOperation || !strings.Contains(err.Error(), "Status was changed since") {
		t.Errorf("what was changed since is answered with %v", err)
	}
}

func mentionsBecomeTasks(t *testing.T, h *house) {
	id := h.made()
	if _, err := Note(t.Context(), h.as(0), id, "@ines, can you look? Also @nobody and write to mara@test.example. (@tomas)"); err != nil {
		t.Fatal(err)
	}
	res, err := query(t.Context(), h.sys, "SELECT Owner.Name FROM Task WHERE WhatId = ? ORDER BY Owner.Name", id)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for i := range res.Len() {
		names = append(names, text(res.Get(i, "Owner", "Name")))
	}
	if got := strings.Join(names, ", "); got != "Ines Staff, Tomas Staff" {
		t.Errorf("tasks have %s", got)
	}
}

func importsAreKeptAsTheyAre(t *testing.T, h *house) {
	at := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	ids, err := org.Must(h.sys.Insert(t.Context(), []record.Draft{draft("Case", "Subject", "Old", "Origin", "Web", "Status", "Closed", "CreatedDate", at, "OwnerId", h.staff[0])}, org.WriteOptions{KeepIDs: true}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := org.Must(h.sys.Insert(t.Context(), []record.Draft{draft("EmailMessage", "ParentId", ids[0], "Incoming", true, "IsExternallyVisible", true, "TextBody", "x", "CreatedDate", at)}, org.WriteOptions{KeepIDs: true})); err != nil {
		t.Fatal(err)
	}
	if got := h.get(ids[0], "Case", "Status, Reply_Due__c, Thread_Version__c"); got != "Closed||" || h.kinds(ids[0]) != "" {
		t.Errorf("an imported case is %s with %s", got, h.kinds(ids[0]))
	}
	if _, ok := ParseReference(h.get(ids[0], "Case", "Reference__c")); !ok {
		t.Error("an imported case has no reference")
	}
}

func threadsAreReadInOneQuery(t *testing.T, h *house) {
	id := h.made()
	if _, err := FromCitizen(t.Context(), h.citizen(), id, "Hello?", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := Note(t.Context(), h.as(0), id, "A note"); err != nil {
		t.Fatal(err)
	}
	res, err := h.as(0).Query(t.Context(), bind("SELECT Id, (SELECT FromAddress, TextBody FROM EmailMessages), (SELECT CommentBody FROM CaseComments) FROM Case WHERE Id = ?", id), org.QueryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if res.Len() != 1 || len(res.Children) != 2 || res.Children[0].Result.Len() != 1 || res.Children[1].Result.Len() != 1 {
		t.Errorf("found %d cases with %d children", res.Len(), len(res.Children))
	}
}

func manyCasesAreChangedAndUndoneAtOnce(t *testing.T, h *house) {
	var drafts []record.Draft
	for range maxBulk {
		drafts = append(drafts, draft("Case", "Subject", "One of many", "Origin", "Phone"))
	}
	var ids []record.ID
	for len(drafts) > 0 {
		n := min(200, len(drafts))
		made, err := org.Must(h.sys.Insert(t.Context(), drafts[:n], org.WriteOptions{AllOrNone: true}))
		if err != nil {
			t.Fatal(err)
		}
		ids, drafts = append(ids, made...), drafts[n:]
	}
	start := time.Now()
	done, err := SetStatus(t.Context(), h.as(0), ids, "Closed")
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d cases closed in %v", len(ids), time.Since(start))
	if got := len(h.ids("SELECT Id FROM Case WHERE Subject = 'One of many' AND IsClosed = true")); got != len(ids) {
		t.Errorf("%d are closed", got)
	}
	if err := Undo(t.Context(), h.as(0), done.Undo); err != nil {
		t.Fatal(err)
	}
	if got := len(h.ids("SELECT Id FROM Case WHERE Subject = 'One of many' AND Status = 'New' AND Solved_At__c = null AND Paused_Since__c = null")); got != len(ids) {
		t.Errorf("%d are new again", got)
	}
	if _, err := SetStatus(t.Context(), h.as(0), append(ids, ids[0]), "Closed"); code(err) != fault.LimitExceeded {
		t.Errorf("too many are answered with %v", err)
	}
}

func lostPromisesAreFoundAgain(t *testing.T, h *house) {
	at := time.Now().Add(-time.Hour)
	ids, err := org.Must(h.sys.Insert(t.Context(), []record.Draft{draft("Case", "Subject", "Imported", "Origin", "Web", "Status", "Open", "CreatedDate", at.Add(-time.Hour), "Reply_Due__c", at)}, org.WriteOptions{KeepIDs: true}))
	if err != nil {
		t.Fatal(err)
	}
	old := h.insert(draft("Undo__c", "Kind__c", "status", "Data__c", "{}", "Until__c", time.Now().Add(-30*24*time.Hour)))
	young := h.insert(draft("Undo__c", "Kind__c", "status", "Data__c", "{}", "Until__c", time.Now().Add(-time.Hour)))
	defer func() {
		if got := h.get(old, "Undo__c", "Kind__c") + " " + h.get(young, "Undo__c", "Kind__c"); got != "gone status" {
			t.Errorf("of an old and a young undo there are %s", got)
		}
	}()
	before, err := h.o.JobCounts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := sweep(t.Context(), h.sys, nil); err != nil {
		t.Fatal(err)
	}
	after, err := h.o.JobCounts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if before == after {
		t.Error("nobody looks at a broken promise")
	}
	if err := (&memory{}).lookAt(t.Context(), h.sys, []byte(ids[0])); err != nil {
		t.Fatal(err)
	}
	if got := h.get(ids[0], "Case", "IsEscalated"); got != "true" {
		t.Error("the case is not escalated")
	}
}

func TestPrefixesAreInitials(t *testing.T) {
	for name, want := range map[string]string{"City of Harborview": "CH", "test": "C", "": "C", "Ärzte Ohne Grenzen": "OG", "A B C D E F": "ABCD"} {
		if got := initials(name); got != want {
			t.Errorf("%s is %s, not %s", name, got, want)
		}
	}
}

func statusesAreThoseOfTheDesk(t *testing.T, h *house) {
	res, err := query(t.Context(), h.sys, "SELECT ApiName, IsClosed, IsDefault FROM CaseStatus ORDER BY SortOrder")
	if err != nil {
		t.Fatal(err)
	}
	var rows, values []string
	for i := range res.Len() {
		rows = append(rows, text(res.Get(i, "ApiName")))
	}
	for _, v := range h.sys.Catalog().Object("Case").Field("Status").Values {
		values = append(values, v.Value)
	}
	want := "New Open Waiting On Hold Solved Closed Merged"
	if got := strings.Join(rows, " "); got != want {
		t.Errorf("CaseStatus has %s", got)
	}
	if got := strings.Join(values, " "); got != want {
		t.Errorf("the picklist has %s", got)
	}
}
