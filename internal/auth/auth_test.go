package auth_test

import (
	"cmp"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"stoa/internal/auth"
	"stoa/internal/auth/authtest"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

const (
	ann      record.ID = "005010000000001AAA"
	bob      record.ID = "005010000000002AAA"
	password           = "correct horse 7"
)

// people returns an org with Ann, whose password is known, and Bob, who has none.
func people(t *testing.T, opt auth.Options) (*authtest.Org, *auth.Gate) {
	t.Helper()
	o := authtest.New(
		authtest.User{Actor: org.Actor{User: ann, Name: "Ann Lee", Username: "ann@harborview.example"}},
		authtest.User{Actor: org.Actor{User: bob, Name: "Bob Ray", Username: "bob@harborview.example"}},
	)
	opt.Now, opt.FailureTime = o.Now, cmp.Or(opt.FailureTime, time.Nanosecond)
	g := auth.New(o, opt)
	if err := g.SetPassword(t.Context(), ann, password, auth.PasswordOptions{}); err != nil {
		t.Fatal(err)
	}
	return o, g
}

func signIn(t *testing.T, g *auth.Gate, kind auth.Kind) string {
	t.Helper()
	token, _, err := g.SignIn(t.Context(), auth.SignIn{Username: "Ann@Harborview.example", Password: password, Kind: kind})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// wantCode fails unless err is a fault with a code; "" stands for no error.
func wantCode(t *testing.T, err error, code fault.Code) {
	t.Helper()
	f, ok := errors.AsType[*fault.Error](err)
	if code == "" && err != nil || code != "" && (!ok || f.Code != code) {
		t.Errorf("error is %v, want %q", err, code)
	}
}

func TestTokenHasTheFormThatClientsCheck(t *testing.T) {
	t.Parallel()
	o, g := people(t, auth.Options{})
	token := signIn(t, g, auth.API)
	if !regexp.MustCompile(`^(00D\w{12,15})!\w{43,}$`).MatchString(token) {
		t.Errorf("token %q", token)
	}
	if head, _, _ := strings.Cut(token, "!"); head != o.ID().Short() {
		t.Errorf("the token begins with %q, not with the org's id", head)
	}
	for _, s := range o.Kept() {
		for _, secret := range []string{token, password} {
			if strings.Contains(string(s.Body), secret) || strings.Contains(s.Key, secret) {
				t.Errorf("%s keeps a secret in the clear", s.Kind)
			}
		}
	}
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	o, g := people(t, auth.Options{})
	security, err := g.ResetSecurityToken(t.Context(), ann)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, user, password string
		code                 fault.Code
	}{
		{"right", "ann@harborview.example", password, ""},
		{"letter case of the name", "ANN@harborview.example", password, ""},
		{"security token behind", "ann@harborview.example", password + security, ""},
		{"wrong token behind", "ann@harborview.example", password + strings.Repeat("A", 24), fault.InvalidLogin},
		{"token alone", "ann@harborview.example", security, fault.InvalidLogin},
		{"wrong password", "ann@harborview.example", "wrong", fault.InvalidLogin},
		{"no password", "ann@harborview.example", "", fault.InvalidLogin},
		{"unknown user", "eve@harborview.example", password, fault.InvalidLogin},
		{"user without a password", "bob@harborview.example", "", fault.InvalidLogin},
	} {
		_, _, err := g.SignIn(t.Context(), auth.SignIn{Username: c.user, Password: c.password, Kind: auth.API})
		if t.Run(c.name, func(t *testing.T) { wantCode(t, err, c.code) }); err != nil && fault.From(err).Message != "Invalid username, password, security token; or user locked out." {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	o.Change(ann, func(u *authtest.User) { u.Inactive = true })
	_, _, err = g.SignIn(t.Context(), auth.SignIn{Username: "ann@harborview.example", Password: password})
	wantCode(t, err, fault.InvalidLogin)
}

func TestLockoutSurvivesARestartAndEnds(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"ann@harborview.example", "nobody@harborview.example"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, g := people(t, auth.Options{})
			try := func(g *auth.Gate, word string) error {
				_, _, err := g.SignIn(t.Context(), auth.SignIn{Username: name, Password: word, IP: "203.0.113.7"})
				return err
			}
			for range 10 {
				wantCode(t, try(g, "wrong"), fault.InvalidLogin)
			}
			again := auth.New(o, auth.Options{Now: o.Now, FailureTime: time.Nanosecond})
			wantCode(t, try(again, password), fault.InvalidLogin)
			o.Sleep(15*time.Minute + time.Second)
			want := fault.Code("")
			if name != "ann@harborview.example" {
				want = fault.InvalidLogin
			}
			wantCode(t, try(again, password), want)
		})
	}
}

