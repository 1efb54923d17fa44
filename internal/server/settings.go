// Package server puts a Stoa together from its settings: store, org, doors,
// listeners, workers, telemetry, orderly stop. It decides nothing about data;
// its one invariant is that what it started it has stopped when Run returns.
package server

import (
	"context"
	"io"
	"log/slog"
	"net/netip"

	"stoa/internal/app"
	"stoa/internal/org"
)

// Settings are what an operator decides. The zero value of a field means its default.
type Settings struct {
	Listen   string // host:port; port 0 takes a free one
	DataDir  string // SQLite file, journal, certificates; made if missing, closed to other users
	Database string // postgres://… instead of SQLite
	Schema   string // of the org in Database; "stoa"

	TLS             bool   // answer TLS beside plain HTTP on the same port
	TLSCert, TLSKey string // files; else a certificate of Stoa's own authority
	PublicURL       string // where it differs from the request's own scheme and host
	Origins         []string
	Proxies         []netip.Prefix // whose X-Forwarded headers are believed
	Development     bool           // JWT assertions made for the vendor's login host are accepted, as some client libraries write them
	Apps            app.Apps       // what ships on the platform; main hands them in
	Mail            MailSettings
	Log             *slog.Logger // nil: nothing is logged
	Version         string

	// The first start makes an org from these.
	OrgName, AdminUsername, AdminPassword string
	Seed                                  func(context.Context, *org.Session) error // fills a new org; a start that was cut begins again
	DemoApp                               bool                                      // a connected app with all grants
	ClientID, ClientSecret                string                                    // of the demo app; random where empty
	DemoRoles                             []DemoRole                                // offered on the sign-in page, on loopback only
	MustExist                             bool                                      // refuse to make a new org

	// Relaxed commits without waiting for the disk, for measurements: SQLite's last commits may be lost with the power.
	Relaxed bool
}

// A DemoRole is a person as whom a visitor on this machine may sign in with one click.
type DemoRole struct{ Username, Name, Title string }

// CAFile is the certificate of Stoa's own authority in the data folder.
const CAFile = "ca.pem"

// NewLog returns a logger that writes lines as text or json.
func NewLog(w io.Writer, format, level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	o := &slog.HandlerOptions{Level: l}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
