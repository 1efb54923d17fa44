package community

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"stoa/apps/service"
	"stoa/internal/app"
	"stoa/internal/fault"
	"stoa/internal/record"
)

func TestQuestionsAndAnswers(t *testing.T) {
	t.Parallel()
	each(t, map[string]func(*testing.T, *town){
		"a member's first posts wait, later ones do not": func(t *testing.T, h *town) {
			ada := h.member("ada@home.example", false)
			k, err := Publish(t.Context(), h.as(ada), Draft{Topic: h.topic, Title: "Which papers does the grant need?"})
			if err != nil || k.Held != whyFirst {
				t.Fatalf("held %q, %v", k.Held, err)
			}
			if status, _, _ := h.browser().get("/questions/" + string(k.ID)); status != http.StatusNotFound {
				t.Errorf("everybody sees what waits: %d", status)
			}
			if status, _, _ := h.signedIn(ada).get("/questions/" + string(k.ID) + "/which-papers-does-the-grant-need"); status != http.StatusOK {
				t.Errorf("the author does not see it: %d", status)
			}
			h.decide(h.staff[0], k.ID, Decision{Publish: true})
			if l := h.letter("is public now"); !strings.HasPrefix(l, "ada@home.example\n") || !strings.Contains(l, "https://city.example/questions/"+string(k.ID)) {
				t.Errorf("letter %s", l)
			}
			if !strings.Contains(h.browser().see("/questions/"+string(k.ID)+"/which-papers-does-the-grant-need"), "Which papers") {
				t.Error("it is not there")
			}
			old := h.member("otis@home.example", true)
			h.publish(old, Draft{Topic: h.topic, Title: "When are the libraries open?"})
			if k, err := Publish(t.Context(), h.as(old), Draft{Topic: h.topic, Title: "Look here", Body: strings.Repeat("https://shop.example/ ", 4)}); err != nil || k.Held != whyLinks {
				t.Errorf("held %q, %v", k.Held, err)
			}
		},
		"an old address leads to the question for good": func(t *testing.T, h *town) {
			id := h.publish(h.staff[0], Draft{Topic: h.topic, Title: "¿Cuándo abre la biblioteca?", Language: "es"})
			for _, path := range []string{"/questions/" + string(id), "/questions/" + string(id) + "/what-it-was-called", "/es/questions/" + string(id)} {
				status, _, header := h.browser().get(path)
				want := strings.Replace(path[:strings.Index(path, string(id))], "https://city.example", "", 1) + string(id) + "/cuando-abre-la-biblioteca"
				if status != http.StatusMovedPermanently || header.Get("Location") != want {
					t.Errorf("%s: %d %s, want %s", path, status, header.Get("Location"), want)
				}
			}
		},
		"one vote a person, and it can be taken back": func(t *testing.T, h *town) {
			q := h.publish(h.staff[0], Draft{Topic: h.topic, Title: "How much is the allowance?"})
			ada, otis := h.signedIn(h.member("ada.votes@home.example", false)), h.signedIn(h.member("otis.votes@home.example", false))
			score := func() string { return h.get(q, "FeedItem", "Score__c") }
			for _, step := range []struct {
				b    *browser
				undo string
				want string
			}{{ada, "", "1"}, {ada, "", "1"}, {otis, "", "2"}, {ada, "1", "1"}, {ada, "1", "1"}} {
				if status, body, _ := step.b.send("/posts/"+string(q)+"/vote", "undo", step.undo); status != http.StatusSeeOther {
					t.Fatalf("%d %s", status, body)
				}
				if got := score(); got != step.want {
					t.Errorf("score %s, want %s", got, step.want)
				}
			}
			if err := Vote(t.Context(), h.as(h.staff[0]), Post{ID: q, By: Author{ID: h.staff[0]}}, true); fault.From(err).Code != fault.InsufficientAccess {
				t.Errorf("for one's own: %v", err)
			}
			if status, _, header := h.browser().send("/posts/" + string(q) + "/vote"); status != http.StatusSeeOther || !strings.HasPrefix(header.Get("Location"), "/signin?to=") {
				t.Errorf("without a name: %d %s", status, header.Get("Location"))
			}
		},
		"the asker says which answer helped, and the staff is seen to be the staff": func(t *testing.T, h *town) {
			asker := h.member("wren@home.example", true)
			q := h.publish(asker, Draft{Topic: h.topic, Title: "Is a bank statement enough?", Body: "I lost **four** payslips."})
			a := h.publish(h.staff[0], Draft{On: q, Body: "Yes, for up to four weeks."})
			if got := h.get(q, "FeedItem", "Answers__c", "Staff_Answered__c"); got != "1|true" {
				t.Errorf("question %s", got)
			}
			other := h.signedIn(h.member("nobody@home.example", false))
			if status, _, _ := other.send("/posts/" + string(a) + "/accept"); status != http.StatusForbidden && status != http.StatusBadRequest {
				t.Errorf("somebody else accepts: %d", status)
			}
			if status, body, _ := h.signedIn(asker).send("/posts/" + string(a) + "/accept"); status != http.StatusSeeOther {
				t.Fatalf("%d %s", status, body)
			}
			page := h.browser().see("/questions/" + string(q) + "/is-a-bank-statement-enough")
			for _, want := range []string{"Accepted answer", "City staff", "Mara Staff", "<strong>four</strong>", `"@type":"QAPage"`, `"acceptedAnswer"`} {
				if !strings.Contains(page, want) {
					t.Errorf("no %q", want)
				}
			}
			if strings.Contains(page, "secret@") || strings.Contains(page, "@home.example") {
				t.Error("an address is in the page")
			}
		},
		"what was changed can be seen": func(t *testing.T, h *town) {
			asker := h.member("quill@home.example", true)
			q := h.publish(asker, Draft{Topic: h.topic, Title: "Is the ferry running today?", Body: "It was not there at nine."})
			if status, body, _ := h.signedIn(asker).send("/posts/"+string(q)+"/edit", "title", "Is the ferry running at night?", "body", "It was not there at ten."); status != http.StatusSeeOther {
				t.Fatalf("%d %s", status, body)
			}
			page := h.browser().see("/posts/" + string(q) + "/history")
			for _, want := range []string{`<ins class="diff-in">ten.</ins>`, `<del class="diff-out">nine.</del>`, `<del class="diff-out">today?</del>`} {
				if !strings.Contains(page, want) {
					t.Errorf("no %s in %s", want, page)
				}
			}
			stranger := h.signedIn(h.member("stranger@home.example", false))
			for _, status := range []int{first(stranger.get("/posts/" + string(q) + "/edit")), first(stranger.send("/posts/"+string(q)+"/edit", "title", "Mine now, all of it", "body", "x"))} {
				if status != http.StatusNotFound {
					t.Errorf("a stranger changes it: %d", status)
				}
			}
		},
		"who follows is told, and stops it with one click and no sign-in": func(t *testing.T, h *town) {
			asker := h.member("follows@home.example", true)
			q := h.publish(asker, Draft{Topic: h.topic, Title: "Where do I take old paint?"})
			h.publish(h.staff[0], Draft{On: q, Body: "To the yard at Foundry Lane."})
			l := h.letter("New answer")
			if !strings.HasPrefix(l, "follows@home.example\n") || !strings.Contains(l, "Foundry Lane") {
				t.Errorf("letter %s", l)
			}
			end := l[strings.LastIndex(l, "<https://city.example")+len("<https://city.example"):]
			end = strings.TrimSuffix(end, ">")
			if status, body, _ := h.browser().send(end, "List-Unsubscribe", "One-Click"); status != http.StatusOK {
				t.Fatalf("%s: %d %s", end, status, body)
			}
			if n := h.ids("SELECT Id FROM Follow__c WHERE Question__c = ? AND Person__c = ?", q, asker); len(n) != 0 {
				t.Error("it is followed still")
			}
			if status, _, _ := h.browser().send(end[:len(end)-2]+"AA", "x", "y"); status != http.StatusNotFound {
				t.Errorf("a guess: %d", status)
			}
		},
	})
}

