package service

import (
	"errors"
	"strings"
	"testing"

	"stoa/internal/fault"
	"stoa/internal/record"
)

func TestWriting(t *testing.T) {
	each(t, map[string]func(*testing.T, *house){
		"AMacroDoesAllAndIsUndoneAtOnce":   aMacroDoesAllAndIsUndoneAtOnce,
		"UndoGivesBackEveryFieldOfAMacro":  undoGivesBackEveryFieldOfAMacro,
		"QuickTextIsInTheCitizensLanguage": quickTextIsInTheCitizensLanguage,
		"LettersAreFilledAndEscaped":       lettersAreFilledAndEscaped,
	})
}

func (h *house) macro(steps ...[4]string) record.ID {
	h.t.Helper()
	id := h.insert(draft("Macro", "Name", "Macro", "StartingContext", "Case"))
	for i, s := range steps {
		h.insert(draft("MacroInstruction", "MacroId", id, "Operation", s[0], "Target", s[1], "Value", s[2], "ValueRecord", s[3], "SortOrder", i+1))
	}
	return id
}

func aMacroDoesAllAndIsUndoneAtOnce(t *testing.T, h *house) {
	id := h.made()
	before := h.get(id, "Case", watched)
	macro := h.macro([4]string{"Select", "Tab.Case"}, [4]string{"Insert", targetReply, "Dear {!Case.SuppliedName}, we look into {!Case.Reference__c}."}, [4]string{"Submit", "Action.Email"},
		[4]string{"Insert", targetNote, "Asked the crew, @ines."}, [4]string{"Set", "Field.Case.Status", "Waiting"}, [4]string{"Set", "Field.Case.Priority", "Medium"},
		[4]string{"Set", "Field.Case.OwnerId", "me"})
	preview, err := PreviewMacro(t.Context(), h.as(0), id, macro)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, e := range preview {
		said = append(said, e.What+":"+e.From+">"+e.To+e.Text)
	}
	ref := h.get(id, "Case", "Reference__c")
	want := "reply:>Dear Ada Grey, we look into " + ref + ".; note:>Asked the crew, @ines.; Status:New>Waiting; OwnerId:Streets>Mara Staff"
	if got := strings.Join(said, "; "); got != want {
		t.Errorf("the preview says\n%s, not\n%s", got, want)
	}
	if got := h.get(id, "Case", watched); got != before {
		t.Error("a preview changes the case")
	}
	if _, _, err := RunMacro(t.Context(), h.as(0), id, macro, 7); func() bool { _, ok := errors.AsType[*Stale](err); return !ok }() {
		t.Errorf("a macro on a thread that was not read is answered with %v", err)
	}
	done, _, err := RunMacro(t.Context(), h.as(0), id, macro, h.version(id))
	if err != nil {
		t.Fatal(err)
	}
	if got := h.get(id, "Case", "Status, Owner.Name"); got != "Waiting|Mara Staff" {
		t.Errorf("afterwards the case is %s", got)
	}
	if n := len(h.ids("SELECT Id FROM EmailMessage WHERE ParentId = ?", id)) + len(h.ids("SELECT Id FROM CaseComment WHERE ParentId = ?", id)) + len(h.ids("SELECT Id FROM Task WHERE WhatId = ?", id)); n != 3 {
		t.Errorf("%d of message, note and task", n)
	}
	if err := Undo(t.Context(), h.as(0), done.Undo); err != nil {
		t.Fatal(err)
	}
	if got := h.get(id, "Case", watched); got != before {
		t.Errorf("undone it is\n%s, not\n%s", got, before)
	}
	if n := len(h.ids("SELECT Id FROM EmailMessage WHERE ParentId = ?", id)) + len(h.ids("SELECT Id FROM CaseComment WHERE ParentId = ?", id)) + len(h.ids("SELECT Id FROM Task WHERE WhatId = ?", id)); n != 0 {
		t.Errorf("undone there are still %d records", n)
	}
	for _, bad := range []record.ID{h.macro(), h.macro([4]string{"Set", "Field.Case.Nothing__c", "x"}), h.macro([4]string{"Insert", "Field.Case.Subject", "x"}),
		h.macro([4]string{"Set", "Field.Case.Thread_Version__c", "9"}), h.macro([4]string{"Set", "Field.Case.OwnerId", "Nowhere"})} {
		if _, _, err := RunMacro(t.Context(), h.as(0), id, bad, h.version(id)); code(err) == "" {
			t.Errorf("a bad macro is answered with %v", err)
		}
	}
}

