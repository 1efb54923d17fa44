package service

import (
	"strings"
	"testing"
	"time"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

func TestKnowledge(t *testing.T) {
	each(t, map[string]func(*testing.T, *house){
		"AnArticleGoesThroughItsVersions": anArticleGoesThroughItsVersions,
		"AnAddressIsForEver":              anAddressIsForEver,
		"TheBestArticlesAreFoundFast":     theBestArticlesAreFoundFast,
	})
}

func (h *house) article(title, answer string, more ...any) record.ID {
	h.t.Helper()
	return h.insert(draft(articleObject, append([]any{"Title", title, "Answer__c", answer, "Summary", answer, "Language", "en_US", "IsVisibleInPkb", true, "IsVisibleInApp", true}, more...)...))
}

func (h *house) publish(id record.ID) record.ID {
	h.t.Helper()
	if err := Publish(h.t.Context(), h.as(0), id); err != nil {
		h.t.Fatal(err)
	}
	return id
}

func anArticleGoesThroughItsVersions(t *testing.T, h *house) {
	first := h.publish(h.article("When bins are emptied", "On Mondays"))
	article := h.get(first, articleObject, "KnowledgeArticleId")
	if got := h.get(first, articleObject, "PublishStatus, VersionNumber, IsLatestVersion, UrlName"); got != "Online|1|true|when-bins-are-emptied" || article == "" {
		t.Errorf("published it is %s", got)
	}
	if err := Publish(t.Context(), h.as(0), first); code(err) != fault.InvalidOperation {
		t.Errorf("it is published twice: %v", err)
	}
	if _, err := org.Must(h.sys.Update(t.Context(), []record.Draft{changes(articleObject, first, "Answer__c", "Never")}, org.WriteOptions{})); code(err) != fault.InvalidOperation {
		t.Errorf("what is online is changed: %v", err)
	}
	h.insert(draft("Knowledge__DataCategorySelection", "ParentId", string(first), "DataCategoryGroupName", "Topics", "DataCategoryName", "Collection"))
	second, err := NewVersion(t.Context(), h.as(0), first)
	if err != nil {
		t.Fatal(err)
	}
	if got := h.ids("SELECT Id FROM Knowledge__kav WHERE Id = ? WITH DATA CATEGORY Topics__c BELOW Waste__c", second); len(got) != 1 {
		t.Error("a new version is in other data categories than the one before")
	}
	if again, err := NewVersion(t.Context(), h.as(1), first); err != nil || again != second {
		t.Errorf("there are two drafts, %s and %s, %v", second, again, err)
	}
	h.update(changes(articleObject, second, "Answer__c", "On Tuesdays"))
	if got := h.get(first, articleObject, "PublishStatus, Answer__c"); got != "Online|On Mondays" {
		t.Errorf("while there is a draft, the first is %s", got)
	}
	h.publish(second)
	if got := h.get(first, articleObject, "PublishStatus, IsLatestVersion") + " " + h.get(second, articleObject, "PublishStatus, VersionNumber, KnowledgeArticleId"); got != "Archived|false Online|2|"+article {
		t.Errorf("the versions are %s", got)
	}
	es, err := Translate(t.Context(), h.as(0), second, "es-MX")
	if err != nil {
		t.Fatal(err)
	}
	h.publish(es)
	online := h.ids("SELECT Id FROM Knowledge__kav WHERE KnowledgeArticleId = ? AND PublishStatus = 'Online'", article)
	if len(online) != 2 {
		t.Errorf("%d versions are online in two languages", len(online))
	}
	if err := Archive(t.Context(), h.as(0), second); err != nil {
		t.Fatal(err)
	}
	if got := h.get(second, articleObject, "PublishStatus"); got != "Archived" {
		t.Errorf("archived it is %s", got)
	}
	if err := Archive(t.Context(), h.as(0), second); code(err) != fault.InvalidOperation {
		t.Errorf("it is archived twice: %v", err)
	}
}

func anAddressIsForEver(t *testing.T, h *house) {
	first := h.publish(h.article("Old name", "x", "UrlName", "old-name"))
	second, err := NewVersion(t.Context(), h.as(0), first)
	if err != nil {
		t.Fatal(err)
	}
	h.update(changes(articleObject, second, "UrlName", "new-name"))
	h.publish(second)
	for _, name := range []string{"old-name", "new-name", "OLD-NAME"} {
		if a, ok, err := ArticleAt(t.Context(), h.sys, "en_US", name); err != nil || !ok || a.Version != second || a.UrlName != "new-name" {
			t.Errorf("%s leads to %+v, %v, %v", name, a, ok, err)
		}
	}
	if _, ok, err := ArticleAt(t.Context(), h.sys, "es", "old-name"); ok || err != nil {
		t.Error("it is there in Spanish", err)
	}
	for _, name := range []string{"old-name", "new-name"} {
		d := draft(articleObject, "Title", "Other", "UrlName", name, "Language", "en_US")
		if _, err := org.Must(h.sys.Insert(t.Context(), []record.Draft{d}, org.WriteOptions{})); code(err) != fault.DuplicateValue {
			t.Errorf("another article gets %s: %v", name, err)
		}
	}
}

func theBestArticlesAreFoundFast(t *testing.T, h *house) {
	want := h.publish(h.article("How fast we repair a street lamp", "Lamps at crossings within 2 days."))
	h.publish(h.article("Brown water", "It is rust. A street may be closed."))
	h.article("Lamp draft", "A lamp that is dark")
	id := h.insert(draft("Case", "Subject", "Street lamp is dark", "Description", "The lamp at the crossing has been dark for a week."))
	start := time.Now()
	all, err := Fitting(t.Context(), h.as(0), id)
	if err != nil || len(all) == 0 || all[0].Version != want {
		t.Fatalf("found %+v, %v", all, err)
	}
	t.Logf("%s: %d found in %v", h.o.Name(), len(all), time.Since(start))
	for range 2 {
		insert, err := UseArticle(t.Context(), h.as(0), id, want)
		if err != nil || !strings.HasSuffix(insert, "/articles/how-fast-we-repair-a-street-lamp") {
			t.Errorf("inserted %q, %v", insert, err)
		}
	}
	if a, b := h.ids("SELECT Id FROM CaseArticle WHERE CaseId = ?", id), h.ids("SELECT Id FROM LinkedArticle WHERE LinkedEntityId = ?", id); len(a) != 1 || len(b) != 1 {
		t.Errorf("used %d and %d times", len(a), len(b))
	}
	if all, err = Fitting(t.Context(), h.as(0), id); err != nil || !all[0].Used {
		t.Errorf("not marked as used: %v", err)
	}
}
