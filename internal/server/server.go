package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"stoa/internal/api/bulk"
	"stoa/internal/api/oauth"
	"stoa/internal/api/rest"
	"stoa/internal/api/soap"
	"stoa/internal/app"
	"stoa/internal/auth"
	"stoa/internal/org"
	"stoa/internal/store"
	"stoa/internal/store/postgres"
	"stoa/internal/store/sqlite"
	"stoa/internal/web/assets"
	"stoa/internal/web/console"
	"stoa/internal/web/page"
	"stoa/internal/web/site"
)

const (
	journalDir    = "journal"
	defaultListen = "127.0.0.1:8080"
	defaultSchema = "stoa"
)

// grace is how long requests under way may take to end when the server stops.
const grace = 15 * time.Second

// A Server is a Stoa that listens. Run serves until its context ends.
type Server struct {
	set      Settings
	log      *slog.Logger
	org      *org.Org
	gate     *auth.Gate
	metrics  *metrics
	listener net.Listener
	mail     *mailOffice
	certs    *certificates // nil without TLS
	http     *http.Server
	stopping atomic.Bool   // readiness: a balancer looks elsewhere
	ending   chan struct{} // closed when the server stops: streams end

	firstPassword            string
	firstClient, firstSecret string
}

// New puts a server together and listens. The first start makes an org. Call Run or Close.
func New(ctx context.Context, set Settings) (_ *Server, err error) {
	set.Listen, set.Schema = cmp.Or(set.Listen, defaultListen), cmp.Or(set.Schema, defaultSchema)
	set.OrgName, set.AdminUsername = cmp.Or(set.OrgName, "My organisation"), cmp.Or(set.AdminUsername, "admin@stoa.example")
	s := &Server{set: set, log: cmp.Or(set.Log, slog.New(slog.DiscardHandler)), metrics: newMetrics(set.Version)}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close(ctx))
		}
	}()
	if err := os.MkdirAll(set.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if s.mail, err = newMailOffice(ctx, set); err != nil {
		return nil, err
	}
	if s.org, err = openOrg(ctx, set, s.mail.jobs(), s.report); err != nil {
		return nil, err
	}
	s.gate = s.newGate(s.org)
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	if set.TLS || set.TLSCert != "" {
		if s.certs, err = newCertificates(set); err != nil {
			return nil, err
		}
	}
	if s.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", set.Listen); err != nil {
		return nil, err
	}
	s.org.SetHome(s.home())
	s.metrics.watch(s.org.JobCounts)
	s.ending = make(chan struct{})
	s.http = &http.Server{
		BaseContext:       func(net.Listener) context.Context { return page.WithEnd(context.Background(), s.ending) },
		Handler:           newEdge(s.doors(), s.log, s.metrics),
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug), // broken handshakes and the like: noise from outside
		ReadHeaderTimeout: headerTime, ReadTimeout: bodyTime, WriteTimeout: bodyTime, IdleTimeout: idleTime, MaxHeaderBytes: headerBytes,
	}
	return s, nil
}

func (s *Server) newGate(o *org.Org) *auth.Gate {
	return auth.New(o, auth.Options{Origin: s.set.PublicURL, Proxies: s.set.Proxies, Development: s.set.Development})
}

// openOrg opens the store that the settings name, and the org in it.
func openOrg(ctx context.Context, set Settings, more []org.JobKind, report func(error)) (*org.Org, error) {
	db, err := openStore(ctx, set)
	if err != nil {
		return nil, err
	}
	jobs, schedules := set.Apps.Jobs()
	jobs = append(jobs, more...)
	loads, sweeps := bulk.Jobs()
	jobs, schedules = append(jobs, loads...), append(schedules, sweeps...)
	o, err := org.Open(ctx, org.Settings{
		DB: db, JournalDir: filepath.Join(set.DataDir, journalDir), Report: report, Hooks: set.Apps.Hooks(), Masks: set.Apps.Masks(), Derived: set.Apps.Derived(), Jobs: jobs, Schedules: schedules,
	})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return o, nil
}