func undoGivesBackEveryFieldOfAMacro(t *testing.T, h *house) {
	const fields = watched + ", Subject, Type"
	id := h.made()
	before := h.get(id, "Case", fields)
	macro := h.macro([4]string{"Set", "Field.Case.Subject", "A paper is missing"}, [4]string{"Set", "Field.Case.Type", "Problem"})
	for _, meanwhile := range []bool{false, true} {
		done, _, err := RunMacro(t.Context(), h.as(0), id, macro, h.version(id))
		if err != nil {
			t.Fatal(err)
		}
		if got := h.get(id, "Case", "Subject, Type"); got != "A paper is missing|Problem" {
			t.Errorf("afterwards the case is %s", got)
		}
		if meanwhile {
			h.update(changes("Case", id, "Subject", "Somebody else's"))
		}
		err = Undo(t.Context(), h.as(0), done.Undo)
		switch got := h.get(id, "Case", fields); {
		case !meanwhile && (err != nil || got != before):
			t.Errorf("undone it is\n%s, not\n%s, %v", got, before, err)
		case meanwhile && code(err) == "":
			t.Errorf("what somebody else wrote since is undone with it: %v", err)
		}
	}
}

func quickTextIsInTheCitizensLanguage(t *testing.T, h *house) {
	h.insert(draft("QuickText", "Name", "greet", "Message", "Hello {!Case.SuppliedName},"))
	h.insert(draft("QuickText", "Name", "greet_es", "Message", "Hola, {!Case.SuppliedName}:"))
	h.insert(draft("QuickText", "Name", "green_bin", "Message", "About your {!Service.Name}"))
	m, err := NewCase(t.Context(), h.citizen(), Intake{Name: "Ana", Body: "La farola", Language: "es", Service: "street-light"})
	if err != nil {
		t.Fatal(err)
	}
	texts := func(id record.ID, typed string) string {
		all, err := QuickTexts(t.Context(), h.as(0), id, typed)
		if err != nil {
			t.Fatal(err)
		}
		var s []string
		for _, q := range all {
			s = append(s, q.Name+"="+q.Text)
		}
		return strings.Join(s, "; ")
	}
	if got := texts(m.Case, ";gree"); got != "green_bin=About your Street light; greet=Hola, Ana:" {
		t.Errorf("in Spanish: %s", got)
	}
	if got := texts(h.made(), ";greet"); got != "greet=Hello Ada Grey," {
		t.Errorf("in English: %s", got)
	}
	if _, err := QuickTexts(t.Context(), h.as(0), "500000000000001AAA", ""); code(err) != fault.NotFound {
		t.Errorf("no case is answered with %v", err)
	}
}

func lettersAreFilledAndEscaped(t *testing.T, h *house) {
	folder := h.o.ID()
	for name, body := range map[string]string{"Receipt": "<p>{!Case.Subject} {!Nothing.At_All} {!Case.Reply_Due__c}</p>", "Receipt_es": "<p>Gracias, {!Case.SuppliedName}. {!Link}</p>"} {
		h.insert(draft("EmailTemplate", "Name", name, "DeveloperName", name, "FolderId", folder, "TemplateStyle", "none", "TemplateType", "html", "IsActive", true,
			"Subject", "{!Case.Subject} [{!Case.Reference__c}]", "HtmlValue", body))
	}
	m, err := NewCase(t.Context(), h.citizen(), Intake{Name: "Ada", Subject: "<b>Lamp</b>\r\nBcc: {!User.Email}", Body: "x"})
	if err != nil {
		t.Fatal(err)
	}
	l, ok, err := Write(t.Context(), h.as(0), "Receipt", m.Case)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if l.Subject != "<b>Lamp</b> Bcc: {!User.Email} ["+m.Reference+"]" {
		t.Errorf("subject %q", l.Subject)
	}
	if !strings.HasPrefix(l.HTML, "<p>&lt;b&gt;Lamp&lt;/b&gt;") || strings.Contains(l.HTML, "mara@") {
		t.Errorf("html %q", l.HTML)
	}
	es, err := NewCase(t.Context(), h.citizen(), Intake{Name: "Ana", Body: "x", Language: "es"})
	if err != nil {
		t.Fatal(err)
	}
	if l, _, err = Write(t.Context(), h.as(0), "Receipt", es.Case); err != nil || l.Language != "es" || l.HTML != "<p>Gracias, Ana. /track/"+es.TrackKey+"</p>" {
		t.Errorf("in Spanish %+v, %v", l, err)
	}
	if _, ok, err = Write(t.Context(), h.as(0), "Nothing", es.Case); ok || err != nil {
		t.Error("there is a letter that there is not", err)
	}
}
