// Package auth says who is asking: passwords, sessions, connected apps and the
// tokens made for them. It ends in an org.Session and knows nothing of what
// that session then does; its one invariant is that no secret leaves it or is
// stored in a form from which it could be used again.
package auth

import (
	"context"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"stoa/internal/org"
	"stoa/internal/record"
)

// An Org is what auth needs of an *org.Org: its users, its vault, and sessions in it.
type Org interface {
	ID() record.ID
	Name() string
	Session(ctx context.Context, a org.Actor, ch org.Channel, why string) (*org.Session, error)
	System(ctx context.Context, ch org.Channel, why string) (*org.Session, error)

	UserByUsername(ctx context.Context, username string) (a org.Actor, active, ok bool, err error)
	UserByID(ctx context.Context, id record.ID) (a org.Actor, active, ok bool, err error)

	Secret(ctx context.Context, kind, key string) (s org.Secret, ok bool, err error)
	Secrets(ctx context.Context, kind string, owner record.ID) ([]org.Secret, error)
	PutSecrets(ctx context.Context, secrets ...org.Secret) error
	AddSecret(ctx context.Context, s org.Secret) (added bool, err error)
	ExtendSecret(ctx context.Context, kind, key string, until time.Time) (ok bool, err error)
	TakeSecret(ctx context.Context, kind, key string) (s org.Secret, ok bool, err error)
	DropSecrets(ctx context.Context, kind string, owner record.ID) (int, error)
}

// The kinds of secret in the vault. Keys that are secret themselves are kept as their hash.
const (
	kindPassword = "password"  // by user id
	kindFailures = "failures"  // by folded user name or address
	kindSession  = "session"   // by token
	kindRefresh  = "refresh"   // by refresh token
	kindCode     = "code"      // by authorization code
	kindSpent    = "spent"     // by a code or refresh token that was used
	kindDevice   = "device"    // by device code
	kindUserCode = "usercode"  // by the code that a person types
	kindOTP      = "otp"       // by one-time password of frontdoor.jsp
	kindReplay   = "assertion" // by JWT assertion
	kindApp      = "app"       // by client id
	kindConsent  = "consent"   // by user and client id
	kindKey      = "key"       // by key id: signing keys
)

// Options are the settings of a Gate. The zero value is what a new org has.
type Options struct {
	Now func() time.Time // the clock; time.Now where nil

	UIIdle  time.Duration // life of an unused browser session, 2 h
	APIIdle time.Duration // life of an unused access token, 12 h
	MaxAge  time.Duration // life of any session, used or not, 30 days

	PasswordAge    time.Duration // after which a password must be changed, 0 for never
	PasswordLength int           // least number of characters, 8

	// FailureTime is how long a failed sign-in takes at least, 300 ms.
	FailureTime time.Duration

	Recheck time.Duration // how long a session is believed without asking the vault, 3 s

	// Origin is the public address of this server, such as https://stoa.example; where it is "" each
	// request's own scheme and host count.
	Origin string
	// Proxies are the networks whose X-Forwarded-For, -Host and -Proto headers are believed.
	Proxies []netip.Prefix
	// Development accepts JWT assertions whose audience is the vendor's login host. Some client libraries
	// write nothing else, but an assertion made for the vendor would then work here too.
	Development bool
}

// A Gate lets people and programs into one org. It is safe for concurrent use.
type Gate struct {
	org   Org
	opt   Options
	now   func() time.Time
	cache *cache
	loads singleflight.Group
	hash  *hasher
	pace  *pace
	keys  keyring

	failing sync.Mutex // held while a count of failures is read and written
}

// New returns the gate of an org.
func New(o Org, opt Options) *Gate {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	setDefault(&opt.UIIdle, 2*time.Hour)
	setDefault(&opt.APIIdle, 12*time.Hour)
	setDefault(&opt.MaxAge, 30*24*time.Hour)
	setDefault(&opt.Recheck, 3*time.Second)
	setDefault(&opt.FailureTime, 300*time.Millisecond)
	setDefault(&opt.PasswordLength, 8)
	return &Gate{
		org: o, opt: opt, now: opt.Now, cache: newCache(), pace: newPace(opt.Now),
		hash: newHasher(min(max(runtime.GOMAXPROCS(0), 1), 4)),
	}
}

func setDefault[T comparable](p *T, v T) {
	var zero T
	if *p == zero {
		*p = v
	}
}

// OrgID and OrgName return id and name of the org that the gate leads to.
func (g *Gate) OrgID() record.ID { return g.org.ID() }
func (g *Gate) OrgName() string  { return g.org.Name() }

// Now returns the gate's time.
func (g *Gate) Now() time.Time { return g.now() }

// Development reports whether the vendor's audiences are accepted.
func (g *Gate) Development() bool { return g.opt.Development }
