package portal

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"portico/store"
	"portico/upstream"
	"portico/upstream/tray"
)

// trayEngine runs instances as solution instances at Tray, each as its end user there.
type trayEngine struct {
	p *Portal
	c client
}

func (trayEngine) name() string { return tray.Platform }

func (trayEngine) enableDelay() time.Duration { return tray.EnableDelay }

// upstreamName ends in our ID, by which an instance is found again whose creation Tray carried out but never confirmed;
// a rename keeps it.
func (trayEngine) upstreamName(in store.Instance) string { return in.Name + markerSign + in.ID }

const markerSign = " · "

// marker is the ID of ours that a name at Tray ends in, and the name before it; "" when it was made elsewhere.
func marker(name string) (before, id string) {
	i := strings.LastIndex(name, markerSign)
	if i < 0 || len(name)-i-len(markerSign) != 26 {
		return name, ""
	}
	return name[:i], name[i+len(markerSign):]
}

func (t trayEngine) provision(ctx context.Context, i store.Identity, name string) (id string, found bool, err error) {
	id, err = t.c.tray.CreateUser(ctx, name, i.ExternalID)
	var e *upstream.Error
	if errors.As(err, &e) && (e.Kind == upstream.Exists || e.OutcomeUnknown()) {
		there, ferr := t.c.tray.FindUser(ctx, i.ExternalID)
		if ferr != nil {
			return "", false, errors.Join(err, ferr)
		}
		return there.ID, true, nil
	}
	return id, false, err
}

// follow does nothing: nobody sees what a user is called at Tray.
func (trayEngine) follow(context.Context, store.Identity, string) error { return nil }

func (t trayEngine) ready(ctx context.Context, identityID string) error {
	return t.as(ctx, identityID, func(*tray.UserClient) error { return nil })
}

// as does something as an end user at Tray, with a token that is renewed before it expires and once more when it is
// refused.
func (t trayEngine) as(ctx context.Context, identityID string, do func(*tray.UserClient) error) error {
	i, err := t.p.provisioned(ctx, identityID)
	if err != nil {
		return err
	}
	token, fresh, err := t.p.token(ctx, t.c, i)
	if err != nil {
		return err
	}
	err = do(t.c.tray.AsUser(token))
	if fresh || !unauthorized(err) {
		return err
	}
	if token, err = t.p.renew(ctx, t.c, i); err != nil {
		return fmt.Errorf("renewing a refused user token: %w", err)
	}
	return do(t.c.tray.AsUser(token))
}

func (t trayEngine) signIns(ctx context.Context, identityID string) ([]store.Authentication, error) {
	var there []tray.Authentication
	err := t.as(ctx, identityID, func(u *tray.UserClient) (err error) {
		there, err = u.Authentications(ctx)
		return err
	})
	var all []store.Authentication
	for _, a := range there {
		all = append(all, store.Authentication{UpstreamID: a.ID, Name: a.Name, Service: a.ServiceName, ServiceTitle: a.ServiceTitle, ServiceIcon: a.ServiceIcon})
	}
	return all, err
}

func (t trayEngine) each(ctx context.Context, give func(owner string, theirs []remote) error) error {
	return t.c.tray.EachInstance(ctx, tray.InstanceFilter{}, func(page []tray.Instance) error {
		byOwner := map[string][]remote{}
		for _, x := range page {
			byOwner[x.Owner] = append(byOwner[x.Owner], remoteOf(x))
		}
		for owner, theirs := range byOwner {
			if err := give(owner, theirs); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t trayEngine) list(ctx context.Context, identityID, of string) ([]remote, error) {
	var all []remote
	err := t.as(ctx, identityID, func(u *tray.UserClient) error {
		there, err := u.Instances(ctx, tray.InstanceFilter{SolutionID: of})
		all = nil
		for _, x := range there {
			all = append(all, remoteOf(x))
		}
		return err
	})
	return all, err
}

// asOwner asks for something about an instance as its end user.
func (t trayEngine) asOwner(ctx context.Context, in store.Instance, ask func(*tray.UserClient) (tray.Instance, error)) (remote, error) {
	var x tray.Instance
	err := t.as(ctx, in.IdentityID, func(u *tray.UserClient) (err error) {
		x, err = ask(u)
		return err
	})
	return remoteOf(x), err
}

func (t trayEngine) one(ctx context.Context, in store.Instance) (remote, error) {
	return t.asOwner(ctx, in, func(u *tray.UserClient) (tray.Instance, error) { return u.Instance(ctx, in.UpstreamID) })
}

func (t trayEngine) create(ctx context.Context, in store.Instance, g store.Integration) (remote, error) {
	return t.asOwner(ctx, in, func(u *tray.UserClient) (tray.Instance, error) {
		return u.CreateInstance(ctx, g.UpstreamID, t.upstreamName(in))
	})
}

// attach gives Tray all sign-ins always, since whether a list replaces what is there or adds to it is not known.
func (t trayEngine) attach(ctx context.Context, in store.Instance, _ store.Integration, slots []store.Slot) error {
	var auths []tray.AuthValue
	for _, s := range slots {
		if s.Kind == store.SlotAuth && s.AuthenticationID != "" {
			auths = append(auths, tray.AuthValue{ExternalID: s.ExternalID, AuthID: s.AuthenticationID})
		}
	}
	_, err := t.asOwner(ctx, in, func(u *tray.UserClient) (tray.Instance, error) { return u.SetValues(ctx, in.UpstreamID, auths, nil) })
	return err
}

// enable turns an instance on. All that Tray refuses here is said to be values that are missing.
func (t trayEngine) enable(ctx context.Context, in store.Instance, _ store.Integration, _ []store.Slot) (remote, error) {
	x, err := t.asOwner(ctx, in, func(u *tray.UserClient) (tray.Instance, error) { return u.Enable(ctx, in.UpstreamID) })
	if upstream.IsKind(err, upstream.Refused) {
		err = errors.Join(errMissingValues, err)
	}
	return x, err
}

func (t trayEngine) disable(ctx context.Context, in store.Instance) (remote, error) {
	return t.asOwner(ctx, in, func(u *tray.UserClient) (tray.Instance, error) { return u.Disable(ctx, in.UpstreamID) })
}

func (t trayEngine) rename(ctx context.Context, in store.Instance, name string) error {
	_, err := t.asOwner(ctx, in, func(u *tray.UserClient) (tray.Instance, error) { return u.Rename(ctx, in.UpstreamID, name) })
	return err
}

func (t trayEngine) remove(ctx context.Context, identityID, upstreamID string) error {
	return t.as(ctx, identityID, func(u *tray.UserClient) error { return u.Remove(ctx, upstreamID) })
}

func remoteOf(x tray.Instance) remote {
	r := remote{
		ID: x.ID, Name: x.Name, Of: x.SolutionID, OfTitle: x.Solution, Enabled: x.Enabled, Created: x.Created,
		Version: store.VersionFlags{HasNewer: x.HasNewerVersion, NeedsUserInput: x.NeedsUserInput, NeedsSystemInput: x.NeedsSystemInput},
	}
	r.Title, r.Mark = marker(x.Name)
	for _, a := range x.AuthValues {
		r.SignIns = append(r.SignIns, value{a.ExternalID, a.AuthID})
	}
	for _, c := range x.ConfigValues {
		r.Values = append(r.Values, value{c.ExternalID, c.Value})
	}
	for _, w := range x.Workflows {
		r.Workflows = append(r.Workflows, store.Workflow{UpstreamID: w.ID, SourceID: w.SourceID, Name: w.Name, TriggerURL: w.TriggerURL})
	}
	return r
}
