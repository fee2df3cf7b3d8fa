package portal

import (
	"context"
	"errors"
	"time"

	"portico/store"
	"portico/upstream"
	"portico/upstream/activepieces"
)

const (
	// askedJustNow is how long a copy serves whoever else asks for one, watchedAge how long it does for who only looks.
	askedJustNow, watchedAge = time.Second, time.Minute
	// A flow that is busy with another operation is asked again so often, after so long each time.
	busyTries, busyWait = 4, 250 * time.Millisecond
)

// codeBusyFlow is Activepieces' code for a flow that is at another operation; this one was not carried out.
const codeBusyFlow = "FLOW_OPERATION_IN_PROGRESS"

// RefreshAutomations has a workspace's flows and runs copied and waits for it, but for no longer than a person would: what
// the store has, and its age, is there to be shown whatever becomes of it.
func (p *Portal) RefreshAutomations(ctx context.Context, who Who) error {
	i, fresh, err := p.beginCopy(ctx, who, askedJustNow, func(*store.Tx, store.Identity) error { return nil })
	if err == nil && fresh {
		p.copyNow(ctx, i.ID)
	}
	return err
}

// WatchAutomations has them copied by a job where the copy is older than a person who looks at it should find it.
func (p *Portal) WatchAutomations(ctx context.Context, who Who) error {
	_, _, err := p.beginCopy(ctx, who, watchedAge, func(tx *store.Tx, i store.Identity) error {
		return tx.Enqueue(ctx, store.SyncAutomations{IdentityID: i.ID, Watched: true}, time.Time{})
	})
	return err
}

// beginCopy notes that a workspace's flows and runs are being copied, with what more is to be kept, unless that has been
// begun within a time or there is no project to copy.
func (p *Portal) beginCopy(ctx context.Context, who Who, unless time.Duration, more func(*store.Tx, store.Identity) error) (i store.Identity, fresh bool, err error) {
	i, err = p.automationsIdentity(ctx, who.Workspace)
	if errors.Is(err, store.ErrNotFound) {
		return i, false, nil
	}
	if err != nil {
		return i, false, err
	}
	known, err := p.store.AutomationSync(ctx, i.ID)
	if err != nil || p.Now().Sub(known.TriedAt.Time) < unless {
		return i, false, err
	}
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		if fresh, err = tx.BeginAutomationSync(ctx, i.ID, p.Now(), unless); err != nil || !fresh {
			return err
		}
		return more(tx, i)
	})
	return i, fresh, err
}

// copyNow copies what has just changed, as far as a person waits for it. A job goes on where a run is under way.
func (p *Portal) copyNow(ctx context.Context, identityID string) {
	p.patiently(ctx, "copying automations", identityID, func(ctx context.Context) error {
		if err := p.syncAutomations(ctx, identityID); err != nil {
			return err
		}
		wait, err := p.lookAgainIn(ctx, identityID)
		if err != nil || wait == 0 {
			return err
		}
		return p.watch(ctx, identityID, p.Now().Add(wait))
	})
}

// automationsIdentity is a workspace's project; ErrNotFound when it has none.
func (p *Portal) automationsIdentity(ctx context.Context, w store.Workspace) (store.Identity, error) {
	a, err := p.store.WorkspaceAccount(ctx, w, store.PlatformActivepieces)
	if err != nil {
		return store.Identity{}, err
	}
	i, err := p.store.WorkspaceIdentity(ctx, w.ID, a.ID)
	if err == nil && i.UpstreamID == "" {
		err = store.ErrNotFound
	}
	return i, err
}

// automation is one that who may change. Those who only look are told so, others find nothing.
func (p *Portal) automation(ctx context.Context, who Who, id string) (store.AutomationCard, error) {
	a, err := p.store.Automation(ctx, who.User, id)
	if err == nil && !a.Changeable {
		err = refuse("read_only")
	}
	return a, err
}

