package org_test

import (
	"context"
	"testing"
	"time"

	"stoa/internal/org"
	"stoa/internal/record"
)

func TestJobsAndSchedulesAreRows(t *testing.T) {
	t.Parallel()
	run := func(context.Context, *org.Session, []byte) error { return nil }
	began, free := make(chan string, 2), make(chan struct{})
	wait := func(ctx context.Context, _ *org.Session, _ []byte) error {
		began <- "sweep"
		select {
		case <-free:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	set := org.Settings{
		Jobs:      []org.JobKind{{Name: "post", Run: run}, {Name: "sweep", Run: wait}},
		Schedules: []org.Schedule{{Kind: "sweep", Every: time.Hour}},
	}
	eachWith(t, set, func(t *testing.T, o *org.Org, s *org.Session) {
		running(t, o)
		err := s.Do(t.Context(), func(ctx context.Context, tx *org.Tx) error {
			return tx.Enqueue(ctx, org.Job{Kind: "post", Due: time.Now().Add(time.Hour)})
		})
		if err != nil {
			t.Fatal(err)
		}
		next(t, began)
		t.Cleanup(func() { free <- struct{}{} })
		ask := func(soql string) *record.Result {
			t.Helper()
			res, err := s.Query(t.Context(), soql, org.QueryOptions{})
			if err != nil {
				t.Fatal(err)
			}
			return res
		}
		res := ask("SELECT Id, JobType, Status, NumberOfErrors, CompletedDate, CreatedDate, CreatedBy.Name, CronTriggerId FROM AsyncApexJob WHERE MethodName = 'post' AND Status = 'Queued'")
		if res.Len() != 1 || res.Get(0, "JobType").Text() != "Queueable" || res.Get(0, "NumberOfErrors").Int() != 0 || !res.Get(0, "CompletedDate").IsNull() ||
			res.Get(0, "CreatedDate").IsNull() || res.Get(0, "CreatedBy", "Name").IsNull() || !res.Get(0, "CronTriggerId").IsNull() || res.ID(0).Prefix() != "707" {
			t.Errorf("%d jobs post, or one is told wrong", res.Len())
		}
		one, err := s.Retrieve(t.Context(), "AsyncApexJob", res.ID(0), nil)
		if err != nil || one.Get(0, "MethodName").Text() != "post" {
			t.Errorf("the job by its id: %v", err)
		}
		res = ask("SELECT CronTriggerId, CronTrigger.CronJobDetail.Name FROM AsyncApexJob WHERE JobType = 'ScheduledApex'")
		if res.Len() != 1 || res.Get(0, "CronTrigger", "CronJobDetail", "Name").Text() != "sweep" {
			t.Errorf("%d scheduled jobs, of %v", res.Len(), res.Get(0, "CronTriggerId"))
		}
		res = ask("SELECT Id, CronJobDetail.Name, CronJobDetail.JobType, State, CronExpression, PreviousFireTime, NextFireTime FROM CronTrigger ORDER BY NextFireTime")
		if res.Len() != 1 || res.Get(0, "CronJobDetail", "Name").Text() != "sweep" || res.Get(0, "State").Text() != "EXECUTING" ||
			res.Get(0, "PreviousFireTime").IsNull() || res.Get(0, "NextFireTime").IsNull() {
			t.Errorf("%d schedules, the first in state %v", res.Len(), res.Get(0, "State"))
		}
		if one, err := s.Retrieve(t.Context(), "CronTrigger", res.ID(0), []string{"CronJobDetail.Name"}); err != nil || one.Len() != 1 {
			t.Errorf("the schedule by its id: %v", err)
		}
		if res := ask("SELECT COUNT() FROM CronJobDetail WHERE Name LIKE 'swe%'"); res.Total != 1 {
			t.Errorf("%d details", res.Total)
		}
		if res := ask("SELECT Id FROM CronTrigger WHERE Id IN (SELECT CronTriggerId FROM AsyncApexJob WHERE Status = 'Processing')"); res.Len() != 1 {
			t.Errorf("%d schedules have a job that runs", res.Len())
		}
		if res, err := s.Delete(t.Context(), []record.ID{one.ID(0)}, org.WriteOptions{}); err == nil && res[0].OK() {
			t.Error("a job was deleted as a record")
		}
	})
}
