package portal

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/store"
	"portico/upstream/commercetools"
)

func TestDraftIsMadePreviewedAndPublished(t *testing.T) {
	eachYard(t, func(y *yard) {
		d := y.made(newDraft("loyal"))
		if d.UpstreamKey != "loyal" || d.Status != "Draft" || d.Previewable != "none" || d.Tag != "v1.0.0" {
			y.Fatalf("got %+v", d)
		}
		y.wantState(y.update(d.ID, commercetools.UpdatePreviewable()), store.OpDone, "")
		if d = y.wait(d.ID); d.Previewable != "true" || !d.NotBefore.IsZero() {
			y.Fatalf("got previewable %q, next look %v, want true and none", d.Previewable, d.NotBefore)
		}
		y.wantState(y.update(d.ID, commercetools.Publish(false)), store.OpDone, "")
		d = y.wait(d.ID)
		if d.Status != "Published" || !d.Listed || d.HasChanges || d.ConnectorVersion == 0 || d.ConnectorTag != "v1.0.0" {
			y.Fatalf("got %+v, want it published", d)
		}
		want := map[string]int{"createDraft": 1, "updatePreviewable": 1, "publish": 1}
		if x := y.there(d); !maps.Equal(x.Accepted, want) || x.Version != d.Version {
			y.Errorf("got accepted writes %v, version %d, want %v and %d", x.Accepted, x.Version, want, d.Version)
		}
		got := strings.Join(y.codes(store.SubjectDraft, d.ID), " ")
		all := "draft.create.done draft.update.asked draft.update.done draft.previewable draft.update.asked draft.status draft.update.done draft.status"
		if got != all {
			y.Errorf("got events %s\nwant %s", got, all)
		}
	})
}

// Everything of a draft can be changed at once; what is so already is left out, and nothing but that is refused.
func TestEveryActionAtOnce(t *testing.T) {
	y := newYard(t)
	d := y.made(newDraft("whole"))
	actions := []commercetools.Action{
		commercetools.SetName("Name"), commercetools.SetDescription("Words"), commercetools.SetIntegrationTypes("email", "crm"),
		commercetools.SetDocumentationURL("https://docs.example"), commercetools.SetRepository("https://github.com/composable-com/ct-connect-bloomreach-engagement.git", "v1.1.0"),
		commercetools.SetSupportedRegions("us-central1.gcp", "europe-west1.gcp"), commercetools.AddPrivateProject("us-central1.gcp:shop"),
		commercetools.SetCreatorName("Ann"), commercetools.SetCreatorTitle("Dr"), commercetools.SetCreatorEmail("ann@example.com"), commercetools.SetCreatorCompany("Acme"),
		commercetools.SetCreatorLogo("https://acme.example/logo.png"), commercetools.SetCreatorContributors(3), commercetools.SetCreatorSupportURL("https://acme.example/help"),
	}
	y.wantState(y.update(d.ID, actions...), store.OpDone, "")
	there, err := DraftDocument(y.draft(d.ID))
	y.ok(err)
	for _, a := range actions {
		if !changesNothing(there, a) {
			t.Errorf("%s has changed nothing: %+v", a.Name(), there)
		}
	}
	_, err = y.portal.UpdateDraft(y.ctx, y.staff, d.ID, 0, actions)
	wantRefused(t, err, "draft_unchanged")
	o := y.update(d.ID, append(slices.Clone(actions), commercetools.SetName("Again"), commercetools.RemovePrivateProject("us-central1.gcp:shop"))...)
	y.wantState(o, store.OpDone, "")
	if o.Body != `[{"action":"setName","name":"Again"},{"action":"removePrivateProject","privateProject":"us-central1.gcp:shop"}]` {
		t.Errorf("got %s sent, want what changes something alone", o.Body)
	}
}

