package portal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"portico/store"
	"portico/upstream"
	"portico/upstream/activepieces"
)

// piecesEngine runs instances as flows at Activepieces, each in its workspace's project.
type piecesEngine struct {
	p *Portal
	c client
}

// What a flow's metadata says of the instance that it runs. They come back with every answer, so that a flow is found
// again whose creation Activepieces carried out but never confirmed.
const (
	metaInstance = "portico"
	metaTemplate = "portico_template"
)

func (piecesEngine) name() string { return activepieces.Platform }

func (piecesEngine) enableDelay() time.Duration { return 0 }

func (piecesEngine) upstreamName(in store.Instance) string { return in.Name }

func (a piecesEngine) ready(ctx context.Context, identityID string) error {
	_, err := a.p.project(ctx, identityID)
	return err
}

// signIns is the connections of a project that people have made; those that the host makes are not theirs.
func (a piecesEngine) signIns(ctx context.Context, identityID string) ([]store.Authentication, error) {
	i, err := a.p.project(ctx, identityID)
	if err != nil {
		return nil, err
	}
	there, err := a.c.pieces.Connections(ctx, i.UpstreamID)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, c := range there {
		names = append(names, c.PieceName)
	}
	pieces, err := a.p.store.PiecesNamed(ctx, i.AccountID, names)
	if err != nil {
		return nil, err
	}
	var all []store.Authentication
	for _, c := range there {
		if c.Scope != activepieces.ScopePlatform {
			all = append(all, store.Authentication{
				UpstreamID: c.ID, ExternalID: c.ExternalID, Name: c.DisplayName, Service: c.PieceName, ServiceTitle: pieces[c.PieceName].Title, Status: authStatus(c.Status),
			})
		}
	}
	return all, nil
}

func authStatus(status string) string {
	switch status {
	case activepieces.StatusError:
		return store.AuthError
	case activepieces.StatusMissing:
		return store.AuthMissing
	}
	return store.AuthGood
}

func (a piecesEngine) each(ctx context.Context, give func(owner string, theirs []remote) error) error {
	owners, err := a.p.store.IdentitiesWithInstances(ctx, a.c.account.ID)
	if err != nil {
		return err
	}
	for _, i := range owners {
		theirs, err := a.list(ctx, i.ID, "")
		if err != nil {
			return err
		}
		if err := give(i.UpstreamID, theirs); err != nil {
			return err
		}
	}
	return nil
}

// list is the flows of a project that bear our mark. What people have made in the builder is no copy of anything.
func (a piecesEngine) list(ctx context.Context, identityID, of string) ([]remote, error) {
	i, err := a.p.project(ctx, identityID)
	if err != nil {
		return nil, err
	}
	flows, err := a.c.pieces.Flows(ctx, i.UpstreamID)
	if gone, err := a.forgetGone(ctx, i, err); err != nil || gone {
		return nil, err
	}
	var all []remote
	for _, f := range flows {
		if x := a.remoteOf(f); x.Mark != "" && (of == "" || of == x.Of) {
			all = append(all, x)
		}
	}
	return all, nil
}

func (a piecesEngine) one(ctx context.Context, in store.Instance) (remote, error) {
	f, err := a.c.pieces.Flow(ctx, in.UpstreamID)
	return a.remoteOf(f), err
}

// create makes an empty flow; attach gives it what it does.
func (a piecesEngine) create(ctx context.Context, in store.Instance, g store.Integration) (remote, error) {
	i, err := a.p.project(ctx, in.IdentityID)
	if err != nil {
		return remote{}, err
	}
	f, err := a.c.pieces.CreateFlow(ctx, i.UpstreamID, in.Name, map[string]string{metaInstance: in.ID, metaTemplate: g.UpstreamID})
	if gone, err := a.forgetGone(ctx, i, err); err != nil || !gone {
		return a.remoteOf(f), err
	}
	return remote{}, &upstream.Error{
		Platform: a.name(), Operation: "create", Kind: upstream.Unavailable, Message: "the project is gone there, and is made anew", Err: upstream.ErrNotSent,
	}
}

