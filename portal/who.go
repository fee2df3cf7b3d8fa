package portal

import (
	"context"
	"encoding/json"

	"portico/store"
)

// Who is a customer's person who does something.
type Who struct {
	User      store.User
	Workspace store.Workspace
	Actor     store.Actor
}

// itself is the actor of what happens without anybody.
var itself = store.Actor{Kind: store.ActorJob}

// platform is the actor of what was done elsewhere.
var platform = store.Actor{Kind: store.ActorPlatform, Name: "Tray"}

// tell adds a line to an instance's timeline.
func tell(ctx context.Context, tx *store.Tx, actor store.Actor, in store.Instance, code string, args ...string) error {
	m := map[string]string{}
	for i := 0; i+1 < len(args); i += 2 {
		m[args[i]] = args[i+1]
	}
	return tx.AddEvent(ctx, store.Event{
		Code: code, Args: m, Actor: actor, WorkspaceID: in.WorkspaceID,
		SubjectKind: "instance", SubjectID: in.ID, JourneyID: in.JourneyID,
	})
}

// record adds a line to an instance's timeline and writes the change into the audit log.
func record(ctx context.Context, tx *store.Tx, actor store.Actor, before, after *store.Instance, code string, args ...string) error {
	in := after
	if in == nil {
		in = before
	}
	if actor.Kind == store.ActorUser && actor.ID != in.OwnerID {
		actor.BehalfID = in.OwnerID
	}
	if err := tell(ctx, tx, actor, *in, code, args...); err != nil {
		return err
	}
	return tx.AddAudit(ctx, store.Audit{
		Code: code, Actor: actor, WorkspaceID: in.WorkspaceID, SubjectKind: "instance", SubjectID: in.ID,
		Before: summary(before), After: summary(after),
	})
}

// summary is what the audit keeps of an instance.
func summary(in *store.Instance) string {
	if in == nil {
		return ""
	}
	b, err := json.Marshal(map[string]any{
		"name": in.Name, "state": in.State, "on": in.WantEnabled, "shared": in.Shared, "owner": in.OwnerID, "hold": in.Hold, "attention": in.Attention,
	})
	if err != nil {
		return ""
	}
	return string(b)
}
