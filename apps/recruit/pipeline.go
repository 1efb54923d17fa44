package recruit

import (
	"context"
	"slices"
	"strings"
	"time"

	"stoa/internal/app"
	"stoa/internal/fault"
	"stoa/internal/record"
	"stoa/internal/web/kit"
	"stoa/internal/web/page"
)

// laneRows is how many tiles a lane of the board has at most; allRows how many where only one is asked for.
const (
	laneRows = 50
	allRows  = 500
)

// A tile is an application on the board.
type tile struct {
	ID             record.ID
	Person         person
	Stage, Source  string
	Since          time.Time
	Rating         float64 // 0 for none
	Given, Invited int
	Interview      time.Time // the next one
	Needs          bool      // asks for an adjustment
}

// A lane is one stage of the board.
type lane struct {
	Stage string
	Count int
	Tiles []tile
	More  bool // there are more than are shown
}

// A board is the pipeline of one position.
type board struct {
	ID                      record.ID
	Title, Department, Slug string
	Status, Blind           string
	Openings                int
	Closes                  time.Time
	Lanes                   []lane
	Ended                   []lane
	Funnel                  kit.Series
	Filter                  boardFilter
	Sources                 []string
	CanMove                 bool
	Missing                 []string // what keeps a position that is a draft from being published
	Said                    []string
	Undo                    *wayBack
}

// A boardFilter narrows a board.
type boardFilter struct {
	Text, Source, Reviews, Stage string
}

func (f boardFilter) any() bool {
	return f.Text != "" || f.Source != "" || f.Reviews != "" || f.Stage != ""
}

