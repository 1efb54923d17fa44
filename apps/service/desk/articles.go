package desk

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"stoa/apps/service"
	"stoa/internal/app"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/page"
)

// articlesRoot is where articles are written.
const articlesRoot = "/console/service/articles"

const (
	articleObject = "Knowledge__kav"
	articleListed = 200
	articleMost   = 131_072 // characters of a text. Source: the description of Knowledge__kav
)

// An articleRow is a version in a list.
type articleRow struct {
	id                              record.ID
	number, title, status, language string
	category, author                string
	version                         int
	public                          bool
	changed                         time.Time
}

const articleFields = "Id, KnowledgeArticleId, ArticleNumber, Title, PublishStatus, Language, VersionNumber, IsVisibleInPkb, Category__c, LastModifiedDate, LastModifiedBy.Name"

func articleRows(res *record.Result) []articleRow {
	all := make([]articleRow, res.Len())
	for i := range all {
		get := func(path ...string) string { return app.Text(res.Get(i, path...)) }
		all[i] = articleRow{
			id: res.Get(i, "Id").ID(), number: strings.TrimLeft(get("ArticleNumber"), "0"), title: get("Title"), status: get("PublishStatus"), language: get("Language"),
			category: get("Category__c"), author: get("LastModifiedBy", "Name"), version: int(res.Get(i, "VersionNumber").Int()),
			public: res.Get(i, "IsVisibleInPkb").Bool(), changed: app.Instant(res.Get(i, "LastModifiedDate")),
		}
	}
	return all
}

// articleList is the page of all articles: drafts first, since somebody works on them.
type articleList struct {
	v      *page.Visit
	status string
	rows   []articleRow
	can    bool
}

func mayWrite(v *page.Visit) bool {
	o := v.S.Catalog().Object(articleObject)
	return o != nil && v.S.Rights(o).Edit
}

func showArticles(v *page.Visit) error {
	if o := v.S.Catalog().Object(articleObject); o == nil || !v.S.Rights(o).Read {
		return page.NotFound()
	}
	l := &articleList{v: v, status: cmp.Or(v.Query("status"), "Online"), can: mayWrite(v)}
	res, err := app.Query(v.Ctx(), v.S, "SELECT "+articleFields+" FROM Knowledge__kav WHERE PublishStatus = ? ORDER BY LastModifiedDate DESC, Id LIMIT ?", l.status, articleListed)
	if err != nil {
		return err
	}
	l.rows = articleRows(res)
	return v.Answer(page.Page{Title: v.T("service.articles"), Icon: "book-open", Body: articlesPage(l), Toasts: toasts(v)})
}

// An editing is one version of an article and those beside it.
type editing struct {
	v                      *page.Visit
	row                    articleRow
	summary, body, address string
	staff                  bool
	versions               []articleRow
	tab                    string // "", preview or changes
	against                articleRow
	changes                []paragraph
	in, out                int
	can                    bool
	problem                string
	categories             []string
}

func (e *editing) draft() bool { return e.row.status == "Draft" || e.row.id == "" }
func (e *editing) path() string {
	if e.row.id == "" {
		return articlesRoot + "/new"
	}
	return articlesRoot + "/" + string(e.row.id)
}

func newArticle(v *page.Visit) error {
	if !mayWrite(v) {
		return fault.New(fault.InsufficientAccess, "You may not change articles.")
	}
	e := &editing{v: v, row: articleRow{status: "Draft", language: cmp.Or(v.S.Actor().Language, "en_US")}, can: true, staff: true}
	if err := e.readCategories(); err != nil {
		return err
	}
	return e.answer(http.StatusOK)
}

func showArticle(v *page.Visit) error {
	e, err := loadArticle(v)
	if err != nil {
		return err
	}
	return e.answer(http.StatusOK)
}

func (e *editing) answer(status int) error {
	return e.v.Answer(page.Page{Title: cmp.Or(e.row.title, e.v.T("service.article.new")), Icon: "book-open", Status: status, Body: articlePage(e), Toasts: toasts(e.v)})
}

// loadArticle reads a version, those beside it, and how it differs from the one that is public.
func loadArticle(v *page.Visit) (*editing, error) {
	id, err := record.ParseID(v.Args["article"])
	if err != nil {
		return nil, page.NotFound()
	}
	res, err := app.Query(v.Ctx(), v.S, "SELECT "+articleFields+", Summary, Answer__c, UrlName FROM Knowledge__kav WHERE Id = ?", id)
	if err != nil {
		return nil, err
	}
	if res.Len() == 0 {
		return nil, page.NotFound()
	}
	e := &editing{v: v, row: articleRows(res)[0], summary: app.Text(res.Get(0, "Summary")), body: app.Text(res.Get(0, "Answer__c")), address: app.Text(res.Get(0, "UrlName")), tab: v.Query("tab"), can: mayWrite(v)}
	e.staff = !e.row.public
	others, err := app.Query(v.Ctx(), v.S, "SELECT "+articleFields+" FROM Knowledge__kav WHERE KnowledgeArticleId = ? AND Language = ? AND PublishStatus IN ('Draft', 'Online', 'Archived') ORDER BY VersionNumber DESC, Id DESC LIMIT 50",
		res.Get(0, "KnowledgeArticleId").ID(), e.row.language)
	if err != nil {
		return nil, err
	}
	e.versions = articleRows(others)
	e.numberDraft()
	if err := e.readCategories(); err != nil {
		return nil, err
	}
	return e, e.compare()
}

