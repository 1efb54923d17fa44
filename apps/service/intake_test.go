package service

import (
	"sync"
	"testing"

	"stoa/internal/record"
)

func TestIntake(t *testing.T) {
	each(t, map[string]func(*testing.T, *house){
		"OneRequestIsOneCaseHoweverOftenItIsSent": oneRequestIsOneCase,
		"CasesMadeAtOnceHaveReferencesOfTheirOwn": casesMadeAtOnceHaveReferencesOfTheirOwn,
	})
}

// A form that is sent twice, even at the same time, makes one case.
func oneRequestIsOneCase(t *testing.T, h *house) {
	var mu sync.Mutex
	made := map[record.ID]int{}
	var wg sync.WaitGroup
	for range 6 {
		s := h.citizen()
		wg.Go(func() {
			m, err := NewCase(t.Context(), s, Intake{Email: "twice@post.example", Body: "Hello", Once: "the form"})
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			made[m.Case]++
			mu.Unlock()
		})
	}
	wg.Wait()
	if len(made) != 1 {
		t.Errorf("there are %v", made)
	}
	if got := h.ids("SELECT Id FROM Case WHERE SuppliedEmail = 'twice@post.example'"); len(got) != 1 {
		t.Errorf("%d cases are there", len(got))
	}
}

func casesMadeAtOnceHaveReferencesOfTheirOwn(t *testing.T, h *house) {
	var wg sync.WaitGroup
	for range 4 {
		s := h.citizen()
		wg.Go(func() {
			for range 10 {
				if _, err := NewCase(t.Context(), s, Intake{Email: "many@post.example", Body: "Hello"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	res, err := query(t.Context(), h.sys, "SELECT Reference__c FROM Case WHERE SuppliedEmail = 'many@post.example'")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for i := range res.Len() {
		ref := text(res.Get(i, "Reference__c"))
		if _, ok := ParseReference(ref); !ok || seen[ref] {
			t.Errorf("reference %q", ref)
		}
		seen[ref] = true
	}
	if len(seen) != 40 {
		t.Errorf("%d references", len(seen))
	}
}
