package commercetools_test

import (
	"slices"
	"strings"
	"testing"

	"portico/upstream/commercetools"
)

var draftActs = []string{commercetools.ActPreview, commercetools.ActEdit, commercetools.ActSetRepository, commercetools.ActPublish, commercetools.ActCertify,
	commercetools.ActComment, commercetools.ActUnlist, commercetools.ActDelete, commercetools.ActDeployPreview}

// may writes what May says of all acts: what it allows, and why not of the rest.
func may(d commercetools.Draft) map[string]string {
	said := map[string]string{}
	for _, act := range draftActs {
		ok, why := d.May(act)
		said[act] = strings.TrimSpace(map[bool]string{true: "yes", false: "no"}[ok] + " " + why)
	}
	return said
}

func TestWhatDraftsMay(t *testing.T) {
	const again = "yes preview_again"
	drafts := commercetools.Draft{Status: commercetools.StatusDraft, IsPreviewable: commercetools.PreviewNone, Private: true}
	with := func(change func(*commercetools.Draft)) commercetools.Draft {
		d := drafts
		change(&d)
		return d
	}
	for name, tt := range map[string]struct {
		draft commercetools.Draft
		want  string // in the order of draftActs
		rests bool
	}{
		"new": {drafts,
			"yes, yes, yes, yes not_previewed, yes not_previewed, no not_in_certification, no not_listed, yes, no ConnectorStagedNotPreviewable", true},
		"rejected": {with(func(d *commercetools.Draft) { d.IsPreviewable = commercetools.PreviewFalse }),
			"yes, yes, yes, yes not_previewed, yes not_previewed, no not_in_certification, no not_listed, yes, no ConnectorStagedNotPreviewable", true},
		"looked at": {with(func(d *commercetools.Draft) { d.IsPreviewable = commercetools.PreviewPending }),
			"no ConnectorStagedPreviewRequestUnderProcess, no preview_pending, no preview_pending, no preview_pending, no preview_pending, no not_in_certification, no preview_pending, no preview_pending, no ConnectorStagedNotPreviewable", false},
		"previewable": {with(func(d *commercetools.Draft) { d.IsPreviewable = commercetools.PreviewTrue }),
			"yes, yes, " + again + ", yes, yes, no not_in_certification, no not_listed, yes, yes", true},
		"being published": {with(func(d *commercetools.Draft) {
			d.Status, d.IsPreviewable = commercetools.StatusProcessing, commercetools.PreviewTrue
		}),
			"no processing, no processing, no processing, no processing, no processing, no processing, no processing, no processing, yes", false},
		"waiting for people": {with(func(d *commercetools.Draft) { d.Status = commercetools.StatusReadyForCertification }),
			"no in_certification, no in_certification, no in_certification, no in_certification, no ConnectorStagedInCertification, yes, no in_certification, no in_certification, no ConnectorStagedNotPreviewable", true},
		"with people": {with(func(d *commercetools.Draft) {
			d.Status, d.IsPreviewable = commercetools.StatusInCertification, commercetools.PreviewTrue
		}),
			"no in_certification, no in_certification, no in_certification, no in_certification, no ConnectorStagedInCertification, yes, no in_certification, no in_certification, yes", true},
		"published for projects": {with(func(d *commercetools.Draft) {
			d.Status, d.IsPreviewable, d.AlreadyListed = commercetools.StatusPublished, commercetools.PreviewTrue, true
		}),
			"yes, yes, " + again + ", no no_changes, yes, no not_in_certification, no not_listed, yes published, yes", true},
		"published for projects and changed": {with(func(d *commercetools.Draft) {
			d.Status, d.AlreadyListed, d.HasChanges = commercetools.StatusPublished, true, true
		}),
			"yes, yes, yes, yes not_previewed, yes not_previewed, no not_in_certification, no not_listed, yes published, no ConnectorStagedNotPreviewable", true},
		"certified": {with(func(d *commercetools.Draft) {
			d.Status, d.IsPreviewable, d.AlreadyListed, d.Private = commercetools.StatusPublished, commercetools.PreviewTrue, true, false
		}),
			"yes, yes, " + again + ", no no_changes, no ConnectorAlreadyCertified, no not_in_certification, yes, yes published, yes", true},
		"certified and changed": {with(func(d *commercetools.Draft) {
			d.IsPreviewable, d.AlreadyListed, d.Private, d.HasChanges = commercetools.PreviewTrue, true, false, true
		}),
			"yes, yes, " + again + ", yes becomes_private, yes, no not_in_certification, yes, yes published, yes", true},
		"certified, as the service says": {with(func(d *commercetools.Draft) { d.AlreadyListed, d.Certified = true, true }),
			"yes, yes, yes, no no_changes, no ConnectorAlreadyCertified, no not_in_certification, yes, yes published, no ConnectorStagedNotPreviewable", true},
		"failed": {with(func(d *commercetools.Draft) {
			d.Status, d.IsPreviewable = commercetools.StatusFailed, commercetools.PreviewTrue
		}),
			"yes, yes, " + again + ", yes, yes, no not_in_certification, no not_listed, yes, yes", true},
		"in a state of which nobody told": {with(func(d *commercetools.Draft) {
			d.Status, d.IsPreviewable = "FEEDBACK_REQUIRED", commercetools.PreviewTrue
		}),
			"no unknown_status, no unknown_status, no unknown_status, no unknown_status, no unknown_status, yes unknown_status, no unknown_status, no unknown_status, no unknown_status", true},
		"previewable in a way of which nobody told": {with(func(d *commercetools.Draft) { d.IsPreviewable = "maybe" }),
			"no unknown_status, no unknown_status, no unknown_status, no unknown_status, no unknown_status, yes unknown_status, no unknown_status, no unknown_status, no ConnectorStagedNotPreviewable", true},
	} {
		got := may(tt.draft)
		for i, want := range strings.Split(tt.want, ", ") {
			if act := draftActs[i]; got[act] != want {
				t.Errorf("%s: may %s: %s, want %s", name, act, got[act], want)
			}
		}
		if tt.draft.Resting() != tt.rests {
			t.Errorf("%s: rests: %v", name, tt.draft.Resting())
		}
	}
}

func TestWhatDeploymentsMay(t *testing.T) {
	for status, want := range map[commercetools.Status]string{
		commercetools.StatusDraft: "", commercetools.StatusDeployed: "", commercetools.StatusFailed: "", commercetools.StatusUndeployFailed: "",
		commercetools.StatusQueued:      commercetools.CodeInvalidStatusTransition,
		commercetools.StatusDeploying:   commercetools.CodeInvalidStatusTransition,
		commercetools.StatusUndeploying: commercetools.CodeInvalidStatusTransition,
		"Hibernating":                   commercetools.WhyUnknownStatus,
		"":                              commercetools.WhyUnknownStatus,
	} {
		d := commercetools.Deployment{Status: status}
		for _, act := range []string{commercetools.ActRedeploy, commercetools.ActUndeploy} {
			if ok, why := d.May(act); ok != (want == "") || why != want {
				t.Errorf("%s may %s: %v %s, want %q", status, act, ok, why, want)
			}
		}
		moving := []commercetools.Status{commercetools.StatusQueued, commercetools.StatusDeploying, commercetools.StatusUndeploying}
		if d.Resting() == slices.Contains(moving, status) {
			t.Errorf("%s rests: %v", status, d.Resting())
		}
	}
}
