package community

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"stoa/internal/app"
	"stoa/internal/org"
	"stoa/internal/record"
	"stoa/internal/web/kit"
	"stoa/internal/web/page"
)

// How many sign-in links go to one address, or are asked for by one network: five, then one in six minutes. More would be a way
// to fill somebody's mailbox. Source: Stoa's own.
const (
	joinsAtOnce = 5
	joinEvery   = 6 * time.Minute
	linkLife    = time.Hour
	kindJoin    = "community-join"
)

// An arrival is what is kept of a sign-in link that was mailed; its token is kept as a hash.
type arrival struct {
	Email string `json:"email"`
	Lang  string `json:"lang"`
	To    string `json:"to"`              // path of the site
	Draft *Draft `json:"draft,omitempty"` // what the person had written, published when they arrive
}

func joinKey(token string) string {
	h := sha256.Sum256([]byte(token))
	return hex.EncodeToString(h[:])
}

// A joinForm is the page on which somebody asks for a link.
type joinForm struct {
	Email, To string
	Error     string
	Draft     *Draft // what waits for them to arrive
}

func signInPage(v *page.Visit) error {
	to := page.Within(v.Query("to"), "/my", "/")
	if v.Visitor.User != "" {
		return v.Redirect(to)
	}
	return v.Answer(page.Page{Title: v.T("portal.signin.title"), Class: "main", Body: joinPage(v, joinForm{To: to})})
}

// signIn mails a link; the answer is the same whether or not the address is known here.
func signIn(v *page.Visit) error {
	if err := v.BadForm(); err != nil {
		return err
	}
	f := joinForm{Email: v.Text("email", 100), To: page.Within(v.Posted("to"), "/my", "/")}
	if !validAddress(f.Email) {
		f.Error = v.T("portal.signin.bad")
		return v.Answer(page.Page{Title: v.T("portal.signin.title"), Class: "main", Status: http.StatusUnprocessableEntity, Body: joinPage(v, f)})
	}
	return invite(v, arrival{Email: f.Email, Lang: v.UI.Lang(), To: f.To})
}

// invite mails a link that signs somebody in and publishes what they had written, and says so.
func invite(v *page.Visit, a arrival) error {
	names := []string{"to " + record.Fold(a.Email)}
	if network := networkOf(v.Surface.Gate().Address(v.R)); network != "" {
		names = append(names, "from "+network)
	}
	ok, err := v.Surface.Org().Admit(v.Ctx(), org.Allowance{Kind: kindJoin, AtOnce: joinsAtOnce, Every: joinEvery}, names...)
	if err != nil {
		return err
	}
	if ok {
		if err := mailLink(v, a); err != nil {
			return err
		}
	}
	return v.Answer(page.Page{Title: v.T("portal.signin.sent"), Class: "main", Body: sentPage(v, a)})
}

func mailLink(v *page.Visit, a arrival) error {
	body, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("link: %w", err)
	}
	token, o := rand.Text()+rand.Text(), v.Surface.Org()
	if err := o.PutSecrets(v.Ctx(), org.Secret{Kind: kindJoin, Key: joinKey(token), Owner: o.SiteGuest(), Body: body, Expires: v.UI.Now.Add(linkLife)}); err != nil {
		return err
	}
	s, err := o.Service(v.Ctx(), org.Actor{}, org.Portal, why)
	if err != nil {
		return err
	}
	return s.Do(v.Ctx(), func(ctx context.Context, tx *org.Tx) error {
		site, err := siteAddress(ctx, tx)
		if err == nil && site == "" {
			err = errors.New("the site does not know its address, which --public-url and Site_Address__c say")
		}
		if err != nil {
			return err
		}
		return write(ctx, tx, letter{To: a.Email, Language: v.UI.Lang(), Subject: v.T("portal.mail.signin.subject", "org", o.Name()),
			Text: v.T("portal.mail.signin.text", "org", o.Name(), "link", in(site, v.UI.Lang(), "/signin/"+token))})
	})
}

// linkPage shows the button that uses a link: programs that look at mail open links, too, and press no buttons.
func linkPage(v *page.Visit) error {
	a, ok, err := waiting(v)
	if err != nil {
		return err
	}
	if !ok {
		return v.Answer(page.Page{Title: v.T("portal.signin.old"), Class: "main", Status: http.StatusGone, Body: oldLink(v)})
	}
	return v.Answer(page.Page{Title: v.T("portal.signin.title"), Class: "main", Body: arrivePage(v, a)})
}

