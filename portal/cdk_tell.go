package portal

import (
	"context"
	"errors"

	"portico/store"
	"portico/upstream"
	"portico/upstream/traycdk"
)

// trayPlatform is the actor of what happens at Tray.
var trayPlatform = store.Actor{Kind: store.ActorPlatform, Name: "Tray"}

// tellCDK adds a line to a release's timeline about one of its regions; args are names and values.
func tellCDK(ctx context.Context, tx *store.Tx, d store.CDKDeployment, code string, args ...string) error {
	return tx.AddEvent(ctx, store.Event{
		Code: code, Args: cdkArgs(d, args...), Actor: trayPlatform, SubjectKind: "release", SubjectID: d.ReleaseID, JourneyID: d.ReleaseID,
	})
}

func cdkArgs(d store.CDKDeployment, args ...string) map[string]string {
	all := map[string]string{"deployment": d.ID, "region": regionName(d.Region), "account": d.Label}
	for i := 0; i+1 < len(args); i += 2 {
		all[args[i]] = args[i+1]
	}
	return all
}

// regionName is a region as people know it.
func regionName(id string) string {
	if r, ok := traycdk.RegionByID(id); ok {
		return r.Name
	}
	return id
}

// endCDK ends a deployment for a reason.
func endCDK(ctx context.Context, tx *store.Tx, d *store.CDKDeployment, state, problem string) error {
	d.State, d.Problem, d.EndedAt, d.NotBefore, d.WaitedOut = state, problem, tx.Now(), store.Time{}, false
	return tellCDK(ctx, tx, *d, "cdk."+state, "problem", problem, "detail", d.Detail, "status", d.UpstreamStatus)
}

// answerOf keeps what an answer that says no was, nil when there was none to keep.
func answerOf(d *store.CDKDeployment, err error) {
	d.Problem, d.Detail, d.HTTPStatus, d.UpstreamReq = "", "", 0, ""
	var e *upstream.Error
	if !errors.As(err, &e) {
		return
	}
	d.Problem, d.Detail, d.HTTPStatus, d.UpstreamReq = cdkProblem(e), e.Message, e.Status, e.RequestID
}

// cdkProblem is the code of an answer that says no, or of none.
func cdkProblem(e *upstream.Error) string {
	switch {
	case errors.Is(e, errArchive):
		return store.CDKArchive
	case e.Kind == upstream.Limited:
		return store.CDKLimited
	case e.Temporary():
		return store.CDKUnreachable
	}
	switch e.Status {
	case 400:
		return store.CDKRejected
	case 401:
		return store.CDKUnauthorized
	case 403:
		return store.CDKForbidden
	case 404:
		return store.CDKNotFound
	case 413:
		return store.CDKTooLarge
	}
	return store.CDKDeclined
}

// isGone says whether an account is configured no more.
func isGone(err error) bool {
	var r *Refusal
	return errors.As(err, &r) && r.Code == "deploy_account_gone"
}
