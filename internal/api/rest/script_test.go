package rest_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stoa/internal/api/rest"
	"stoa/internal/server/servertest"
)

// TestScripts plays the scripts of testdata against whole servers.
func TestScripts(t *testing.T) {
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		for _, file := range scripts(t) {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { s.Play(t, file) })
		}
	})
}

func scripts(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	return files
}

func TestEveryRouteHasAScript(t *testing.T) {
	var played []string
	for _, file := range scripts(t) {
		for _, c := range servertest.Script(t, file) {
			path := c.Path
			if below, ok := strings.CutPrefix(path, rest.Prefix+"/v"); ok {
				_, path, _ = strings.Cut(below, "/")
			}
			method := c.Method
			if method == "HEAD" {
				method = "GET"
			}
			played = append(played, method+" "+rest.RouteOf(path))
		}
	}
	for _, r := range rest.Routes() {
		if !slices.Contains(played, r) {
			t.Errorf("no script plays %s", r)
		}
	}
}
