package portal

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"time"

	"portico/store"
)

// arrive stores the user and the workspace that the host's claims describe, under the host's IDs, and who they are at
// the platform. It asks no platform anything: a job makes them known there, and does so again until it succeeds.
func (p *Portal) arrive(ctx context.Context, tx *store.Tx, c Claims, actor store.Actor) (store.User, store.Workspace, error) {
	accounts, err := tx.Accounts(ctx)
	if err != nil {
		return store.User{}, store.Workspace{}, err
	}
	w, changed, err := p.putWorkspace(ctx, tx, c, accounts)
	if err != nil {
		return store.User{}, w, err
	}
	u, err := putUser(ctx, tx, store.User{
		WorkspaceID: w.ID, ExternalID: c.Subject, Name: c.Name, Email: c.Email, Role: c.Role, Locale: c.Locale, Tags: c.Tags,
	}, actor)
	if err != nil {
		return u, w, err
	}
	if changed != nil {
		changed.actor = by(actor, u)
		if err := changed.put(ctx, tx, "workspace"); err != nil {
			return u, w, err
		}
		if err := passOn(ctx, tx, w); err != nil {
			return u, w, err
		}
	}
	for _, a := range accounts {
		if a.ID != w.AccountID {
			continue
		}
		if a.Platform == store.PlatformActivepieces { // a project is made when it is needed
			return u, w, nil
		}
		return u, w, putIdentity(ctx, tx, a, u, w)
	}
	return u, w, refuse("door_account")
}

// putWorkspace stores a user's workspace. It stays at the account it once had, whatever a later token says: its users
// and instances live there. What changed is for the caller to write down, who knows by then who the user is.
func (p *Portal) putWorkspace(ctx context.Context, tx *store.Tx, c Claims, accounts []store.Account) (store.Workspace, *deed, error) {
	w := store.Workspace{ExternalID: personal + c.Subject, Name: cmp.Or(c.Name, c.Email, c.Subject), Personal: true}
	name := ""
	if c.Workspace != nil {
		w = store.Workspace{ExternalID: c.Workspace.ID, Name: cmp.Or(c.Workspace.Name, c.Workspace.ID), Attributes: c.Workspace.Attributes}
		name = c.Workspace.Account
	}
	a, err := accountOf(accounts, name)
	if err != nil {
		return w, nil, err
	}
	w.AccountID = a.ID
	was, err := tx.WorkspaceByExternalID(ctx, w.ExternalID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return w, nil, err
	}
	stored, changed, err := tx.PutWorkspace(ctx, w)
	if err != nil || !changed {
		return stored, nil, err
	}
	if !maps.Equal(was.Attributes, stored.Attributes) {
		if err := attributesChanged(ctx, tx, stored.ID); err != nil {
			return stored, nil, err
		}
	}
	if name != "" && stored.AccountID != a.ID {
		p.Log.WarnContext(ctx, "a token names another account than the workspace has", "workspace", stored.ID, "account", a.Name)
	}
	return stored, &deed{workspace: stored.ID, kind: "workspace", subject: stored.ID, before: aboutWorkspace(was), after: aboutWorkspace(stored)}, nil
}

// passOn has a workspace's new name follow where the platform knows the workspace itself.
func passOn(ctx context.Context, tx *store.Tx, w store.Workspace) error {
	there, err := tx.OwnIdentities(ctx, w.ID)
	if err != nil {
		return err
	}
	for _, i := range there {
		if i.UpstreamID == "" {
			continue
		}
		if err := tx.Enqueue(ctx, store.SyncIdentity{IdentityID: i.ID}, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

// accountOf is the account that a token names, or the default one.
func accountOf(accounts []store.Account, name string) (store.Account, error) {
	for _, a := range accounts {
		if a.Name == name || name == "" && a.IsDefault {
			return a, nil
		}
	}
	return store.Account{}, refuse("door_account")
}

func putUser(ctx context.Context, tx *store.Tx, u store.User, actor store.Actor) (store.User, error) {
	var was store.User
	all, err := tx.UsersByExternalID(ctx, u.ExternalID)
	if err != nil {
		return u, err
	}
	for _, one := range all {
		if one.WorkspaceID == u.WorkspaceID {
			was = one
		}
	}
	stored, changed, err := tx.PutUser(ctx, u)
	if err != nil || !changed {
		return stored, err
	}
	return stored, deed{
		actor: by(actor, stored), workspace: stored.WorkspaceID, kind: "user", subject: stored.ID,
		before: aboutUser(was), after: aboutUser(stored),
	}.put(ctx, tx, "user")
}

// putIdentity stores who a user is at the account, and has what they have there copied until that has succeeded once.
func putIdentity(ctx context.Context, tx *store.Tx, a store.Account, u store.User, w store.Workspace) error {
	i := store.Identity{AccountID: a.ID, WorkspaceID: w.ID, UserID: u.ID, ExternalID: u.ExternalID}
	if a.UserScope == store.ScopeWorkspace {
		i.UserID, i.ExternalID = "", w.ExternalID
	}
	i, err := tx.PutIdentity(ctx, i, i.ExternalID+"@"+w.ExternalID)
	if err != nil || !i.SyncedAt.IsZero() {
		return err
	}
	return tx.Enqueue(ctx, store.SyncIdentity{IdentityID: i.ID}, time.Time{})
}

// by is a user as the actor of what they do themselves; what the host's server or the staff do for them stays theirs.
func by(a store.Actor, u store.User) store.Actor {
	if a.Kind != "" && a.Kind != store.ActorUser {
		a.BehalfID = u.ID
		return a
	}
	a.Kind, a.ID, a.Name = store.ActorUser, u.ID, cmp.Or(u.Name, u.Email, u.ExternalID)
	return a
}

// deed is a change of something that is no instance: a line of its timeline and one in the audit log.
type deed struct {
	actor         store.Actor
	workspace     string
	kind, subject string
	before, after any // what the audit keeps of it; nil = nothing
	args          map[string]string
	request       store.PlannedRequest // what it sends, as the audit keeps it
}

// put writes that something was created or changed.
func (d deed) put(ctx context.Context, tx *store.Tx, noun string) error {
	if d.before == nil {
		return d.write(ctx, tx, noun+".created")
	}
	return d.write(ctx, tx, noun+".changed")
}

func (d deed) write(ctx context.Context, tx *store.Tx, code string) error {
	before, err := asText(d.before)
	if err != nil {
		return err
	}
	after, err := asText(d.after)
	if err != nil {
		return err
	}
	if err := tx.AddEvent(ctx, store.Event{
		Code: code, Args: d.args, Actor: d.actor, WorkspaceID: d.workspace, SubjectKind: d.kind, SubjectID: d.subject,
	}); err != nil {
		return err
	}
	return tx.AddAudit(ctx, store.Audit{
		Code: code, Actor: d.actor, WorkspaceID: d.workspace, SubjectKind: d.kind, SubjectID: d.subject, Before: before, After: after, Request: d.request,
	})
}

func asText(v any) (string, error) {
	if v == nil {
		return "", nil
	}
	b, err := json.Marshal(v)
	return string(b), err
}

func aboutWorkspace(w store.Workspace) any {
	if w.ID == "" {
		return nil
	}
	return map[string]any{"external_id": w.ExternalID, "name": w.Name, "account": w.AccountID, "attributes": w.Attributes}
}

func aboutUser(u store.User) any {
	if u.ID == "" {
		return nil
	}
	return map[string]any{"external_id": u.ExternalID, "name": u.Name, "email": u.Email, "role": u.Role, "locale": u.Locale, "tags": u.Tags}
}
