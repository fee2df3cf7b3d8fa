package portal

import (
	"cmp"
	"context"
	"errors"
	"time"

	"portico/secret"
	"portico/store"
	"portico/upstream"
	"portico/upstream/tray"
)

// tokenRenew is how long before its end a user token is renewed.
const tokenRenew = 12 * time.Hour

// errBusy says that another process is doing the same just now.
var errBusy = errors.New("another process is at it")

// unauthorized says whether a fresh token may help. What Tray answers to an expired one is not documented.
func unauthorized(err error) bool {
	return upstream.IsKind(err, upstream.Unauthorized) || upstream.IsKind(err, upstream.Forbidden)
}

// provisioned is an identity that the platform knows; it is made known there on the first need.
func (p *Portal) provisioned(ctx context.Context, identityID string) (store.Identity, error) {
	i, err := p.store.Identity(ctx, identityID)
	if err != nil || i.UpstreamID != "" {
		return i, err
	}
	by := store.NewKey()
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		ok, err := tx.ClaimIdentity(ctx, i.ID, by, p.Now().Add(p.claimFor()))
		if err == nil && !ok {
			return errBusy
		}
		return err
	})
	if err != nil {
		return i, err
	}
	defer p.store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error { return tx.ReleaseIdentity(ctx, i.ID, by) }) //nolint:errcheck // it runs out by itself
	if i, err = p.store.Identity(ctx, identityID); err != nil || i.UpstreamID != "" {
		return i, err
	}
	return p.provision(ctx, i)
}

// provision makes an identity known at its platform under the host's external ID, or finds that it is: after a lost
// answer, and where the host used the platform before.
func (p *Portal) provision(ctx context.Context, i store.Identity) (store.Identity, error) {
	at, err := p.at(ctx, i.AccountID)
	if err != nil {
		return i, err
	}
	name, err := p.identityName(ctx, i)
	if err != nil {
		return i, err
	}
	id, found, err := at.provision(ctx, i, name)
	if err != nil {
		return i, err
	}
	code := "identity.created"
	if found {
		code = "identity.found"
	}
	i.UpstreamID = id
	return i, p.store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		err := tx.SetUpstreamUser(ctx, i.ID, id)
		if errors.Is(err, store.ErrExists) {
			return &upstream.Error{Platform: at.name(), Operation: "provision", Kind: upstream.Refused, Message: "this user at the platform is somebody else's here", Err: err}
		}
		if err != nil {
			return err
		}
		subject, kind := i.UserID, "user"
		if subject == "" {
			subject, kind = i.WorkspaceID, "workspace"
		}
		return tx.AddEvent(ctx, store.Event{Code: code, Args: map[string]string{"id": id}, Actor: itself, WorkspaceID: i.WorkspaceID, SubjectKind: kind, SubjectID: subject})
	})
}

// identityName is what the platform's own pages call the identity.
func (p *Portal) identityName(ctx context.Context, i store.Identity) (string, error) {
	if i.UserID == "" {
		w, err := p.store.Workspace(ctx, i.WorkspaceID)
		return cmp.Or(w.Name, i.ExternalID), err
	}
	u, err := p.store.User(ctx, i.UserID)
	return cmp.Or(u.Name, u.Email, i.ExternalID), err
}

// token is the identity's user token; fresh says that it was made just now, so that renewing it would not help.
func (p *Portal) token(ctx context.Context, c client, i store.Identity) (token secret.Text, fresh bool, err error) {
	if p.Now().Before(i.TokenExpires.Add(-tokenRenew)) {
		token, err = p.store.IdentityToken(ctx, i)
		if err != nil || token != "" {
			return token, false, err
		}
	}
	token, err = p.renew(ctx, c, i)
	return token, true, err
}

// renew asks for a new user token and keeps it sealed.
func (p *Portal) renew(ctx context.Context, c client, i store.Identity) (secret.Text, error) {
	asked := p.Now()
	token, err := c.tray.Authorize(ctx, i.UpstreamID)
	if err != nil {
		return "", err
	}
	err = p.store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		return tx.SetIdentityToken(ctx, i, token, asked.Add(tray.TokenLife))
	})
	return token, err
}
