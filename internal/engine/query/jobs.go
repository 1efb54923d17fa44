package query

import (
	"context"
	"fmt"
	"slices"
	"time"

	"stoa/internal/engine/catalog"
	"stoa/internal/record"
	"stoa/internal/store"
)

// The objects whose rows are the jobs and schedules of the org.
const (
	asyncApexJob  = "AsyncApexJob"
	cronTrigger   = "CronTrigger"
	cronJobDetail = "CronJobDetail"
)

// scheduleKey is the key of the jobs that a schedule enqueues.
const scheduleKey = "schedule"

// A Schedule is a job that comes again and again.
type Schedule struct {
	Kind  string
	Every time.Duration
}

// A scheduled is a schedule as it stands.
type scheduled struct {
	Schedule
	id, detail record.ID
	last, next record.Value // next is the time of asking where it is due
	running    bool
}

// readsSchedules reports whether a query reads rows of schedules: by itself, or over a relationship of them.
func readsSchedules(o *catalog.Object) bool {
	return o.Name == asyncApexJob || o.Name == cronTrigger || o.Name == cronJobDetail
}

// schedulesOf reads how the schedules of the org stand, those that were never due yet left out.
func schedulesOf(ctx context.Context, tx store.Tx, all []Schedule) ([]scheduled, error) {
	q := store.NewSQL(tx.Dialect()).Raw("SELECT s.kind, s.last, s.id, s.detail FROM ").Table(store.ScheduleTable).Raw(" s WHERE s.id IS NOT NULL")
	p, err := store.Fetch(ctx, tx, q, store.Out{Class: store.Text}, store.Out{Class: store.DateTime}, store.Out{Class: store.ID}, store.Out{Class: store.ID})
	if err != nil {
		return nil, err
	}
	kept := p
	q = store.NewSQL(tx.Dialect()).Raw("SELECT DISTINCT j.kind FROM ").Table(store.JobTable).Raw(" j WHERE j.state = 'running' AND j.key = ").Str(scheduleKey)
	if p, err = store.Fetch(ctx, tx, q, store.Out{Class: store.Text}); err != nil {
		return nil, err
	}
	running := map[string]bool{}
	for i := range p.Len() {
		running[p.Value(i, 0).Text()] = true
	}
	var stand []scheduled
	for i := range kept.Len() {
		at := slices.IndexFunc(all, func(s Schedule) bool { return s.Kind == kept.Value(i, 0).Text() })
		if at < 0 {
			continue // nobody follows it any more
		}
		s := scheduled{Schedule: all[at], id: kept.ID(i, 2), detail: kept.ID(i, 3), last: kept.Value(i, 1), running: running[all[at].Kind]}
		next := s.last.Instant().Add(s.Every)
		if next.Before(tx.Now()) {
			next = tx.Now()
		}
		s.next = record.OfInstant(next)
		stand = append(stand, s)
	}
	return stand, nil
}

// jobs writes the rows of AsyncApexJob: a job is queued, processing or failed; one that is done has no row.
func (w *writer) jobs(row *catalog.Object) {
	j := w.b.alias()
	w.Raw("SELECT ")
	for i, f := range row.Fields {
		if i > 0 {
			w.Raw(", ")
		}
		switch f.Name {
		case store.IDColumn:
			w.Col(j, "id")
		case "CreatedDate":
			w.Col(j, "created")
		case "CreatedById":
			w.someID(w.b.env.System)
		case "CompletedDate":
			w.Col(j, "finished")
		case "MethodName":
			w.Col(j, "kind")
		case "ExtendedStatus":
			w.Raw("SUBSTR(").Col(j, "error").Raw(", 1, 255)")
		case "JobType":
			w.Raw("CASE WHEN ").Col(j, "key").Raw(" = ").Str(scheduleKey).Raw(" THEN ").Str("ScheduledApex").Raw(" ELSE ").Str("Queueable").Raw(" END")
		case "Status":
			w.Raw("CASE ").Col(j, "state").Raw(" WHEN 'waiting' THEN ").Str("Queued").Raw(" WHEN 'running' THEN ").Str("Processing").Raw(" ELSE ").Str("Failed").Raw(" END")
		case "JobItemsProcessed":
			w.Int(0)
		case "TotalJobItems":
			w.Int(1)
		case "NumberOfErrors": // the attempt that runs has not failed yet
			w.Raw("CASE ").Col(j, "state").Raw(" WHEN 'running' THEN ").Col(j, "attempts").Raw(" - 1 ELSE ").Col(j, "attempts").Raw(" END")
		case "CronTriggerId":
			w.triggerOf(j)
		default:
			w.nothing(f.Type.Class)
		}
		w.Raw(" AS ").Name(f.Name)
	}
	w.Raw(" FROM ").Table(store.JobTable).Raw(" " + j)
}