// where returns the conditions of a filter, in SOQL with their arguments.
func (f boardFilter) where() (soql string, args []any) {
	if f.Text != "" {
		like := "%" + strings.NewReplacer(`\`, ``, "%", `\%`, "_", `\_`).Replace(f.Text) + "%"
		soql += " AND (Candidate__r.Name LIKE ? OR Candidate__r.Last_Name__c LIKE ? OR Candidate__r.First_Name__c LIKE ? OR Reference__c LIKE ?)"
		args = append(args, like, like, like, like)
	}
	if f.Source != "" {
		soql += " AND Source__c = ?"
		args = append(args, f.Source)
	}
	switch f.Reviews {
	case "none":
		soql += " AND Number_of_Reviews__c = 0"
	case "some":
		soql += " AND Number_of_Reviews__c > 0"
	case "good":
		soql += " AND Average_Rating__c >= 3"
	}
	return soql, args
}

func showBoard(v *page.Visit) error {
	id, err := idOf(v, "position", "Position__c")
	if err != nil {
		return err
	}
	b, err := readBoard(v, id)
	if err != nil {
		return err
	}
	b.Said, b.Undo = v.Flashed(), undoOf(v)
	return v.Answer(page.Page{Title: b.Title, Icon: "briefcase", Body: boardPage(v, b)})
}

func readPosition(v *page.Visit, id record.ID) (*board, error) {
	res, err := app.Query(v.Ctx(), v.S, "SELECT Name, Department__c, Slug__c, Status__c, Blind_Until__c, Openings__c, Close_Date__c, Job_Description__c, Responsibilities__c FROM Position__c WHERE Id = ?", id)
	if err != nil {
		return nil, err
	}
	if res.Len() == 0 {
		return nil, page.NotFound()
	}
	get := func(name string) string { return app.Text(res.Get(0, name)) }
	b := &board{ID: id, Title: get("Name"), Department: get("Department__c"), Slug: get("Slug__c"), Status: get("Status__c"), Blind: get("Blind_Until__c"), Closes: dayOf(res.Get(0, "Close_Date__c")), Openings: int(number(res.Get(0, "Openings__c")))}
	b.CanMove = mayEdit(v, "Job_Application__c")
	if b.Status == "Draft" || b.Status == "" {
		for key, text := range map[string]string{"recruit.lacks.slug": b.Slug, "recruit.lacks.about": get("Job_Description__c"), "recruit.lacks.does": get("Responsibilities__c")} {
			if text == "" {
				b.Missing = append(b.Missing, v.T(key))
			}
		}
		slices.Sort(b.Missing)
	}
	return b, nil
}

func readBoard(v *page.Visit, id record.ID) (*board, error) {
	b, err := readPosition(v, id)
	if err != nil {
		return nil, err
	}
	b.Filter = boardFilter{Text: app.Cut(strings.TrimSpace(v.Query("q")), 80), Source: v.Query("source"), Reviews: v.Query("reviews"), Stage: v.Query("stage")}
	counts, err := b.counts(v, "", nil)
	if err != nil {
		return nil, err
	}
	passed, err := furthest(v.Ctx(), v.S, []record.ID{id})
	if err != nil {
		return nil, err
	}
	b.Funnel = funnel(v, counts, passed[id])
	if soql, args := b.Filter.where(); soql != "" {
		if counts, err = b.counts(v, soql, args); err != nil {
			return nil, err
		}
	}
	for _, stage := range Stages {
		if b.Filter.Stage != "" && b.Filter.Stage != stage {
			continue
		}
		l, err := b.lane(v, stage)
		if err != nil {
			return nil, err
		}
		l.Count = counts[stage]
		l.More = l.Count > len(l.Tiles)
		if reached(stage) >= 0 {
			b.Lanes = append(b.Lanes, l)
		} else {
			b.Ended = append(b.Ended, l)
		}
	}
	if err := b.complete(v); err != nil {
		return nil, err
	}
	sources, err := app.Query(v.Ctx(), v.S, "SELECT Source__c FROM Job_Application__c WHERE Position__c = ? AND Source__c != null GROUP BY Source__c ORDER BY Source__c", id)
	if err != nil {
		return nil, err
	}
	for i := range sources.Len() {
		b.Sources = append(b.Sources, app.Text(sources.Get(i, "Source__c")))
	}
	return b, nil
}

// counts returns how many applications are in each stage.
func (b *board) counts(v *page.Visit, soql string, args []any) (map[string]int, error) {
	res, err := app.Query(v.Ctx(), v.S, "SELECT Status__c, COUNT(Id) n FROM Job_Application__c WHERE Position__c = ?"+soql+" GROUP BY Status__c", append([]any{b.ID}, args...)...)
	if err != nil {
		return nil, err
	}
	n := map[string]int{}
	for i := range res.Len() {
		n[app.Text(res.Get(i, "Status__c"))] = int(res.Get(i, "n").Int())
	}
	return n, nil
}

// lane reads the applications of a stage, those that wait longest first.
func (b *board) lane(v *page.Visit, stage string) (lane, error) {
	most := laneRows
	switch {
	case b.Filter.Stage == stage:
		most = allRows
	case reached(stage) < 0:
		return lane{Stage: stage}, nil // counted only, until it is asked for
	}
	soql, args := b.Filter.where()
	res, err := app.Query(v.Ctx(), v.S, "SELECT Id, "+personFields+", Status__c, Source__c, Applied_On__c, Stage_Since__c, Average_Rating__c, Number_of_Reviews__c, Answers__c FROM Job_Application__c WHERE Position__c = ? AND Status__c = ?"+
		soql+" ORDER BY Stage_Since__c, Applied_On__c, Id LIMIT ?", slices.Concat([]any{b.ID, stage}, args, []any{most})...)
	if err != nil {
		return lane{}, err
	}
	l := lane{Stage: stage}
	for i := range res.Len() {
		l.Tiles = append(l.Tiles, tileOf(res, i))
	}
	return l, nil
}

func tileOf(res *record.Result, i int) tile {
	t := tile{
		ID: res.Get(i, "Id").ID(), Person: personOf(res, i), Stage: app.Text(res.Get(i, "Status__c")), Source: app.Text(res.Get(i, "Source__c")), Since: app.Instant(res.Get(i, "Stage_Since__c")),
		Rating: number(res.Get(i, "Average_Rating__c")), Given: int(number(res.Get(i, "Number_of_Reviews__c"))), Needs: strings.Contains(app.Text(res.Get(i, "Answers__c")), `"q":""`),
	}
	if t.Since.IsZero() {
		t.Since = dayOf(res.Get(i, "Applied_On__c"))
	}
	return t
}

// complete adds what tiles say of reviews and interviews.
func (b *board) complete(v *page.Visit) error {
	at := map[record.ID]*tile{}
	var ids []record.ID
	for _, lanes := range [][]lane{b.Lanes, b.Ended} {
		for l := range lanes {
			for t := range lanes[l].Tiles {
				at[lanes[l].Tiles[t].ID] = &lanes[l].Tiles[t]
				ids = append(ids, lanes[l].Tiles[t].ID)
			}
		}
	}
	asked, err := app.Query(v.Ctx(), v.S, "SELECT Job_Application__c FROM Review__c WHERE Job_Application__c IN ?", ids)
	if err != nil {
		return err
	}
	for i := range asked.Len() {
		at[asked.Get(i, "Job_Application__c").ID()].Invited++
	}
	talks, err := app.Query(v.Ctx(), v.S, "SELECT Job_Application__c, Starts__c FROM Interview__c WHERE Job_Application__c IN ? AND Status__c IN ('Proposed', 'Confirmed') AND Starts__c > ? ORDER BY Starts__c DESC", ids, v.UI.Now)
	if err != nil {
		return err
	}
	for i := range talks.Len() {
		at[talks.Get(i, "Job_Application__c").ID()].Interview = app.Instant(talks.Get(i, "Starts__c"))
	}
	return nil
}

// furthest returns, by position, from how many applications that came to nothing each stage was the last.
func furthest(ctx context.Context, r app.Reader, positions []record.ID) (map[record.ID]map[string]int, error) {
	res, err := app.Query(ctx, r, `SELECT Job_Application__r.Position__c p, From__c f, COUNT_DISTINCT(Job_Application__c) n FROM Stage_Event__c WHERE Job_Application__r.Position__c IN ?
		AND Job_Application__r.Status__c IN ('Not selected', 'Withdrawn') AND To__c IN ('Not selected', 'Withdrawn') GROUP BY Job_Application__r.Position__c, From__c`, positions)
	if err != nil {
		return nil, err
	}
	all := map[record.ID]map[string]int{}
	for i := range res.Len() {
		p := record.ID(app.Text(res.Get(i, "p")))
		if all[p] == nil {
			all[p] = map[string]int{}
		}
		all[p][app.Text(res.Get(i, "f"))] = int(res.Get(i, "n").Int())
	}
	return all, nil
}

// funnel draws how many came how far: each stage counts those who are or were beyond it, too.
func funnel(v *page.Visit, now, last map[string]int) kit.Series {
	s := kit.Series{Title: v.T("recruit.funnel"), Label: v.T("recruit.stage"), Unit: v.T("recruit.funnel.unit")}
	way := Stages[:slices.Index(Stages[:], StageRejected)]
	ended := now[StageRejected] + now[StageWithdrawn]
	for i, stage := range way {
		n := 0
		for _, later := range way[i:] {
			n += now[later] + last[later]
		}
		if i == 0 { // everybody applied, whether or not it is known how far he came
			n = ended
			for _, s := range way {
				n += now[s]
			}
		}
		s.Points = append(s.Points, kit.Point{Label: stageName(v, stage), Count: int64(n)})
	}
	s.Says = v.T("recruit.funnel.says", "n", s.Points[0].Count, "hired", s.Points[len(s.Points)-1].Count)
	return s
}

// publish opens a position to applications, once it has what applicants need to read.
func publish(v *page.Visit) error {
	id, err := idOf(v, "position", "Position__c")
	if err != nil {
		return err
	}
	b, err := readPosition(v, id)
	if err != nil {
		return err
	}
	if len(b.Missing) > 0 {
		v.Flash(v.T("recruit.publish.lacks", "what", strings.Join(b.Missing, ", ")))
		return v.Redirect(positionPath(id))
	}
	d := app.Changes("Position__c", id, "Status__c", "Open")
	if err := write(v, d); err != nil {
		if text, ok := mistake(err); ok {
			v.Flash(text)
			return v.Redirect(positionPath(id))
		}
		return err
	}
	v.Flash(v.T("recruit.published"))
	return v.Redirect(positionPath(id))
}

// chosen reads the applications of a form or an address that belong to the position.
func chosen(v *page.Visit, position record.ID, values []string) ([]tile, error) {
	var ids []record.ID
	for _, s := range values {
		if id, err := record.ParseID(s); err == nil && len(ids) < maxMove {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil, fault.New(fault.MissingArgument, "%s", v.T("recruit.move.nobody"))
	}
	res, err := app.Query(v.Ctx(), v.S, "SELECT Id, "+personFields+", Status__c, Source__c, Applied_On__c, Stage_Since__c, Average_Rating__c, Number_of_Reviews__c, Answers__c FROM Job_Application__c WHERE Id IN ? AND Position__c = ? ORDER BY Id", ids, position)
	if err != nil {
		return nil, err
	}
	var all []tile
	for i := range res.Len() {
		all = append(all, tileOf(res, i))
	}
	if len(all) == 0 {
		return nil, page.NotFound()
	}
	return all, nil
}

// with returns the address of the board with one of its filters changed.
func (b *board) with(name, value string) string {
	pairs := map[string]string{"q": b.Filter.Text, "source": b.Filter.Source, "reviews": b.Filter.Reviews, "stage": b.Filter.Stage, name: value}
	return kit.Query(positionPath(b.ID), "q", pairs["q"], "source", pairs["source"], "reviews", pairs["reviews"], "stage", pairs["stage"])
}