// forgetGone forgets a project that is gone at the platform, when something in it was not found: the next need makes it anew.
// Any other failure comes back.
func (a piecesEngine) forgetGone(ctx context.Context, i store.Identity, failure error) (gone bool, err error) {
	if !upstream.IsKind(failure, upstream.NotFound) {
		return false, failure
	}
	if _, err := a.c.pieces.Project(ctx, i.UpstreamID); !upstream.IsKind(err, upstream.NotFound) {
		return false, failure
	}
	return true, a.p.projectGone(ctx, i.AccountID, i.WorkspaceID, i.UpstreamID)
}

// attach imports the template with the instance's connections in it, and publishes that. It leaves the flow off. A flow that has
// them already is left as people have made it in the builder: what was entered anew has the name that it had.
func (a piecesEngine) attach(ctx context.Context, in store.Instance, g store.Integration, slots []store.Slot) error {
	names, err := a.connectionNames(ctx, in, slots)
	if err != nil {
		return err
	}
	if has, err := a.has(ctx, in, names); err != nil || has {
		return err
	}
	t, err := a.template(ctx, g)
	if err != nil {
		return err
	}
	if err := a.asksThese(ctx, t, slots); err != nil {
		return err
	}
	return a.bring(ctx, in, t.Flows[0], names)
}

// has says whether an instance's flow is published as it is, with these connections in it.
func (a piecesEngine) has(ctx context.Context, in store.Instance, names map[string]string) (bool, error) {
	f, err := a.c.pieces.Flow(ctx, in.UpstreamID)
	if err != nil || f.PublishedVersionID == "" || f.PublishedVersionID != f.Version.ID || !f.Version.Valid {
		return false, err
	}
	for _, name := range names {
		if !slices.Contains(f.Version.ConnectionIDs, name) {
			return false, nil
		}
	}
	return len(names) > 0, nil
}

// bring makes a flow what a template says, with connections named by slot, and publishes that.
func (a piecesEngine) bring(ctx context.Context, in store.Instance, content activepieces.FlowContent, names map[string]string) (err error) {
	content.DisplayName = in.Name
	if content.Trigger, err = withConnections(content.Trigger, names); err != nil {
		return ours(a.refused("import", err.Error()))
	}
	if _, err := a.c.pieces.ImportFlow(ctx, in.UpstreamID, content); err != nil {
		return ours(err)
	}
	f, err := a.c.pieces.PublishFlow(ctx, in.UpstreamID, false)
	if err == nil && f.Status == activepieces.FlowEnabled {
		_, err = a.c.pieces.SetFlowStatus(ctx, in.UpstreamID, false)
	}
	return ours(notTheFlow(err))
}

// template is the template of an integration as it is now.
func (a piecesEngine) template(ctx context.Context, g store.Integration) (activepieces.Template, error) {
	t, err := a.c.pieces.Template(ctx, g.UpstreamID)
	if err != nil {
		return t, ours(notTheFlow(err))
	}
	if code := problemOf(t); code != "" {
		return t, ours(a.refused("template", "the template cannot be used any more: "+code))
	}
	return t, nil
}

// asksThese fails with errAsksMore when a template has come to ask for a sign-in that the instance has no slot for: without it
// the flow would go on and fail at every run. The integration then asks for it too.
func (a piecesEngine) asksThese(ctx context.Context, t activepieces.Template, slots []store.Slot) error {
	pieces, err := a.p.store.PiecesNamed(ctx, a.c.account.ID, piecesOf(t.Flows[0].Trigger))
	if err != nil {
		return err
	}
	asked, err := templateSlots(t.Flows[0].Trigger, pieces)
	if err != nil {
		return err
	}
	for _, one := range asked {
		if slices.ContainsFunc(slots, func(s store.Slot) bool { return s.Kind == store.SlotAuth && s.ExternalID == one.ExternalID }) {
			continue
		}
		return errors.Join(errAsksMore, a.p.store.Update(ctx, func(tx *store.Tx) error {
			_, err := a.putTemplate(ctx, tx, t, pieces)
			return err
		}))
	}
	return nil
}

func (a piecesEngine) refused(operation, message string) error {
	return &upstream.Error{Platform: a.name(), Operation: operation, Kind: upstream.Refused, Message: message}
}

