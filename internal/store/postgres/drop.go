package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"stoa/internal/store"
)

// Drop removes a schema with all that is in it. Nobody may have it open.
func Drop(ctx context.Context, opt Options) error {
	config, err := pgx.ParseConfig(opt.URL)
	if err != nil {
		return errors.New("the database's URL is malformed") // pgx would quote it, with the password
	}
	c, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("connect to %s:%d/%s: %w", config.Host, config.Port, config.Database, err)
	}
	defer c.Close(ctx)
	if _, err := c.Exec(ctx, "DROP SCHEMA IF EXISTS "+store.Quote(opt.Schema)+" CASCADE"); err != nil {
		return fmt.Errorf("drop schema %s: %w", opt.Schema, err)
	}
	return nil
}