func TestFailureTakesItsTimeForEverybody(t *testing.T) {
	t.Parallel()
	const least = 200 * time.Millisecond
	_, slow := people(t, auth.Options{FailureTime: least})
	for _, name := range []string{"ann@harborview.example", "nobody@harborview.example"} {
		began := time.Now()
		_, _, err := slow.SignIn(t.Context(), auth.SignIn{Username: name, Password: "wrong"})
		wantCode(t, err, fault.InvalidLogin)
		if took := time.Since(began); took < least {
			t.Errorf("%s fails after %v", name, took)
		}
	}
}

func TestTenthFailureIsTheLast(t *testing.T) {
	t.Parallel()
	_, g := people(t, auth.Options{})
	for range 9 {
		_, _, _ = g.SignIn(t.Context(), auth.SignIn{Username: "ann@harborview.example", Password: "wrong"})
	}
	signIn(t, g, auth.UI) // nine are forgiven
	for range 9 {
		_, _, _ = g.SignIn(t.Context(), auth.SignIn{Username: "ann@harborview.example", Password: "wrong"})
	}
	signIn(t, g, auth.UI)
	for range 10 {
		_, _, _ = g.SignIn(t.Context(), auth.SignIn{Username: "ann@harborview.example", Password: "wrong"})
	}
	_, _, err := g.SignIn(t.Context(), auth.SignIn{Username: "ann@harborview.example", Password: password})
	wantCode(t, err, fault.InvalidLogin)
	if err := g.Unlock(t.Context(), "ann@harborview.example"); err != nil {
		t.Fatal(err)
	}
	signIn(t, g, auth.UI)
}

func TestAnAddressThatTriesManyNamesIsLocked(t *testing.T) {
	t.Parallel()
	_, g := people(t, auth.Options{})
	for i := range 100 {
		_, _, err := g.SignIn(t.Context(), auth.SignIn{Username: string(rune('a'+i%26)) + string(rune('a'+i/26)), Password: "wrong", IP: "203.0.113.7"})
		wantCode(t, err, fault.InvalidLogin)
	}
	_, _, err := g.SignIn(t.Context(), auth.SignIn{Username: "ann@harborview.example", Password: password, IP: "203.0.113.7"})
	wantCode(t, err, fault.InvalidLogin)
	_, _, err = g.SignIn(t.Context(), auth.SignIn{Username: "ann@harborview.example", Password: password, IP: "203.0.113.8"})
	wantCode(t, err, "")
}

func TestSessionSlidesAndEnds(t *testing.T) {
	t.Parallel()
	o, g := people(t, auth.Options{MaxAge: 5 * time.Hour})
	token := signIn(t, g, auth.UI)
	alive := func() error { _, _, err := g.Session(t.Context(), token); return err }
	for range 3 {
		o.Sleep(90 * time.Minute)
		wantCode(t, alive(), "")
	}
	o.Sleep(31 * time.Minute) // five hours after sign-in
	wantCode(t, alive(), fault.InvalidSessionID)

	token = signIn(t, g, auth.UI)
	o.Sleep(2 * time.Hour)
	wantCode(t, alive(), fault.InvalidSessionID)

	token = signIn(t, g, auth.API)
	o.Sleep(4 * time.Hour)
	wantCode(t, alive(), "")
}

func TestRevocationHoldsAtOnceHereAndSoonElsewhere(t *testing.T) {
	t.Parallel()
	o, g := people(t, auth.Options{})
	elsewhere := auth.New(o, auth.Options{Now: o.Now})
	token := signIn(t, g, auth.API)
	for _, g := range []*auth.Gate{g, elsewhere} {
		if _, _, err := g.Session(t.Context(), token); err != nil {
			t.Fatal(err)
		}
	}
	if ok, err := g.SignOut(t.Context(), token); !ok || err != nil {
		t.Fatal(ok, err)
	}
	_, _, err := g.Session(t.Context(), token)
	wantCode(t, err, fault.InvalidSessionID)
	_, _, err = elsewhere.Session(t.Context(), token)
	wantCode(t, err, "")
	o.Sleep(4 * time.Second)
	_, _, err = elsewhere.Session(t.Context(), token)
	wantCode(t, err, fault.InvalidSessionID)
	if ok, _ := g.SignOut(t.Context(), token); ok {
		t.Error("a session ended twice")
	}
}

func TestInactiveUserIsOutWithinSeconds(t *testing.T) {
	t.Parallel()
	o, g := people(t, auth.Options{})
	token := signIn(t, g, auth.API)
	o.Change(ann, func(u *authtest.User) { u.Inactive = true })
	o.Sleep(4 * time.Second)
	_, _, err := g.Session(t.Context(), token)
	wantCode(t, err, fault.InvalidSessionID)
}

