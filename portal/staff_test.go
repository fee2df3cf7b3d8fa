package portal

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"portico/store"
	"portico/store/storetest"
)

var kim = store.Actor{Kind: store.ActorStaff, ID: "staff-kim", Name: "Kim", Address: "192.0.2.7", RequestID: "request-1"}

// office is a portal over a store with a customer in it, as staff meet it. No platform is called.
type office struct {
	*testing.T
	ctx     context.Context
	portal  *Portal
	store   *store.Store
	clock   *storetest.Clock
	account store.Account
	acme    store.Workspace
	ann     store.User
	there   store.Identity
}

func newOffice(t *testing.T) *office {
	t.Helper()
	s, c := storetest.Open(t)
	o := &office{T: t, ctx: t.Context(), store: s, clock: c, account: storetest.Account(t, s, "main")}
	o.acme = storetest.Workspace(t, s, o.account, "acme")
	o.ann = storetest.User(t, s, o.acme, "ann", store.RoleMember)
	o.there = storetest.Identity(t, s, o.acme, o.ann)
	var err error
	if o.portal, err = New(Options{Store: s, Now: c.Now}); err != nil {
		t.Fatal(err)
	}
	return o
}

// unlisted is an integration whose sign-ins its platform does not list.
func (o *office) unlisted(title string) (g store.Integration) {
	o.Helper()
	storetest.Update(o, o.store, func(tx *store.Tx) (err error) {
		if g, err = tx.IntegrationByUpstreamID(o.ctx, o.account.ID, "upstream-"+title, title); err != nil {
			return err
		}
		g, err = tx.PutIntegration(o.ctx, g)
		return err
	})
	return g
}

// audited is the codes of the audit log, oldest first; each must name who, from where and in which request.
func (o *office) audited() string {
	o.Helper()
	log := storetest.Must[[]store.Audit](o)(o.store.AuditLog(o.ctx, "", 100))
	var codes []string
	for _, a := range log {
		if a.Actor.ID != kim.ID || a.Actor.Address != kim.Address || a.Actor.RequestID != kim.RequestID {
			o.Errorf("%s was written as by %+v", a.Code, a.Actor)
		}
		codes = append([]string{a.Code}, codes...)
	}
	return strings.Join(codes, " ")
}

func (o *office) refused(err error, code string) *Refusal {
	o.Helper()
	var r *Refusal
	if !errors.As(err, &r) || r.Code != code {
		o.Fatalf("got %v, want the refusal %s", err, code)
	}
	return r
}

func TestSetIntegration(t *testing.T) {
	o := newOffice(t)
	g := storetest.Integration(t, o.store, o.account, "CRM")
	change := IntegrationChange{
		Shown: true, Position: 3, Title: " Customers ", Description: "All of them", EnableMode: store.EnableChecked,
		Restricted: true, Audience: []string{"acme"},
	}
	for range 2 { // the second changes nothing, and says so by writing nothing
		if err := o.portal.SetIntegration(o.ctx, kim, g.ID, change); err != nil {
			t.Fatal(err)
		}
	}
	got := storetest.Must[store.Integration](t)(o.store.Integration(o.ctx, g.ID))
	if got.Title != "Customers" || got.Description != "All of them" || got.Position != 3 || got.EnableMode != store.EnableChecked || !got.Restricted {
		t.Errorf("stored %+v", got)
	}
	audience := storetest.Must[[]store.Workspace](t)(o.store.Audience(o.ctx, g.ID))
	if len(audience) != 1 || audience[0].ID != o.acme.ID {
		t.Errorf("the audience is %v", audience)
	}
	if codes := o.audited(); codes != "integration.changed" {
		t.Errorf("the audit log has %q", codes)
	}
	log := storetest.Must[[]store.Audit](t)(o.store.SubjectAudit(o.ctx, "integration", g.ID, "", 9))
	if !strings.Contains(log[0].Before, `"enable":"platform"`) || !strings.Contains(log[0].After, `"enable":"checked"`) || !strings.Contains(log[0].After, `"audience":"acme"`) {
		t.Errorf("the audit says %s, then %s", log[0].Before, log[0].After)
	}
	events := storetest.Must[[]store.Event](t)(o.store.Events(o.ctx, "integration", g.ID, "", 9))
	if len(events) != 1 || events[0].Code != "integration.changed" {
		t.Errorf("the timeline has %v", events)
	}
}

