package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	shipped "stoa/apps"
	"stoa/internal/server"
)

type orgCmd struct {
	Show  orgShowCmd  `cmd:"" default:"1" help:"Show the organisation."`
	Token orgTokenCmd `cmd:"" help:"Issue an access token for a user, for scripts on this machine."`
	CA    orgCACmd    `cmd:"" name:"ca" help:"Print the certificate of Stoa's own authority, for clients that speak TLS to it."`
}

type orgShowCmd struct{ target }

func (o *orgShowCmd) Run(ctx context.Context) error {
	q := queryCmd{SOQL: "SELECT Id, Name, OrganizationType, InstanceName, TimeZoneSidKey, LanguageLocaleKey FROM Organization", JSON: true, target: o.target}
	return q.Run(ctx)
}

type orgTokenCmd struct {
	Data     string `help:"Data folder." env:"STOA_DATA" default:"stoa-data" type:"path" placeholder:"DIR"`
	Database string `help:"PostgreSQL database (postgres://…)." env:"STOA_DATABASE" placeholder:"URL"`
}

func (o *orgTokenCmd) Run(ctx context.Context) error {
	local, done, err := server.Local(ctx, server.Settings{DataDir: o.Data, Database: o.Database, MustExist: true, Apps: shipped.All()})
	if err != nil {
		return err
	}
	fmt.Println(local.Token)
	return done()
}

type orgCACmd struct {
	Data string `help:"Data folder." env:"STOA_DATA" default:"stoa-data" type:"path" placeholder:"DIR"`
}

func (o *orgCACmd) Run() error {
	b, err := os.ReadFile(filepath.Join(o.Data, server.CAFile))
	if err != nil {
		return fmt.Errorf("there is no certificate yet (start the server once with --tls): %w", err)
	}
	_, err = os.Stdout.Write(b)
	return err
}
