package portal

import (
	"context"
	"errors"

	"github.com/riverqueue/river"

	"portico/store"
	"portico/upstream"
)

// addPredefined adds the workers of projects, predefined connections and rollouts.
func (p *Portal) addPredefined(workers *river.Workers) {
	add(workers, 0, func(ctx context.Context, a store.RunRollout) error { return p.runRollout(ctx, a.ID) })
	add(workers, 0, p.reconcileJob)
	add(workers, 0, func(ctx context.Context, a store.ProvisionWorkspace) error {
		return final(p.provisionWorkspace(ctx, a.AccountID, a.WorkspaceID))
	})
	add(workers, syncTimeout, func(ctx context.Context, a store.CheckConnections) error {
		return later(p.checkConnections(ctx, a.AccountID))
	})
	add(workers, 0, func(ctx context.Context, a store.DeleteProject) error { return final(p.deleteProject(ctx, a)) })
}

// reconcileJob is reconcile for a job: what passes by itself is tried again when it is due.
func (p *Portal) reconcileJob(ctx context.Context, a store.ReconcileConnection) error {
	r, err := p.reconcile(ctx, a.PredefinedID, a.WorkspaceID, true)
	if err == nil && passing(r.failure) && r.Tries < connectionTries {
		return snooze(r.wait, nil)
	}
	return err
}

// final is later for what a platform refuses for good: it is given up, for staff to see among the jobs.
func final(err error) error {
	var e *upstream.Error
	if errors.As(err, &e) && !e.Temporary() {
		return river.JobCancel(err)
	}
	return later(err)
}
