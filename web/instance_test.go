package web

import (
	"strings"
	"testing"

	"portico/store"
	"portico/store/storetest"
)

func TestSteps(t *testing.T) {
	d := newVisit(t, store.RoleMember)
	in := d.has("u", d.integration("Deals"), store.Creating)
	d.slot(in, store.Slot{ExternalID: "external_slack_authentication", Title: "Slack workspace", Service: "Slack"})
	d.slot(in, store.Slot{ExternalID: "external_salesforce_authentication", Title: "Salesforce", Position: 1})
	d.signIns(in, store.Authentication{UpstreamID: "a1", Name: "ops@example", Service: "slack", ServiceTitle: "Slack"},
		store.Authentication{UpstreamID: "a2", Name: "bot@example", Service: "slack", ServiceTitle: "Slack"},
		store.Authentication{UpstreamID: "a3", Name: "elsewhere", Service: "xero", ServiceTitle: "Xero"})
	path := "/instances/" + in.ID

	page := d.get(path).says("[data-testid=now]", "Getting it ready").count("#watch", 1).count("noscript", 1).count("form[data-dialog]", 0)
	page.says("main", "Step 1 of 3", "Your place is kept")

	d.change(in, func(in *store.Instance) { in.State, in.UpstreamID = store.Authorizing, "up-1" })
	page = d.get(path).count("#watch", 0).count("form[data-dialog]", 1).count("#check", 0).count(".btn.primary", 1)
	page.says("[data-testid=now]", "Slack workspace", "Sign in to Slack", "Use this tab instead", "ops@example", "bot@example")
	page.count("[data-testid=now] input[type=radio]", 2)
	if action := page.Find("form[data-dialog]").AttrOr("action", ""); action != "/in"+path+"/open" {
		t.Errorf("the dialog is asked for at %q", action)
	}

	page.says(`[data-blocked] button[formaction="/in`+path+`/check"]`, "I have signed in") // the only way on where the window was blocked

	d.slot(in, store.Slot{ExternalID: "external_slack_authentication", Title: "Slack workspace", Service: "Slack", Baseline: []string{"a1"}, Rejected: []string{"a2"}})
	d.get(path).says("#check", "I have signed in").count("input[type=radio]", 1).count("[data-blocked] button", 0)
	page = d.get(path+"?looked=external_slack_authentication&several=yes").says("[data-testid=looked]", "cannot tell")
	page.count("input[type=radio]", 2) // after a look, also what is new of any service, but not what was refused

	// None is new, whatever there is to choose from.
	d.get(path+"?looked=external_slack_authentication").says("[data-testid=looked]", "no new sign-in for Slack yet").count("input[type=radio]", 2)

	d.slot(in, store.Slot{ExternalID: "external_slack_authentication", Title: "Slack workspace", Service: "Slack", AuthenticationID: "a2", Found: true})
	d.get(path).says(".step.done", "Signed in as bot@example", "Not this one").says("[data-testid=now]", "Sign in to Salesforce")
	d.slot(in, store.Slot{ExternalID: "external_slack_authentication", Title: "Slack workspace", AuthenticationID: "a2"})
	d.get(path+"?looked=external_salesforce_authentication&several=yes").says(".step.done", "Change").says("[data-testid=looked]", "cannot tell")
	d.signIns(in, store.Authentication{UpstreamID: "a2", Name: "bot@example", Service: "slack"})
	d.slot(in, store.Slot{ExternalID: "external_salesforce_authentication", Title: "Salesforce", Position: 1, Baseline: []string{"a2"}})
	d.get(path+"?looked=external_salesforce_authentication").says("[data-testid=looked]", "no new sign-in for Salesforce yet")

	d.slot(in, store.Slot{ExternalID: "external_salesforce_authentication", Title: "Salesforce", Position: 1, AuthenticationID: "a2"})
	d.get(path).says("[data-testid=now]", "Turn it on", "Saving").count("#watch", 1)
	d.change(in, func(in *store.Instance) { in.State, in.WantEnabled = store.Enabling, true })
	d.get(path).says("[data-testid=now]", "Turning it on").count("#watch", 1).count(".step.done", 2)
	d.change(in, func(in *store.Instance) { in.Hold = store.HoldCheck })
	d.get(path).says("[data-testid=hold]", "We are checking it").count("#watch", 0)
}

func TestWizardSteps(t *testing.T) {
	d := newVisit(t, store.RoleMember)
	g := d.integration("Wizard")
	storetest.Update(t, d.store, func(tx *store.Tx) error {
		g.AuthSlotsKnown = false
		_, err := tx.PutIntegration(d.ctx, g)
		return err
	})
	in := d.has("u", g, store.Configuring)
	path := "/instances/" + in.ID
	page := d.get(path).says("[data-testid=now]", "Open the set-up", "I have finished").count("[data-testid=now] .btn.primary", 1)
	if action := page.Find("form[data-dialog]").AttrOr("action", ""); action != "/in"+path+"/wizard" {
		t.Errorf("the wizard is asked for at %q", action)
	}
	d.change(in, func(in *store.Instance) { in.WizardDone = true })
	d.get(path).says("[data-testid=now]", "Reading your settings").count("#watch", 1)
	d.change(in, func(in *store.Instance) { in.WizardDone, in.State = false, store.Enabling })
	d.get(path).says("[data-testid=now]", "Turn it on").count(".step.done", 1)
}

