package portal

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"portico/store"
	"portico/upstream"
)

// maxName is how many characters an instance's name may have.
const maxName = 80

// TurnOn wishes an instance on.
func (p *Portal) TurnOn(ctx context.Context, who Who, instanceID string) error {
	return p.wish(ctx, who, instanceID, true, "instance.on")
}

// TurnOff wishes an instance off.
func (p *Portal) TurnOff(ctx context.Context, who Who, instanceID string) error {
	return p.wish(ctx, who, instanceID, false, "instance.off")
}

func (p *Portal) wish(ctx context.Context, who Who, instanceID string, on bool, code string) error {
	return p.changeAndGoOn(ctx, who, instanceID, func(tx *store.Tx, in *store.Instance) error {
		if in.State != store.Enabled && in.State != store.Disabled {
			return refuse("not_ready")
		}
		if in.WantEnabled == on && in.Attention == "" {
			return nil
		}
		before := *in
		in.WantEnabled, in.NotBefore, in.Tries = on, store.Time{}, 0
		if in.Attention != causeRemoved && in.Attention != causeSigninGone {
			freeOf(in)
		}
		return record(ctx, tx, who.Actor, &before, in, code)
	})
}

// changeAndGoOn changes an instance and lets its journey go on.
func (p *Portal) changeAndGoOn(ctx context.Context, who Who, instanceID string, do func(*store.Tx, *store.Instance) error) error {
	err := p.change(ctx, who, instanceID, do)
	if err == nil {
		p.nudge(ctx, instanceID)
	}
	return err
}

// Rename gives an instance another name, at Tray too.
func (p *Portal) Rename(ctx context.Context, who Who, instanceID, name string) error {
	name = strings.Join(strings.Fields(strings.Map(seen, name)), " ")
	return p.changeAndGoOn(ctx, who, instanceID, func(tx *store.Tx, in *store.Instance) error {
		switch {
		case name == "":
			return refuse("name_empty")
		case utf8.RuneCountInString(name) > maxName:
			return refuse("name_long", "max", strconv.Itoa(maxName))
		case in.Name == name:
			return nil
		}
		before := *in
		in.Name = name
		return record(ctx, tx, who.Actor, &before, in, "instance.renamed", "from", before.Name, "to", name)
	})
}

// seen drops from a name what nobody sees: control characters, those that turn the text around them, and what is no text.
func seen(r rune) rune {
	if unicode.IsControl(r) && !unicode.IsSpace(r) || unicode.Is(unicode.Bidi_Control, r) || r == utf8.RuneError {
		return -1
	}
	return r
}

// Share lets everybody in the workspace see an instance, or its owner alone.
func (p *Portal) Share(ctx context.Context, who Who, instanceID string, shared bool) error {
	return p.change(ctx, who, instanceID, func(tx *store.Tx, in *store.Instance) error {
		if in.Shared == shared {
			return nil
		}
		before := *in
		in.Shared = shared
		code := "instance.shared"
		if !shared {
			code = "instance.unshared"
		}
		return record(ctx, tx, who.Actor, &before, in, code)
	})
}

// Retry goes on at once with what waits or is stuck. An instance that is gone at Tray is made there anew with the
// sign-ins it had.
func (p *Portal) Retry(ctx context.Context, who Who, instanceID string) error {
	return p.changeAndGoOn(ctx, who, instanceID, func(tx *store.Tx, in *store.Instance) error {
		before := *in
		if err := p.tryAnew(ctx, tx, in); err != nil {
			return err
		}
		return record(ctx, tx, who.Actor, &before, in, "instance.retried")
	})
}