// SetAutomation turns a flow on or off. One that an instance has is turned on and off with its instance.
func (p *Portal) SetAutomation(ctx context.Context, who Who, automationID string, on bool) error {
	a, err := p.automation(ctx, who, automationID)
	switch {
	case err != nil:
		return err
	case a.InstanceID != "" && on:
		return p.TurnOn(ctx, who, a.InstanceID)
	case a.InstanceID != "":
		return p.TurnOff(ctx, who, a.InstanceID)
	case a.Enabled == on:
		return nil
	case on && !a.Published:
		return refuse("automation_unpublished")
	case on && !a.Valid:
		return refuse("automation_incomplete")
	}
	c, err := p.piecesClient(ctx, a.AccountID)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, p.AnswerWithin)
	defer cancel()
	f, err := setFlow(ctx, c, a.UpstreamID, on)
	if err != nil {
		return p.notSwitched(context.WithoutCancel(ctx), who, a, on, err)
	}
	return p.store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		now := automationOf(f)
		if err := tx.SetAutomation(ctx, a.ID, now.Enabled, now.Published, now.Valid); err != nil {
			return err
		}
		code := "automation.off"
		if on {
			code = "automation.on"
		}
		return automationDeed(who, a, aboutAutomation(a.Automation), aboutAutomation(now)).write(ctx, tx, code)
	})
}

// setFlow turns a flow on or off, once more where it is at something else for a moment.
func setFlow(ctx context.Context, c *activepieces.Client, flowID string, on bool) (f activepieces.Flow, err error) {
	for try := 1; ; try++ {
		f, err = c.SetFlowStatus(ctx, flowID, on)
		var e *upstream.Error
		if !errors.As(err, &e) || e.Code != codeBusyFlow || try == busyTries {
			return f, err
		}
		again := time.NewTimer(busyWait)
		select {
		case <-again.C:
		case <-ctx.Done():
			again.Stop()
			return f, err
		}
	}
}

// notSwitched says why a flow was not turned on or off, and has it looked at where that is not certain.
func (p *Portal) notSwitched(ctx context.Context, who Who, a store.AutomationCard, on bool, failure error) error {
	var e *upstream.Error
	if !errors.As(failure, &e) {
		return failure
	}
	if err := p.watch(ctx, a.IdentityID, time.Time{}); err != nil {
		return errors.Join(failure, err)
	}
	switch {
	case e.Code == codeBusyFlow:
		return refuseFor("automation_busy", failure)
	case e.Kind == upstream.Unlicensed:
		return p.limited(ctx, who, a, failure)
	case e.Kind == upstream.NotFound:
		return refuseFor("automation_gone", failure)
	case e.Kind == upstream.Refused && on:
		return refuseFor("automation_incomplete", failure)
	}
	return failure
}

// watch has a project's flows and runs copied by a job, not before a time.
func (p *Portal) watch(ctx context.Context, identityID string, at time.Time) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		return tx.Enqueue(ctx, store.SyncAutomations{IdentityID: identityID, Watched: true}, at)
	})
}

// limited tells a person plainly that the plan's limit is reached, and the host what was refused to whom.
func (p *Portal) limited(ctx context.Context, who Who, a store.AutomationCard, failure error) error {
	p.Log.WarnContext(ctx, "the plan of an Activepieces does not allow what a customer asks for", "account", a.AccountID, "workspace", a.WorkspaceID, "err", failure)
	err := p.store.Update(ctx, func(tx *store.Tx) error {
		return deed{
			actor: who.Actor, workspace: a.WorkspaceID, kind: "account", subject: a.AccountID,
			args: map[string]string{"name": a.Name, "workspace": who.Workspace.Name, "detail": failure.Error()},
		}.write(ctx, tx, "automation.limited")
	})
	return errors.Join(refuseFor("automation_limited", failure), err)
}

// refuseFor is a refusal whose cause the log keeps.
func refuseFor(code string, cause error) error {
	return &Refusal{Code: code, Args: map[string]string{}, Err: cause}
}

// automationDeed is what who does with an automation.
func automationDeed(who Who, a store.AutomationCard, before, after any, args ...string) deed {
	d := deed{actor: who.Actor, workspace: a.WorkspaceID, kind: "automation", subject: a.ID, before: before, after: after, args: map[string]string{"name": a.Name}}
	for n := 0; n+1 < len(args); n += 2 {
		d.args[args[n]] = args[n+1]
	}
	return d
}

func aboutAutomation(a store.Automation) any {
	return map[string]any{"name": a.Name, "flow": a.UpstreamID, "on": a.Enabled}
}
