package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/secret"
	"portico/store"
	"portico/store/storetest"
)

func TestValueSets(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		ctx := context.Background()
		values := store.Values{
			Shared: []store.SetValue{{Key: "CTP_REGION", Value: "europe-west1.gcp", At: store.At(time.Unix(5, 0)), By: "Kim"}},
			Applications: map[string][]store.SetValue{
				"service": {{Key: "API_KEY", Secured: true, Value: "\"canary\\\n é", At: store.At(time.Unix(6, 7000)), By: "Kim"}},
			},
			Schedules: map[string]string{"job": "@daily"},
		}
		put := func(set store.ValueSet) store.ValueSet {
			t.Helper()
			storetest.Update(t, s, func(tx *store.Tx) (err error) {
				set, err = tx.PutValueSet(ctx, set)
				return err
			})
			return set
		}
		first := put(store.ValueSet{Kind: store.SetDeployment, DeploymentID: "d1", Values: values, UpdatedBy: "Kim"})
		got := storetest.Must[store.ValueSet](t)(s.DeploymentValues(ctx, "d1"))
		if diff := cmp.Diff(values, got.Values, cmp.Comparer(func(a, b secret.Text) bool { return a.Reveal() == b.Reveal() })); diff != "" {
			t.Errorf("values (-want +got):\n%s", diff)
		}
		values.Shared = nil
		if second := put(store.ValueSet{Kind: store.SetDeployment, DeploymentID: "d1", Values: values}); second.ID != first.ID {
			t.Errorf("a deployment has two sets: %s and %s", first.ID, second.ID)
		}
		profile := put(store.ValueSet{Kind: store.SetProfile, Name: "stage", Values: values})
		put(store.ValueSet{Kind: store.SetProfile, Name: "live"})
		form := put(store.ValueSet{Kind: store.SetForm, Name: "deploy d1", Values: values})
		if again := put(form); again.ID != form.ID {
			t.Errorf("a form has two sets: %s and %s", form.ID, again.ID)
		}
		if all := storetest.Must[[]store.ValueSet](t)(s.Profiles(ctx)); len(all) != 2 || all[0].Name != "live" || all[1].ID != profile.ID {
			t.Errorf("profiles: %+v", all)
		}
		storetest.Update(t, s, func(tx *store.Tx) error { return tx.RemoveValueSet(ctx, profile.ID) })
		if _, err := s.ProfileNamed(ctx, "stage"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a removed profile: %v", err)
		}
	})
}

// TestForgottenFormsGo: what was entered and never sent is kept for a day.
func TestForgottenFormsGo(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		ctx := context.Background()
		var form, profile store.ValueSet
		storetest.Update(t, s, func(tx *store.Tx) (err error) {
			if profile, err = tx.PutValueSet(ctx, store.ValueSet{Kind: store.SetProfile, Name: "stage"}); err != nil {
				return err
			}
			form, err = tx.PutValueSet(ctx, store.ValueSet{Kind: store.SetForm})
			return err
		})
		c.Advance(25 * time.Hour)
		storetest.Update(t, s, func(tx *store.Tx) error { return tx.RemoveExpired(ctx) })
		if _, err := s.ValueSet(ctx, form.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a form of yesterday: %v", err)
		}
		if _, err := s.ValueSet(ctx, profile.ID); err != nil {
			t.Errorf("a profile: %v", err)
		}
	})
}

func TestDocumentsAfter(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *storetest.Clock) {
		ctx := context.Background()
		for _, version := range []int{11, 3, 7} {
			storetest.Update(t, s, func(tx *store.Tx) error {
				return tx.KeepDocument(ctx, store.SubjectDeployment, "d1", version, string(rune('a'+version)))
			})
		}
		storetest.Update(t, s, func(tx *store.Tx) error { return tx.KeepDocument(ctx, store.SubjectDraft, "d1", 8, "another") })
		got := storetest.Must[[]string](t)(s.DocumentsAfter(ctx, store.SubjectDeployment, "d1", 3))
		if diff := cmp.Diff([]string{"h", "l"}, got); diff != "" {
			t.Errorf("documents (-want +got):\n%s", diff)
		}
	})
}
