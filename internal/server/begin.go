package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"stoa/internal/auth"
	"stoa/internal/org"
	"stoa/internal/store/postgres"
	"stoa/internal/store/sqlite"
)

// begin makes the org at the first start: its tables, its administrator, the
// demo's connected app and the seed. What a start that was cut has not done, the next one does.
func (s *Server) begin(ctx context.Context) error {
	if s.org.State() == org.StateBegun {
		if err := s.beginAgain(ctx); err != nil {
			return err
		}
	}
	fresh := s.org.State() == org.StateNew
	if fresh {
		if s.set.MustExist {
			return fmt.Errorf("there is no organisation in %s (stoa serve or stoa demo makes one)", s.set.DataDir)
		}
		n := org.NewOrg{Name: s.set.OrgName, AdminUsername: s.set.AdminUsername, Seeded: s.set.Seed != nil}
		if err := s.org.Create(ctx, n); err != nil {
			return err
		}
	}
	if err := s.org.Prepare(ctx); err != nil {
		return err
	}
	if err := s.set.Apps.Install(ctx, s.org); err != nil {
		return err
	}
	has, err := s.gate.HasPassword(ctx, s.org.Admin())
	if err != nil {
		return err
	}
	if !has {
		password := s.set.AdminPassword
		if password == "" {
			password = rand.Text()[:16]
			s.firstPassword = password
		}
		if err := s.gate.SetPassword(ctx, s.org.Admin(), password, auth.PasswordOptions{}); err != nil {
			return fmt.Errorf("administrator's password: %w", err)
		}
	}
	if s.set.DemoApp {
		if err := s.demoApp(ctx, fresh); err != nil {
			return fmt.Errorf("connected app: %w", err)
		}
	}
	if s.org.State() != org.StateBegun {
		return nil
	}
	session, err := s.org.System(ctx, org.System, "operation")
	if err != nil {
		return err
	}
	if err := s.set.Seed(ctx, session); err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	return s.org.SetState(ctx, org.StateSeeded)
}

// beginAgain takes back an org whose seed was cut, so that this start makes it from the beginning.
func (s *Server) beginAgain(ctx context.Context) error {
	if s.set.Seed == nil {
		return fmt.Errorf("the making of the organisation in %s was cut: start the command again that began it, or remove it", s.set.DataDir)
	}
	if err := s.closeOrg(ctx); err != nil {
		return err
	}
	if s.set.Database != "" {
		if err := postgres.Drop(ctx, postgres.Options{URL: s.set.Database, Schema: s.set.Schema}); err != nil {
			return err
		}
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(filepath.Join(s.set.DataDir, sqlite.FileName+suffix)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	if err := os.RemoveAll(filepath.Join(s.set.DataDir, journalDir)); err != nil {
		return err
	}
	o, err := openOrg(ctx, s.set, s.mail.jobs(), s.report)
	if err != nil {
		return err
	}
	s.org, s.gate = o, s.newGate(o)
	return nil
}

// demoApp makes the connected app that scripts of a demo sign in with.
func (s *Server) demoApp(ctx context.Context, fresh bool) error {
	if !fresh {
		if s.set.ClientID == "" {
			return nil
		}
		if _, ok, err := s.gate.App(ctx, s.set.ClientID); ok || err != nil {
			return err
		}
	}
	app, secret, err := s.gate.SaveApp(ctx, auth.App{
		ID: s.set.ClientID, Name: "Demo", RunAs: s.org.Admin(), Trusted: true,
		Redirects: []string{"http://localhost:1717/OauthRedirect", "http://localhost/oauth/callback"},
	}, s.set.ClientSecret)
	if err != nil {
		return err
	}
	s.firstClient, s.firstSecret = app.ID, secret
	return nil
}
