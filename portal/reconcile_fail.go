package portal

import (
	"cmp"
	"context"
	"errors"
	"time"

	"portico/store"
	"portico/upstream"
)

// Reasons of our own that a connection's detail may name; each has a message predefined.reason.CODE.
const (
	reasonUnlicensed   = "unlicensed"   // this Activepieces has no licence for what is needed
	reasonUnauthorized = "unauthorized" // it does not take our own credentials
	reasonSilent       = "silent"
	reasonChecking     = "checking"
	reasonDouble       = "double" // somebody made another of the same name in the project
	reasonError        = "error"
)

const (
	// refusedAgain is how long a connection that was refused is left alone by what asks for it without anything having
	// changed: a service may lock out who comes with a wrong key too often.
	refusedAgain = 10 * time.Minute
	// connectionTries is the failures in a row after which only the sweep tries again.
	connectionTries = 8
)

// fell keeps why a connection is not what it should be. What passes by itself is tried again by a job.
func (p *Portal) fell(ctx context.Context, h holding, failure error) (reconciled, error) {
	if errors.Is(failure, errBusy) || errors.Is(failure, store.ErrLost) {
		return reconciled{h.WorkspaceConnection, time.Second, errBusy}, nil
	}
	was := h.WorkspaceConnection
	var refusal *Refusal
	var e *upstream.Error
	switch {
	case errors.As(failure, &refusal):
		h.refused(refusal)
	case errors.As(failure, &e):
		p.Log.WarnContext(ctx, "a predefined connection", "connection", h.Name, "workspace", h.WorkspaceID, "err", failure)
		h.failed(p.Now(), e)
	default:
		return reconciled{WorkspaceConnection: was}, failure
	}
	if was.State == store.ConnRemoving {
		h.State = store.ConnRemoving
	}
	wait := h.NotBefore.Sub(p.Now())
	err := p.store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.PutConnection(ctx, h.WorkspaceConnection, h.by); err != nil {
			return err
		}
		if h.State != was.State || h.Detail != was.Detail {
			words := h.Detail
			if code, _ := store.Reason(words); code != "" {
				words = ""
			}
			if err := tellConnection(ctx, tx, itself, h.WorkspaceConnection, "connection."+told[h.State], "title", h.predefined.Title, "words", words); err != nil {
				return err
			}
		}
		if wait > 0 && passing(failure) && h.Tries < connectionTries {
			return tx.Enqueue(ctx, store.ReconcileConnection{PredefinedID: h.PredefinedID, WorkspaceID: h.WorkspaceID}, h.NotBefore.Time)
		}
		return nil
	})
	if errors.Is(err, store.ErrLost) {
		return reconciled{was, time.Second, errBusy}, nil
	}
	return reconciled{h.WorkspaceConnection, max(wait, 0), failure}, err
}

// told is how a timeline calls what keeps a connection from being what it should be.
var told = map[string]string{
	store.ConnAsked: "asked", store.ConnRefused: "refused", store.ConnChecking: "checking", store.ConnFailed: "failed", store.ConnRemoving: "failed",
}

// refused is for what we ourselves will not send: that does not pass by itself, and looking at it costs nothing.
func (h *holding) refused(r *Refusal) {
	h.State, h.NotBefore, h.Tries = store.ConnRefused, store.Time{}, 0
	if r.Code == "predefined_asked" {
		h.State, h.Detail = store.ConnAsked, ""
		return
	}
	h.Detail = store.OwnReason(r.Code, cmp.Or(r.Args["field"], r.Args["attribute"], r.Args["name"], r.Args["type"]))
}

// failed is for what the platform, or the service behind it, says.
func (h *holding) failed(now time.Time, e *upstream.Error) {
	h.Tries++
	wait := refusedAgain
	switch {
	case e.Kind == upstream.Unlicensed:
		h.State, h.Detail = store.ConnFailed, store.OwnReason(reasonUnlicensed, "")
	case e.Kind == upstream.Unauthorized || e.Kind == upstream.Forbidden:
		h.State, h.Detail = store.ConnFailed, store.OwnReason(reasonUnauthorized, "")
	case e.Kind == upstream.Canceled || e.Temporary() && errors.Is(e.Err, context.DeadlineExceeded):
		h.State, h.Detail, wait = store.ConnChecking, store.OwnReason(reasonChecking, ""), backoff(h.Tries)
	case e.Temporary():
		h.State, h.Detail, wait = store.ConnFailed, store.OwnReason(reasonSilent, e.Error()), max(e.RetryAfter, backoff(h.Tries))
	default:
		h.State, h.Detail = store.ConnRefused, e.Message
		if h.Detail == "" {
			h.Detail = e.Error()
		}
	}
	h.NotBefore = store.At(now.Add(wait))
}

// passing says whether what went wrong may pass by itself.
func passing(err error) bool {
	var e *upstream.Error
	return errors.Is(err, errBusy) || errors.As(err, &e) && e.Temporary()
}

// refusedBy is why a connection was refused, as a person reads it.
func refusedBy(x store.WorkspaceConnection) error {
	if code, about := store.Reason(x.Detail); code != "" {
		return refuse("predefined_reason", "reason", code, "about", about)
	}
	return refuse("predefined_refused", "words", x.Detail)
}