func openStore(ctx context.Context, set Settings) (store.DB, error) {
	if set.Database != "" {
		db, err := postgres.Open(ctx, postgres.Options{URL: set.Database, Schema: set.Schema})
		if err != nil {
			return nil, fmt.Errorf("database: %w", err)
		}
		return db, nil
	}
	if set.MustExist {
		if _, err := os.Stat(filepath.Join(set.DataDir, sqlite.FileName)); err != nil {
			return nil, fmt.Errorf("there is no organisation in %s (stoa serve or stoa demo makes one)", set.DataDir)
		}
	}
	db, err := sqlite.Open(ctx, sqlite.Options{Dir: set.DataDir, Relaxed: set.Relaxed})
	if errors.Is(err, store.ErrLocked) {
		return nil, fmt.Errorf("another Stoa runs on the data folder %s: %w", set.DataDir, err)
	}
	if err != nil {
		return nil, fmt.Errorf("data folder %s: %w", set.DataDir, err)
	}
	return db, nil
}

// doors lists who answers what. A path goes to the longest prefix that fits.
func (s *Server) doors() doors {
	programs := http.NewServeMux()
	oauth.Routes(programs, oauth.Options{Gate: s.gate, AllowedOrigins: s.set.Origins, Stylesheet: assets.URL("portal.css"), Log: s.log})
	loads := bulk.New(bulk.Options{Gate: s.gate, Log: s.log})
	rows := rest.New(rest.Options{Gate: s.gate, AllowedOrigins: s.set.Origins, Log: s.log, Jobs: loads.Jobs})
	soap.Routes(programs, soap.Options{Gate: s.gate, Count: rows.Count, Log: s.log})
	staff := console.New(s.console())
	public, extra := staff, doors(nil)
	routes, nav, foot := s.set.Apps.Site()
	mailbox := s.mail.pages()
	if len(routes)+len(mailbox) > 0 {
		pages := site.New(site.Options{
			Name: s.org.Name(),
			Org:  func() *org.Org { return s.org }, Gate: s.gate, Origin: s.gate.Base, Visitor: s.visitor,
			Routes: append(mailbox, routes...), Nav: nav, Foot: foot, Mirrored: s.set.Development, Log: s.log,
		})
		if len(routes) > 0 {
			public = pages
		} else {
			extra = doors{{"/mailbox", pages, true}}
		}
	}
	return append(extra, doors{
		{rest.Prefix, rows, false},
		{bulk.AsyncPrefix, http.HandlerFunc(loads.Async), false},
		{"/services/oauth2", programs, false},
		{"/services/soap", programs, false},
		{"/services", offers(public), true},
		{"/id", programs, false},
		{"/.well-known", programs, false},
		{"/secur", programs, false},
		{"/healthz", http.HandlerFunc(s.healthz), false},
		{"/readyz", http.HandlerFunc(s.readyz), false},
		{"/healthz/store", local(http.HandlerFunc(s.storeHealth)), false},
		{"/metrics", local(s.metrics.handler()), false},
		{"/console", staff, true},
		{"/lightning", staff, true},
		{"/login", staff, true},
		{"/logout", staff, true},
		{"/assets", staff, true},
		{"/", public, true},
	}...)
}

// console returns what the console stands on: its sessions are the gate's.
func (s *Server) console() console.Options {
	opt := console.Options{OrgName: s.org.Name(), Log: s.log, Session: s.browserSession, SignIn: s.signIn, SignInAs: s.signInAs, SignOut: s.signOut}
	opt.Org, opt.Gate, opt.Origin = func() *org.Org { return s.org }, s.gate, s.gate.Base
	var places []app.Place
	opt.Pages, places = s.set.Apps.Console()
	for _, p := range places {
		opt.Places = append(opt.Places, console.Place(p))
	}
	for _, r := range s.set.DemoRoles {
		opt.Demo = append(opt.Demo, console.DemoUser{Username: r.Username, Name: r.Name, Role: r.Title})
	}
	return opt
}

