package commercetools_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"portico/upstream/commercetools"
)

// FuzzAnswers holds that whatever is JSON can be read as a draft and as a deployment, and is the same when it is kept as
// JSON and read again.
func FuzzAnswers(f *testing.F) {
	for _, name := range []string{"draft-created", "draft-failed", "draft-previewable", "bloomreach-draft", "deployment", "bloomreach-deployment-done"} {
		f.Add([]byte(file(f, name)))
	}
	f.Add([]byte(`{"isPreviewable":[],"createdAt":{},"version":1e9,"certificationInfo":{"comments":[null,{"datetime":"0000-01-01T00:00:00Z"}]}}`))
	f.Add([]byte(`{"details":{"build":{"report":{"entries":[{"createdAt":"9999-12-31T23:59:59.999999999-23:59"}]}}},"applications":[{"securedConfiguration":[{"value":1e400}]}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if !json.Valid(raw) {
			return
		}
		var draft commercetools.Draft
		var deployment commercetools.Deployment
		again(t, raw, &draft, new(commercetools.Draft))
		again(t, raw, &deployment, new(commercetools.Deployment))
		for _, act := range draftActs {
			if ok, why := draft.May(act); !ok && why == "" {
				t.Errorf("%s is refused without a reason", act)
			}
		}
	})
}

// again reads raw into first, writes that, and reads it into second, which has to be written the same.
func again(t *testing.T, raw []byte, first, second any) {
	t.Helper()
	if err := json.Unmarshal(raw, first); err != nil {
		t.Fatalf("%s cannot be read: %v", raw, err)
	}
	kept, err := json.Marshal(first)
	if err != nil {
		t.Fatalf("%s cannot be kept: %v", raw, err)
	}
	if err := json.Unmarshal(kept, second); err != nil {
		t.Fatal(err)
	}
	if twice, err := json.Marshal(second); err != nil || !reflect.DeepEqual(kept, twice) {
		t.Errorf("kept as %s, then as %s, %v", kept, twice, err)
	}
}
