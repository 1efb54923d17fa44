package auth

import (
	"context"
	"fmt"

	"stoa/internal/org"
	"stoa/internal/record"
)

// What LoginHistory.Status says. Source: the API's own words.
const (
	loginSuccess = "Success"
	loginInvalid = "Invalid Password"
)

// remember writes a row of LoginHistory and, of a success, the time into the user. A sign-in that cannot be remembered does not happen.
func (g *Gate) remember(ctx context.Context, l Login, status string) error {
	in, err := g.org.System(ctx, org.System, "operation")
	if err != nil {
		return fmt.Errorf("remember sign-in: %w", err)
	}
	if in == nil || in.Catalog().Object("LoginHistory") == nil {
		return nil
	}
	how, name := "Other Apex API", "N/A"
	switch {
	case l.App != nil:
		how, name = "Remote Access 2.0", l.App.Name
	case l.Kind == UI:
		how, name = "Application", "Browser"
	}
	d := record.Draft{Object: "LoginHistory"}
	d.Set("UserId", record.OfText(string(l.User))).Set("LoginTime", record.OfInstant(g.now())).Set("LoginType", record.OfText(how)).
		Set("SourceIp", record.OfText(l.IP)).Set("Browser", record.OfText(cut(l.Agent, 255))).Set("Status", record.OfText(status)).
		Set("Application", record.OfText(cut(name, 64)))
	if l.API.Type != "" {
		d.Set("ApiType", record.OfText(l.API.Type)).Set("ApiVersion", record.OfText(l.API.Version))
	}
	err = in.Do(ctx, func(ctx context.Context, tx *org.Tx) error {
		res, err := tx.Insert(ctx, []record.Draft{d}, org.WriteOptions{Seed: true})
		switch {
		case err != nil:
			return err
		case !res[0].OK():
			return res[0].Errors[0]
		case status == loginSuccess:
			return tx.SignedIn(ctx, l.User, g.now())
		default:
			return nil
		}
	})
	if err != nil {
		return fmt.Errorf("remember sign-in: %w", err)
	}
	return nil
}