// ours makes of a refusal of what we have built one that no sign-in is to blame for.
func ours(err error) error {
	var e *upstream.Error
	if !errors.As(err, &e) || e.Kind != upstream.Refused {
		return err
	}
	mine := *e
	mine.Kind = upstream.Invalid
	return &mine
}

// notTheFlow makes of "not found" a refusal, where it is said of something else than the instance's flow.
func notTheFlow(err error) error {
	if !upstream.IsKind(err, upstream.NotFound) {
		return err
	}
	return &upstream.Error{Platform: activepieces.Platform, Operation: "import", Kind: upstream.Refused, Message: "something that the template needs is not there", Err: err}
}

// connectionNames is the external IDs of the connections that an instance's slots were given, by slot.
func (a piecesEngine) connectionNames(ctx context.Context, in store.Instance, slots []store.Slot) (map[string]string, error) {
	names := map[string]string{}
	var there []store.Authentication
	for _, s := range slots {
		if s.Kind != store.SlotAuth || s.AuthenticationID == "" {
			continue
		}
		if s.PredefinedID != "" {
			names[s.ExternalID] = s.AuthenticationID
			continue
		}
		if there == nil {
			var err error
			if there, err = a.signIns(ctx, in.IdentityID); err != nil {
				return nil, err
			}
		}
		c, ok := find(there, s.AuthenticationID)
		if !ok {
			return nil, a.refused("connections", "the sign-in of "+s.Title+" is gone")
		}
		names[s.ExternalID] = c.ExternalID
	}
	return names, nil
}

// enable turns a flow on; one that was never published is given what it does first.
func (a piecesEngine) enable(ctx context.Context, in store.Instance, g store.Integration, slots []store.Slot) (remote, error) {
	f, err := a.c.pieces.Flow(ctx, in.UpstreamID)
	if err != nil {
		return remote{}, err
	}
	if f.PublishedVersionID == "" {
		if err := a.attach(ctx, in, g, slots); err != nil {
			return remote{}, err
		}
	}
	f, err = a.c.pieces.SetFlowStatus(ctx, in.UpstreamID, true)
	return a.remoteOf(f), err
}

// disable turns a flow off. One that is off is left alone: Activepieces fails on flows that were never published.
func (a piecesEngine) disable(ctx context.Context, in store.Instance) (remote, error) {
	f, err := a.c.pieces.Flow(ctx, in.UpstreamID)
	if err == nil && f.Status == activepieces.FlowEnabled {
		f, err = a.c.pieces.SetFlowStatus(ctx, in.UpstreamID, false)
	}
	return a.remoteOf(f), err
}

func (a piecesEngine) rename(ctx context.Context, in store.Instance, name string) error {
	_, err := a.c.pieces.RenameFlow(ctx, in.UpstreamID, name)
	return err
}

func (a piecesEngine) remove(ctx context.Context, _, upstreamID string) error {
	return a.c.pieces.DeleteFlow(ctx, upstreamID)
}

func (a piecesEngine) remoteOf(f activepieces.Flow) remote {
	return remote{
		ID: f.ID, Name: f.Version.Name, Title: f.Version.Name, Mark: f.Metadata[metaInstance], Of: f.Metadata[metaTemplate],
		Enabled: f.Status == activepieces.FlowEnabled, Created: f.Created,
		Workflows: []store.Workflow{{UpstreamID: f.ID, Name: f.Version.Name, TriggerURL: a.triggerURL(f)}},
	}
}

// triggerURL is where a flow that begins with a webhook is started; "" for any other.
func (a piecesEngine) triggerURL(f activepieces.Flow) string {
	var trigger struct {
		Settings struct {
			PieceName   string `json:"pieceName"`
			TriggerName string `json:"triggerName"`
		} `json:"settings"`
	}
	if json.Unmarshal(f.Version.Trigger, &trigger) != nil || trigger.Settings.PieceName != "@activepieces/piece-webhook" || trigger.Settings.TriggerName != "catch_webhook" {
		return ""
	}
	return fmt.Sprintf("%s/api/v1/webhooks/%s", a.c.account.APIURL, f.ID)
}
