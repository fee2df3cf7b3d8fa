package views

import (
	"slices"
	"strings"
	"time"

	"portico/store"
)

// InstancePage is one instance: the steps to connect it, or what it does once it is connected.
type InstancePage struct {
	Page
	In          store.Instance
	Integration store.Integration
	OwnerName   string
	MayChange   bool
	Slots       []Slot
	Workflows   []store.Workflow
	Events      []store.Event
	Tried       *Tried
	Name        string // what was asked for as a new name, where it cannot be had
	NameProblem string
	Runs        *RunList // nil where its platform tells of none
	Followed    Followed
}

// Slot is a slot with the sign-ins that a person may choose for it.
type Slot struct {
	store.Slot
	Choices []store.Authentication
	Looked  bool // the platform was just asked, and none or several were new
	Several bool // several were, and the person chooses
	Gone    bool // its sign-in is no longer at the platform, or is no longer taken

	Ways    []store.AuthWay   // how its service is signed in to, where the portal asks for that
	Asked   []store.AuthField // what the workspace is asked, where the host signs in
	Consent bool              // the host predefines it, but somebody of the workspace has to sign in for it
	Entered map[string]string // what was entered and cannot be taken; no secrets
	Wrong   string            // why
}

// Tried is what a workflow answered just now.
type Tried struct {
	WorkflowID string
	Name       string
	Status     int
	Body       string
	Truncated  bool
	Took       time.Duration
}

// mine says whether the person owns the instance.
func (i InstancePage) mine() bool { return i.In.OwnerID == i.User.ID }

// another says whether the person may connect one more of the same; the catalogue lists what is not connected yet.
func (i InstancePage) another() bool {
	return i.mine() && i.Integration.Shown && i.Integration.GoneAt.IsZero() && !i.Integration.ForceUnique && i.In.State != store.Deleting
}

// signIns is the slots that take a sign-in.
func (i InstancePage) signIns() []Slot {
	return slices.DeleteFunc(slices.Clone(i.Slots), func(s Slot) bool { return s.Kind != store.SlotAuth })
}

// current is which sign-in comes next; -1 for none.
func (i InstancePage) current() int {
	return slices.IndexFunc(i.signIns(), func(s Slot) bool { return !s.Done() })
}

// plainSlots is the slots as the store has them.
func (i InstancePage) plainSlots() []store.Slot {
	all := make([]store.Slot, len(i.Slots))
	for n, s := range i.Slots {
		all[n] = s.Slot
	}
	return all
}

// wizard says whether the platform's wizard takes the place of the steps.
func (i InstancePage) wizard() bool {
	return i.In.State == store.Configuring || i.In.State != store.Authorizing && i.Integration.Kind == store.KindWizard
}

// unfinished says whether the steps are shown.
func (i InstancePage) unfinished() bool { return i.In.Unfinished() }

// busy says whether the page changes by itself soon.
func (i InstancePage) busy() bool { return Busy(i.In, i.plainSlots()) }

// path is the address of something that is done with the instance.
func (i InstancePage) path(what string) string { return i.Link("/instances/", i.In.ID, "/", what) }

// slotTitle is what people call a slot that an event names by title or by the platform's ID.
func (i InstancePage) slotTitle(name string) string {
	for _, s := range i.Slots {
		if s.ExternalID == name {
			return titleOf(s.Slot)
		}
	}
	return name
}

// told is an event in words; "" for one that is for staff alone.
func (i InstancePage) told(e store.Event) string {
	if staffEvents[e.Code] {
		return ""
	}
	pairs := []any{}
	for name, value := range e.Args {
		if name == "slot" {
			value = i.slotTitle(value)
		}
		if name == "cause" {
			value = i.T("attention." + value + ".short")
		}
		pairs = append(pairs, name, value)
	}
	return i.T("event."+e.Code, pairs...)
}

// staffEvents are lines of an instance's timeline that say nothing to a customer.
var staffEvents = map[string]bool{"instance.synced": true, "instance.duplicate": true, "slot.attached": true}

// by is who did something, where that says something to the person.
func (i InstancePage) by(e store.Event) string {
	switch {
	case e.Actor.Kind == store.ActorUser && e.Actor.ID == i.User.ID:
		return i.T("instance.you")
	case e.Actor.Kind == store.ActorUser && e.Actor.Name != "":
		return e.Actor.Name
	case e.Actor.Kind == store.ActorStaff:
		return i.T("instance.staff")
	}
	return ""
}

// eventTone is the colour of an event's dot.
func eventTone(code string) string {
	switch code {
	case "instance.enabled", "instance.recovered", "slot.attached":
		return "good"
	case "instance.attention", "dialog.failed":
		return "bad"
	case "instance.disabled", "dialog.cancelled", "slot.rejected":
		return "warn"
	}
	return ""
}

// ownSignIns says whether any sign-in is the person's own, and not the host's.
func (i InstancePage) ownSignIns() bool {
	return slices.ContainsFunc(i.signIns(), func(s Slot) bool { return s.PredefinedID == "" })
}

// ownWords is a sign-in's name, unless it is the one that we have given it, which tells nobody anything: the dialog of
// Activepieces calls a connection by its external ID.
func ownWords(name string) string {
	if strings.HasPrefix(name, "portico_") {
		return ""
	}
	return name
}
