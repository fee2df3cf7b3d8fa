package web

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"portico/portal"
	"portico/store"
	"portico/store/storetest"
)

// releases is a shop with a connector that is deployed from v1.0.0 of a repository which the simulator serves, and has v1.1.0.
func (s *shop) releases() (draft store.ConnectorDraft, form, profile string) {
	s.Helper()
	s.portal.LocalRepositories = true
	draft = s.published("loyalty", s.address+"/git/acme/loyalty.git", "v1.0.0")
	set := storetest.Must[store.ValueSet](s)(s.portal.SaveProfileOf(s.ctx, s.actor, "Live", s.deployed(draft).ID))
	return draft, "/admin/connect/drafts/" + draft.ID + "/pipeline", set.ID
}

// works does all that is due for a release until it is in one of the states.
func (s *shop) works(id string, states ...string) {
	s.Helper()
	for range 200 {
		if _, err := s.portal.AdvancePipeline(s.ctx, id); err != nil {
			s.Fatal(err)
		}
		for _, o := range storetest.Must[[]store.Operation](s)(s.store.OperationsUnderWay(s.ctx, 50)) {
			if _, err := s.portal.AdvanceOperation(s.ctx, o.ID); err != nil {
				s.Fatal(err)
			}
		}
		if slices.Contains(states, storetest.Must[store.Pipeline](s)(s.store.Pipeline(s.ctx, id)).State) {
			return
		}
		s.copied(16 * time.Second)
	}
	s.Fatalf("the release never is %v", states)
}

// A tag is looked at, released, stopped, gone on with, and waits for a yes before it is published and brought to what runs it.
func TestAdminPipeline(t *testing.T) {
	s := newShop(t)
	_, form, profile := s.releases()
	page := s.get(form).says("h1", "Release a tag of Connector loyalty").says("#tag-hint", "v1.0.0").count("[value=start]", 0)
	page.count("input[name=redeploy][checked]", 1).count("input[name=ask][checked]", 1)
	s.post(form, "step", "tags", "url", page.value("#url")).is(200).says("#tag-hint", "Newest: v1.1.0").count("#tags option[value='v1.0.0']", 1)
	planned := filled(page.Find("form[aria-labelledby=form]"), "look", "tag", "v9.9.9")
	s.post(form, planned...).is(422).says("[role=alert]", "v9.9.9")

	planned = filled(page.Find("form[aria-labelledby=form]"), "look", "tag", "v1.1.0")
	s.post(form, planned...).is(200).says("[data-testid=lacking]", "LOYALTY_API_KEY", "points.SIGNING_KEY")
	planned = filled(page.Find("form[aria-labelledby=form]"), "look", "tag", "v1.1.0", "profile", profile)
	seen := s.post(form, planned...).is(200).says("[data-testid=sight]", "connect.yaml is valid", "points.WELCOME_POINTS").says("[value=start]", "Release v1.1.0")
	other := filled(seen.Find("form[aria-labelledby=form]"), "start", "tag", "v1.0.0")
	s.post(form, other...).is(200).says("[value=start]", "Release v1.0.0") // not what was looked at: it is looked at first
	started := s.post(form, filled(seen.Find("form[aria-labelledby=form]"), "start")...).is(303)
	path := started.location
	id := path[strings.LastIndex(path, "/")+1:]

	s.get(path).says("h1", "Release v1.1.0").says("[role=status]", "Under way").count("[hx-get]", 1)
	s.post(path + "/stop").is(303)
	s.get(path).says("[role=status]", "Stopped").says("main", "Nothing more is sent").count("[hx-get], #stop", 0)
	s.post(path + "/stop").is(422)
	s.post(path + "/resume").is(303)
	s.works(id, store.PipelineAsking, store.PipelineFailed)
	asks := s.get(path).says("[role=status]", "Needs your yes").says("[data-testid=step-yes]", "Asks").says("[data-testid=step-publish]", "Waiting")
	s.as(store.StaffSupport).get(path).says("[role=status]", "Needs your yes").count("#yes, #stop", 0)
	s.as(store.StaffAdmin)
	n := asks.value("[data-testid=step-yes] [name=n]")
	s.post(path+"/answer", "n", n, "answer", "yes").is(303)
	s.post(path+"/answer", "n", n, "answer", "yes").is(422)
	s.post(path+"/answer", "n", "one", "answer", "yes").is(400)
	s.works(id, store.PipelineDone, store.PipelineFailed)
	done := s.get(path).says("[role=status]", "Done").says("[data-testid=step-redeploy]", "loyalty-us", "Done").says("[data-testid=timeline]", "v1.1.0")
	done.says("[data-testid=step-yes]", "Answered by").count("[hx-get], #stop, #resume", 0)
	s.get(form).says("[data-testid=pipelines]", "Release v1.1.0", "Done")
	s.clean(done)
}