func first(status int, _ string, _ http.Header) int { return status }

func TestArticles(t *testing.T) {
	t.Parallel()
	each(t, map[string]func(*testing.T, *town){
		"every address that an article had leads to the one of today": func(t *testing.T, h *town) {
			id := h.insert("Knowledge__kav", "Title", "How to appeal", "UrlName", "how-to-appeal", "Summary", "Write within 30 days.", "Answer__c", "Write to **us**.", "IsVisibleInPkb", true)
			h.insert("Article_Address__c", "Key__c", "en_US/appeals", "Article__c", h.get(id, "Knowledge__kav", "KnowledgeArticleId"))
			if status := first(h.browser().get("/articles/how-to-appeal")); status != http.StatusNotFound {
				t.Errorf("a draft is shown: %d", status)
			}
			if err := service.Publish(t.Context(), h.sys, id); err != nil {
				t.Fatal(err)
			}
			if page := h.browser().see("/articles/how-to-appeal"); !strings.Contains(page, "<strong>us</strong>") {
				t.Error(page)
			}
			if status, _, header := h.browser().get("/articles/appeals"); status != http.StatusMovedPermanently || header.Get("Location") != "/articles/how-to-appeal" {
				t.Errorf("%d %s", status, header.Get("Location"))
			}
			if status := first(h.browser().send("/articles/how-to-appeal/helpful", "helped", "yes")); status != http.StatusSeeOther {
				t.Errorf("helpful: %d", status)
			}
			if n := len(h.ids("SELECT Id FROM Vote WHERE Parent.Type = 'Knowledge__ka'")); n != 1 {
				t.Errorf("%d votes", n)
			}
		},
	})
}

