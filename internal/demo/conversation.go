package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"stoa/internal/record"
)

// A said is one message or note of a case.
type said struct {
	at   time.Time
	kind int
	text string
}

// The kinds of what is said.
const (
	fromStaff = iota
	fromCitizen
	note
)

// live decides what a case is about and how it went: when it was answered, and whether it is solved. What lies after the city's day has not happened.
func (c *city) live(days int) caseRow {
	row := caseRow{matter: c.weighted(matterWeights...), who: pick(c, c.residents), at: c.workTime(days)}
	m := matters[row.matter]
	_, translated := spanish[row.matter]
	row.es = translated && c.rng.IntN(5) == 0
	row.team, row.owner = m.team, c.memberOf(m.team)
	row.priority = []string{"Low", "Medium", "High"}[c.weighted(3, 12, 4)]
	row.replyMinutes, row.solutionMinutes = 480, 2400
	for _, s := range services {
		if s.slug == m.service {
			row.replyMinutes, row.solutionMinutes = s.reply, s.solution
		}
	}
	row.replyDue, row.solveDue = c.worked(row.at, row.replyMinutes, 1), c.worked(row.at, row.solutionMinutes, 1)
	row.replied = c.worked(row.at, row.replyMinutes, c.share())
	row.changed, row.status = row.at, "New"
	// Who waits for a first reply mostly waits for no longer than was promised.
	if row.replied.After(c.now) || days < 3 && c.rng.IntN(3) == 0 && (row.replyDue.After(c.now) || c.rng.IntN(6) == 0) {
		row.replied = time.Time{}
		if c.rng.IntN(4) == 0 {
			row.status, row.changed = "Open", c.after(row.at, 2)
		}
		return row
	}
	row.status, row.changed = "Open", row.replied
	solved := c.worked(row.at, row.solutionMinutes, c.share())
	if solved.Before(row.replied) {
		solved = row.replied
	}
	late := row.solveDue.Before(c.now) && c.rng.IntN(8) > 0
	if solved.Before(c.now) && (float64(days) > 9*c.rng.ExpFloat64() || late) {
		row.status, row.solved, row.changed = "Closed", solved, solved
		if days < 14 {
			row.status = "Solved"
		}
	}
	return row
}

// share is the part of a promise's time that somebody takes: mostly less than all.
func (c *city) share() float64 {
	if c.rng.IntN(16) == 0 {
		return 1 + c.rng.Float64()
	}
	return 0.04 + 0.9*c.rng.Float64()
}

// worked returns the moment at which a share of some business minutes has passed.
func (c *city) worked(from time.Time, minutes int, share float64) time.Time {
	at, ok := c.hours.Add(from, time.Duration(float64(minutes)*share*float64(time.Minute)))
	if !ok {
		return from
	}
	return at.Truncate(time.Second)
}

// converse fills in what was said about a case, and lets its promises wait where the resident was asked.
func (c *city) converse(row *caseRow) {
	if row.replied.IsZero() {
		if c.rng.IntN(12) == 0 {
			c.remark(row, row.at, 3, note, pick(c, asides))
		}
		return
	}
	t, answer := talks[row.matter], matters[row.matter].answer
	w := english
	if row.es {
		w = castilian
		s := spanish[row.matter]
		t.ask, t.reply, answer = s.ask, s.reply, s.answer
	}
	open := row.solved.IsZero()
	switch direct := !open && c.rng.IntN(5) < 2; {
	case direct:
		row.replied = row.solved
	case open && c.rng.IntN(10) < 3:
		c.letter(row, w, row.replied, pick(c, w.thanks)+" "+t.ask)
		row.status, row.pausedSince = "Waiting", row.replied
	case c.rng.IntN(2) == 0:
		c.ask(row, w, t)
	default:
		c.letter(row, w, row.replied, pick(c, w.thanks)+" "+c.promiseIn(row))
	}
	if c.rng.IntN(10) < 3 {
		c.remark(row, row.replied, 2, note, []string{t.note, pick(c, asides)}[c.weighted(3, 1)])
	}
	if row.status == "Open" && c.rng.IntN(10) == 0 {
		row.status, row.pausedSince = "On Hold", c.lastOf(row)
	}
	if row.pausedSince.IsZero() && c.rng.IntN(6) == 0 && (open || row.solved.Sub(c.lastOf(row)) > 24*time.Hour) {
		c.remark(row, c.lastOf(row), 20, fromCitizen, pick(c, w.chase)+"\n\n"+row.who.first)
	}
	if !open {
		c.end(row, w, answer)
	}
	row.changed = c.lastOf(row)
	if row.changed.Before(row.solved) {
		row.changed = row.solved
	}
}

