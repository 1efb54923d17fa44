package auth

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"stoa/internal/org"
	"stoa/internal/record"
)

// A Device is a program without a browser that waits for a person to let it in at another one.
type Device struct {
	App      string    `json:"app"`
	Scopes   []string  `json:"scopes"`
	UserCode string    `json:"userCode"` // eight characters that the person types
	User     record.ID `json:"user,omitempty"`
	Denied   bool      `json:"denied,omitempty"`
}

// DevicePace is how long a program waits between two polls, DeviceLife how long a code works.
func DevicePace() time.Duration { return devicePace }
func DeviceLife() time.Duration { return deviceLife }

// NewDevice begins a device flow and returns the code for the program and the one for the person.
func (g *Gate) NewDevice(ctx context.Context, app string, scopes []string) (deviceCode, userCode string, err error) {
	deviceCode, userCode = newCode(), rand.Text()[:8]
	until := g.now().Add(deviceLife)
	key := digest(deviceCode)
	d, err := secret(kindDevice, key, "", until, Device{App: app, Scopes: scopes, UserCode: userCode})
	if err != nil {
		return "", "", err
	}
	u, err := secret(kindUserCode, digest(userCode), "", until, key)
	if err != nil {
		return "", "", err
	}
	if err := g.org.PutSecrets(ctx, d, u); err != nil {
		return "", "", fmt.Errorf("begin device flow: %w", err)
	}
	return deviceCode, userCode, nil
}

// DeviceByUserCode returns the device that a person's code stands for. Letter
// case, blanks and hyphens do not count.
func (g *Gate) DeviceByUserCode(ctx context.Context, userCode string) (*Device, bool, error) {
	_, d, _, ok, err := g.deviceOf(ctx, userCode)
	return d, ok, err
}

func (g *Gate) deviceOf(ctx context.Context, userCode string) (key string, d *Device, kept org.Secret, ok bool, err error) {
	clean := strings.ToUpper(strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, userCode))
	if _, ok, err = g.get(ctx, kindUserCode, digest(clean), &key); err != nil || !ok {
		return "", nil, kept, false, err
	}
	d = &Device{}
	kept, ok, err = g.get(ctx, kindDevice, key, d)
	return key, d, kept, ok, err
}

// AnswerDevice lets a device in as user, or refuses it. The code works for one answer.
func (g *Gate) AnswerDevice(ctx context.Context, userCode string, user record.ID, allow bool) (bool, error) {
	key, d, kept, ok, err := g.deviceOf(ctx, userCode)
	if err != nil || !ok {
		return false, err
	}
	if _, ok, err = g.org.TakeSecret(ctx, kindUserCode, digest(d.UserCode)); err != nil || !ok {
		return false, err
	}
	if allow {
		d.User = user
	} else {
		d.Denied = true
	}
	return true, g.put(ctx, kindDevice, key, "", kept.Expires, d)
}

// A DeviceState is what a polling device hears.
type DeviceState uint8

// The states.
const (
	DeviceExpired DeviceState = iota
	DevicePending
	DeviceTooFast
	DeviceDenied
	DeviceAllowed // once
)

// PollDevice returns the state of a device flow of app.
func (g *Gate) PollDevice(ctx context.Context, app, deviceCode string) (*Device, DeviceState, error) {
	d := &Device{}
	key := digest(deviceCode)
	_, ok, err := g.get(ctx, kindDevice, key, d)
	switch {
	case err != nil:
		return nil, DeviceExpired, err
	case !ok || d.App != app:
		return nil, DeviceExpired, nil
	case d.Denied || d.User != "":
		if _, ok, err = g.org.TakeSecret(ctx, kindDevice, key); err != nil || !ok {
			return nil, DeviceExpired, err
		}
		if d.Denied {
			return d, DeviceDenied, nil
		}
		return d, DeviceAllowed, nil
	}
	if !g.pace.poll(key) {
		return d, DeviceTooFast, nil
	}
	return d, DevicePending, nil
}

// MayGuess reports whether a signed-in person may try one more user code: 20 at once, then one in 10 s.
func (g *Gate) MayGuess(session string) bool {
	g.pace.mu.Lock()
	defer g.pace.mu.Unlock()
	return g.pace.draw("guess:"+session, 20, 0.1)
}
