package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
)

type userCmd struct {
	List     userListCmd     `cmd:"" help:"List users."`
	Add      userAddCmd      `cmd:"" help:"Add a user and print a first password."`
	Password userPasswordCmd `cmd:"" help:"Set a user's password, or make a new one and print it."`
	Freeze   userFreezeCmd   `cmd:"" help:"Stop a user from signing in."`
	Unfreeze userUnfreezeCmd `cmd:"" help:"Let a user sign in again."`
}

const users = "/services/data/" + apiVersion + "/sobjects/User/"

// with opens the target, runs f and closes it.
func (t target) with(ctx context.Context, f func(*client) error) error {
	c, done, err := t.open(ctx)
	if err != nil {
		return err
	}
	if err := f(c); err != nil {
		_ = done()
		return err
	}
	return done()
}

type userListCmd struct{ target }

func (u *userListCmd) Run(ctx context.Context) error {
	q := queryCmd{SOQL: "SELECT Username, Name, Profile.Name, IsActive, LastLoginDate FROM User ORDER BY Username", target: u.target}
	return q.Run(ctx)
}

type userAddCmd struct {
	Username string `arg:"" help:"Username, in the form of an e-mail address."`
	Name     string `help:"First and last name." required:"" placeholder:"NAME"`
	Email    string `help:"E-mail address; default: the username."`
	Profile  string `help:"Profile." default:"Standard User"`
	target
}

func (u *userAddCmd) Run(ctx context.Context) error {
	return u.with(ctx, func(c *client) error {
		profile, err := c.one(ctx, "SELECT Id FROM Profile WHERE Name = "+literal(u.Profile), "profile "+u.Profile)
		if err != nil {
			return err
		}
		first, last, _ := cutLast(u.Name, " ")
		email := u.Email
		if email == "" {
			email = u.Username
		}
		in := map[string]any{
			"Username": u.Username, "FirstName": first, "LastName": last, "Email": email, "Alias": start(strings.ToLower(last), 8),
			"CommunityNickname": start(u.Username, 40), "ProfileId": profile, "IsActive": true, "TimeZoneSidKey": "UTC", "LocaleSidKey": "en_US",
			"LanguageLocaleKey": "en_US", "EmailEncodingKey": "UTF-8",
		}
		var out struct {
			ID string `json:"id"`
		}
		if err := c.call(ctx, http.MethodPost, strings.TrimSuffix(users, "/"), in, &out); err != nil {
			return err
		}
		return c.resetPassword(ctx, out.ID, u.Username)
	})
}

type userPasswordCmd struct {
	Username string `arg:"" help:"Username."`
	Set      string `help:"The new password; default: a random one." env:"STOA_NEW_PASSWORD" placeholder:"PASSWORD"`
	target
}

func (u *userPasswordCmd) Run(ctx context.Context) error {
	return u.with(ctx, func(c *client) error {
		id, err := c.user(ctx, u.Username)
		if err != nil {
			return err
		}
		if u.Set == "" {
			return c.resetPassword(ctx, id, u.Username)
		}
		return c.call(ctx, http.MethodPost, users+id+"/password", map[string]string{"NewPassword": u.Set}, nil)
	})
}

type userFreezeCmd struct {
	Username string `arg:"" help:"Username."`
	target
}

func (u *userFreezeCmd) Run(ctx context.Context) error { return u.active(ctx, u.Username, false) }

type userUnfreezeCmd struct {
	Username string `arg:"" help:"Username."`
	target
}

func (u *userUnfreezeCmd) Run(ctx context.Context) error { return u.active(ctx, u.Username, true) }

func (t target) active(ctx context.Context, username string, on bool) error {
	return t.with(ctx, func(c *client) error {
		id, err := c.user(ctx, username)
		if err != nil {
			return err
		}
		return c.call(ctx, http.MethodPatch, users+id, map[string]any{"IsActive": on}, nil)
	})
}

func (c *client) user(ctx context.Context, username string) (string, error) {
	return c.one(ctx, "SELECT Id FROM User WHERE Username = "+literal(username), "user "+username)
}

// one returns the id of the only row of a query; what names it in the error.
func (c *client) one(ctx context.Context, soql, what string) (string, error) {
	var p page
	if err := c.call(ctx, http.MethodGet, "/services/data/"+apiVersion+"/query?q="+url.QueryEscape(soql), nil, &p); err != nil {
		return "", err
	}
	if len(p.Records) != 1 {
		return "", fmt.Errorf("there is no %s", what)
	}
	return fmt.Sprint(p.Records[0].values["Id"]), nil
}

func (c *client) resetPassword(ctx context.Context, id, username string) error {
	var out struct{ NewPassword string }
	if err := c.call(ctx, http.MethodDelete, users+id+"/password", nil, &out); err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "%s  %s\n", username, out.NewPassword)
	return nil
}

// literal writes a SOQL string.
func literal(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\r", `\r`).Replace(s) + "'"
}

// start returns the first n characters of s, or all of it.
func start(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}

func cutLast(s, sep string) (before, after string, ok bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return "", s, false
}