func TestFinishedInstance(t *testing.T) {
	d := newVisit(t, store.RoleMember)
	in := d.has("u", d.integration("Deals"), store.Enabled)
	d.change(in, func(in *store.Instance) { in.WantEnabled, in.EnabledAt = true, store.At(d.clock.Now()) })
	d.slot(in, store.Slot{ExternalID: "slack", Title: "Slack", AuthenticationID: "a1", AttachedID: "a1"})
	d.signIns(in, store.Authentication{UpstreamID: "a1", Name: "ops@example", ServiceTitle: "Slack"})
	storetest.Update(t, d.store, func(tx *store.Tx) error {
		for _, e := range []store.Event{{Code: "instance.connect"}, {Code: "dialog.opened", Args: map[string]string{"slot": "slack"}}, {Code: "instance.synced"}} {
			e.Actor = store.Actor{Kind: store.ActorUser, ID: in.OwnerID, Name: "U"}
			e.SubjectKind, e.SubjectID = "instance", in.ID
			if err := tx.AddEvent(d.ctx, e); err != nil {
				return err
			}
		}
		return tx.SetWorkflows(d.ctx, in.ID, []store.Workflow{
			{UpstreamID: "w1", Name: "Deal changed", TriggerURL: "https://hooks.example/1"}, {UpstreamID: "w2", Name: "Every night"},
		})
	})
	page := d.get("/instances/"+in.ID).count("#watch", 0).count(".event", 2)
	page.says("main", "On since", "Slack", "ops@example", "Only you can see it").says(".timeline", "Began to connect it", "(Slack)", "You")
	page.says("#try ~ *, [aria-labelledby=try]", "Deal changed", "https://hooks.example/1", "Starts by itself")
	page.count(`form[action$="/try"]`, 1).count(`form[action$="/off"] button[role=switch][aria-checked=true]`, 1)
	page.count(`form[action$="/rename"]`, 1).count(`form[action$="/share"]`, 1)

	confirm := d.get("/instances/"+in.ID+"/disconnect").says("main", "Disconnect Deals?", "2 workflows", "sign-ins stay")
	confirm.count(`form[method=post][action="/in/instances/`+in.ID+`/disconnect"]`, 1)
}

func TestUnderWay(t *testing.T) {
	d := newVisit(t, store.RoleMember)
	in := d.has("u", d.integration("Deals"), store.Enabled)
	for _, c := range []struct {
		state string
		on    bool
		says  string
		watch int
	}{
		{store.Enabled, true, "On", 0},
		{store.Enabled, false, "Turning off", 1},
		{store.Disabled, true, "Turning on", 1},
		{store.Disabled, false, "Off", 0},
		{store.Deleting, true, "Disconnecting", 1},
	} {
		d.change(in, func(in *store.Instance) { in.State, in.WantEnabled = c.state, c.on })
		page := d.get("/instances/"+in.ID).says(".head .pill", c.says).count("#watch", c.watch).count("[data-testid=progress]", c.watch)
		if c.state == store.Deleting { // there is nothing left to do with it
			page.count("main form", 0).count("a.danger", 0)
		}
	}
}

func TestAttention(t *testing.T) {
	d := newVisit(t, store.RoleMember)
	in := d.has("u", d.integration("Deals"), store.Enabled)
	d.slot(in, store.Slot{ExternalID: "slack", Title: "Slack", AuthenticationID: "gone", AttachedID: "gone"})
	for _, c := range []struct {
		cause, who, state, says, button string
		watch                           int
	}{
		{"missing_values", store.WhoYou, store.Disabled, "still missing", "Try again", 0},
		{"refused", store.WhoUs, store.Enabling, "could not be set up", "Try again", 0},
		{"unauthorized", store.WhoUs, store.Enabling, "ours to put right", "Try again", 0},
		{"unavailable", store.WhoThem, store.Creating, "go on trying", "Try again", 1},
		{"removed", store.WhoYou, store.Enabled, "removed outside", "Set it up again", 0},
		{"signin_gone", store.WhoYou, store.Enabled, "Sign in again", "Sign in to Slack again", 0},
		{"signin_refused", store.WhoYou, store.Authorizing, "cannot be used here", "", 0},
	} {
		d.change(in, func(in *store.Instance) {
			in.State, in.WantEnabled, in.Attention, in.AttentionWho = c.state, c.state != store.Disabled, c.cause, c.who
			in.AttentionSince = store.At(d.clock.Now())
		})
		page := d.get("/instances/"+in.ID).says("[data-testid=attention]", c.says).count("#watch", c.watch)
		if got := page.text("[data-testid=attention] button"); got != c.button {
			t.Errorf("%s: the button says %q, want %q", c.cause, got, c.button)
		}
	}
}