// numberDraft gives a draft the number that it will be published under, and its place before the others.
func (e *editing) numberDraft() {
	last := 0
	for _, r := range e.versions {
		last = max(last, r.version)
	}
	for i := range e.versions {
		if r := &e.versions[i]; r.status == "Draft" {
			r.version = last + 1
			if r.id == e.row.id {
				e.row.version = r.version
			}
		}
	}
	slices.SortStableFunc(e.versions, func(a, b articleRow) int { return b.version - a.version })
}

// compare compares with the version that was asked for, else with the public one, else with the one before.
func (e *editing) compare() error {
	for _, o := range e.versions {
		if o.id == e.row.id {
			continue
		}
		if string(o.id) == e.v.Query("against") {
			e.against = o
			break
		}
		if e.against.id == "" || o.status == "Online" {
			e.against = o
		}
	}
	if e.tab != "changes" || e.against.id == "" {
		return nil
	}
	res, err := app.Query(e.v.Ctx(), e.v.S, "SELECT Title, Summary, Answer__c FROM Knowledge__kav WHERE Id = ?", e.against.id)
	if err != nil || res.Len() == 0 {
		return err
	}
	was := strings.Join([]string{app.Text(res.Get(0, "Title")), app.Text(res.Get(0, "Summary")), app.Text(res.Get(0, "Answer__c"))}, "\n")
	e.changes, e.in, e.out = compare(was, strings.Join([]string{e.row.title, e.summary, e.body}, "\n"))
	return nil
}

// readCategories reads which categories articles have, for the field to offer.
func (e *editing) readCategories() error {
	res, err := app.Query(e.v.Ctx(), e.v.S, "SELECT Category__c FROM Knowledge__kav WHERE Category__c != null GROUP BY Category__c ORDER BY Category__c LIMIT 100")
	if err != nil {
		return err
	}
	for i := range res.Len() {
		e.categories = append(e.categories, app.Text(res.Get(i, "Category__c")))
	}
	return nil
}

// saveArticle saves a draft; with the button that says so it is published at once.
func saveArticle(v *page.Visit) error {
	e := &editing{v: v, row: articleRow{status: "Draft", language: cmp.Or(v.S.Actor().Language, "en_US")}, can: true}
	if v.Args["article"] != "" {
		var err error
		if e, err = loadArticle(v); err != nil {
			return err
		}
	}
	e.row.title, e.summary, e.body = v.Text("title", 255), v.Text("summary", 1000), v.Text("body", articleMost)
	e.address, e.row.category, e.staff = v.Text("address", 255), v.Text("category", 100), v.Posted("audience") != "everyone"
	d := app.Changes(articleObject, e.row.id, "Title", e.row.title, "Summary", e.summary, "Answer__c", e.body, "Category__c", e.row.category, "IsVisibleInPkb", !e.staff)
	if e.address != "" {
		d.Set("UrlName", record.OfText(e.address))
	}
	id, err := e.write(d)
	if err == nil && v.Posted("then") == "publish" {
		err = service.Publish(v.Ctx(), v.S, id)
	}
	if err != nil {
		why := fault.From(err)
		if why.Code == fault.UnknownException {
			return err
		}
		if id != "" {
			e.row.id = id // it is saved, only not published
		}
		e.problem = why.Message
		return e.answer(http.StatusUnprocessableEntity)
	}
	words := v.T("service.article.saved")
	if v.Posted("then") == "publish" {
		words = v.T("service.article.published")
	}
	say(v, said{Text: words})
	return v.Redirect(articlesRoot + "/" + string(id))
}

func (e *editing) write(d record.Draft) (record.ID, error) {
	opt := org.WriteOptions{}
	if e.row.id != "" {
		ids, err := org.Must(e.v.S.Update(e.v.Ctx(), []record.Draft{d}, opt))
		if err != nil {
			return "", err
		}
		return ids[0], nil
	}
	d.Set("Language", record.OfText(e.row.language))
	ids, err := org.Must(e.v.S.Insert(e.v.Ctx(), []record.Draft{d}, opt))
	if err != nil {
		return "", err
	}
	return ids[0], nil
}

// actArticle publishes or archives a version, or begins a new one.
func actArticle(v *page.Visit) error {
	id, err := record.ParseID(v.Args["article"])
	if err != nil {
		return page.NotFound()
	}
	to, words := articlesRoot+"/"+string(id), ""
	switch v.Posted("act") {
	case "publish":
		err, words = service.Publish(v.Ctx(), v.S, id), v.T("service.article.published")
	case "archive":
		err, words = service.Archive(v.Ctx(), v.S, id), v.T("service.article.archived")
	case "version":
		var made record.ID
		if made, err = service.NewVersion(v.Ctx(), v.S, id); err == nil {
			to, words = articlesRoot+"/"+string(made), v.T("service.article.drafted")
		}
	default:
		return page.NotFound()
	}
	return done(v, words, service.Done{}, err, to)
}

// statusIcon is the sign of a version's state.
func statusIcon(status string) string {
	switch status {
	case "Draft":
		return "pencil"
	case "Online":
		return "check"
	default:
		return "archive"
	}
}

// stateWords says what a version is.
func stateWords(v *page.Visit, r articleRow) string {
	switch {
	case r.status == "Draft":
		return v.T("service.article.draft")
	case r.status == "Online" && r.public:
		return v.T("service.article.public")
	case r.status == "Online":
		return v.T("service.article.staff")
	default:
		return v.T("service.article.old")
	}
}