// What a draft's state does not allow is refused before it is sent, with the reason that pages show beside what is greyed.
func TestDraftGuards(t *testing.T) {
	y := newYard(t)
	state := func(status, previewable string, change func(*commercetools.Draft)) commercetools.Draft {
		d := commercetools.Draft{Status: commercetools.Status(status), IsPreviewable: commercetools.Preview(previewable), Private: true}
		if change != nil {
			change(&d)
		}
		return d
	}
	for _, c := range []struct {
		name string
		of   commercetools.Draft
		want map[string]Guard
	}{
		{"new", state("Draft", "none", nil), map[string]Guard{"preview": {OK: true}, "edit": {OK: true}, "publish": {true, "not_previewed"}, "comment": {false, "not_in_certification"},
			"unlist": {false, "not_listed"}, "deployPreview": {false, "not_previewable"}, "delete": {OK: true}}},
		{"pending", state("Draft", "pending", nil), map[string]Guard{"preview": {false, "preview_under_way"}, "edit": {false, "preview_pending"}, "publish": {false, "preview_pending"}}},
		{"previewed", state("Draft", "true", nil), map[string]Guard{"setRepository": {true, "preview_again"}, "publish": {OK: true}, "deployPreview": {OK: true}}},
		{"rejected", state("Draft", "false", nil), map[string]Guard{"deployPreview": {false, "not_previewable"}, "preview": {OK: true}}},
		{"processing", state("Processing", "true", nil), map[string]Guard{"edit": {false, "processing"}, "delete": {false, "processing"}}},
		{"in certification", state("InCertification", "true", nil), map[string]Guard{"comment": {OK: true}, "certify": {false, "already_in_certification"}, "edit": {false, "in_certification"}}},
		{"published", state("Published", "true", func(d *commercetools.Draft) { d.AlreadyListed = true }), map[string]Guard{"publish": {false, "no_changes"}, "delete": {true, "published"}}},
		{"public", state("Published", "true", func(d *commercetools.Draft) { d.AlreadyListed, d.Private = true, false }), map[string]Guard{
			"certify": {false, "already_certified"}, "unlist": {OK: true}}},
		{"unknown", state("FEEDBACK_REQUIRED", "true", nil), map[string]Guard{"comment": {true, "unknown_status"}, "edit": {false, "unknown_status"}}},
	} {
		text, err := json.Marshal(c.of)
		y.ok(err)
		got := DraftGuards(store.ConnectorDraft{Document: string(text)})
		for act, want := range c.want {
			if got[act] != want {
				t.Errorf("%s, %s: got %+v, want %+v", c.name, act, got[act], want)
			}
		}
	}
	if g := DraftGuards(store.ConnectorDraft{GoneAt: store.At(y.clock.Now())}); g["edit"].OK || g["edit"].Why != whyGone {
		t.Errorf("got %+v of one that is gone", g["edit"])
	}
	d := y.made(newDraft("guarded"))
	y.wantState(y.update(d.ID, commercetools.UpdatePreviewable()), store.OpDone, "")
	for _, a := range []commercetools.Action{commercetools.UpdatePreviewable(), commercetools.SetName("x"), commercetools.AddCertificationComment("x")} {
		if _, err := y.portal.UpdateDraft(y.ctx, y.staff, d.ID, 0, []commercetools.Action{a}); err == nil {
			t.Errorf("%s is sent while the preview is under way", a.Name())
		}
	}
	_, err := y.portal.UpdateDraft(y.ctx, y.staff, d.ID, 0, []commercetools.Action{commercetools.UpdatePreviewable()})
	wantRefused(t, err, "guard_preview_under_way")
	if x := y.there(d); x.Accepted["setName"]+x.Accepted["addCertificationComment"] != 0 || x.Accepted["updatePreviewable"] != 1 {
		t.Errorf("got %v", x.Accepted)
	}
}