// triggerOf writes the id of the schedule that a job comes from, null for others.
func (w *writer) triggerOf(job string) {
	if len(w.b.schedules) == 0 {
		w.nothing(store.ID)
		return
	}
	w.Raw("CASE WHEN ").Col(job, "key").Raw(" = ").Str(scheduleKey).Raw(" THEN CASE ").Col(job, "kind")
	for _, s := range w.b.schedules {
		w.Raw(" WHEN ").Str(s.Kind).Raw(" THEN ").Arg(store.ID, record.OfID(s.id))
	}
	w.Raw(" END END")
}

// someID writes an id, null for "".
func (w *writer) someID(id record.ID) {
	if id == "" {
		w.nothing(store.ID)
		return
	}
	w.Arg(store.ID, record.OfID(id))
}

// schedule writes the row of a schedule, as a CronTrigger or its CronJobDetail.
func (w *writer) schedule(row *catalog.Object, s scheduled) {
	w.Raw("SELECT ")
	for i, f := range row.Fields {
		if i > 0 {
			w.Raw(", ")
		}
		var v record.Value
		switch f.Name {
		case store.IDColumn:
			v = record.OfID(s.id)
			if row.Name == cronJobDetail {
				v = record.OfID(s.detail)
			}
		case "CronJobDetailId":
			v = record.OfID(s.detail)
		case "Name":
			v = record.OfText(s.Kind)
		case "JobType":
			v = record.OfText("7") // Scheduled Apex
		case "PreviousFireTime":
			v = s.last
		case "NextFireTime":
			v = s.next
		case "CronExpression":
			v = cronExpression(s.Every)
		case "TimeZoneSidKey":
			v = record.OfText("GMT")
		case "State":
			v = record.OfText("WAITING")
			if s.running {
				v = record.OfText("EXECUTING")
			}
		case "OwnerId", "CreatedById", "LastModifiedById":
			if w.b.env.System != "" {
				v = record.OfID(w.b.env.System)
			}
		}
		if v.IsNull() {
			w.nothing(f.Type.Class)
		} else {
			w.Arg(f.Type.Class, v)
		}
		w.Raw(" AS ").Name(f.Name)
	}
}

// cronExpression says an interval as cron does, null where that cannot.
func cronExpression(every time.Duration) record.Value {
	switch {
	case every < time.Minute && time.Minute%every == 0:
		return record.OfText(fmt.Sprintf("0/%d * * * * ?", every/time.Second))
	case every < time.Hour && every%time.Minute == 0 && time.Hour%every == 0:
		return record.OfText(fmt.Sprintf("0 0/%d * * * ?", every/time.Minute))
	case every < 24*time.Hour && every%time.Hour == 0 && 24*time.Hour%every == 0:
		return record.OfText(fmt.Sprintf("0 0 0/%d * * ?", every/time.Hour))
	case every == 24*time.Hour:
		return record.OfText("0 0 0 * * ?")
	default:
		return record.Value{}
	}
}

// askForSchedules has the schedules read where a query of o needs them.
func (b *binder) askForSchedules(o *catalog.Object) error {
	if !readsSchedules(o) || b.schedulesNow == nil {
		return nil
	}
	var err error
	b.schedules, err = b.schedulesNow()
	return err
}
