package auth_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"stoa/internal/auth"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/store"
	"stoa/internal/store/storetest"
)

// TestWholeOrg goes once around on a real org in each store: what the vault in memory stands for elsewhere.
func TestWholeOrg(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db store.DB) {
		ctx := t.Context()
		o, err := org.Open(ctx, org.Settings{DB: db, JournalDir: t.TempDir(), Report: func(err error) { t.Error(err) }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = o.Close(context.Background()) })
		if err := o.Create(ctx, org.NewOrg{Name: "City of Harborview", AdminUsername: "admin@harborview.example"}); err != nil {
			t.Fatal(err)
		}
		var ahead atomic.Int64
		now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		g := auth.New(o, auth.Options{Now: now, FailureTime: time.Nanosecond})
		ann := addUser(t, o, "Ann", "ann@harborview.example")
		for _, id := range []record.ID{o.Admin(), ann} {
			if err := g.SetPassword(ctx, id, password, auth.PasswordOptions{}); err != nil {
				t.Fatal(err)
			}
		}

		for range 10 {
			_, _, err := g.SignIn(ctx, auth.SignIn{Username: "admin@harborview.example", Password: "wrong"})
			wantCode(t, err, fault.InvalidLogin)
		}
		again := auth.New(o, auth.Options{Now: now, FailureTime: time.Nanosecond})
		_, _, err = again.SignIn(ctx, auth.SignIn{Username: "Admin@Harborview.example", Password: password})
		wantCode(t, err, fault.InvalidLogin)
		if err := again.Unlock(ctx, "ADMIN@harborview.example"); err != nil {
			t.Fatal(err)
		}
		admin, _, err := again.SignIn(ctx, auth.SignIn{Username: "Admin@Harborview.example", Password: password, Kind: auth.API})
		if err != nil {
			t.Fatal(err)
		}
		in, err := g.Authenticate(ctx, auth.Credentials{Token: admin, Channel: org.REST, Purpose: "casework"})
		if err != nil {
			t.Fatal(err)
		}
		if in.Actor().User != o.Admin() || in.Purpose() != "casework" || !in.Can("ModifyAllData") {
			t.Errorf("%+v for %s", in.Actor(), in.Purpose())
		}
		res, err := in.Query(ctx, "SELECT Status, COUNT(Id) n FROM LoginHistory WHERE UserId = '"+string(o.Admin())+"' GROUP BY Status ORDER BY Status", org.QueryOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if res.Len() != 2 || res.Get(0, "n").Int() != 10 || res.Get(1, "Status").Text() != "Success" {
			t.Errorf("%d kinds of sign-in are remembered, %v %v", res.Len(), res.Get(0, "Status"), res.Get(0, "n"))
		}

		if res, err = in.Query(ctx, "SELECT LastLoginDate FROM User WHERE Id = '"+string(o.Admin())+"'", org.QueryOptions{}); err != nil {
			t.Fatal(err)
		}
		if at := res.Get(0, "LastLoginDate"); at.IsNull() || now().Sub(at.Instant()).Abs() > time.Minute {
			t.Errorf("the last sign-in was at %v", at)
		}

		token, _, err := g.SignIn(ctx, auth.SignIn{Username: "ann@harborview.example", Password: password, Kind: auth.UI})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := g.Session(ctx, token); err != nil {
			t.Fatal(err)
		}
		ahead.Add(int64(100 * time.Minute)) // the vault's own clock stands: it is told to extend
		if s, _, err := g.Session(ctx, token); err != nil || !s.Expires.After(now().Add(110*time.Minute)) {
			t.Errorf("a session in use: %v", err)
		}
		if _, err := in.Update(ctx, []record.Draft{*(&record.Draft{Object: "User", ID: ann}).Set("IsActive", record.OfBool(false))}, org.WriteOptions{AllOrNone: true}); err != nil {
			t.Fatal(err)
		}
		ahead.Add(int64(4 * time.Second))
		_, _, err = g.Session(ctx, token)
		wantCode(t, err, fault.InvalidSessionID)

		first, err := g.FirstUse(ctx, "assertion", time.Hour)
		if err != nil || !first {
			t.Error(first, err)
		}
		if first, err = again.FirstUse(ctx, "assertion", time.Hour); err != nil || first {
			t.Error(first, err)
		}
		if first, err = again.FirstUse(ctx, "long ago", -time.Hour); err != nil || !first {
			t.Error(first, err)
		}
		if err := g.RevokeAll(ctx, o.Admin()); err != nil {
			t.Fatal(err)
		}
		_, err = g.Authenticate(ctx, auth.Credentials{Token: admin, Channel: org.REST})
		wantCode(t, err, fault.InvalidSessionID)
	})
}

// addUser adds an active user with the first administrator's profile.
func addUser(t *testing.T, o *org.Org, name, username string) record.ID {
	t.Helper()
	in, err := o.System(t.Context(), org.System, "operation")
	if err != nil {
		t.Fatal(err)
	}
	p, err := in.Query(t.Context(), "SELECT ProfileId FROM User WHERE Id = '"+string(o.Admin())+"'", org.QueryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	d := record.Draft{Object: "User"}
	d.Set("Username", record.OfText(username)).Set("LastName", record.OfText(name)).Set("Email", record.OfText(username)).Set("Alias", record.OfText(name)).
		Set("CommunityNickname", record.OfText(name)).Set("ProfileId", p.Get(0, "ProfileId")).Set("IsActive", record.OfBool(true)).
		Set("TimeZoneSidKey", record.OfText("UTC")).Set("LocaleSidKey", record.OfText("en_US")).Set("LanguageLocaleKey", record.OfText("en_US")).Set("EmailEncodingKey", record.OfText("UTF-8"))
	res, err := in.Insert(t.Context(), []record.Draft{d}, org.WriteOptions{})
	if err != nil || !res[0].OK() {
		t.Fatal(err, res)
	}
	return res[0].ID
}