func (p *Portal) tryAnew(ctx context.Context, tx *store.Tx, in *store.Instance) error {
	again := in.Attention == causeRemoved || in.Attention == causeMissing
	if in.Attention == causeRemoved && in.State != store.Deleting {
		in.State, in.UpstreamID, in.UpstreamName, in.WizardDone = store.Creating, "", "", false
		in.CreateTriedAt, in.CreateLooked, in.EnabledAt, in.WantEnabled = store.Time{}, 0, store.Time{}, false
	}
	if in.State == store.Disabled && in.Attention == causeMissing {
		in.WantEnabled = true
	}
	freeOf(in)
	in.NotBefore, in.Tries = store.Time{}, 0
	if !again {
		return nil
	}
	slots, err := tx.Slots(ctx, in.ID)
	if err != nil {
		return err
	}
	for _, s := range slots {
		if s.AttachedID == "" {
			continue
		}
		s.AttachedID = ""
		if err := tx.PutSlot(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// Disconnect removes an instance, at Tray first; it goes on by itself when Tray is down. The sign-ins stay. Asking again
// for what is gone is no error.
func (p *Portal) Disconnect(ctx context.Context, who Who, instanceID string) error {
	err := p.changeAndGoOn(ctx, who, instanceID, func(tx *store.Tx, in *store.Instance) error {
		if in.State == store.Deleting {
			return nil
		}
		g, err := tx.Integration(ctx, in.IntegrationID)
		if err != nil {
			return err
		}
		before := *in
		in.State, in.NotBefore, in.Tries, in.Hold = store.Deleting, store.Time{}, 0, ""
		freeOf(in)
		finished(in, g)
		if err := forgetGiven(ctx, tx, *in); err != nil {
			return err
		}
		return record(ctx, tx, who.Actor, &before, in, "instance.disconnect")
	})
	if errors.Is(err, store.ErrNotFound) {
		if was, already := p.store.WasOwnInstance(ctx, who.User, instanceID); already == nil && was {
			return nil
		}
	}
	return err
}

// Tried is what a workflow answered.
type Tried struct {
	Status    int
	Body      string // at most 64 kB of text
	Truncated bool
	Duration  time.Duration
}

// Try starts one run of a workflow by its trigger URL and tells what it answers.
func (p *Portal) Try(ctx context.Context, who Who, instanceID, workflowID string) (Tried, error) {
	in, err := p.instance(ctx, who, instanceID)
	if err != nil {
		return Tried{}, err
	}
	if in.State != store.Enabled {
		return Tried{}, refuse("not_ready")
	}
	workflows, err := p.store.Workflows(ctx, in.ID)
	if err != nil {
		return Tried{}, err
	}
	for _, w := range workflows {
		if w.UpstreamID == workflowID && w.TriggerURL != "" {
			return p.trigger(withAbout(ctx, about{instanceID: in.ID, journeyID: in.JourneyID}), who, in, w)
		}
	}
	return Tried{}, refuse("no_trigger")
}

func (p *Portal) trigger(ctx context.Context, who Who, in store.Instance, w store.Workflow) (Tried, error) {
	c, err := p.client(ctx, in.AccountID)
	if err != nil {
		return Tried{}, err
	}
	a, err := c.hooks.Trigger(ctx, w.TriggerURL)
	if errors.Is(err, upstream.ErrNotWebhookHost) {
		return Tried{}, refuse("trigger_host")
	}
	if err != nil {
		return Tried{}, err
	}
	return Tried{Status: a.Status, Body: a.Body, Truncated: a.Truncated, Duration: a.Duration}, p.store.Update(ctx, func(tx *store.Tx) error {
		return record(ctx, tx, who.Actor, &in, &in, "instance.tried", "workflow", w.Name, "status", strconv.Itoa(a.Status))
	})
}

// Approve lets an instance that staff have checked be enabled.
func (p *Portal) Approve(ctx context.Context, actor store.Actor, instanceID string) error {
	err := p.store.Update(ctx, func(tx *store.Tx) error {
		in, err := tx.LockInstance(ctx, instanceID)
		if err != nil || in.Hold != store.HoldCheck {
			return err
		}
		before := in
		in.Hold = ""
		if err := tx.PutInstance(ctx, in, ""); err != nil {
			return err
		}
		if err := record(ctx, tx, actor, &before, &in, "instance.checked"); err != nil {
			return err
		}
		return tx.Enqueue(ctx, store.AdvanceInstance{InstanceID: in.ID}, time.Time{})
	})
	if err == nil {
		p.nudge(ctx, instanceID)
	}
	return err
}