// Run serves until ctx is done, then lets requests under way end, stops the
// workers and closes the store. It returns when everything it started has ended.
func (s *Server) Run(ctx context.Context) error {
	if err := s.announce(ctx); err != nil {
		if ctx.Err() != nil { // stopped before it began
			err = nil
		}
		return errors.Join(err, s.Close(ctx))
	}
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	var workers errgroup.Group
	workers.Go(func() error { return s.org.Run(work) })

	g, serving := errgroup.WithContext(ctx)
	l := s.listener
	if s.certs != nil {
		both := split(s.listener)
		l = both.plain
		s.http.TLSConfig = s.certs.config()
		g.Go(func() error { return ignoreClosed(s.http.ServeTLS(both.tls, "", "")) })
		defer both.group.Wait()
		defer both.Close()
	}
	g.Go(func() error { return ignoreClosed(s.http.Serve(l)) })
	g.Go(func() error { return ignoreClosed(s.mail.serve(serving, s.org, s.certs, s.log)) })
	g.Go(func() error {
		<-serving.Done()
		s.stopping.Store(true)
		close(s.ending)
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		err := s.http.Shutdown(end)
		if errors.Is(err, context.DeadlineExceeded) {
			err = s.http.Close()
		}
		return err
	})
	err := g.Wait()
	stopWork()
	err = errors.Join(err, workers.Wait(), s.retract(), s.mail.close(), s.closeOrg(ctx))
	return err
}

// Close ends a server that does not run.
func (s *Server) Close(ctx context.Context) error {
	var err error
	if s.listener != nil {
		err = s.listener.Close()
	}
	return errors.Join(err, s.mail.close(), s.closeOrg(ctx))
}

func (s *Server) closeOrg(ctx context.Context) error {
	if s.org == nil {
		return nil
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	o := s.org
	s.org = nil
	return o.Close(end)
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// report logs what a worker could not do.
func (s *Server) report(err error) { s.log.Error("worker", slog.Any("error", err)) }

// URL returns the address for people and clients.
func (s *Server) URL() string {
	if s.set.PublicURL != "" {
		return strings.TrimRight(s.set.PublicURL, "/")
	}
	return s.localURL()
}

// home returns where letters lead, "" where only a visit of the staff can tell: a server that listens everywhere is reached by
// a name that it does not know.
func (s *Server) home() string {
	host, _, err := net.SplitHostPort(s.listener.Addr().String())
	if ip := net.ParseIP(host); s.set.PublicURL == "" && (err != nil || ip == nil || ip.IsUnspecified()) {
		return ""
	}
	return s.URL()
}

// MailAddress returns where mail is taken, "" where none is.
func (s *Server) MailAddress() string { return s.mail.address() }

// localURL returns the plain address on this machine.
func (s *Server) localURL() string {
	host, port, err := net.SplitHostPort(s.listener.Addr().String())
	if err != nil {
		return "http://" + s.listener.Addr().String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// FirstPassword returns the administrator's password where this start made it up, FirstClient
// the client id and secret of the connected app that it made.
func (s *Server) FirstPassword() string            { return s.firstPassword }
func (s *Server) FirstClient() (id, secret string) { return s.firstClient, s.firstSecret }

// localToken returns an access token of the first administrator, for commands on this machine.
func (s *Server) localToken(ctx context.Context) (string, error) {
	token, _, err := s.gate.Open(ctx, auth.Login{User: s.org.Admin(), Kind: auth.API, Agent: "stoa"})
	if err != nil {
		return "", fmt.Errorf("token for this machine: %w", err)
	}
	return token, nil
}