func TestModeration(t *testing.T) {
	t.Parallel()
	each(t, map[string]func(*testing.T, *town){
		"a post is hidden with a reason, and another moderator decides on the appeal": func(t *testing.T, h *town) {
			ada := h.member("appeals@home.example", false)
			k, err := Publish(t.Context(), h.as(ada), Draft{Topic: h.topic, Title: "Why does nobody answer me?"})
			if err != nil {
				t.Fatal(err)
			}
			id := h.caseOf(k.ID)
			if err := Decide(t.Context(), h.as(h.staff[0]), id, Decision{}); fault.From(err).Code != fault.RequiredFieldMissing {
				t.Errorf("without a reason: %v", err)
			}
			h.decide(h.staff[0], k.ID, Decision{Rule: "kind", Words: "Say what you need."})
			if l := h.letter("was not published"); !strings.Contains(l, "Be kind") || !strings.Contains(l, "Say what you need.") || !strings.Contains(l, "https://city.example/my") {
				t.Errorf("letter %s", l)
			}
			if err := Decide(t.Context(), h.as(h.staff[1]), id, Decision{Publish: true}); fault.From(err).Code != fault.FieldIntegrity {
				t.Errorf("decided twice: %v", err)
			}
			b := h.signedIn(ada)
			if page := b.see("/my"); !strings.Contains(page, "Say what you need.") || !strings.Contains(page, "/my/appeal/"+string(id)) {
				t.Error("the author sees neither reason nor appeal")
			}
			if status := first(h.signedIn(h.member("meddler@home.example", false)).send("/my/appeal/"+string(id), "appeal", "x")); status != http.StatusNotFound {
				t.Errorf("somebody else appeals: %d", status)
			}
			if status := first(b.send("/my/appeal/"+string(id), "appeal", "I only asked.")); status != http.StatusSeeOther {
				t.Fatalf("appeal: %d", status)
			}
			if err := Decide(t.Context(), h.as(h.staff[0]), id, Decision{Publish: true}); fault.From(err).Code != fault.InsufficientAccess {
				t.Errorf("the same moderator decides on the appeal: %v", err)
			}
			h.decide(h.staff[1], k.ID, Decision{Publish: true})
			h.letter("appeal was right")
			if got := h.get(k.ID, "FeedItem", "Status") + " " + h.get(id, "Moderation_Case__c", "State__c"); got != "Published Overturned" {
				t.Error(got)
			}
			var kinds []string
			for _, e := range h.ids("SELECT Id FROM Moderation_Entry__c WHERE Moderation_Case__c = ? ORDER BY CreatedDate, Name", id) {
				kinds = append(kinds, h.get(e, "Moderation_Entry__c", "Kind__c"))
			}
			if d := cmp.Diff([]string{"held.first", "Hidden", "Appealed", "Overturned"}, kinds); d != "" {
				t.Error(d)
			}
		},
		"a report leaves a post where it is until somebody has looked": func(t *testing.T, h *town) {
			q := h.publish(h.staff[0], Draft{Topic: h.topic, Title: "Is this advertising or not?"})
			for range 2 {
				if status := first(h.browser().send("/posts/"+string(q)+"/report", "reason", "advert", "note", "x")); status != http.StatusSeeOther {
					t.Fatalf("report: %d", status)
				}
			}
			if got := h.get(h.caseOf(q), "Moderation_Case__c", "State__c", "Why__c", "Reports__c") + " " + h.get(q, "FeedItem", "Status"); got != "Waiting|reported|2 Published" {
				t.Error(got)
			}
			if status := first(h.browser().send("/posts/"+string(q)+"/report", "reason", "nonsense")); status != http.StatusUnprocessableEntity {
				t.Errorf("without a reason: %d", status)
			}
		},
		"a flood from one network is held, whoever it is, and hidden with one action": func(t *testing.T, h *town) {
			n := 1000
			if testing.Short() {
				n = 60
			}
			people := []record.ID{h.member("flood1@home.example", true), h.member("flood2@home.example", false)}
			const network = "198.51.100.0/24"
			var seen atomic.Int32
			var writers errgroup.Group
			for i := range 8 { // at once: each must see what the others wrote
				s := h.as(people[i%2])
				writers.Go(func() error {
					for j := i; j < n; j += 8 {
						k, err := Publish(t.Context(), s, Draft{Topic: h.topic, Title: fmt.Sprintf("Cheap watches for everybody %d", j), Network: network})
						if err != nil {
							return err
						}
						if k.Held == "" {
							seen.Add(1)
						}
					}
					return nil
				})
			}
			if err := writers.Wait(); err != nil {
				t.Fatal(err)
			}
			public := int(seen.Load())
			if public > hourly-trusted { // one of them has published that many before
				t.Errorf("%d of %d are public", public, n)
			}
			if err := Clear(t.Context(), h.as(h.staff[0]), network, "advert"); err != nil {
				t.Fatal(err)
			}
			for range n - public {
				h.letter("was not published")
			}
			if left := h.ids("SELECT Id FROM Moderation_Case__c WHERE State__c = 'Waiting' AND Network__c = ?", network); len(left) != 0 {
				t.Errorf("%d wait still", len(left))
			}
			t.Logf("%d posts from one network: %d public before the limit, the others held and hidden by one action", n, public)
		},
	})
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	each(t, map[string]func(*testing.T, *town){
		"what was typed waits for the link, which works once": func(t *testing.T, h *town) {
			b := h.browser()
			status, _, _ := b.send("/questions", "title", "Can I get the form in Braille?", "body", "For my mother.", "topic", string(h.topic), "email", "new@home.example")
			if status != http.StatusOK {
				t.Fatalf("%d", status)
			}
			path := linkIn(t, h.letter("sign in"))
			if page := b.see(path); !strings.Contains(page, "Can I get the form in Braille?") || !strings.Contains(page, "new@home.example") {
				t.Error("the page does not say what it sends")
			}
			if len(h.ids("SELECT Id FROM User WHERE Email = 'new@home.example'")) != 0 {
				t.Error("a look at the link made a user")
			}
			if status, _, header := b.send(path); status != http.StatusSeeOther || header.Get("Location") != "/my" {
				t.Fatalf("%d %s", status, header.Get("Location"))
			}
			if page := b.see("/my"); !strings.Contains(page, "Can I get the form in Braille?") {
				t.Error("the question is not on one's own page")
			}
			if got := h.get(h.ids("SELECT Id FROM User WHERE Email = 'new@home.example'")[0], "User", "UserType", "Contact.Email"); got != "CspLitePortal|new@home.example" {
				t.Errorf("user %s", got)
			}
			if status := first(h.browser().send(path)); status != http.StatusGone {
				t.Errorf("twice: %d", status)
			}
		},
		"what one asked before is on one's own page from the first sign-in on": func(t *testing.T, h *town) {
			early := h.insert("Case", "Subject", "Asked before there was a page", "SuppliedEmail", "early@home.example")
			other := h.insert("Case", "Subject", "Asked by somebody else", "SuppliedEmail", "late@home.example")
			b := h.signedIn(h.member("early@home.example", false))
			page := b.see("/my")
			if !strings.Contains(page, "/requests/"+string(early)) || strings.Contains(page, "Asked by somebody else") {
				t.Errorf("page %s", page)
			}
			if status, _, header := b.get("/requests/" + string(early)); status != http.StatusSeeOther || !strings.HasPrefix(header.Get("Location"), "/track/") {
				t.Errorf("%d %s", status, header.Get("Location"))
			}
			if status := first(b.get("/requests/" + string(other))); status != http.StatusNotFound {
				t.Errorf("somebody else's: %d", status)
			}
		},
		"the answer is the same whether or not somebody is known": func(t *testing.T, h *town) {
			h.member("known@home.example", false)
			answer := func(email string) string {
				status, body, _ := h.browser().send("/signin", "email", email)
				return fmt.Sprint(status) + strings.ReplaceAll(body, email, "X")
			}
			want := answer("known@home.example")
			for _, email := range []string{"unknown@home.example", "mara.secret@test.example"} {
				if got := answer(email); got != want {
					t.Errorf("%s: %s", email, cmp.Diff(want, got))
				}
			}
		},
		"somebody's mailbox is not filled": func(t *testing.T, h *town) {
			for range 20 {
				h.browser().send("/signin", "email", "victim@home.example")
			}
			h.browser().send("/signin", "email", "last@home.example")
			n := 0
			for l := h.letter("link"); !strings.HasPrefix(l, "last@"); l = h.letter("link") {
				if strings.HasPrefix(l, "victim@") {
					n++
				}
			}
			if n > joinsAtOnce {
				t.Errorf("%d letters", n)
			}
		},
		"an address of two is none": func(t *testing.T, h *town) {
			for _, email := range []string{"a@x.example\r\nBcc: b@y.example", "a@x.example, b@y.example", "A <a@x.example>", "", "a", strings.Repeat("a", 200) + "@x.example"} {
				if status := first(h.browser().send("/signin", "email", email)); status != http.StatusUnprocessableEntity && !strings.Contains(email, "\r") {
					t.Errorf("%q: %d", email, status)
				}
			}
		},
	})
}

