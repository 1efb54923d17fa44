package rest_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"stoa/internal/server/servertest"
)

// TestOfManyWritersWhoSawTheSameRowOneWins sends changes of one row at once, each on the condition that it is as it was.
func TestOfManyWritersWhoSawTheSameRowOneWins(t *testing.T) {
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		id := s.Create(t, "Account", map[string]any{"Name": "Harbor Works"})
		path := servertest.API + "/sobjects/Account/" + id
		for round := range 3 {
			seen := s.Do(t, servertest.Request{Method: "GET", Path: path, Token: s.Token}).Header.Get("ETag")
			const writers = 8
			var status [writers]int
			var wg sync.WaitGroup
			for i := range writers {
				wg.Go(func() {
					status[i] = s.Do(t, servertest.Request{
						Method: "PATCH", Path: path, Token: s.Token, Body: fmt.Sprintf(`{"Phone":"%d %d"}`, round, i), Header: []string{"If-Match", seen},
					}).Status
				})
			}
			wg.Wait()
			won, refused := 0, 0
			for _, code := range status {
				switch code {
				case http.StatusNoContent:
					won++
				case http.StatusPreconditionFailed:
					refused++
				}
			}
			if won != 1 || refused != writers-1 {
				t.Errorf("round %d: %v", round, status)
			}
		}
	})
}
