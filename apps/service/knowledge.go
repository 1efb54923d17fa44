package service

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// The states of an article's version. Of each language one version at most is online.
const (
	articleDraft    = "Draft"
	articleOnline   = "Online"
	articleArchived = "Archived"
)

const articleObject = "Knowledge__kav"

// beforeArticle gives new versions their article and their address, and keeps published ones as they were published.
func beforeArticle(ctx context.Context, tx *org.Tx, b *org.Batch) error {
	for _, r := range b.Rows {
		if !b.Insert {
			if status := text(r.Was("PublishStatus")); status != articleDraft && status != "" {
				for _, f := range [...]string{"Title", "Summary", "Answer__c", "UrlName", "Language"} {
					if r.Changes(f) {
						r.Fail(fault.New(fault.InvalidOperation, "A version that was published is not changed. Make a new version.").On(f))
						break
					}
				}
			}
		}
		if b.Insert && r.Value("KnowledgeArticleId").IsNull() {
			id, err := newArticle(ctx, tx, r.Text("Language"))
			if err != nil {
				return err
			}
			r.Put("KnowledgeArticleId", record.OfID(id))
			r.Put("IsLatestVersion", record.OfBool(true))
		}
		if r.Text("UrlName") == "" {
			r.Put("UrlName", record.OfText(cmp.Or(slug(r.Text("Title")), "article")))
		}
		if !b.Insert && !r.Changes("UrlName") && !r.Changes("Language") {
			continue
		}
		owner, err := addressOwner(ctx, tx, r.Text("Language"), r.Text("UrlName"))
		if err != nil {
			return err
		}
		if owner != "" && owner != r.Text("KnowledgeArticleId") {
			r.Fail(fault.New(fault.DuplicateValue, "Another article has, or had, the address %s.", r.Text("UrlName")).On("UrlName"))
		}
	}
	return nil
}

// newArticle makes the article of which there will be versions. They are numbered, so they are made one after the other.
func newArticle(ctx context.Context, tx *org.Tx, language string) (record.ID, error) {
	res, err := query(ctx, tx, "SELECT Id FROM Organization LIMIT 1")
	if err != nil {
		return "", err
	}
	if res.Len() > 0 {
		if err := tx.Lock(ctx, res.Get(0, "Id").ID()); err != nil {
			return "", err
		}
	}
	last, err := query(ctx, tx, "SELECT ArticleNumber FROM Knowledge__ka WHERE ArticleNumber != null ORDER BY ArticleNumber DESC LIMIT 1")
	if err != nil {
		return "", err
	}
	n := 1000
	if last.Len() > 0 {
		if v, err := strconv.Atoi(text(last.Get(0, "ArticleNumber"))); err == nil {
			n = v
		}
	}
	// The platform makes these rows, not its users: they are written as its own.
	ids, err := org.Must(tx.Insert(ctx, []record.Draft{draft("Knowledge__ka", "ArticleNumber", fmt.Sprintf("%09d", n+1), "MasterLanguage", language)}, org.WriteOptions{Seed: true}))
	if err != nil {
		return "", err
	}
	return ids[0], nil
}

// afterArticle keeps every address that a version has.
func afterArticle(ctx context.Context, tx *org.Tx, b *org.Batch) error {
	var drafts []record.Draft
	for _, r := range b.Rows {
		if b.Insert || r.Changes("UrlName") || r.Changes("Language") {
			drafts = append(drafts, draft("Article_Address__c", "Key__c", addressKey(r.Text("Language"), r.Text("UrlName")), "Article__c", r.Text("KnowledgeArticleId")))
		}
	}
	if len(drafts) == 0 {
		return nil
	}
	_, err := org.Must(tx.Upsert(ctx, "Key__c", drafts, org.WriteOptions{AllOrNone: true}))
	return err
}

func addressKey(language, name string) string { return cut(language+"/"+strings.ToLower(name), 255) }

// addressOwner returns the article whose address it is or was, "" for none.
func addressOwner(ctx context.Context, r reader, language, name string) (string, error) {
	res, err := query(ctx, r, "SELECT Article__c FROM Article_Address__c WHERE Key__c = ?", addressKey(language, name))
	if err != nil || res.Len() == 0 {
		return "", err
	}
	return text(res.Get(0, "Article__c")), nil
}

// slug returns a title as an address: letters and digits in lower case, parted by dashes.
func slug(title string) string {
	var b strings.Builder
	for word := range strings.FieldsFuncSeq(strings.ToLower(plainLetters.Replace(title)), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }) {
		if b.Len() > 0 {
			b.WriteByte('-')
		}
		b.WriteString(word)
	}
	return cut(b.String(), 200)
}

