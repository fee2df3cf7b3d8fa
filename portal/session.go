package portal

import (
	"context"
	"errors"

	"portico/secret"
	"portico/store"
)

// How many refusals at the door are kept as events: so many at once, and so many a second for good. Each has its line in
// the log in any case.
const (
	refusalsAtOnce    = 1000
	refusalsPerSecond = 1
)

// Admission is a person who has been let in.
type Admission struct {
	Key       secret.Text // for the cookie: it opens the session
	User      store.User
	Workspace store.Workspace
	Path      string // where a ticket leads, a path of the portal; "" after a token
}

// AdmitToken lets in whom a token of the host names. The token is used up, user and workspace are stored and the
// session opened all together or not at all. What is wrong with a token is a *Refusal and an event.
func (p *Portal) AdmitToken(ctx context.Context, token secret.Text, actor store.Actor) (Admission, error) {
	var a Admission
	t, err := p.Host.verify(token, p.Now)
	if err == nil {
		err = p.store.Update(ctx, func(tx *store.Tx) error {
			if err := useToken(ctx, tx, t); err != nil {
				return err
			}
			a = Admission{}
			if a.User, a.Workspace, err = p.arrive(ctx, tx, t.Claims, actor); err != nil {
				return err
			}
			return a.open(ctx, tx, actor)
		})
	}
	if err != nil {
		return Admission{}, p.refused(ctx, actor, err)
	}
	return a, nil
}

func useToken(ctx context.Context, tx *store.Tx, t hostToken) error {
	err := tx.UseToken(ctx, t.issuer, t.id, t.forget)
	if errors.Is(err, store.ErrExists) {
		return refuse("door_used")
	}
	return err
}

// open opens the session of a person who has been let in.
func (a *Admission) open(ctx context.Context, tx *store.Tx, actor store.Actor) error {
	key, err := tx.CreateSession(ctx, store.SessionUser, a.User.ID)
	if err != nil {
		return err
	}
	a.Key = secret.Text(key)
	return deed{actor: by(actor, a.User), workspace: a.Workspace.ID, kind: "user", subject: a.User.ID}.write(ctx, tx, "session.opened")
}

// RefuseToken notes that something was brought to the door which is too large to be read as a token.
func (p *Portal) RefuseToken(ctx context.Context, actor store.Actor) error {
	return p.refused(ctx, actor, refuse("door_large"))
}

// refused notes a refusal at the door, with its reason and nothing of what was brought, and returns it.
func (p *Portal) refused(ctx context.Context, actor store.Actor, err error) error {
	var r *Refusal
	if !errors.As(err, &r) {
		return err
	}
	args := map[string]string{"reason": r.Code}
	if claim := r.Args["claim"]; claim != "" {
		args["claim"] = claim
	}
	if actor.Kind == "" {
		actor.Kind = store.ActorUser
	}
	p.Log.InfoContext(ctx, "refused at the door", "reason", r.Code, "claim", r.Args["claim"], "request_id", actor.RequestID)
	if !p.refusals.AllowN(p.Now(), 1) {
		return err // a flood: strangers must not fill the database
	}
	noted := p.store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		return tx.AddEvent(ctx, store.Event{Code: "session.refused", Args: args, Actor: actor})
	})
	if noted != nil {
		p.Log.ErrorContext(ctx, "noting a refusal at the door", "err", noted)
	}
	return err
}

// EndSession ends the session of a user (store.SessionUser) or a member of the staff (store.SessionStaff) that a
// cookie's key opens, if there is one.
func (p *Portal) EndSession(ctx context.Context, kind string, key secret.Text, actor store.Actor) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		s, err := tx.Session(ctx, kind, key.Reveal())
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := tx.EndSession(ctx, key.Reveal()); err != nil {
			return err
		}
		d := deed{actor: actor, kind: "staff", subject: s.SubjectID}
		if kind == store.SessionUser {
			u, err := tx.User(ctx, s.SubjectID)
			if err != nil {
				return err
			}
			d.actor, d.kind, d.workspace = by(actor, u), "user", u.WorkspaceID
		} else if m, err := tx.Staff(ctx, s.SubjectID); err == nil {
			d.actor = asStaff(actor, m)
		}
		return d.write(ctx, tx, "session.ended")
	})
}

// EndSessions ends all sessions of a user, in every workspace they have come from, and makes their one-time tickets worthless.
// It says how many sessions there were; a user we have never seen has none.
func (p *Portal) EndSessions(ctx context.Context, externalUserID string, actor store.Actor) (int64, error) {
	var ended int64
	err := p.store.Update(ctx, func(tx *store.Tx) error {
		ended = 0
		users, err := tx.UsersByExternalID(ctx, externalUserID)
		if err != nil {
			return err
		}
		for _, u := range users {
			n, err := endAll(ctx, tx, u, actor)
			if err != nil {
				return err
			}
			ended += n
		}
		return nil
	})
	return ended, err
}

func endAll(ctx context.Context, tx *store.Tx, u store.User, actor store.Actor) (int64, error) {
	if err := tx.DropTickets(ctx, store.SessionUser, u.ID, false); err != nil {
		return 0, err
	}
	n, err := tx.EndSessions(ctx, store.SessionUser, u.ID)
	if err != nil || n == 0 {
		return n, err
	}
	return n, deed{actor: by(actor, u), workspace: u.WorkspaceID, kind: "user", subject: u.ID}.write(ctx, tx, "session.ended")
}
