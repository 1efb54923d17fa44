// Command stoa runs and tends a Stoa server: one file a command, no logic of
// its own; its one invariant is that every command reaches records through the
// same API as every other client.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"
)

type commands struct {
	Demo    demoCmd    `cmd:"" help:"Start the City of Harborview: an organisation with two years of invented data, on this machine."`
	Serve   serveCmd   `cmd:"" help:"Start a server. The first start makes an empty organisation and prints how to sign in."`
	Query   queryCmd   `cmd:"" help:"Run SOQL and print the rows as a table, JSON or CSV."`
	Import  importCmd  `cmd:"" help:"Load records from CSV or from tree files; can be stopped and taken up again."`
	Export  exportCmd  `cmd:"" help:"Write the rows of a query, or whole objects, to CSV files."`
	User    userCmd    `cmd:"" help:"Add users, list them, set a password, freeze and unfreeze."`
	App     appCmd     `cmd:"" help:"Manage connected apps: the programs that users let in."`
	Org     orgCmd     `cmd:"" help:"Show the organisation, issue an access token, print the certificate of its own authority."`
	Doctor  doctorCmd  `cmd:"" help:"Check data folder, database, clock, disk and versions."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

func main() {
	if os.Getenv("GOGC") == "" {
		// A server's live memory is small, so that collecting at twice of it costs more than the memory is worth.
		debug.SetGCPercent(400)
	}
	os.Exit(run(os.Args[1:]))
}

// run parses args and runs the command. It returns 0, 1 for a failure, 2 for a wrong call, 130 after Ctrl+C.
func run(args []string) int {
	var c commands
	parser, err := kong.New(&c, kong.Name("stoa"), kong.UsageOnError(),
		kong.Description("A self-hosted Service Cloud and Community Cloud that speaks Salesforce's API."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.Vars{"version": version()})
	if err != nil {
		fmt.Fprintln(os.Stderr, "stoa:", err)
		return 1
	}
	k, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "stoa:", err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	k.BindTo(ctx, (*context.Context)(nil))
	switch err := k.Run(); {
	case err == nil:
		return 0
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "stoa: stopped")
		return 130
	default:
		fmt.Fprintln(os.Stderr, "stoa:", err)
		return 1
	}
}