func TestSetIntegrationRefuses(t *testing.T) {
	o := newOffice(t)
	g := storetest.Integration(t, o.store, o.account, "CRM")
	storetest.Workspace(t, o.store, storetest.Account(t, o.store, "eu"), "elsewhere")
	for _, test := range []struct {
		code   string
		change IntegrationChange
		names  string
	}{
		{"title_long", IntegrationChange{Title: strings.Repeat("x", maxTitle+1)}, ""},
		{"description_long", IntegrationChange{Description: strings.Repeat("x", maxDescription+1)}, ""},
		{"position_range", IntegrationChange{Position: -1}, ""},
		{"position_range", IntegrationChange{Position: maxPosition + 1}, ""},
		{"mode_unknown", IntegrationChange{EnableMode: "perhaps"}, ""},
		{"audience_empty", IntegrationChange{Restricted: true}, ""},
		{"workspaces_unknown", IntegrationChange{Audience: []string{"acme", "nobody", "elsewhere"}}, "nobody, elsewhere"},
	} {
		r := o.refused(o.portal.SetIntegration(o.ctx, kim, g.ID, test.change), test.code)
		if r.Args["names"] != test.names {
			t.Errorf("%s names %q, want %q", test.code, r.Args["names"], test.names)
		}
	}
	if err := o.portal.SetIntegration(o.ctx, kim, "none", IntegrationChange{}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an unknown integration: got %v, want ErrNotFound", err)
	}
	if codes := o.audited(); codes != "" {
		t.Errorf("what was refused is in the audit log: %q", codes)
	}
}

