package portal

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"portico/secret"
	"portico/store"
)

func TestProfiles(t *testing.T) {
	w := newInstallWorld(t)
	row := w.published("loyalty", loyaltyURL, "v1.0.0")
	wish := w.wish(row, "one")
	saved, err := w.portal.SaveProfile(w.ctx, w.actor, " stage ", wish.Values)
	w.ok(err)
	_, err = w.portal.SaveProfile(w.ctx, w.actor, " ", wish.Values)
	wantCode(t, err, "profile_name")
	_, err = w.portal.SaveProfile(w.ctx, w.actor, "empty", store.Values{Shared: []store.SetValue{{Key: "X"}}})
	wantCode(t, err, "profile_empty")
	wish.Values = store.Values{}
	wish.Targets[0].ProfileID = saved.ID
	all, err := w.portal.DeployConnector(w.ctx, w.actor, wish)
	w.ok(err)
	o := w.settled(all[0].ID)
	w.wantState(o, store.OpDone, "")
	w.wantArrived(w.theirs()[0], "points", "SIGNING_KEY", "canary-signing")
	w.wantArrived(w.theirs()[0], "", "SHOP_REGION", usCentral)

	f, err := w.portal.DeployForm(w.ctx, row.ID, false)
	w.ok(err)
	applied, err := w.portal.ApplyProfile(w.ctx, f, store.Values{}, saved.ID)
	w.ok(err)
	copied, err := w.portal.CopyValues(w.ctx, f, store.Values{}, o.SubjectID)
	w.ok(err)
	if a, c := flat(applied), flat(copied); a["/SHOP_REGION"] != "${REGION}" || c["/SHOP_REGION"] != usCentral || a["points/SIGNING_KEY*"] != c["points/SIGNING_KEY*"] {
		t.Errorf("applied %v, copied %v", a, c)
	}
	wantNoCanary(t, "what a page shows", strings.Join(shownTexts(f.Show(applied)), " "))
	again, err := w.portal.SaveProfileOf(w.ctx, w.actor, "stage", o.SubjectID)
	w.ok(err)
	if profiles, err := w.store.Profiles(w.ctx); err != nil || len(profiles) != 1 || again.ID != saved.ID {
		t.Errorf("profiles: %+v %v", profiles, err)
	}
	w.ok(w.portal.RemoveProfile(w.ctx, w.actor, saved.ID))
	if _, err := w.portal.ApplyProfile(w.ctx, f, store.Values{}, saved.ID); !isNotFound(err) {
		t.Errorf("a removed profile: %v", err)
	}
	_, err = w.portal.DeployConnector(w.ctx, w.actor, wish)
	wantCode(t, err, "profile_gone")
	w.wantSealed()
}

func shownTexts(shown map[string]ShownValue) (texts []string) {
	for _, v := range shown {
		texts = append(texts, v.Value)
	}
	return texts
}

func TestForms(t *testing.T) {
	w := newInstallWorld(t)
	row := w.published("loyalty", loyaltyURL, "v1.0.0")
	wish := w.wish(row, "one")
	id, err := w.portal.KeepForm(w.ctx, w.actor, "", "deploy", wish.Values)
	w.ok(err)
	same, err := w.portal.KeepForm(w.ctx, w.actor, id, "deploy", wish.Values)
	w.ok(err)
	got, err := w.portal.OpenForm(w.ctx, w.actor, id, "deploy")
	w.ok(err)
	if same != id || flat(got)["points/SIGNING_KEY*"] != "canary-signing" {
		t.Errorf("the form is %q: %v", same, flat(got))
	}
	_, err = w.portal.OpenForm(w.ctx, store.Actor{Kind: store.ActorStaff, ID: "kimberly"}, id, "deploy")
	wantCode(t, err, "values_form_gone")
	_, err = w.portal.OpenForm(w.ctx, w.actor, id, "redeploy")
	wantCode(t, err, "values_form_gone")
	_, err = w.portal.KeepForm(w.ctx, store.Actor{Kind: store.ActorStaff, ID: "kimberly"}, id, "deploy", store.Values{})
	wantCode(t, err, "values_form_gone")
	w.ok(w.portal.DropForm(w.ctx, store.Actor{Kind: store.ActorStaff, ID: "kimberly"}, id))
	wish.FormID = id
	_, err = w.portal.DeployConnector(w.ctx, w.actor, wish)
	w.ok(err)
	_, err = w.portal.OpenForm(w.ctx, w.actor, id, "deploy")
	wantCode(t, err, "values_form_gone")
	w.wantSealed()
}

// What is exported has no secrets, and what is pasted back is as it was.
func TestExport(t *testing.T) {
	f := twoApps()
	v := f.Enter(store.Values{}, Entries{Differ: map[string]bool{"X": true}, Values: []Entry{
		{Application: "a", Key: "X", Value: "1"}, {Application: "b", Key: "X", Value: "2"}, {Key: "S", Value: "canary-s"}, {Application: "a", Key: "Y", Value: "it's \"#1\"\n`"},
	}}, "Kim", monday)
	env, err := ExportValues(v, ExportEnv)
	if err != nil {
		t.Fatal(err)
	}
	want := "S= # secured: not exported\n# of a: X=1\nY=\"it's \\\"#1\\\"\\n`\"\n# of b: X=2\n"
	if env != want {
		t.Errorf("got  %q\nwant %q", env, want)
	}
	text, err := ExportValues(v, ExportJSON)
	if err != nil || !json.Valid([]byte(text)) {
		t.Fatalf("%v: %s", err, text)
	}
	wantNoCanary(t, "the exports", env+text)
	pasted, err := ParseValues(text)
	if err != nil {
		t.Fatal(err)
	}
	back, _ := f.Match(v, pasted, "Kim", monday)
	wantFlat(t, "pasted back", back, flat(v))
}

// Every value comes back from a .env file as it went.
func TestLawOfEnvFiles(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		value := strings.Trim(rapid.StringOf(rapid.SampledFrom([]rune("ab \n\r\t'\"`\\#=$é"))).Draw(r, "value"), "\r")
		text, err := ExportValues(store.Values{Shared: []store.SetValue{{Key: "A", Value: secret.Text(value)}, {Key: "B", Value: "next"}}}, ExportEnv)
		if err != nil {
			r.Fatal(err)
		}
		all, err := ParseValues(text)
		if err != nil || len(all) != 2 || all[0].Value.Reveal() != value || all[1].Value != "next" {
			r.Fatalf("%q came back as %q (%v) from %q", value, shown(all), err, text)
		}
	})
}
