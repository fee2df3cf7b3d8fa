package portal

import (
	"errors"
	"strings"
	"testing"
	"time"

	"portico/secret"
	"portico/store"
	"portico/store/storetest"
)

const goodPassword = secret.Text("a long enough " + canary)

func (g *gate) addStaff(email string) store.Staff {
	g.Helper()
	return storetest.Must[store.Staff](g)(g.portal.CreateStaff(g.Context(), store.Actor{Kind: store.ActorStaff}, email, "Sam", store.StaffSupport, goodPassword))
}

func (g *gate) signIn(email string, password secret.Text, address string) (StaffAdmission, error) {
	return g.portal.SignInStaff(g.Context(), email, password, store.Actor{Address: address, RequestID: "r2"})
}

// failed counts attempts as failed, without the work of looking at passwords.
func (g *gate) failed(times int, email, address string) {
	g.Helper()
	for range times {
		if err := g.portal.tryStaff(g.Context(), attemptSubjects(email, address)); err != nil {
			g.Fatal(err)
		}
	}
}

func (g *gate) wantRefusal(err error, code string) {
	g.Helper()
	var r *Refusal
	if !errors.As(err, &r) || r.Code != code {
		g.Errorf("got %v, want a refusal %s", err, code)
	}
}

func TestStaffSignIn(t *testing.T) {
	g := newGate(t)
	m := g.addStaff("Sam@Example.com")
	if !strings.HasPrefix(m.PasswordHash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash: got %.40s", m.PasswordHash)
	}
	a, err := g.signIn(" sam@example.COM ", goodPassword, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	s, err := g.store.Session(t.Context(), store.SessionStaff, a.Key.Reveal())
	if err != nil || s.SubjectID != m.ID {
		t.Errorf("session: got %+v, %v", s, err)
	}
	if e := g.events("staff.signed_in"); len(e) != 1 || e[0].Actor.ID != m.ID {
		t.Errorf("events: got %+v", e)
	}
	for name, c := range map[string]struct {
		email    string
		password secret.Text
	}{
		"wrong password": {"sam@example.com", "another long one"},
		"unknown":        {"nobody@example.com", goodPassword},
		"empty":          {"", ""},
	} {
		a, err := g.signIn(c.email, c.password, "192.0.2.1")
		g.wantRefusal(err, "staff_refused")
		if a.Key != "" {
			t.Errorf("%s: a key was given", name)
		}
	}
	refused := g.events("staff.refused")
	if len(refused) != 3 {
		t.Errorf("got %d refusals, want 3", len(refused))
	}
	audit := storetest.Must[[]store.Audit](t)(g.store.AuditLog(t.Context(), "", 10))
	if audit[0].Code != "staff.refused" || audit[0].Actor.Address != "192.0.2.1" {
		t.Errorf("audit: got %+v, want the address", audit[0])
	}
	for _, line := range audit {
		if strings.Contains(line.Before+line.After+line.Reason, canary) {
			t.Error("the password is in the audit log")
		}
	}
	if strings.Contains(g.log.String(), canary) {
		t.Error("the password is in the log")
	}
}

func TestStaffSignInIsLimited(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store, c *storetest.Clock) {
		g := gateAt(t, s, c)
		g.addStaff("sam@example.com")
		// What succeeds counts for nothing.
		g.failed(attemptsEmail-1, "sam@example.com", "192.0.2.1")
		for range 2 {
			if _, err := g.signIn("sam@example.com", goodPassword, "192.0.2.1"); err != nil {
				t.Fatal(err)
			}
		}
		_, err := g.signIn("sam@example.com", "wrong", "192.0.2.2")
		g.wantRefusal(err, "staff_refused")
		_, err = g.signIn("sam@example.com", goodPassword, "192.0.2.3")
		g.wantRefusal(err, "staff_wait")
		// Another process counts with us.
		_, err = gateAt(t, s, c).signIn("sam@example.com", goodPassword, "192.0.2.3")
		g.wantRefusal(err, "staff_wait")
		c.Advance(attemptsWithin)
		if _, err := g.signIn("sam@example.com", goodPassword, "192.0.2.3"); err != nil {
			t.Errorf("after a quarter of an hour: %v", err)
		}
	})
}