// What the API would not take is found before it is sent, all of it, each at its field.
func TestCheckDraft(t *testing.T) {
	y := newYard(t)
	if faults := y.portal.CheckDraft(newDraft("fine")); len(faults) != 0 {
		t.Errorf("got %v for one that is well", faults)
	}
	bad := commercetools.DraftDraft{
		Key: "a b", Name: " ", IntegrationTypes: []string{"email", "fax"}, Creator: commercetools.Creator{Email: "nobody", LogoURL: "logo.png", Contributors: -1},
		Repository: commercetools.Repository{URL: "https://github.com/acme/x", Tag: "v1..2"}, SupportedRegions: []string{"mars.gcp"}, PrivateProjects: []string{"shop"},
		DocumentationURL: "https://me:secret@example.com/", Description: strings.Repeat("x", mostDraftText+1),
	}
	want := map[string]string{
		"key": "draft_key", "name": "draft_missing", "integrationTypes": "draft_type", "creator.email": "draft_email", "creator.logoUrl": "draft_address",
		"creator.noOfContributors": "draft_contributors", "repository.url": "draft_repository", "repository.tag": "draft_tag", "supportedRegions": "draft_region",
		"privateProjects": "draft_project", "documentationUrl": "draft_address", "description": "draft_long",
	}
	got := map[string]string{}
	for _, f := range y.portal.CheckDraft(bad) {
		got[f.Field] = f.Refusal.Code
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	for _, url := range []string{"https://me:ghp_token@github.com/acme/x.git", "https://ghp_token@github.com/acme/x.git", "ftp://github.com/acme/x.git", "https://github.com/acme/x"} {
		d := newDraft("")
		d.Repository.URL = url
		if faults := y.portal.CheckDraft(d); len(faults) != 1 || faults[0].Refusal.Code != "draft_repository" {
			t.Errorf("%s is taken for a repository", url)
		}
	}
	_, err := y.portal.CreateDraft(y.ctx, y.staff, y.account.ID, bad)
	wantRefused(t, err, "draft_key")
	if n := len(y.drafts()); n != 0 {
		t.Errorf("got %d drafts, want none", n)
	}
	for _, url := range []string{"git@github.com:acme/private.git", "https://github.com/acme/public.git"} {
		d := newDraft("")
		d.Repository.URL = url
		if faults := y.portal.CheckDraft(d); len(faults) != 0 {
			t.Errorf("%s: got %v", url, faults[0].Refusal)
		}
	}
	d := y.made(newDraft("checked"))
	y.wantState(y.update(d.ID, commercetools.SetCreatorContributors(2), commercetools.SetSupportedRegions("us-central1.gcp")), store.OpDone, "")
	for code, a := range map[string]commercetools.Action{
		"draft_missing": commercetools.SetName(""), "draft_type": commercetools.SetIntegrationTypes("fax"), "draft_repository": commercetools.SetRepository("ftp://x.git", "v1"),
		"draft_regions_none": commercetools.SetSupportedRegions(), "draft_project": commercetools.AddPrivateProject("shop"), "draft_email": commercetools.SetCreatorEmail("x"),
		"draft_contributors": commercetools.SetCreatorContributors(0), "draft_address": commercetools.SetCreatorLogo("x"),
	} {
		_, err := y.portal.UpdateDraft(y.ctx, y.staff, d.ID, 0, []commercetools.Action{a})
		wantRefused(t, err, code)
	}
}

// A draft is removed once its key, or its name where it has none, was typed. One that is published is the platform's to refuse.
func TestDeleteDraft(t *testing.T) {
	y := newYard(t)
	d := y.made(newDraft("gone-soon"))
	_, err := y.portal.DeleteDraft(y.ctx, y.staff, d.ID, "gone")
	wantRefused(t, err, "draft_typed")
	o, err := y.portal.DeleteDraft(y.ctx, y.staff, d.ID, " gone-soon ")
	y.ok(err)
	y.wantState(o, store.OpDone, "")
	if d = y.draft(d.ID); d.GoneAt.IsZero() || !y.there(d).Gone {
		t.Error("the draft is still there")
	}
	_, err = y.portal.UpdateDraft(y.ctx, y.staff, d.ID, 0, []commercetools.Action{commercetools.SetName("x")})
	wantRefused(t, err, "guard_gone")

	nameless := newDraft("")
	d = y.made(nameless)
	o, err = y.portal.DeleteDraft(y.ctx, y.staff, d.ID, "Connector")
	y.ok(err)
	y.wantState(o, store.OpDone, "")

	d = previewed(y)
	y.wantState(y.update(d.ID, commercetools.Publish(false)), store.OpDone, "")
	d = y.wait(d.ID)
	o, err = y.portal.DeleteDraft(y.ctx, y.staff, d.ID, "plain")
	y.ok(err)
	y.wantState(o, store.OpFailed, "InvalidOperation")
	if y.there(d).Gone || !y.draft(d.ID).GoneAt.IsZero() {
		t.Error("a published draft has gone")
	}
}

// A draft that somebody else has removed fails what was wanted of it, and is marked as gone.
func TestDraftRemovedBySomebodyElse(t *testing.T) {
	y := newYard(t)
	d := plainDraft(y)
	y.control("POST", "/drafts/"+d.UpstreamID+"/remove", fields{}, nil)
	y.wantState(y.update(d.ID, commercetools.SetName("New")), store.OpFailed, "ResourceNotFound")
	if d = y.draft(d.ID); d.GoneAt.IsZero() {
		t.Error("the draft is not marked as gone")
	}
	other := y.made(newDraft("other"))
	y.control("POST", "/drafts/"+other.UpstreamID+"/remove", fields{}, nil)
	o, err := y.portal.DeleteDraft(y.ctx, y.staff, other.ID, "other")
	y.ok(err)
	y.wantState(o, store.OpDone, "")
}

// The key of a draft is unique: the platform says so, and nothing of the other's is touched.
func TestKeyThatIsTaken(t *testing.T) {
	y := newYard(t)
	d := y.made(newDraft("taken"))
	other := newDraft("taken")
	other.Name = "Other"
	o, err := y.portal.CreateDraft(y.ctx, y.staff, y.account.ID, other)
	y.ok(err)
	y.wantState(o, store.OpFailed, "DuplicateField")
	if x := y.there(d); len(x.Accepted) != 1 || len(y.drafts()) != 1 {
		t.Errorf("got %+v", y.drafts())
	}
}

// Certification is followed with its comments both ways: those of others are unread until staff have seen them, and a word
// that nobody has announced is shown, and can be answered.
func TestCertification(t *testing.T) {
	y := newYard(t)
	d := certifying(y)
	if d.Status != "ReadyForCertification" || !d.NotBefore.IsZero() {
		t.Fatalf("got %s, next look %v: people's work is not waited for", d.Status, d.NotBefore)
	}
	y.control("POST", "/drafts/"+d.UpstreamID+"/comment", fields{"comment": "Please explain."}, nil)
	y.clock.Advance(time.Minute)
	y.ok(y.portal.CopyConnect(y.ctx, y.account.ID))
	if d = y.draft(d.ID); d.Unread() != 1 || d.Status != "InCertification" {
		t.Fatalf("got %d unread in %s, want 1 in InCertification", d.Unread(), d.Status)
	}
	y.ok(y.portal.ReadComments(y.ctx, d.ID, d.Comments))
	y.wantState(y.update(d.ID, commercetools.AddCertificationComment("Explained.")), store.OpDone, "")
	if d = y.draft(d.ID); d.Unread() != 0 || d.Comments != 2 {
		t.Errorf("got %d unread of %d after our own comment, want none of 2", d.Unread(), d.Comments)
	}
	y.control("POST", "/drafts/"+d.UpstreamID+"/status", fields{"status": "FEEDBACK_REQUIRED"}, nil)
	y.control("POST", "/drafts/"+d.UpstreamID+"/comment", fields{"comment": "More."}, nil)
	y.clock.Advance(time.Minute)
	y.ok(y.portal.LookAgainDraft(y.ctx, d.ID))
	if d = y.draft(d.ID); d.Status != "FEEDBACK_REQUIRED" || d.Unread() != 1 || !d.NotBefore.IsZero() {
		t.Fatalf("got %s, %d unread, next look %v", d.Status, d.Unread(), d.NotBefore)
	}
	y.wantState(y.update(d.ID, commercetools.AddCertificationComment("There is more.")), store.OpDone, "")
	y.control("POST", "/drafts/"+d.UpstreamID+"/approve", fields{}, nil)
	y.clock.Advance(time.Minute)
	y.ok(y.portal.CopyConnect(y.ctx, y.account.ID))
	if d = y.draft(d.ID); d.Status != "Published" || d.ConnectorVersion == 0 {
		t.Errorf("got %s, connector %d, want it published", d.Status, d.ConnectorVersion)
	}
	comments := 0
	for _, code := range y.codes(store.SubjectDraft, d.ID) {
		if code == "draft.comment" {
			comments++
		}
	}
	if comments != 2 {
		t.Errorf("got %d lines about comments, want the 2 of others", comments)
	}
}