func TestSetIntegrationSlots(t *testing.T) {
	o := newOffice(t)
	g := o.unlisted("CRM")
	waiting := storetest.Instance(t, o.store, o.ann, o.there, g, store.Configuring)
	making := storetest.Instance(t, o.store, o.ann, o.there, g, store.Creating)
	on := storetest.Instance(t, o.store, o.ann, o.there, g, store.Enabled)
	slots := []store.IntegrationSlot{{ExternalID: " x ", Service: "Slack"}, {ExternalID: "y", Title: "Y"}}
	for range 2 {
		if err := o.portal.SetIntegrationSlots(o.ctx, kim, g.ID, slots); err != nil {
			t.Fatal(err)
		}
	}
	g = storetest.Must[store.Integration](t)(o.store.Integration(o.ctx, g.ID))
	if g.Kind != store.KindAuth || !g.AuthSlotsKnown {
		t.Errorf("connecting it asks for %s", g.Kind)
	}
	got := storetest.Must[[]store.IntegrationSlot](t)(o.store.IntegrationSlots(o.ctx, g.ID))
	want := []store.IntegrationSlot{
		{Kind: store.SlotAuth, ExternalID: "x", Title: "x", Service: "Slack", Source: store.FromStaff},
		{Kind: store.SlotAuth, ExternalID: "y", Title: "Y", Position: 1, Source: store.FromStaff},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for id, want := range map[string]string{waiting.ID: "authorizing x y", making.ID: "creating x y", on.ID: "enabled"} {
		if got := o.instance(id); got != want {
			t.Errorf("an instance is %q, want %q", got, want)
		}
	}
	if codes := o.audited(); codes != "slots.changed" {
		t.Errorf("the audit log has %q", codes)
	}
	jobs := storetest.Must[[]*store.Job](t)(o.store.JobList(o.ctx, 9, "available"))
	if len(jobs) != 2 {
		t.Errorf("%d jobs go on with the instances that are being connected, want 2", len(jobs))
	}

	if err := o.portal.SetIntegrationSlots(o.ctx, kim, g.ID, nil); err != nil {
		t.Fatal(err)
	}
	if got := o.instance(waiting.ID); got != "configuring" {
		t.Errorf("with no slots known the instance is %q, want configuring", got)
	}
}

// instance is an instance's state and its auth slots.
func (o *office) instance(id string) string {
	o.Helper()
	text := storetest.Must[store.Instance](o)(o.store.Instance(o.ctx, id)).State
	for _, s := range storetest.Must[[]store.Slot](o)(o.store.Slots(o.ctx, id)) {
		text += " " + s.ExternalID
	}
	return text
}

// A person who had given all but the slot that staff take away has given everything.
func TestSlotsTakenAwayComplete(t *testing.T) {
	o := newOffice(t)
	g := o.unlisted("CRM")
	set := func(ids ...string) {
		t.Helper()
		var slots []store.IntegrationSlot
		for _, id := range ids {
			slots = append(slots, store.IntegrationSlot{ExternalID: id})
		}
		if err := o.portal.SetIntegrationSlots(o.ctx, kim, g.ID, slots); err != nil {
			t.Fatal(err)
		}
	}
	set("x", "y")
	in := storetest.Instance(t, o.store, o.ann, o.there, g, store.Authorizing)
	set("x", "y", "z")
	storetest.Update(t, o.store, func(tx *store.Tx) error {
		return tx.PutSlot(o.ctx, store.Slot{InstanceID: in.ID, Kind: store.SlotAuth, ExternalID: "x", Title: "X", AuthenticationID: "a", AttachedID: "a"})
	})
	set("x", "z")
	if got := o.instance(in.ID); got != "authorizing x z" {
		t.Errorf("with one sign-in missing: %q", got)
	}
	set("x")
	if got := o.instance(in.ID); got != "enabling x" {
		t.Errorf("with nothing missing: %q", got)
	}
	slots := storetest.Must[[]store.Slot](t)(o.store.Slots(o.ctx, in.ID))
	if len(slots) != 1 || slots[0].AttachedID != "a" {
		t.Errorf("the sign-in that was given is gone: %+v", slots)
	}
}

func TestSetIntegrationSlotsRefuses(t *testing.T) {
	o := newOffice(t)
	g := o.unlisted("CRM")
	many := make([]store.IntegrationSlot, maxSlots+1)
	for _, test := range []struct {
		code  string
		slots []store.IntegrationSlot
	}{
		{"slot_id_empty", []store.IntegrationSlot{{ExternalID: "x"}, {ExternalID: " ", Title: "Y"}}},
		{"slot_id_twice", []store.IntegrationSlot{{ExternalID: "x"}, {ExternalID: " x"}}},
		{"slot_long", []store.IntegrationSlot{{ExternalID: "x", Title: strings.Repeat("t", maxSlotText+1)}}},
		{"slots_many", many},
	} {
		o.refused(o.portal.SetIntegrationSlots(o.ctx, kim, g.ID, test.slots), test.code)
	}
	listed := storetest.Integration(t, o.store, o.account, "Shop")
	o.refused(o.portal.SetIntegrationSlots(o.ctx, kim, listed.ID, []store.IntegrationSlot{{ExternalID: "x"}}), "slots_listed")
	if codes := o.audited(); codes != "" {
		t.Errorf("what was refused is in the audit log: %q", codes)
	}
}

func TestStaffChangeJobs(t *testing.T) {
	o := newOffice(t)
	storetest.Update(t, o.store, func(tx *store.Tx) error {
		return tx.Enqueue(o.ctx, store.AdvanceInstance{InstanceID: "in"}, o.clock.Now().Add(time.Hour))
	})
	id := storetest.Must[[]*store.Job](t)(o.store.JobList(o.ctx, 9, "scheduled"))[0].ID
	if err := errors.Join(o.portal.RetryJob(o.ctx, kim, id), o.portal.DiscardJob(o.ctx, kim, id)); err != nil {
		t.Fatal(err)
	}
	if codes := o.audited(); codes != "job.retried job.discarded" {
		t.Errorf("the audit log has %q", codes)
	}
	log := storetest.Must[[]store.Audit](t)(o.store.SubjectAudit(o.ctx, "job", fmt.Sprint(id), "", 9))
	if !strings.Contains(log[1].Before, `"scheduled"`) || !strings.Contains(log[1].After, `"available"`) || !strings.Contains(log[0].After, `"cancelled"`) {
		t.Errorf("the audit says %+v", log)
	}
	if err := o.portal.RetryJob(o.ctx, kim, id+1); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an unknown job: got %v, want ErrNotFound", err)
	}
}

func TestSignOutUser(t *testing.T) {
	o := newOffice(t)
	var keys []string
	storetest.Update(t, o.store, func(tx *store.Tx) error {
		for range 2 {
			key, err := tx.CreateSession(o.ctx, store.SessionUser, o.ann.ID)
			if err != nil {
				return err
			}
			keys = append(keys, key)
		}
		return nil
	})
	n, err := o.portal.SignOutUser(o.ctx, kim, o.ann.ID)
	if err != nil || n != 2 {
		t.Fatalf("ended %d sessions, want 2: %v", n, err)
	}
	for _, key := range keys {
		if _, err := o.store.Visit(o.ctx, key); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a session goes on: %v", err)
		}
	}
	if codes := o.audited(); codes != "session.ended" {
		t.Errorf("the audit log has %q", codes)
	}
	if _, err := o.portal.SignOutUser(o.ctx, kim, "nobody"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an unknown user: got %v, want ErrNotFound", err)
	}
}