var plainLetters = strings.NewReplacer("á", "a", "é", "e", "í", "i", "ó", "o", "ú", "u", "ü", "u", "ñ", "n", "Á", "a", "É", "e", "Í", "i", "Ó", "o", "Ú", "u", "Ñ", "n",
	"ä", "a", "ö", "o", "ß", "ss", "ç", "c", "à", "a", "è", "e", "ê", "e", "ô", "o", "’", "", "'", "")

// A version is what publishing needs to know of a Knowledge__kav.
type version struct {
	id, article      record.ID
	status, language string
	number           int
}

// lockVersion reads a version under the session's rights, which must include changing articles, and locks its article.
func lockVersion(ctx context.Context, tx *org.Tx, s *org.Session, id record.ID) (v version, err error) {
	if o := s.Catalog().Object(articleObject); !s.Rights(o).Edit {
		return v, fault.New(fault.InsufficientAccess, "You may not change articles.")
	}
	const fields = "SELECT Id, KnowledgeArticleId, PublishStatus, Language, VersionNumber FROM Knowledge__kav WHERE Id = ?"
	res, err := query(ctx, tx, fields, id)
	if err == nil && res.Len() > 0 {
		if err = tx.Lock(ctx, res.Get(0, "KnowledgeArticleId").ID()); err == nil {
			res, err = query(ctx, tx, fields, id)
		}
	}
	if err != nil {
		return v, err
	}
	if res.Len() == 0 {
		return v, fault.New(fault.NotFound, "There is no such article.")
	}
	return version{id, res.Get(0, "KnowledgeArticleId").ID(), text(res.Get(0, "PublishStatus")), text(res.Get(0, "Language")), int(res.Get(0, "VersionNumber").Int())}, nil
}

// Publish puts a draft online in place of the version of its language that was, which is archived.
func Publish(ctx context.Context, s *org.Session, id record.ID) error {
	return s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		v, err := lockVersion(ctx, tx, s, id)
		if err != nil {
			return err
		}
		if v.status != articleDraft {
			return fault.New(fault.InvalidOperation, "Only a draft can be published; this version is %s.", strings.ToLower(v.status))
		}
		sys := tx.System()
		old, err := query(ctx, sys, "SELECT Id, PublishStatus, VersionNumber, FirstPublishedDate FROM Knowledge__kav WHERE KnowledgeArticleId = ? AND Language = ? AND PublishStatus != 'Draft'", v.article, v.language)
		if err != nil {
			return err
		}
		now := record.OfInstant(tx.Now())
		number, first := 0, now
		var drafts []record.Draft
		for i := range old.Len() {
			number = max(number, int(old.Get(i, "VersionNumber").Int()))
			if f := old.Get(i, "FirstPublishedDate"); !f.IsNull() && f.Instant().Before(first.Instant()) {
				first = f
			}
			if text(old.Get(i, "PublishStatus")) == articleOnline {
				drafts = append(drafts, changes(articleObject, old.Get(i, "Id").ID(), "PublishStatus", articleArchived, "IsLatestVersion", false, "ArchivedDate", now, "ArchivedById", tx.Actor().User))
			}
		}
		drafts = append(drafts, changes(articleObject, v.id, "PublishStatus", articleOnline, "IsLatestVersion", true, "VersionNumber", number+1,
			"FirstPublishedDate", first, "LastPublishedDate", now, "LastModifiedDate", now, "LastModifiedById", tx.Actor().User))
		if err := platformWrites(ctx, sys, drafts...); err != nil {
			return err
		}
		return platformWrites(ctx, sys, changes("Knowledge__ka", v.article, "FirstPublishedDate", first, "LastPublishedDate", now, "ArchivedDate", nil, "ArchivedById", nil))
	})
}

// platformWrites changes fields that no client may write.
func platformWrites(ctx context.Context, sys *org.Tx, drafts ...record.Draft) error {
	_, err := org.Must(sys.Update(ctx, drafts, org.WriteOptions{AllOrNone: true, Seed: true}))
	return err
}

// NewVersion returns a draft with the content of a version that was published, to be worked on while
// that stays online. Where there is a draft in this language already, it is returned.
func NewVersion(ctx context.Context, s *org.Session, id record.ID) (made record.ID, err error) {
	return copyVersion(ctx, s, id, "")
}

// Translate returns a draft of the article in another language, with the content that is to be translated.
func Translate(ctx context.Context, s *org.Session, id record.ID, lang string) (made record.ID, err error) {
	to := language(lang)
	if to == "" {
		return "", fault.New(fault.InvalidPicklistValue, "There is no language %s.", lang).On("Language")
	}
	return copyVersion(ctx, s, id, to)
}

