package portal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/mail"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"portico/secret"
	"portico/store"
)

// How often signing in to the admin area may fail within a quarter of an hour: for one e-mail address, and from one
// network address. Counted in the store, so that several processes count together.
const (
	attemptsWithin  = 15 * time.Minute
	attemptsEmail   = 5
	attemptsAddress = 20
)

// What a password must be, in characters; the upper limit is far above any real one.
const (
	leastPassword = 12
	mostPassword  = 1000
)

// mostEmail is how many bytes an e-mail address has at most (RFC 5321, 4.5.3.1).
const mostEmail = 254

// StaffAdmission is a member of the staff who has been let in.
type StaffAdmission struct {
	Key   secret.Text // for the cookie
	Staff store.Staff
	Path  string // where a ticket leads; "" after a password
}

// SignInStaff lets a member of the staff in by e-mail address and password. An unknown address takes as long as a
// wrong password and reads the same.
func (p *Portal) SignInStaff(ctx context.Context, email string, password secret.Text, actor store.Actor) (StaffAdmission, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	if len(email) > mostEmail {
		email = "" // nobody's, and too long to be kept as an attempt
	}
	subjects := attemptSubjects(email, actor.Address)
	if err := p.tryStaff(ctx, subjects); err != nil {
		return StaffAdmission{}, p.refusedStaff(ctx, actor, store.Staff{}, err)
	}
	m, err := p.store.StaffByEmail(ctx, email)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return StaffAdmission{}, err
	}
	ok, err := checkPassword(ctx, cmp.Or(m.PasswordHash, nobody), password)
	if err != nil {
		return StaffAdmission{}, fmt.Errorf("checking a password: %w", err)
	}
	if !ok || m.ID == "" || len(password) > mostPassword {
		return StaffAdmission{}, p.refusedStaff(ctx, actor, m, refuse("staff_refused"))
	}
	a := StaffAdmission{Staff: m}
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		for _, s := range subjects {
			if err := tx.ForgetAttempt(ctx, s.subject); err != nil {
				return err
			}
		}
		return a.open(ctx, tx, actor)
	})
	return a, err
}

type attempts struct {
	subject string
	most    int
}

// attemptSubjects is what attempts are counted by. An IPv6 address stands for its network: one machine has them all.
func attemptSubjects(email, address string) []attempts {
	by := []attempts{{"email:" + email, attemptsEmail}}
	if ip, err := netip.ParseAddr(address); err == nil && ip.Is6() && !ip.Is4In6() {
		if network, err := ip.WithZone("").Prefix(64); err == nil {
			address = network.String()
		}
	}
	if address != "" {
		by = append(by, attempts{"address:" + address, attemptsAddress})
	}
	return by
}

// tryStaff counts an attempt as failed before the password is looked at, so that many at once are not more; the one
// that succeeds is taken back.
func (p *Portal) tryStaff(ctx context.Context, by []attempts) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		for _, a := range by {
			n, err := tx.Attempts(ctx, a.subject, p.Now().Add(-attemptsWithin))
			if err != nil {
				return err
			}
			if n >= a.most {
				return refuse("staff_wait", "minutes", fmt.Sprint(int(attemptsWithin/time.Minute)))
			}
		}
		for _, a := range by {
			if err := tx.AddAttempt(ctx, a.subject); err != nil {
				return err
			}
		}
		return nil
	})
}

func (a *StaffAdmission) open(ctx context.Context, tx *store.Tx, actor store.Actor) error {
	key, err := tx.CreateSession(ctx, store.SessionStaff, a.Staff.ID)
	if err != nil {
		return err
	}
	if err := tx.SeeStaff(ctx, a.Staff.ID); err != nil {
		return err
	}
	a.Key = secret.Text(key)
	return deed{actor: asStaff(actor, a.Staff), kind: "staff", subject: a.Staff.ID}.write(ctx, tx, "staff.signed_in")
}

func asStaff(a store.Actor, m store.Staff) store.Actor {
	a.Kind, a.ID, a.Name = store.ActorStaff, m.ID, cmp.Or(m.Name, m.Email)
	return a
}

