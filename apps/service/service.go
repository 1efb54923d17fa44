// Package service answers people: cases that come by mail and by form, queues,
// promises, the desk at which they are answered, and the knowledge they are
// answered from. It stands on the platform's standard objects; its one
// invariant is that no note of the staff leaves the house.
package service

import (
	"embed"
	"io/fs"

	"stoa/internal/app"
)

//go:embed metadata
var files embed.FS

// App returns the service app.
func App() app.App {
	return app.App{Name: "service", Metadata: metadata()}
}

func metadata() fs.FS {
	sub, err := fs.Sub(files, "metadata")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}