// ask has staff ask back and the resident answer; in between the promises wait.
func (c *city) ask(row *caseRow, w phrases, t talk) {
	c.letter(row, w, row.replied, pick(c, w.thanks)+" "+t.ask)
	answered := row.replied.Add(time.Duration((0.3 + c.rng.ExpFloat64()*14) * float64(time.Hour))).Truncate(time.Second)
	if limit := c.now.Add(-time.Hour); answered.After(limit) {
		row.status, row.pausedSince, row.solved = "Waiting", row.replied, time.Time{}
		return
	}
	row.said = append(row.said, said{answered, fromCitizen, t.reply + "\n\n" + row.who.first + " " + row.who.last})
	row.paused = c.hours.Between(row.replied, answered).Truncate(time.Second)
	row.solveDue = c.worked(row.solveDue, int(row.paused/time.Minute), 1)
	if !row.solved.IsZero() && row.solved.Before(answered) {
		row.solved = c.worked(answered, 60, 1)
		if row.solved.After(c.now) {
			row.solved, row.status = time.Time{}, "Open"
		}
	}
}

// end gives the answer that closes a case; some residents say thank you.
func (c *city) end(row *caseRow, w phrases, answer string) {
	if row.solved.IsZero() {
		return
	}
	if last := c.lastOf(row); row.solved.Before(last) {
		row.solved = last
	}
	c.letter(row, w, row.solved, answer)
	if c.rng.IntN(3) == 0 {
		c.remark(row, row.solved, 2, fromCitizen, pick(c, w.gratitude)+"\n\n"+row.who.first)
		row.solved = c.lastOf(row)
	}
}

// letter adds a letter of the case's owner.
func (c *city) letter(row *caseRow, w phrases, at time.Time, text string) {
	row.said = append(row.said, said{at, fromStaff, fmt.Sprintf(pick(c, w.dear), row.who.first+" "+row.who.last) + "\n\n" + text + "\n\n" +
		pick(c, w.regards) + "\n" + c.nameOf(row.owner) + "\nCity of Harborview"})
}

// remark adds something said some hours after a moment, at least a minute, and not after the city's day.
func (c *city) remark(row *caseRow, from time.Time, hours float64, kind int, text string) {
	at := c.after(from.Add(time.Minute), hours)
	if kind == note && !row.solved.IsZero() && at.After(row.solved) {
		at = row.solved
	}
	row.said = append(row.said, said{at.Truncate(time.Second), kind, text})
}

func (c *city) lastOf(row *caseRow) time.Time {
	last := row.replied
	for _, s := range row.said {
		if s.at.After(last) {
			last = s.at
		}
	}
	return last
}

// promiseIn says by when a case is answered.
func (c *city) promiseIn(row *caseRow) string {
	by := row.solveDue.In(c.hours.Zone)
	if row.es {
		return fmt.Sprintf("Lo estudiamos y le respondemos antes del %d de %s.", by.Day(), spanishMonths[by.Month()-1])
	}
	return "We look into it and answer by " + by.Format("2 January") + "."
}

var spanishMonths = [...]string{"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"}

// conversations writes what was said, the promises as milestones, and the first lines of cases of the last weeks.
func (c *city) conversations(ctx context.Context) error {
	guest := c.s.Org().SiteGuest()
	var messages, notes []record.Draft
	for i := range c.caseRows {
		row := &c.caseRows[i]
		for n, s := range row.said {
			if s.kind == note {
				notes = append(notes, created(draft("CaseComment", "ParentId", row.id, "CommentBody", s.text, "IsPublished", false), s.at, row.owner, s.at))
				continue
			}
			messages = append(messages, row.message(n, s, guest, c.nameOf(row.owner)))
		}
	}
	if _, err := c.add(ctx, "messages", messages); err != nil {
		return err
	}
	if _, err := c.add(ctx, "notes", notes); err != nil {
		return err
	}
	return c.lines(ctx)
}

