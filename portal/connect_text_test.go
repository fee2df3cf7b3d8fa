package portal

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"portico/store"
	"portico/upstream/commercetools"
)

// textsOfPages are all English messages of the pages.
func textsOfPages(t *testing.T) map[string]any {
	t.Helper()
	names, err := filepath.Glob("../views/messages/*.en.json")
	if err != nil || len(names) == 0 {
		t.Fatalf("listing message files: %v, %v", names, err)
	}
	all := map[string]any{}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &all); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return all
}

// Codes that are put together have their texts too.
func TestEveryOperationAndGuardHasItsText(t *testing.T) {
	all := textsOfPages(t)
	want := func(key string) {
		if all[key] == nil {
			t.Errorf("there is no text %s", key)
		}
	}
	kinds := []string{store.OpDraftCreate, store.OpDraftUpdate, store.OpDraftDelete, store.OpDeploymentCreate, store.OpDeploymentRedeploy, store.OpDeploymentDelete}
	for _, kind := range kinds {
		for _, end := range []string{".asked", ".done", ".failed", ".repeated", ".left"} {
			want("event." + kind + end)
		}
		if k, known := operationKindOf(kind); known && k.fits != nil {
			want("event." + kind + ".anew")
			want("event." + kind + ".moved")
		}
	}
	var source []byte
	for _, name := range []string{"connect_copy.go", "connect_told.go"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		source = append(source, text...)
	}
	codes := regexp.MustCompile(`"((?:draft|deployment)\.[a-z]+)"`).FindAllSubmatch(source, -1)
	if len(codes) < 8 {
		t.Fatalf("found only %d codes of events: the pattern no longer fits the code", len(codes))
	}
	for _, m := range codes {
		want("event." + string(m[1]))
	}
	for _, status := range []commercetools.Status{"Draft", "Processing", "ReadyForCertification", "InCertification", "Published", "Failed", "FEEDBACK_REQUIRED"} {
		for _, preview := range []commercetools.Preview{"none", "pending", "true", "false", "perhaps"} {
			for n := range 8 {
				d := commercetools.Draft{Status: status, IsPreviewable: preview, AlreadyListed: n&1 > 0, HasChanges: n&2 > 0, Private: n&4 > 0}
				for _, act := range draftActs {
					if _, why := d.May(act); why != "" {
						want("refusal." + guardRefusal(why))
					}
				}
			}
		}
	}
	want("refusal." + guardRefusal(whyGone))
}
