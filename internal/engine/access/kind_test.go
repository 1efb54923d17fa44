package access

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stoa/internal/engine/catalog/standard"
)

// TestOpenObjects names what everybody may write: a new standard object does not become open by being forgotten.
func TestOpenObjects(t *testing.T) {
	snap, err := standard.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, o := range snap.Objects() {
		if kindOf(o) == open {
			names = append(names, o.Name)
		}
	}
	slices.Sort(names)
	want := strings.Fields("AgentWork Attachment CollaborationGroup CollaborationGroupMember ContentDocument ContentDocumentLink ContentVersion EntitySubscription " +
		"Event FeedComment FeedItem FeedLike NetworkModeration Note PendingServiceRouting Task Topic TopicAssignment UserServicePresence Vote")
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
}
