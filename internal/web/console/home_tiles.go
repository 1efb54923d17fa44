package console

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"stoa/internal/engine/catalog"
	"stoa/internal/org"
	"stoa/internal/web/kit"
)

// homeWeek is the days that a tile of the home page looks back over; what it compares with is as long.
const homeWeek = homeDays / 2

// readableObject returns an object of which the person may read some fields, nil where they may not.
func (v *visit) readableObject(name string, fields ...string) *catalog.Object {
	o := v.s.Catalog().Object(name)
	if o == nil || !v.s.Rights(o).Read {
		return nil
	}
	for _, name := range fields {
		if f := o.Field(name); f == nil || !v.s.CanRead(f) {
			return nil
		}
	}
	return o
}

// caseTiles fills in what the home page says in numbers about cases: a grouped query for the person's own, for those
// that are open, for what came in and for what was solved.
func (v *visit) caseTiles(p *homePage) error {
	o := v.readableObject("Case", "Status", "Priority", "OwnerId", "IsClosed", "ClosedDate", "CreatedDate")
	if o == nil {
		return nil
	}
	mine, err := v.counts("SELECT Priority v, COUNT(Id) n FROM Case WHERE OwnerId = " + quote(string(v.s.Actor().User)) + " AND IsClosed = FALSE GROUP BY Priority")
	if err != nil {
		return err
	}
	byStatus, err := v.counts("SELECT Status v, COUNT(Id) n FROM Case WHERE IsClosed = FALSE GROUP BY Status")
	if err != nil {
		return err
	}
	from := v.ui.In(v.ui.Now).AddDate(0, 0, 1-homeDays)
	from = time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, from.Location())
	came, err := v.days("CreatedDate", from)
	if err != nil {
		return err
	}
	solved, err := v.days("ClosedDate", from)
	if err != nil {
		return err
	}

	status := o.Field("Status")
	p.status = &kit.Series{Title: v.ui.T("home.byStatus"), Label: status.Label, Unit: v.ui.T("nav.cases"), Says: v.ui.T("home.byStatusSays", "n", sum(byStatus))}
	for value, n := range byStatus {
		p.status.Points = append(p.status.Points, kit.Point{Label: orNone(v.ui, kit.Label(status, value)), Count: n, Href: kit.Query(listPath(o), "view", "AllOpenCases", "f", filter{Field: "Status", Op: opEqual, Value: value}.String())})
	}
	slices.SortFunc(p.status.Points, func(a, b kit.Point) int {
		if a.Count != b.Count {
			return int(b.Count - a.Count)
		}
		return strings.Compare(a.Label, b.Label)
	})
	p.arrivals = &kit.Series{
		Title: v.ui.T("home.arrivals"), Label: v.ui.T("home.day"), Unit: v.ui.T("home.came"), SecondUnit: v.ui.T("home.solved"),
		Says: v.ui.T("home.arrivalsSays", "n", total(came), "solved", total(solved), "days", homeDays),
	}
	for i := range homeDays {
		day := v.ui.Day(from.AddDate(0, 0, i))
		p.arrivals.Points = append(p.arrivals.Points, kit.Point{Label: day, Count: came[i]})
		p.arrivals.Second = append(p.arrivals.Second, kit.Point{Label: day, Count: solved[i]})
	}

	high := mine["High"] + mine["Urgent"] + mine["Critical"]
	before, week := total(solved[:homeWeek]), total(solved[homeWeek:])
	p.tiles = append(p.tiles,
		kit.Metric{Name: v.ui.T("home.mine"), Value: v.ui.Number(sum(mine), 0, 0), Note: v.ui.T("home.mineNote", "n", high), Href: kit.Query(listPath(o), "view", "MyOpenCases")},
		kit.Metric{Name: v.ui.T("home.open"), Value: v.ui.Number(sum(byStatus), 0, 0), Note: v.ui.T("home.openNote", "n", came[homeDays-1]), Href: kit.Query(listPath(o), "view", "AllOpenCases")},
		kit.Metric{Name: v.ui.T("home.solvedWeek", "days", homeWeek), Value: v.ui.Number(week, 0, 0), Note: v.ui.T("home.solvedNote", "n", before, "days", homeWeek), Href: kit.Query(listPath(o), "view", "AllClosedCases", "f", filter{Field: "IsClosed", Op: opEqual, Value: "true"}.String(), "f", filter{Field: "ClosedDate", Op: opAtLeast, Value: "LAST_N_DAYS:" + strconv.Itoa(homeWeek)}.String())})
	if before > 0 && week != before {
		p.tiles[2].Delta, p.tiles[2].Up, p.tiles[2].Good = v.ui.T("home.percent", "n", abs(week-before)*100/before), week > before, week > before
	}
	return nil
}

// taskTile says how many of the person's tasks are due by today.
func (v *visit) taskTile(p *homePage) error {
	o := v.readableObject("Task", "OwnerId", "ActivityDate", "IsClosed")
	if o == nil {
		return nil
	}
	due, err := v.counts("SELECT ActivityDate v, COUNT(Id) n FROM Task WHERE OwnerId = " + quote(string(v.s.Actor().User)) + " AND IsClosed = FALSE AND ActivityDate <= TODAY GROUP BY ActivityDate")
	if err != nil {
		return err
	}
	late := sum(due) - due[v.ui.In(v.ui.Now).Format(time.DateOnly)]
	t := kit.Metric{Name: v.ui.T("home.due"), Value: v.ui.Number(sum(due), 0, 0), Note: v.ui.T("home.dueNote", "n", late), Href: kit.Query(listPath(o), "view", "MyOpenTasks", "sort", "ActivityDate"), Bad: late > 0}
	p.tiles = slices.Insert(p.tiles, min(1, len(p.tiles)), t)
	return nil
}

// counts reads a grouped query of a value v and its number n.
func (v *visit) counts(soql string) (map[string]int64, error) {
	res, err := v.s.Query(v.ctx(), soql, org.QueryOptions{})
	if err != nil {
		return nil, err
	}
	out := make(map[string]int64, res.Len())
	for i := range res.Len() {
		out[get(res, i, "v").String()] += get(res, i, "n").Int()
	}
	return out, nil
}

// days counts cases by the day of a moment, in the person's zone, for the days of the home page.
func (v *visit) days(field string, from time.Time) ([]int64, error) {
	day := "DAY_ONLY(convertTimezone(" + field + "))"
	counts, err := v.counts("SELECT " + day + " v, COUNT(Id) n FROM Case WHERE " + field + " >= " + from.UTC().Format("2006-01-02T15:04:05Z") + " GROUP BY " + day)
	if err != nil {
		return nil, err
	}
	out := make([]int64, homeDays)
	for i := range out {
		out[i] = counts[from.AddDate(0, 0, i).Format(time.DateOnly)]
	}
	return out, nil
}

func sum(counts map[string]int64) (n int64) {
	for _, c := range counts {
		n += c
	}
	return n
}

func total(counts []int64) (n int64) {
	for _, c := range counts {
		n += c
	}
	return n
}

func abs(n int64) int64 { return max(n, -n) }