// message makes the row of a message.
func (r *caseRow) message(n int, s said, guest record.ID, owner string) record.Draft {
	name, address, to, by := r.who.first+" "+r.who.last, r.who.email, Help, guest
	status := "1"
	if s.kind == fromStaff {
		name, address, to, by, status = owner+", City of Harborview", Help, r.who.email, r.owner, "3"
	}
	return created(draft("EmailMessage", "ParentId", r.id, "Subject", "Re: "+r.subject+" ["+r.ref+"]", "TextBody", s.text, "FromName", name, "FromAddress", address,
		"ToAddress", to, "Incoming", s.kind == fromCitizen, "IsExternallyVisible", true, "Status", status, "MessageDate", s.at,
		"MessageIdentifier", fmt.Sprintf("<%s.%d@harborview.example>", strings.ToLower(r.ref), n+1)), s.at, by, s.at)
}

// Domain is that of the city's addresses, Help the one that residents write to.
const (
	Domain = "harborview.example"
	Help   = "help@" + Domain
)

// lines writes why cases of the last weeks are where they are.
func (c *city) lines(ctx context.Context) error {
	var drafts []record.Draft
	line := func(row *caseRow, at time.Time, kind string, public bool, data map[string]string) error {
		b, err := json.Marshal(data)
		if err != nil {
			return err
		}
		drafts = append(drafts, created(draft("Case_Event__c", "Case__c", row.id, "Kind__c", kind, "Data__c", string(b), "Public__c", public), at, c.s.Org().SiteGuest(), at))
		return nil
	}
	recent := c.now.AddDate(0, 0, -30)
	for i := range c.caseRows {
		row := &c.caseRows[i]
		if row.at.Before(recent) {
			continue
		}
		why := map[string]string{"default": "", "queue": row.team}
		for _, s := range services {
			if s.slug == matters[row.matter].service {
				why = map[string]string{"service": s.name, "queue": row.team}
			}
		}
		if err := line(row, row.at, "made", true, map[string]string{}); err != nil {
			return err
		}
		if err := line(row, row.at, "routed", false, why); err != nil {
			return err
		}
		for _, p := range []struct {
			kind     string
			due, end time.Time
		}{{"reply.breach", row.replyDue, row.replied}, {"solution.breach", row.solveDue, row.solved}} {
			if p.due.Before(c.now) && (p.end.IsZero() || p.end.After(p.due)) && row.pausedSince.IsZero() {
				if err := line(row, p.due, p.kind, false, map[string]string{"due": p.due.UTC().Format(time.RFC3339)}); err != nil {
					return err
				}
			}
		}
	}
	_, err := c.add(ctx, "lines", drafts)
	return err
}

// violated reports whether a promise was not kept in time, or is over by now.
func (r *caseRow) violated(due, end, now time.Time) bool {
	switch {
	case !end.IsZero():
		return end.After(due)
	case !r.pausedSince.IsZero():
		return r.pausedSince.After(due)
	}
	return now.After(due)
}

// milestones writes the rows of the promises.
func (c *city) milestones(ctx context.Context) error {
	types, err := c.lookup(ctx, "SELECT Id, Name FROM MilestoneType")
	if err != nil {
		return err
	}
	drafts := make([]record.Draft, 0, 2*len(c.caseRows))
	for i := range c.caseRows {
		row := &c.caseRows[i]
		for _, p := range []struct {
			name     string
			minutes  int
			due, end time.Time
		}{{"First Reply", row.replyMinutes, row.replyDue, row.replied}, {"Solution", row.solutionMinutes, row.solveDue, row.solved}} {
			d := draft("CaseMilestone", "CaseId", row.id, "MilestoneTypeId", types[p.name], "StartDate", row.at, "TargetDate", p.due,
				"TargetResponseInMins", p.minutes, "BusinessHoursId", c.hoursID)
			if !p.end.IsZero() {
				d.Set("CompletionDate", record.OfInstant(p.end))
			}
			d.Set("IsCompleted", record.OfBool(!p.end.IsZero())).Set("IsViolated", record.OfBool(row.violated(p.due, p.end, c.now)))
			drafts = append(drafts, created(d, row.at, c.s.Org().Admin(), row.at))
		}
	}
	_, err = c.seed(ctx, "promises", drafts)
	return err
}
