package portal

import (
	"context"
	"errors"
	"net/url"
	"path"
	"strings"
	"time"

	"portico/secret"
	"portico/store"
)

// ticketLife is how long a one-time sign-in address is good.
const ticketLife = 60 * time.Second

// sandboxLife is how long the sandbox's own addresses are good: longer than it runs, wherever its clock is moved.
const sandboxLife = 100 * 365 * 24 * time.Hour

// Invitation is a sign-in address for one person.
type Invitation struct {
	Ticket  secret.Text // the last part of the address
	Expires time.Time
}

// Invite stores whom the host's server describes and makes a one-time address for them, good for 60 seconds, that
// leads to a path of the portal.
func (p *Portal) Invite(ctx context.Context, c Claims, path string, actor store.Actor) (Invitation, error) {
	return p.invite(ctx, c, path, actor, store.Ticket{ExpiresAt: store.At(p.Now().Add(ticketLife))})
}

// InviteReusable makes an address that signs a user in any number of times: for the sandbox alone. Those made for the
// user before are worthless from then on.
func (p *Portal) InviteReusable(ctx context.Context, c Claims, path string, actor store.Actor) (Invitation, error) {
	return p.invite(ctx, c, path, actor, store.Ticket{Reusable: true, ExpiresAt: store.At(p.Now().Add(sandboxLife))})
}

func (p *Portal) invite(ctx context.Context, c Claims, path string, actor store.Actor, t store.Ticket) (Invitation, error) {
	var fault *claimFault
	if err := c.check(); errors.As(err, &fault) {
		return Invitation{}, refuse("door_claims", "claim", fault.claim)
	}
	var ok bool
	if t.Path, ok = LocalPath(path); !ok {
		return Invitation{}, refuse("door_path")
	}
	i := Invitation{Expires: t.ExpiresAt.Time}
	err := p.store.Update(ctx, func(tx *store.Tx) error {
		u, _, err := p.arrive(ctx, tx, c, actor)
		if err != nil {
			return err
		}
		t.Kind, t.SubjectID = store.SessionUser, u.ID
		i.Ticket, err = makeTicket(ctx, tx, t)
		return err
	})
	return i, err
}

// InviteAgain makes a one-time address for somebody who is here already, good for 60 seconds: browsers keep the session of
// a frame to that frame, so a tab needs its own.
func (p *Portal) InviteAgain(ctx context.Context, who Who, path string) (Invitation, error) {
	i := Invitation{Expires: p.Now().Add(ticketLife)}
	local, ok := LocalPath(path)
	if !ok {
		return i, refuse("door_path")
	}
	err := p.store.Update(ctx, func(tx *store.Tx) (err error) {
		i.Ticket, err = makeTicket(ctx, tx, store.Ticket{Kind: store.SessionUser, SubjectID: who.User.ID, Path: local, ExpiresAt: store.At(i.Expires)})
		return err
	})
	return i, err
}

func makeTicket(ctx context.Context, tx *store.Tx, t store.Ticket) (secret.Text, error) {
	if t.Reusable {
		if err := tx.DropTickets(ctx, t.Kind, t.SubjectID, true); err != nil {
			return "", err
		}
	}
	key, err := tx.CreateTicket(ctx, t)
	return secret.Text(key), err
}

// AdmitTicket lets in whom a sign-in address was made for, once.
func (p *Portal) AdmitTicket(ctx context.Context, ticket secret.Text, actor store.Actor) (Admission, error) {
	var a Admission
	err := p.store.Update(ctx, func(tx *store.Tx) error {
		t, err := redeem(ctx, tx, store.SessionUser, ticket)
		if err != nil {
			return err
		}
		a = Admission{Path: t.Path}
		if a.User, err = tx.User(ctx, t.SubjectID); err != nil {
			return err
		}
		if a.Workspace, err = tx.Workspace(ctx, a.User.WorkspaceID); err != nil {
			return err
		}
		return a.open(ctx, tx, actor)
	})
	if err != nil {
		return Admission{}, p.refused(ctx, actor, err)
	}
	return a, nil
}

func redeem(ctx context.Context, tx *store.Tx, kind string, ticket secret.Text) (store.Ticket, error) {
	t, err := tx.RedeemTicket(ctx, kind, ticket.Reveal())
	if errors.Is(err, store.ErrNotFound) {
		return t, refuse("door_ticket")
	}
	return t, err
}

// LocalPath makes a path of the portal's own out of what somebody asks to be led to: never another site's address,
// never a door or a staff page. The path has no prefix of the portal's URL; "" is "/".
func LocalPath(asked string) (string, bool) {
	local, ok := localPath(asked)
	for _, door := range []string{"/session", "/admin", "/api"} {
		if local == door || strings.HasPrefix(local, door+"/") || strings.HasPrefix(local, door+"?") {
			return "", false
		}
	}
	return local, ok
}

// adminPath is LocalPath for staff: a page of the admin area that is no door.
func adminPath(asked string) (string, bool) {
	local, ok := localPath(asked)
	if !ok || local != "/admin" && !strings.HasPrefix(local, "/admin/") || strings.HasPrefix(local, "/admin/session/") {
		return "", false
	}
	return local, true
}

func localPath(asked string) (string, bool) {
	if asked == "" {
		return "/", true
	}
	// Browsers read a backslash as a slash, and "//" as the beginning of a host.
	if len(asked) > 2000 || asked[0] != '/' || strings.HasPrefix(asked, "//") || strings.Contains(asked, `\`) {
		return "", false
	}
	u, err := url.Parse(asked)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return "", false
	}
	query := strings.ReplaceAll(u.Query().Encode(), "+", "%20")
	return (&url.URL{Path: path.Clean(u.Path), RawQuery: query}).String(), true
}