func TestSessionCheckReadsTheVaultOnce(t *testing.T) {
	t.Parallel()
	o, g := people(t, auth.Options{})
	token := signIn(t, g, auth.API)
	if _, _, err := g.Session(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	before := o.Reads()
	for range 100 {
		if _, _, err := g.Session(t.Context(), token); err != nil {
			t.Fatal(err)
		}
	}
	if n := o.Reads() - before; n != 0 {
		t.Errorf("%d reads for a session that is known", n)
	}
	for _, junk := range []string{"", "x", "00D0100000000Ab!short", strings.Replace(token, "00D0", "00D9", 1), token + strings.Repeat("A", 200)} {
		_, _, err := g.Session(t.Context(), junk)
		wantCode(t, err, fault.InvalidSessionID)
	}
	if n := o.Reads() - before; n != 0 {
		t.Errorf("%d reads for junk", n)
	}
}

func TestPasswordChange(t *testing.T) {
	t.Parallel()
	o, g := people(t, auth.Options{PasswordAge: 90 * 24 * time.Hour})
	other, here := signIn(t, g, auth.API), signIn(t, g, auth.UI)
	wantCode(t, g.ChangePassword(t.Context(), here, "wrong", "another horse 8", ""), fault.InvalidLogin)
	wantCode(t, g.ChangePassword(t.Context(), here, password, password, ""), fault.InvalidNewPassword)
	for _, weak := range []string{"short", "aaaaaaaaaaaa", "ann@harborview.example", strings.Repeat("ab", 300)} {
		wantCode(t, g.ChangePassword(t.Context(), here, password, weak, ""), fault.InvalidNewPassword)
	}
	wantCode(t, g.ChangePassword(t.Context(), here, password, "another horse 8", ""), "")
	_, _, err := g.Session(t.Context(), here)
	wantCode(t, err, "")
	_, _, err = g.Session(t.Context(), other)
	wantCode(t, err, fault.InvalidSessionID)

	o.Sleep(91 * 24 * time.Hour)
	token, s, err := g.SignIn(t.Context(), auth.SignIn{Username: "ann@harborview.example", Password: "another horse 8", Kind: auth.API})
	if err != nil || !s.MustChange {
		t.Fatalf("an old password: %v, must change %v", err, s.MustChange)
	}
	_, err = g.Authenticate(t.Context(), auth.Credentials{Token: token, Channel: org.REST})
	wantCode(t, err, fault.PasswordExpired)
	if err := g.SetPassword(t.Context(), ann, "third horse 9", auth.PasswordOptions{Keep: token}); err != nil {
		t.Fatal(err)
	}
	if s, _, err = g.Session(t.Context(), token); err != nil || s.MustChange {
		t.Errorf("after the change: %v", err)
	}
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	t.Parallel()
	o, g := people(t, auth.Options{})
	signIn(t, g, auth.API)
	o.Sleep(time.Minute)
	signIn(t, g, auth.UI)
	all, err := g.Sessions(t.Context(), ann)
	if err != nil || len(all) != 2 || all[0].Kind != auth.UI || all[1].Kind != auth.API || all[0].User != ann {
		t.Fatalf("%v, %v", all, err)
	}
	if ok, err := g.Revoke(t.Context(), all[0].ID); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if err := g.RevokeAll(t.Context(), ann); err != nil {
		t.Fatal(err)
	}
	if all, _ = g.Sessions(t.Context(), ann); len(all) != 0 {
		t.Errorf("%d sessions are left", len(all))
	}
}

func BenchmarkSession(b *testing.B) {
	o := authtest.New(authtest.User{Actor: org.Actor{User: ann, Username: "ann@harborview.example"}})
	g := auth.New(o, auth.Options{Now: o.Now})
	token, _, err := g.Open(b.Context(), auth.Login{User: ann, Kind: auth.API})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, _, err := g.Session(b.Context(), token); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSignIn(b *testing.B) {
	var o *authtest.Org
	var g *auth.Gate
	o = authtest.New(authtest.User{Actor: org.Actor{User: ann, Username: "ann@harborview.example"}})
	g = auth.New(o, auth.Options{Now: func() time.Time { o.Sleep(time.Second); return o.Now() }})
	if err := g.SetPassword(b.Context(), ann, password, auth.PasswordOptions{}); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := g.SignIn(b.Context(), auth.SignIn{Username: "ann@harborview.example", Password: password}); err != nil {
			b.Fatal(err)
		}
	}
}