func TestTheScopesHoldWhatIsNotPublic(t *testing.T) {
	t.Parallel()
	each(t, map[string]func(*testing.T, *town){
		"no public page shows what is internal": func(t *testing.T, h *town) {
			const secret = "QUETZALCOATL"
			ada := h.member("ada.case@home.example", true)
			q := h.publish(ada, Draft{Topic: h.topic, Title: "A question that everybody sees"})
			held, err := Publish(t.Context(), h.as(h.member("fresh@home.example", false)), Draft{Topic: h.topic, Title: secret + " held", Body: secret})
			if err != nil {
				t.Fatal(err)
			}
			inner := h.insert("FeedItem", "ParentId", h.topic, "Type", questionType, "Title", secret+" internal", "Body", secret, "Status", published, "Visibility", "InternalUsers", "IsClosed", false, "IsRichText", false, "Slug__c", "x")
			post := h.insert("FeedItem", "ParentId", h.topic, "Type", "TextPost", "Title", secret+" post", "Body", secret, "Status", published, "IsClosed", false, "IsRichText", false)
			h.insert("FeedComment", "FeedItemId", q, "CommentBody", secret, "CommentType", "TextComment", "Status", pending, "IsRichText", false, "IsVerified", false, "HasEntityLinks", false)
			h.insert("Knowledge__kav", "Title", secret+" article", "UrlName", "internal-article", "Summary", secret, "Answer__c", secret, "IsVisibleInPkb", false, "IsVisibleInApp", true)
			contact := h.insert("Contact", "LastName", secret, "Email", "other.secret@home.example")
			kase := h.insert("Case", "Subject", secret+" case", "Description", secret, "ContactId", contact, "SuppliedEmail", "other.secret@home.example")
			h.insert("CaseComment", "ParentId", kase, "CommentBody", secret, "IsPublished", false)
			paths := []string{"/", "/es", "/search?q=" + secret, "/suggest?q=" + secret, "/questions", "/questions?open=1", "/questions/feed.atom", "/articles.atom", "/sitemap.xml", "/sitemaps/pages.xml", "/sitemaps/articles.xml",
				"/sitemaps/questions-1.xml", "/services", "/services/secret", "/services/secret/start", "/articles/internal-article", "/ask?q=" + secret, "/track", "/my", "/rules", "/robots.txt",
				"/questions/" + string(held.ID), "/questions/" + string(inner), "/questions/" + string(post), "/questions/" + string(q) + "/a-question-that-everybody-sees", "/posts/" + string(held.ID) + "/history", "/posts/" + string(inner) + "/report",
				"/questions/" + string(kase), "/posts/" + string(kase) + "/history", "/requests/" + string(kase), "/track/" + string(kase), "/questions/" + string(contact)}
			for who, b := range map[string]*browser{"the public": h.browser(), "a citizen": h.signedIn(ada)} {
				for _, path := range paths {
					status, body, _ := b.get(path)
					shown := strings.ReplaceAll(body, secret+"”", "") // what was searched for is repeated
					shown = strings.ReplaceAll(shown, `value="`+secret, "")
					shown = strings.ReplaceAll(shown, "q="+secret, "")
					shown = strings.ReplaceAll(shown, "Results for "+secret, "")
					shown = strings.ReplaceAll(shown, ">"+secret+"</textarea>", "")
					if strings.Contains(shown, secret) {
						t.Errorf("%s sees in %s (%d): %s", who, path, status, around(shown, secret))
					}
					if strings.Contains(body, "secret@") || strings.Contains(body, "admin@test.example") {
						t.Errorf("%s sees an address in %s: %s", who, path, around(body, "secret@"))
					}
					if status >= 500 {
						t.Errorf("%s: %d", path, status)
					}
				}
			}
			for _, path := range []string{"/my/appeal/" + string(h.caseOf(held.ID)), "/posts/" + string(inner) + "/vote", "/posts/" + string(held.ID) + "/follow", "/questions/" + string(inner) + "/answers"} {
				if status := first(h.signedIn(ada).send(path, "appeal", "x", "body", "x")); status != http.StatusNotFound {
					t.Errorf("%s: %d", path, status)
				}
			}
		},
	})
}