func waiting(v *page.Visit) (a arrival, ok bool, err error) {
	sec, ok, err := v.Surface.Org().Secret(v.Ctx(), kindJoin, joinKey(v.Args["token"]))
	if err != nil || !ok {
		return a, false, err
	}
	return a, true, json.Unmarshal(sec.Body, &a)
}

// arrive uses a link, once: it makes who comes for the first time a member, and publishes what they had written.
func arrive(v *page.Visit) error {
	o := v.Surface.Org()
	sec, ok, err := o.TakeSecret(v.Ctx(), kindJoin, joinKey(v.Args["token"]))
	if err != nil {
		return err
	}
	if !ok {
		return v.Answer(page.Page{Title: v.T("portal.signin.old"), Class: "main", Status: http.StatusGone, Body: oldLink(v)})
	}
	var a arrival
	if err := json.Unmarshal(sec.Body, &a); err != nil {
		return fmt.Errorf("link: %w", err)
	}
	s, err := o.Service(v.Ctx(), org.Actor{}, org.Portal, why)
	if err != nil {
		return err
	}
	user, ok, err := member(v.Ctx(), s, a.Email, a.Lang)
	if err != nil {
		return err
	}
	if !ok { // somebody of the staff, or a member who was shut out
		return v.Redirect("/login")
	}
	if err := v.SignIn(user); err != nil {
		return err
	}
	to := v.Path(page.Within(a.To, "/my", "/"))
	if a.Draft == nil {
		return v.Redirect(to)
	}
	actor, _, ok, err := o.UserByID(v.Ctx(), user)
	if err != nil || !ok {
		return err
	}
	mine, err := o.Service(v.Ctx(), actor, org.Portal, why)
	if err != nil {
		return err
	}
	k, err := Publish(v.Ctx(), mine, *a.Draft)
	if err != nil {
		return err
	}
	return afterPosting(v, k, *a.Draft)
}

func signOutPage(v *page.Visit) error {
	return v.Answer(page.Page{Title: v.T("portal.signout"), Class: "main", Body: leavePage(v)})
}

func signOut(v *page.Visit) error {
	if err := v.SignOut(); err != nil {
		return err
	}
	v.Flash(v.T("portal.signedOut"))
	return v.Redirect(v.Path("/"))
}

func signOutEverywhere(v *page.Visit) error {
	if err := v.Surface.Gate().RevokeAll(v.Ctx(), v.Visitor.User); err != nil {
		return err
	}
	return signOut(v)
}

func unsubscribePage(v *page.Visit) error {
	if _, ok, err := unsubscribed(v.Ctx(), v.Surface.Org(), v.Args["token"]); err != nil || !ok {
		if err == nil {
			err = page.NotFound()
		}
		return err
	}
	return v.Answer(page.Page{Title: v.T("portal.unsubscribe"), Class: "main", Body: stopPage(v)})
}

// unsubscribe ends a follow in one step, without a sign-in, for people and for their mail programs (RFC 8058).
func unsubscribe(v *page.Visit) error {
	o := v.Surface.Org()
	id, ok, err := unsubscribed(v.Ctx(), o, v.Args["token"])
	if err != nil {
		return err
	}
	if !ok {
		return page.NotFound()
	}
	s, err := o.Service(v.Ctx(), org.Actor{}, org.Portal, why)
	if err != nil {
		return err
	}
	err = s.Do(v.Ctx(), func(ctx context.Context, tx *org.Tx) error {
		for _, object := range []string{"Follow__c", "EntitySubscription"} {
			res, err := app.Query(ctx, tx, "SELECT Id FROM "+object+" WHERE Id = ?", id)
			if err != nil {
				return err
			}
			if res.Len() > 0 {
				_, err = org.Must(tx.Delete(ctx, []record.ID{id}, org.WriteOptions{}))
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return v.Answer(page.Page{Title: v.T("portal.unsubscribed"), Class: "main", Body: stoppedPage(v)})
}

// back leads to where a form says that it was, or to a fallback.
func back(v *page.Visit, fallback string) error {
	return v.Redirect(page.Within(v.Posted("back"), v.Path(fallback), "/"))
}

// toSignIn leads to the page that asks for an address, and back here afterwards.
func toSignIn(v *page.Visit, to string) error {
	return v.Redirect(kit.Query(v.Path("/signin"), "to", to))
}
