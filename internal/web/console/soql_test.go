package console

import "testing"

func TestFindEscapesWhatSOSLReserves(t *testing.T) {
	t.Parallel()
	if got, want := find(`heat (loss) {a} "b"`), `{heat* AND \(loss\)* AND \{a\}* AND \"b\"*}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if searchable("a") || searchable("**") || !searchable("ab") || !searchable("éé") {
		t.Error("searchable")
	}
}