func around(s, at string) string {
	i := strings.Index(s, at)
	if i < 0 {
		return ""
	}
	return s[max(0, i-100):min(len(s), i+100)]
}

func TestNothingHostileGetsThrough(t *testing.T) {
	t.Parallel()
	corpus := []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'><svg/onload=alert(1)>`, `[x](javascript:alert(1))`, `![x](https://evil.example/p.gif)`, `</script><script>alert(1)</script>`,
		`<a href="x" hx-get="/my">y</a>`, `javascript:alert(1)`, `{{7*7}}`, "' OR Id != '", `\' OR 1=1 --`, `%0d%0aSet-Cookie:x=y`, "a\u202egpj.exe", `<iframe srcdoc="<script>1</script>">`, `<!--`, `]]>`,
	}
	each(t, map[string]func(*testing.T, *town){
		"whatever is typed is text": func(t *testing.T, h *town) {
			bad := []string{"<script>alert", "<img", "<svg/", "<iframe", `href="javascript`, `hx-get="/my"`, "onerror=alert(1)>"}
			check := func(where, body string) {
				t.Helper()
				for _, b := range bad {
					if strings.Contains(body, b) {
						t.Errorf("%s: %s", where, around(body, b))
					}
				}
			}
			for i, c := range corpus {
				q := h.publish(h.staff[0], Draft{Topic: h.topic, Title: c + fmt.Sprintf(" number %d", i), Body: c, Language: app.Cut(c, 10)})
				h.publish(h.staff[0], Draft{On: q, Body: c, Language: "en"})
				status, _, header := h.browser().get("/questions/" + string(q))
				if status != http.StatusMovedPermanently {
					t.Fatalf("%q: %d", c, status)
				}
				check("thread", h.browser().see(header.Get("Location")))
				for _, path := range []string{"/search?q=", "/ask?q=", "/suggest?q=", "/track?reference=", "/signin?to=", "/questions?topic=", "/questions?after=", "/articles/", "/services/", "/track/", "/signin/", "/unsubscribe/", "/posts/", "/questions/"} {
					status, body, header := h.browser().get(path + strings.ReplaceAll(urlEscape(c), "+", "%20"))
					if status >= 500 || header.Get("Set-Cookie") != "" && strings.Contains(header.Get("Set-Cookie"), "x=y") {
						t.Errorf("%s%s: %d", path, c, status)
					}
					check(path, body)
				}
				for _, f := range [][]string{{"/signin", "email", c, "to", c}, {"/ask", "title", c, "who", c}, {"/questions", "title", c, "body", c, "topic", c, "email", c}, {"/track", "reference", c, "email", c},
					{"/requests", "title", c, "email", c, "service", ""}, {"/questions/" + string(q) + "/answers", "body", c, "email", c}, {"/ask/solved", "page", c}} {
					status, body, header := h.browser().send(f[0], f[1:]...)
					if status >= 500 || strings.HasPrefix(header.Get("Location"), "javascript") || strings.HasPrefix(header.Get("Location"), "//") {
						t.Errorf("%v: %d %s", f, status, header.Get("Location"))
					}
					check(f[0], body)
				}
			}
			for _, path := range []string{"/questions", "/questions/feed.atom", "/", "/sitemaps/questions-1.xml"} {
				check(path, h.browser().see(path))
			}
		},
	})
}

func TestComparingKeepsBothTexts(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{{"", ""}, {"a b c", "a x c"}, {"one", "two"}, {"same text", "same text"}, {"a b", "a b c d"}, {strings.Repeat("w ", 2000), "x"}} {
		var was, is strings.Builder
		for _, p := range Compare(c[0], c[1]) {
			if p.Kind != "ins" {
				was.WriteString(p.Text)
			}
			if p.Kind != "del" {
				is.WriteString(p.Text)
			}
		}
		if was.String() != c[0] || is.String() != c[1] {
			t.Errorf("%q, %q became %q, %q", c[0], c[1], was.String(), is.String())
		}
	}
}

func TestAddressesOfQuestions(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]string{
		"Which papers?": "which-papers", "¿Qué necesito?": "que-necesito", "日本語": "question", "../../etc": "etc", "  a   b ": "a-b", "": "question",
	} {
		if got := slugOf(title); got != want {
			t.Errorf("%q: %q, want %q", title, got, want)
		}
	}
	if got := terms("How do I pay the *bill* AND (water)?"); !slices.Equal(got, []string{"pay", "bill", "water"}) {
		t.Errorf("terms %q", got)
	}
}
