package views

import (
	"cmp"
	"slices"
	"strings"

	"portico/store"
)

// state is the one word that people read for where an instance stands, and the colour it has. Unfinished ones say which
// step comes next, of how many.
func state(p Page, in store.Instance, step, steps int) (tone, text string) {
	switch {
	case in.State == store.Deleting:
		return "busy", p.T("state.disconnecting")
	case in.Attention != "" && in.AttentionWho == store.WhoYou:
		return "bad", p.T("state.needs_you")
	case in.Attention != "":
		return "warn", p.T("state.waiting")
	case in.Hold == store.HoldCheck:
		return "busy", p.T("state.checking")
	case in.State == store.Enabling, in.State == store.Disabled && in.WantEnabled:
		return "busy", p.T("state.turning_on")
	case in.State == store.Enabled && !in.WantEnabled:
		return "busy", p.T("state.turning_off")
	case in.State == store.Enabled:
		return "good", p.T("state.on")
	case in.State == store.Disabled:
		return "", p.T("state.off")
	}
	return "busy", p.T("state.step", "step", p.Number(step), "steps", p.Number(steps))
}

// Steps counts what connecting an instance takes, and which step comes next: a sign-in each or the wizard, then turning
// it on.
func Steps(in store.Instance, slots []store.Slot) (step, steps int) {
	auth := slices.DeleteFunc(slices.Clone(slots), func(s store.Slot) bool { return s.Kind != store.SlotAuth })
	wizard := in.State == store.Configuring || len(auth) == 0 && len(slots) > 0
	switch {
	case wizard && in.State == store.Enabling:
		return 2, 2
	case wizard:
		return 1, 2
	}
	steps = len(auth) + 1
	if in.State == store.Enabling {
		return steps, steps
	}
	for n, s := range auth {
		if !s.Done() {
			return n + 1, steps
		}
	}
	return steps, steps
}

// Service is what people call the place that a slot's sign-in belongs to. At Activepieces a service is named by a package,
// which nobody calls it.
func Service(s store.Slot) string {
	if strings.HasPrefix(s.Service, "@") {
		return cmp.Or(s.ServiceTitle, s.Title, s.Service)
	}
	return cmp.Or(s.ServiceTitle, s.Service, s.Title, s.ExternalID)
}

// titleOf is what a slot is called.
func titleOf(s store.Slot) string { return cmp.Or(s.Title, s.Service, s.ExternalID) }

// Busy says whether an instance is about to change by itself, so that its page has to look again.
func Busy(in store.Instance, slots []store.Slot) bool {
	if in.Attention != "" && in.AttentionWho != store.WhoThem || in.Hold != "" {
		return false // it waits for somebody; a silent platform is asked again by itself
	}
	switch in.State {
	case store.Creating, store.Enabling, store.Deleting:
		return true
	case store.Authorizing:
		open := slices.IndexFunc(slots, func(s store.Slot) bool { return !s.Done() })
		return open < 0 || slots[open].Given || slots[open].PredefinedID != "" && slots[open].Problem == ""
	case store.Configuring:
		return in.WizardDone
	}
	return (in.State == store.Enabled) != in.WantEnabled
}