// What a release meets is said on its page, and it can be put away; a connect.yaml that is not valid is not released.
func TestAdminPipelineTroubles(t *testing.T) {
	s := newShop(t)
	draft, form, _ := s.releases()
	page := s.get(form)
	broken := filled(page.Find("form[aria-labelledby=form]"), "look", "tag", "v1.0.0", "url", s.address+"/git/acme/broken.git")
	s.post(form, broken...).is(200).says("[data-testid=sight]", "Not valid", "reserved word", "Line").count("[value=start]", 0)
	started := storetest.Must[store.Pipeline](t)(s.portal.StartPipeline(s.ctx, s.actor, portal.PipelineWish{
		DraftID: draft.ID, Tag: "v1.0.0-previewFail", Preview: true, Key: "loyalty-next", Publish: portal.PublishPrivately,
	}))
	path := "/admin/connect/pipelines/" + started.ID
	s.works(started.ID, store.PipelineFailed)
	s.get(path).says("[role=status]", "Failed").says("[data-testid=step-preview] [role=alert]", "rejected the preview").count("#resume", 1)
	s.post(path + "/end").is(303)
	s.get(path).count("#resume, #end", 0)
}

// The pages of releases have no violation that axe finds, and a release is begun and answered by keyboard, with scripts and
// without.
func TestAdminPipelineInABrowser(t *testing.T) {
	axe, err := os.ReadFile("../node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("reading axe, which npm ci brings: %v", err)
	}
	s := newShop(t)
	_, form, profile := s.releases()
	b, site := newBrowser(t), s.serve()
	clean := func(what string) {
		t.Helper()
		for _, width := range []int64{1100, 320} {
			b.act(b.ctx, chromedp.EmulateViewport(width, 800))
			if wide := evaluate[int64](b, "document.documentElement.scrollWidth"); wide > width {
				t.Errorf("%s is %d px wide on a screen of %d", what, wide, width)
			}
			evaluate[bool](b, string(axe)+"; true")
			for _, v := range evaluate[[]violation](b, violations) {
				t.Errorf("%s, %d px: %s: %s", what, width, v.ID, strings.Join(v.Nodes, ", "))
			}
		}
		b.act(b.ctx, chromedp.EmulateViewport(1100, 800))
	}
	for n, on := range []bool{true, false} {
		b.scripts(on)
		b.look(site+form, 1100, []string{"light", "dark"}[n])
		b.enter("#tag", []string{"v1.1.0", "v1.0.0"}[n])
		evaluate[bool](b, "document.querySelector('[name=profile]').value = "+jsText(profile)+"; true")
		b.press("[value=look]")
		b.has("[data-testid=sight]")
		if on {
			clean("what is looked at")
		}
		b.press("[value=start]")
		b.until(`location.pathname.includes("/pipelines/")`)
		id := evaluate[string](b, `location.pathname.split("/").pop()`)
		s.works(id, store.PipelineAsking)
		if !on {
			b.look(site+"/admin/connect/pipelines/"+id, 1100, "dark")
		}
		b.has("#yes") // by itself, with scripts
		if on {
			clean("what asks")
		}
		b.press("#yes")
		b.until(`!document.querySelector("#yes")`)
		s.works(id, store.PipelineDone)
		if !on {
			b.look(site+"/admin/connect/pipelines/"+id, 1100, "dark")
		}
		b.until(`document.querySelector(".pill[role=status]").textContent.trim() === "Done"`)
	}
}