func TestWhoMayDoWhat(t *testing.T) {
	d := newVisit(t, store.RoleMember)
	in := d.has("u", d.integration("Deals"), store.Enabled)
	d.change(in, func(in *store.Instance) { in.WantEnabled = true })
	d.enter("colleague", store.RoleMember).ask("GET", "/instances/"+in.ID, nil).is(404)
	d.post("/instances/" + in.ID + "/off").is(404)

	d.change(in, func(in *store.Instance) { in.Shared = true })
	d.get("/instances/"+in.ID).says("main", "Shared by U").count("main form", 0).count("a.danger", 0)
	d.ask("GET", "/instances/"+in.ID+"/disconnect", nil).is(403)
	d.post("/instances/"+in.ID+"/off").is(403).says("main", "not change it")
	d.get("/integrations").says("[data-testid=mine]", "Shared by U")

	d.change(in, func(in *store.Instance) { in.State = store.Authorizing })
	d.get("/instances/"+in.ID).says("main", "U is setting this up")
	d.enter("boss", store.RoleAdmin).get("/instances/"+in.ID).says("main", "Shared by U")
	d.change(in, func(in *store.Instance) { in.State = store.Enabled })
	d.get("/instances/"+in.ID).count(`form[action$="/off"]`, 1)
	d.post("/instances/"+in.ID+"/rename", "name", "By the boss").is(303)
	d.get("/instances/"+in.ID+"?done=renamed").says("h1", "By the boss").says("[role=status].good", "The name is saved")
	if to := d.post("/instances/"+in.ID+"/share", "shared", "no").is(303).location; to != "/integrations?done=unshared" {
		t.Errorf("who does not see it any more is led to %q", to)
	}
	d.get("/integrations?done=unshared").says("[role=status].good", "Only its owner")
	d.enter("u", store.RoleViewer).get("/instances/"+in.ID).count("main form", 0)
}

func TestRenameAndShare(t *testing.T) {
	d := newVisit(t, store.RoleMember)
	in := d.has("u", d.integration("Deals"), store.Enabled)
	d.change(in, func(in *store.Instance) { in.WantEnabled = true })
	path := "/instances/" + in.ID
	page := d.post(path+"/rename", "name", "   ").is(422).says("#name-problem", "Enter a name").count(`#name[aria-invalid=true]`, 1)
	if at := page.Find("html").AttrOr("data-path", ""); at != path {
		t.Errorf("the page is to be asked for again at %q", at)
	}
	if to := d.post(path+"/share", "shared", "yes").is(303).location; to != path+"?done=shared" {
		t.Errorf("led to %q", to)
	}
	d.get(path+"?done=shared").says("[role=status].good", "can see it now").says("main", "Stop sharing")
	d.post(path+"/share", "shared", "no").is(303)
	d.get(path+"?done=<script>").count("[role=status].good", 0)
}

func TestRefusalsAreSaid(t *testing.T) {
	d := newVisit(t, store.RoleMember)
	in := d.has("u", d.integration("Deals"), store.Enabled)
	d.change(in, func(in *store.Instance) { in.WantEnabled = true })
	path := "/instances/" + in.ID
	for _, c := range []struct {
		what, says string
		form       []string
	}{
		{"/open", "does not ask for that sign-in", []string{"slot", "none"}},
		{"/wizard", "not ready", nil},
		{"/choose", "not ready", []string{"slot", "none", "auth", "a"}},
		{"/try", "cannot be tried", []string{"workflow", "none"}},
		{"/flows/none/finish", "is over", []string{"outcome", "finished"}},
	} {
		page := d.post(path+c.what, c.form...).is(409).says("main", c.says)
		page.count(`a.primary[href="/in`+path+`"]`, 1)
	}
}

// What the host signs in to is not the person's to change, and a name that we made up is no name.
func TestAccountsOfOthersMaking(t *testing.T) {
	d := newVisit(t, store.RoleMember)
	in := d.has("u", d.integration("Flavours"), store.Enabled)
	d.slot(in, store.Slot{ExternalID: "gelato", Title: "Gelato", PredefinedID: "p1", AuthenticationID: "gelato_acme"})
	page := d.get("/instances/"+in.ID).says("[aria-labelledby=accounts]", "Connected for you").count("[aria-labelledby=accounts] button", 0)
	if got := page.text("[aria-labelledby=accounts]"); strings.Contains(got, "turns this off") {
		t.Errorf("got %q", got)
	}
	d.signIns(in, store.Authentication{UpstreamID: "a1", Name: "portico_x_slack", ExternalID: "portico_x_slack", Service: "slack"})
	d.slot(in, store.Slot{ExternalID: "slack", Title: "Slack", Position: 1, AuthenticationID: "a1"})
	page = d.get("/instances/"+in.ID).says("[aria-labelledby=accounts]", "Signed in", "turns this off").count("[aria-labelledby=accounts] button", 1)
	if got := page.text("main"); strings.Contains(got, "portico_") {
		t.Errorf("a name of ours is shown: %q", got)
	}
}