// refusedStaff notes a refusal at the staff's door, in the audit log too: there is the address it came from. Attempts
// beyond the limit are for the program's log alone: nothing is ever removed from the audit log, and strangers could fill it.
func (p *Portal) refusedStaff(ctx context.Context, actor store.Actor, m store.Staff, err error) error {
	var r *Refusal
	if !errors.As(err, &r) {
		return err
	}
	if r.Code == "staff_wait" {
		p.Log.WarnContext(ctx, "too many attempts at the staff's door", "address", actor.Address, "request_id", actor.RequestID)
		return err
	}
	if actor.Kind == "" {
		actor.Kind = store.ActorStaff
	}
	d := deed{actor: actor, kind: "staff", subject: m.ID, args: map[string]string{"reason": r.Code}}
	noted := p.store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error { return d.write(ctx, tx, "staff.refused") })
	if noted != nil {
		p.Log.ErrorContext(ctx, "noting a refused sign-in", "err", noted)
	}
	return err
}

// CreateStaff adds a member of the staff. What does not fit is a *Refusal.
func (p *Portal) CreateStaff(ctx context.Context, actor store.Actor, email, name, role string, password secret.Text) (store.Staff, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	if err := checkStaff(email, name, role, password); err != nil {
		return store.Staff{}, err
	}
	hash, err := hashPassword(ctx, password)
	if err != nil {
		return store.Staff{}, fmt.Errorf("hashing a password: %w", err)
	}
	var m store.Staff
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		if m, err = tx.CreateStaff(ctx, store.Staff{Email: email, Name: name, PasswordHash: hash, Role: role}); err != nil {
			return err
		}
		after := map[string]string{"email": m.Email, "name": m.Name, "role": m.Role}
		return deed{actor: actor, kind: "staff", subject: m.ID, after: after}.write(ctx, tx, "staff.created")
	})
	if errors.Is(err, store.ErrExists) {
		return m, because("staff_exists", "there is a member of the staff with this e-mail address")
	}
	return m, err
}

func checkStaff(email, name, role string, password secret.Text) error {
	address, err := mail.ParseAddress(email)
	length := utf8.RuneCountInString(password.Reveal())
	switch {
	case err != nil || address.Address != email || len(email) > mostEmail:
		return because("staff_email", "this is no e-mail address")
	case !fits(name, mostText):
		return because("staff_name", "the name is too long or has control characters")
	case !slices.Contains([]string{store.StaffViewer, store.StaffSupport, store.StaffAdmin}, role):
		return because("staff_role", "the role must be viewer, support or admin")
	case length < leastPassword || length > mostPassword || len(password) > 4*mostPassword:
		return because("password_length", fmt.Sprintf("the password needs %d to %d characters", leastPassword, mostPassword))
	case strings.EqualFold(password.Reveal(), email):
		return because("password_email", "the password is the e-mail address")
	}
	return nil
}

// because is a refusal that a terminal can print as it is.
func because(code, why string) error { return &Refusal{Code: code, Err: errors.New(why)} }

// InviteStaffReusable makes an address that signs a member of the staff in any number of times: for the sandbox alone.
func (p *Portal) InviteStaffReusable(ctx context.Context, staffID, path string) (Invitation, error) {
	t := store.Ticket{Kind: store.SessionStaff, SubjectID: staffID, Reusable: true, ExpiresAt: store.At(p.Now().Add(sandboxLife))}
	var ok bool
	if t.Path, ok = adminPath(path); !ok {
		return Invitation{}, refuse("door_path")
	}
	i := Invitation{Expires: t.ExpiresAt.Time}
	err := p.store.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.Staff(ctx, staffID); err != nil {
			return err
		}
		var err error
		i.Ticket, err = makeTicket(ctx, tx, t)
		return err
	})
	return i, err
}

// AdmitStaffTicket lets in the member of the staff whom a sign-in address was made for.
func (p *Portal) AdmitStaffTicket(ctx context.Context, ticket secret.Text, actor store.Actor) (StaffAdmission, error) {
	var a StaffAdmission
	err := p.store.Update(ctx, func(tx *store.Tx) error {
		t, err := redeem(ctx, tx, store.SessionStaff, ticket)
		if err != nil {
			return err
		}
		a = StaffAdmission{Path: t.Path}
		if a.Staff, err = tx.Staff(ctx, t.SubjectID); errors.Is(err, store.ErrNotFound) {
			return refuse("door_ticket")
		} else if err != nil {
			return err
		}
		return a.open(ctx, tx, actor)
	})
	if err != nil {
		return StaffAdmission{}, p.refusedStaff(ctx, actor, a.Staff, err)
	}
	return a, nil
}
