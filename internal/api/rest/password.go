package rest

import (
	"crypto/rand"

	"stoa/internal/auth"
	"stoa/internal/engine/catalog"
	"stoa/internal/fault"
	"stoa/internal/record"
)

// setsPassword reports whether a path below the version is that of a user's password:
// the only one that a session is good for whose password must be changed.
func setsPassword(words []string) bool {
	return len(words) == 4 && catalog.Fold(words[0]) == "sobjects" && catalog.Fold(words[1]) == "user" && catalog.Fold(words[3]) == "password"
}

// passwordUser returns the user whose password the path names: oneself, or anybody for who manages users.
func (c *call) passwordUser() (record.ID, error) {
	id, err := record.ParseID(c.args[0])
	o := c.session.Catalog().Object("User")
	if err != nil || o == nil || id.Prefix() != o.KeyPrefix {
		return "", notFound()
	}
	if id != c.session.Actor().User && !c.session.Can("ManageUsers") {
		return "", fault.New(fault.InsufficientAccess, "insufficient access rights on cross-reference id")
	}
	return id, nil
}

func (c *call) passwordState() error {
	id, err := c.passwordUser()
	if err != nil {
		return err
	}
	expired, err := c.h.opt.Gate.PasswordExpired(c.r.Context(), id)
	if err != nil {
		return err
	}
	return c.json(struct {
		IsExpired bool `json:"isExpired"`
	}{expired})
}

func (c *call) setPassword() error {
	id, err := c.passwordUser()
	if err != nil {
		return err
	}
	n, err := c.body()
	if err != nil {
		return err
	}
	password := n.str("NewPassword")
	if password == "" {
		return fault.New(fault.MissingArgument, "NewPassword is required")
	}
	var opt auth.PasswordOptions
	if id == c.session.Actor().User {
		opt.Keep = auth.HeaderToken(c.r.Header)
	}
	if err := c.h.opt.Gate.SetPassword(c.r.Context(), id, password, opt); err != nil {
		return err
	}
	return c.noContent()
}

// resetPassword makes up a password, which its user must change at the next sign-in, and answers it.
func (c *call) resetPassword() error {
	id, err := c.passwordUser()
	if err != nil {
		return err
	}
	password := rand.Text()[:16]
	if err := c.h.opt.Gate.SetPassword(c.r.Context(), id, password, auth.PasswordOptions{MustChange: true}); err != nil {
		return err
	}
	return c.json(struct {
		NewPassword string
	}{password})
}