func TestStaffSignInIsLimitedByAddress(t *testing.T) {
	g := newGate(t)
	g.addStaff("sam@example.com")
	for i := range attemptsAddress - 1 { // one IPv6 network is one machine
		g.failed(1, string(rune('a'+i))+"@example.com", "2001:db8::"+string(rune('a'+i%6)))
	}
	_, err := g.signIn("nobody@example.com", "wrong", "2001:db8::ffff")
	g.wantRefusal(err, "staff_refused")
	_, err = g.signIn("sam@example.com", goodPassword, "2001:db8::1")
	g.wantRefusal(err, "staff_wait")
	if _, err := g.signIn("sam@example.com", goodPassword, "2001:db8:0:1::1"); err != nil {
		t.Errorf("from another network: %v", err)
	}
	_, err = g.signIn("sam@example.com", "wrong", "")
	g.wantRefusal(err, "staff_refused")
}

func TestCreateStaffRefuses(t *testing.T) {
	g := newGate(t)
	g.addStaff("sam@example.com")
	for name, c := range map[string]struct {
		email, name, role string
		password          secret.Text
		code              string
	}{
		"taken":          {"SAM@example.com", "", "viewer", goodPassword, "staff_exists"},
		"no address":     {"sam", "", "viewer", goodPassword, "staff_email"},
		"name and all":   {"Sam <sam2@example.com>", "", "viewer", goodPassword, "staff_email"},
		"control":        {"sam2@example.com", "a\nb", "viewer", goodPassword, "staff_name"},
		"unknown role":   {"sam2@example.com", "", "owner", goodPassword, "staff_role"},
		"short":          {"sam2@example.com", "", "viewer", "elf zeichen", "password_length"},
		"long":           {"sam2@example.com", "", "viewer", secret.Text(strings.Repeat("x", 1001)), "password_length"},
		"e-mail address": {"sam2@example.com", "", "viewer", "Sam2@Example.com", "password_email"},
	} {
		_, err := g.portal.CreateStaff(t.Context(), store.Actor{Kind: store.ActorStaff}, c.email, c.name, c.role, c.password)
		var r *Refusal
		if !errors.As(err, &r) || r.Code != c.code {
			t.Errorf("%s: got %v, want %s", name, err, c.code)
		}
	}
	if all := storetest.Must[[]store.Staff](t)(g.store.StaffList(t.Context())); len(all) != 1 {
		t.Errorf("got %d members, want one", len(all))
	}
}

func TestStaffTicket(t *testing.T) {
	g := newGate(t)
	m := g.addStaff("sam@example.com")
	i := storetest.Must[Invitation](t)(g.portal.InviteStaffReusable(t.Context(), m.ID, "/admin/instances"))
	for range 2 {
		g.clock.Advance(24 * time.Hour)
		a, err := g.portal.AdmitStaffTicket(t.Context(), i.Ticket, store.Actor{})
		if err != nil || a.Path != "/admin/instances" || a.Staff.ID != m.ID || a.Key == "" {
			t.Errorf("got %+v, %v", a, err)
		}
	}
	if _, err := g.portal.AdmitTicket(t.Context(), i.Ticket, store.Actor{}); err == nil {
		t.Error("a staff ticket opens the users' door")
	}
	user := storetest.Must[Invitation](t)(g.portal.Invite(t.Context(), guest(), "", hostServer))
	_, err := g.portal.AdmitStaffTicket(t.Context(), user.Ticket, store.Actor{})
	g.wantRefusal(err, "door_ticket")
	_, err = g.portal.InviteStaffReusable(t.Context(), m.ID, "/integrations")
	g.wantRefusal(err, "door_path")
	if _, err := g.portal.InviteStaffReusable(t.Context(), "nobody", "/admin"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("got %v, want not found", err)
	}
}

func TestCheckPasswordRefusesOtherHashes(t *testing.T) {
	for _, hash := range []string{"", "plain", "$argon2i$v=19$m=1,t=1,p=1$YQ$YQ", "$argon2id$v=18$m=8,t=1,p=1$YQ$YQ", "$argon2id$v=19$m=8,t=0,p=1$YQ$YQ", "$argon2id$v=19$m=8,t=1,p=1$YQ$YQ"} {
		if ok, err := checkPassword(t.Context(), hash, goodPassword); ok || !errors.Is(err, errHash) {
			t.Errorf("%q: got %v, %v, want an error", hash, ok, err)
		}
	}
}