func copyVersion(ctx context.Context, s *org.Session, id record.ID, lang string) (made record.ID, err error) {
	err = s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		v, err := lockVersion(ctx, tx, s, id)
		if err != nil {
			return err
		}
		to := cmp.Or(lang, v.language)
		there, err := query(ctx, tx, "SELECT Id FROM Knowledge__kav WHERE KnowledgeArticleId = ? AND Language = ? AND PublishStatus = 'Draft'", v.article, to)
		if err != nil {
			return err
		}
		if there.Len() > 0 {
			made = there.Get(0, "Id").ID()
			return nil
		}
		made, err = writeCopy(ctx, tx, v, to)
		return err
	})
	return made, err
}

// writeCopy copies everything of a version that its writers may write.
func writeCopy(ctx context.Context, tx *org.Tx, v version, lang string) (record.ID, error) {
	o := tx.Catalog().Object(articleObject)
	d := record.Draft{Object: articleObject}
	var names []string
	for _, f := range o.Fields {
		if f.Createable && f.Column != "" && f.Path == "" && f.Name != "OwnerId" && !strings.HasSuffix(f.Name, "Date") {
			names = append(names, f.Name)
		}
	}
	sys := tx.System()
	res, err := query(ctx, sys, "SELECT "+strings.Join(names, ", ")+" FROM Knowledge__kav WHERE Id = ?", v.id)
	if err != nil {
		return "", err
	}
	for _, n := range names {
		if value := res.Get(0, n); !value.IsNull() {
			d.Set(n, value)
		}
	}
	d.Set("Language", record.OfText(lang)).Set("OwnerId", record.OfID(tx.Actor().User))
	if lang != v.language {
		d.Set("UrlName", record.OfText(text(res.Get(0, "UrlName"))))
	}
	d.Set("KnowledgeArticleId", record.OfID(v.article)).Set("PublishStatus", record.OfText(articleDraft)).Set("IsLatestVersion", record.OfBool(true))
	ids, err := org.Must(sys.Insert(ctx, []record.Draft{d}, org.WriteOptions{Seed: true}))
	if err != nil {
		return "", err
	}
	if err := copyCategories(ctx, sys, v.id, ids[0]); err != nil {
		return "", err
	}
	_, err = org.Must(sys.Upsert(ctx, "Key__c", []record.Draft{draft("Article_Address__c", "Key__c", addressKey(lang, text(res.Get(0, "UrlName"))), "Article__c", string(v.article))}, org.WriteOptions{}))
	return ids[0], err
}

// copyCategories puts a version into the data categories that another one is in.
func copyCategories(ctx context.Context, sys *org.Tx, from, to record.ID) error {
	res, err := query(ctx, sys, "SELECT DataCategoryGroupName, DataCategoryName FROM Knowledge__DataCategorySelection WHERE ParentId = ?", from)
	if err != nil || res.Len() == 0 {
		return err
	}
	drafts := make([]record.Draft, res.Len())
	for i := range drafts {
		drafts[i] = draft("Knowledge__DataCategorySelection", "ParentId", string(to),
			"DataCategoryGroupName", text(res.Get(i, "DataCategoryGroupName")), "DataCategoryName", text(res.Get(i, "DataCategoryName")))
	}
	_, err = org.Must(sys.Insert(ctx, drafts, org.WriteOptions{Seed: true}))
	return err
}

// Archive takes a version offline. Its addresses stay the article's.
func Archive(ctx context.Context, s *org.Session, id record.ID) error {
	return s.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		v, err := lockVersion(ctx, tx, s, id)
		if err != nil {
			return err
		}
		if v.status != articleOnline {
			return fault.New(fault.InvalidOperation, "Only a version that is online can be archived.")
		}
		now := record.OfInstant(tx.Now())
		return platformWrites(ctx, tx.System(), changes(articleObject, v.id, "PublishStatus", articleArchived, "IsLatestVersion", false, "ArchivedDate", now, "ArchivedById", tx.Actor().User))
	})
}

// An Address is where an article is found now.
type Address struct {
	Version record.ID // that is online
	UrlName string    // other than the one asked for where the article has moved
}

// ArticleAt returns the article that has, or once had, an address in a language and is online for the public; ok is false where there is none.
func ArticleAt(ctx context.Context, r reader, lang, name string) (a Address, ok bool, err error) {
	article, err := addressOwner(ctx, r, lang, name)
	if err != nil || article == "" {
		return a, false, err
	}
	res, err := query(ctx, r, "SELECT Id, UrlName FROM Knowledge__kav WHERE KnowledgeArticleId = ? AND Language = ? AND PublishStatus = 'Online' AND IsVisibleInPkb = true", article, lang)
	if err != nil || res.Len() == 0 {
		return a, false, err
	}
	return Address{res.Get(0, "Id").ID(), text(res.Get(0, "UrlName"))}, true, nil
}
