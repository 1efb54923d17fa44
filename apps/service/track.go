package service

import (
	"context"
	"crypto/hmac"
	"fmt"
	"strings"

	"stoa/internal/app"
	"stoa/internal/org"
	"stoa/internal/record"
)

// kindTrack is the kind of the capabilities that open public pages of cases.
const kindTrack = "track"

// macLength is how many characters 128 bits are.
const macLength = 26

// TrackKey returns what opens the public page of a case: whoever has it may
// read the case's public part and write to it. It is the reference and 128 bits that nobody guesses.
func TrackKey(ctx context.Context, o *org.Org, id record.ID) (string, error) {
	s, err := o.System(ctx, org.System, "operation")
	if err != nil {
		return "", err
	}
	res, err := query(ctx, s, "SELECT Reference__c FROM Case WHERE Id = ?", id)
	if err != nil {
		return "", err
	}
	if res.Len() == 0 || res.Get(0, "Reference__c").IsNull() {
		return "", fmt.Errorf("the case %s has no reference", id)
	}
	mac, err := app.Capability(ctx, o, kindTrack, id)
	return strings.ToLower(strings.ReplaceAll(text(res.Get(0, "Reference__c")), "-", "")) + mac, err
}

// TrackedCase returns the case that a key opens; ok is false where it opens none.
func TrackedCase(ctx context.Context, o *org.Org, key string) (id record.ID, ok bool, err error) {
	key = strings.ToLower(strings.TrimSpace(key))
	if len(key) <= macLength {
		return "", false, nil
	}
	ref, valid := ParseReference(key[:len(key)-macLength])
	if !valid {
		return "", false, nil
	}
	s, err := o.System(ctx, org.Portal, "operation")
	if err != nil {
		return "", false, err
	}
	res, err := query(ctx, s, "SELECT Id FROM Case WHERE Reference__c = ?", ref)
	if err != nil || res.Len() == 0 {
		return "", false, err
	}
	id = res.Get(0, "Id").ID()
	mac, err := app.Capability(ctx, o, kindTrack, id)
	if err != nil || !hmac.Equal([]byte(mac), []byte(key[len(key)-macLength:])) {
		return "", false, err
	}
	return id, true, nil
}

// LockTrack makes the keys of a case that are out open nothing any more.
func LockTrack(ctx context.Context, o *org.Org, id record.ID) error {
	return app.Revoke(ctx, o, kindTrack, id)
}
