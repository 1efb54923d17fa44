package soap

import (
	"crypto/rand"
	"strings"
	"time"

	"stoa/internal/auth"
	"stoa/internal/fault"
	"stoa/internal/org"
	"stoa/internal/record"
)

// login opens a session for a name and a password, with a security token behind it or not.
func (c *call) login() error {
	if scope := strings.TrimSpace(c.header.at("LoginScopeHeader", "organizationId").text()); scope != "" {
		if id, err := record.ParseID(scope); err != nil || id != c.h.gate.OrgID() {
			return fault.New(fault.InvalidLogin, "Invalid username, password, security token; or user locked out.")
		}
	}
	gate, ctx := c.h.gate, c.r.Context()
	client := c.header.at("CallOptions", "client").text()
	purpose := c.purpose()
	token, s, err := gate.SignIn(ctx, auth.SignIn{
		Username: strings.TrimSpace(c.op.arg(0, "username").text()), Password: c.op.arg(1, "password").text(),
		IP: gate.Address(c.r), Agent: firstOf(c.r.UserAgent(), client), Kind: auth.API, Purpose: purpose,
		API: auth.APIName{Type: c.dialect.name, Version: c.version},
	})
	if err != nil {
		return err
	}
	c.signed, c.token = s, token
	a, _, err := gate.ActiveID(ctx, s.User)
	if err == nil {
		c.session, err = gate.Enter(ctx, s, a, auth.Credentials{Channel: org.SOAP, Renewing: true})
	}
	if err != nil {
		// Who may not use the API has no use for the session.
		if _, endErr := gate.SignOut(ctx, token); endErr != nil {
			return endErr
		}
		return err
	}
	base := gate.Base(c.r) + "/services/Soap/"
	suffix := "/" + c.version + "/" + gate.OrgID().Short()
	w := c.out
	w.open("result").text("metadataServerUrl", base+"m"+suffix).flag("passwordExpired", s.MustChange).flag("sandbox", false)
	w.text("serverUrl", base+c.dialect.letter+suffix).text("sessionId", token).text("userId", string(s.User))
	w.open("userInfo")
	c.userInfo()
	w.close("userInfo").close("result")
	return nil
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (c *call) logout() error {
	_, err := c.h.gate.SignOut(c.r.Context(), c.token)
	return err
}

func (c *call) getUserInfo() error {
	c.out.open("result")
	c.userInfo()
	c.out.close("result")
	return nil
}

// userInfo writes the fields of GetUserInfoResult in the order of the WSDL.
func (c *call) userInfo() {
	a, w := c.session.Actor(), c.out
	var profile, role record.Value
	// What may not be read of oneself stays out of the answer.
	if res, err := c.session.Retrieve(c.r.Context(), "User", a.User, []string{"ProfileId", "UserRoleId"}); err == nil && res.Len() > 0 {
		profile, role = res.Get(0, "ProfileId"), res.Get(0, "UserRoleId")
	}
	zone := "UTC"
	if a.Zone != nil {
		zone = a.Zone.String()
	}
	w.flag("accessibilityMode", false).flag("chatterExternal", false).text("currencySymbol", "$").number("orgAttachmentFileSizeLimit", 25<<20)
	w.text("orgDefaultCurrencyIsoCode", "USD").text("orgDefaultCurrencyLocale", "en_US").flag("orgDisallowHtmlAttachments", false)
	w.flag("orgHasPersonAccounts", false).text("organizationId", string(c.h.gate.OrgID())).flag("organizationMultiCurrency", false)
	w.text("organizationName", c.h.gate.OrgName()).some("profileId", profile.String()).some("roleId", role.String())
	w.number("sessionSecondsValid", int64(c.h.gate.Idle(c.signed.Kind)/time.Second)).null("userDefaultCurrencyIsoCode")
	w.text("userEmail", a.Email).text("userFullName", a.Name).text("userId", string(a.User)).text("userLanguage", a.Language)
	w.text("userLocale", a.Locale).text("userName", a.Username).text("userTimeZone", zone).text("userType", firstOf(a.UserType, "Standard"))
	w.text("userUiSkin", "Theme3")
}

func (c *call) getServerTimestamp() error {
	c.out.open("result").text("timestamp", c.h.gate.Now().UTC().Format("2006-01-02T15:04:05.000Z")).close("result")
	return nil
}

// user returns the user that an operation on passwords names: oneself, or anybody for who manages users.
func (c *call) user() (record.ID, error) {
	id, err := record.ParseID(strings.TrimSpace(c.op.arg(0, "userId").text()))
	if err != nil {
		return "", fault.New(fault.MalformedID, "User ID: id value of incorrect type: %s", c.op.arg(0, "userId").text())
	}
	if id != c.session.Actor().User && !c.session.Can("ManageUsers") {
		return "", fault.New(fault.InsufficientAccess, "insufficient access rights on cross-reference id")
	}
	return id, nil
}

func (c *call) setPassword() error {
	id, err := c.user()
	if err != nil {
		return err
	}
	opt := auth.PasswordOptions{}
	if id == c.session.Actor().User {
		opt.Keep = c.token
	}
	if err := c.h.gate.SetPassword(c.r.Context(), id, c.op.arg(1, "password").text(), opt); err != nil {
		return err
	}
	c.out.open("result").close("result")
	return nil
}

func (c *call) resetPassword() error {
	id, err := c.user()
	if err != nil {
		return err
	}
	password := rand.Text()[:16]
	if err := c.h.gate.SetPassword(c.r.Context(), id, password, auth.PasswordOptions{MustChange: true}); err != nil {
		return err
	}
	c.out.open("result").text("password", password).close("result")
	return nil
}

func (c *call) changeOwnPassword() error {
	err := c.h.gate.ChangePassword(c.r.Context(), c.token, c.op.arg(0, "oldPassword").text(), c.op.arg(1, "newPassword").text(), c.h.gate.Address(c.r))
	if err != nil {
		return err
	}
	c.out.open("result").close("result")
	return nil
}

// invalidateSessions ends sessions by their tokens: who shows one may end it.
func (c *call) invalidateSessions() error {
	for _, n := range c.op.list(0, "sessionIds") {
		ok, err := c.h.gate.SignOut(c.r.Context(), strings.TrimSpace(n.text()))
		if err != nil {
			return err
		}
		c.out.open("result")
		if !ok {
			c.error(fault.New(fault.InvalidSessionID, "Session expired or invalid"))
		}
		c.out.flag("success", ok).close("result")
	}
	return nil
}
