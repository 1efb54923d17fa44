package service

import (
	"slices"
	"strings"
	"testing"
)

// aFormattedReplyIsSentAsSuch holds that a reply in Markdown leaves as HTML with its text beside it, that one without
// any format is kept as text alone, and that an undo gives back what was typed.
func aFormattedReplyIsSentAsSuch(t *testing.T, h *house) {
	r := h.room()
	id := h.made()
	body := "Dear Ada,\n**please** bring\n\n- the <form>\n- [this](https://city.example/list)"
	sent := h.reply(0, ReplyIn{Case: id, Body: body, Version: h.version(id)})
	if err := Undo(t.Context(), h.as(0), sent.Undo); err != nil {
		t.Fatal(err)
	}
	if all, err := Drafts(t.Context(), h.as(0), id); err != nil || len(all) != 1 || all[0].Body != body {
		t.Errorf("undone the draft is %+v, %v", all, err)
	}
	sent = h.reply(0, ReplyIn{Case: id, Body: body, Version: h.version(id)})
	h.release(sent.Message)
	plain := h.made()
	dull := h.reply(0, ReplyIn{Case: plain, Body: "Dear Bo,\nsee https://city.example/x for 3 > 2.", Version: h.version(plain)})
	h.release(dull.Message)
	r.tryAll()
	var page, text string
	for _, raw := range r.out.raw {
		if strings.Contains(raw, "please") {
			page = strings.ReplaceAll(raw, "=\r\n", "")
		}
		if strings.Contains(raw, "Dear Bo") {
			text = raw
		}
	}
	for _, want := range []string{"<strong>please</strong>", "<li>the &lt;form&gt;</li>", ">this</a>", "**please** bring", "multipart/alternative"} {
		if !strings.Contains(page, want) {
			t.Errorf("the letter has no %s:\n%s", want, page)
		}
	}
	if !strings.Contains(text, "for 3 > 2.") {
		t.Errorf("a letter without format is\n%s", text)
	}
	all, err := PublicThread(t.Context(), h.citizen(), id)
	if err != nil || !slices.ContainsFunc(all, func(e Entry) bool { return e.Letter && e.Body == body }) {
		t.Errorf("the citizen's page does not know the format: %v", err)
	}
	if got := h.get(dull.Message, "EmailMessage", "Markdown__c, HtmlBody"); got != "false|" {
		t.Errorf("the dull one is kept as %s", got)
	}
}
