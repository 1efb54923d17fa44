// Package demo seeds the City of Harborview: an invented city with residents,
// cases, articles, vacancies and gifts of two years. It writes through a
// Session like everybody else; its one invariant is that the same day gives the same city.
package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"stoa/internal/fault"
	"stoa/internal/hours"
	"stoa/internal/org"
	"stoa/internal/record"
)

// Progress is told after every batch how much of the city stands.
type Progress func(done, total int, what string)

// Size scales the city: 1 is the whole of it, tests take less.
type Size float64

// A city is the city under construction.
type city struct {
	s        *org.Session
	rng      *rand.Rand
	now      time.Time // midnight UTC of the day of loading: all dates hang on it
	size     Size
	progress Progress
	done     int
	total    int

	services  map[string]record.ID // by slug
	hours     *hours.Calendar      // when the city works
	hoursID   record.ID
	staff     []person // users, by team
	teams     map[string]record.ID
	residents []resident
	orgs      []record.ID
	campaigns []record.ID
	caseRows  []caseRow
	openings  []opening
	applied   []applied
}

// Staff is a demo role that the sign-in page offers on loopback.
type Staff struct {
	Username, Name, Title, Profile string
}

// Load seeds the city. now is the day that its two years end on.
func Load(ctx context.Context, s *org.Session, now time.Time, size Size, progress Progress) error {
	c := &city{
		s: s, rng: rand.New(rand.NewPCG(1851, 7)), now: now.UTC().Truncate(24 * time.Hour), size: size,
		progress: progress, teams: map[string]record.ID{},
	}
	steps := []struct {
		rows int
		run  func(context.Context) error
	}{
		{1, c.schema},
		{len(staff) + len(teams), c.people},
		{60, c.desk},
		{c.n(14000) + len(orgNames), c.accounts},
		{c.n(40000), c.contacts},
		{220, c.knowledge},
		{c.n(25000), c.cases},
		{c.n(68000), c.conversations},
		{c.n(50000), c.milestones},
		{c.n(115000), c.histories},
		{c.n(120), c.positions},
		{c.n(4200) + c.n(6000), c.applications},
		{c.n(17000), c.hiring},
		{c.n(3200), c.gifts},
		{c.n(questionCount * 30), c.community},
	}
	for _, st := range steps {
		c.total += st.rows
	}
	for _, st := range steps {
		if err := st.run(ctx); err != nil {
			return err
		}
	}
	return nil
}

// n scales a number of rows.
func (c *city) n(full int) int { return max(1, int(float64(full)*float64(c.size))) }

// add writes drafts in batches and returns their ids in order.
func (c *city) add(ctx context.Context, what string, drafts []record.Draft) ([]record.ID, error) {
	return c.write(ctx, what, drafts, org.WriteOptions{AllOrNone: true, KeepIDs: true})
}

// seed is add for rows with fields that no client may write: they are kept as they are given.
func (c *city) seed(ctx context.Context, what string, drafts []record.Draft) ([]record.ID, error) {
	return c.write(ctx, what, drafts, org.WriteOptions{AllOrNone: true, KeepIDs: true, Seed: true})
}

func (c *city) write(ctx context.Context, what string, drafts []record.Draft, opt org.WriteOptions) ([]record.ID, error) {
	ids := make([]record.ID, 0, len(drafts))
	for len(drafts) > 0 {
		n := min(200, len(drafts))
		res, err := c.s.Insert(ctx, drafts[:n], opt)
		if err != nil {
			return nil, fmt.Errorf("seed %s: %w", what, err)
		}
		for i, r := range res {
			if !r.OK() {
				if r.Errors[0].Code == fault.AllOrNoneRolledBack {
					continue
				}
				return nil, fmt.Errorf("seed %s %d (%s): %w", what, len(ids)+i, drafts[i].Object, r.Errors[0])
			}
		}
		for _, r := range res {
			ids = append(ids, r.ID)
		}
		drafts = drafts[n:]
		c.done += n
		if c.progress != nil {
			c.progress(min(c.done, c.total), c.total, what)
		}
	}
	return ids, nil
}

var saved = org.WriteOptions{AllOrNone: true}

// firstError returns why a write of one record failed.
func firstError(res []org.SaveResult, err error) error {
	if err != nil {
		return err
	}
	_, err = org.Must(res, nil)
	return err
}

// draft makes a draft of name-value pairs; a value may be a string, bool, int, float64 amount in cents (cents), time.Time, record.ID or record.Value.
func draft(object string, pairs ...any) record.Draft {
	d := record.Draft{Object: object, Fields: make([]record.DraftField, 0, len(pairs)/2+4)}
	for i := 0; i+1 < len(pairs); i += 2 {
		if v := value(pairs[i+1]); !v.IsNull() {
			d.Fields = append(d.Fields, record.DraftField{Name: pairs[i].(string), Value: v})
		}
	}
	return d
}

// cents is an amount of money in hundredths; day is a date without time.
type (
	cents int64
	day   time.Time
)

func value(v any) record.Value {
	switch v := v.(type) {
	case string:
		return record.OfText(v)
	case bool:
		return record.OfBool(v)
	case int:
		return record.OfInt(int64(v))
	case cents:
		return record.OfDecimal(int64(v), 2)
	case time.Time:
		return record.OfInstant(v)
	case day:
		return record.OfDay(time.Time(v))
	case record.ID:
		return record.OfID(v)
	case record.Value:
		return v
	default:
		panic(fmt.Sprintf("demo: no value for %T", v))
	}
}

// created adds the audit fields of a row that came about at a moment.
func created(d record.Draft, at time.Time, by record.ID, changed time.Time) record.Draft {
	for _, p := range []struct {
		name string
		v    record.Value
	}{
		{"CreatedDate", record.OfInstant(at)}, {"LastModifiedDate", record.OfInstant(changed)},
		{"CreatedById", record.OfID(by)}, {"LastModifiedById", record.OfID(by)},
	} {
		if !p.v.IsNull() {
			d.Fields = append(d.Fields, record.DraftField{Name: p.name, Value: p.v})
		}
	}
	return d
}

func pick[T any](c *city, of []T) T { return of[c.rng.IntN(len(of))] }

// weighted returns an index into weights, each as likely as its weight.
func (c *city) weighted(weights ...int) int {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	n := c.rng.IntN(sum)
	for i, w := range weights {
		if n -= w; n < 0 {
			return i
		}
	}
	return len(weights) - 1
}

// workTime returns a moment on a day that is so many days before yesterday: mostly in office hours.
func (c *city) workTime(days int) time.Time {
	d := c.now.AddDate(0, 0, -days-1)
	if wd := d.Weekday(); (wd == time.Saturday || wd == time.Sunday) && c.rng.IntN(4) > 0 {
		d = d.AddDate(0, 0, -2)
	}
	hour := 8 + c.weighted(6, 10, 12, 11, 8, 9, 10, 8, 6, 4, 3, 2)
	return d.Add(time.Duration(hour)*time.Hour + time.Duration(c.rng.IntN(3600))*time.Second)
}

func split(s string) []string {
	words := strings.Fields(s)
	for i, w := range words {
		words[i] = strings.ReplaceAll(w, "_", " ")
	}
	return words
}
