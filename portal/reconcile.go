package portal

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"portico/secret"
	"portico/store"
	"portico/upstream"
	"portico/upstream/activepieces"
)

// holding is one process's hold on a workspace's connection while it brings it to what it should be.
type holding struct {
	store.WorkspaceConnection
	predefined store.PredefinedConnection
	workspace  store.Workspace
	name       string // that it should have
	unsure     bool   // an earlier try may have made it
	value      activepieces.Value
	problem    error // why there is no value: a *Refusal
	by         string
}

// reconciled is what has become of a workspace's connection.
type reconciled struct {
	store.WorkspaceConnection
	wait    time.Duration // until it is worth trying again; 0 = nothing is due by itself
	failure error         // what stands in the way: errBusy, a *Refusal or an *upstream.Error; nil where all is well
}

// connectionStep does what is due for a connection and keeps what came of it.
type connectionStep func(*Portal, context.Context, holding) error

// reconcile brings a predefined connection in one workspace to what it should be: makes, renews, repairs or removes it.
// It may be called at any time and any number of times. What stands in the way is kept in the row and given back; an
// error is one of our own. Where look is set it also counts what the name leads to in the project.
func (p *Portal) reconcile(ctx context.Context, predefinedID, workspaceID string, look bool) (r reconciled, err error) {
	ctx = context.WithValue(context.WithoutCancel(ctx), lookKey{}, look) // what has begun is brought to its end
	by := store.NewKey()
	held := false
	defer func() {
		if held {
			err = errors.Join(err, p.store.Update(ctx, func(tx *store.Tx) error { return tx.ReleaseConnection(ctx, predefinedID, workspaceID, by) }))
		}
	}()
	for range maxSteps {
		h, err := p.holding(ctx, p.store, predefinedID, workspaceID)
		if err != nil {
			return r, err
		}
		due := h.due()
		if due == nil || h.NotBefore.After(p.Now()) || p.stopping() {
			return p.asItStands(h, due != nil), nil
		}
		if h.ProjectID == "" && h.State != store.ConnRemoving && h.predefined.State == store.PredefinedActive {
			if _, err := p.projectOf(ctx, h.predefined.AccountID, h.workspace); err != nil {
				return p.fell(ctx, h, err)
			}
		}
		if h, held, err = p.take(ctx, h, by); err != nil || !held {
			return reconciled{h.WorkspaceConnection, time.Second, errBusy}, err
		}
		if due = h.due(); due == nil {
			continue
		}
		if err := due(p, ctx, h); err != nil && !errors.Is(err, store.ErrLost) {
			return p.fell(ctx, h, err)
		}
	}
	return reconciled{r.WorkspaceConnection, time.Second, errBusy}, nil
}

type lookKey struct{}

// connectionReads is what a holding is read from: the store, or a transaction.
type connectionReads interface {
	WorkspaceConnection(ctx context.Context, predefinedID, workspaceID string) (store.WorkspaceConnection, error)
	PredefinedConnection(ctx context.Context, id string) (store.PredefinedConnection, error)
	Workspace(ctx context.Context, id string) (store.Workspace, error)
}

func (p *Portal) holding(ctx context.Context, from connectionReads, predefinedID, workspaceID string) (h holding, err error) {
	if h.WorkspaceConnection, err = from.WorkspaceConnection(ctx, predefinedID, workspaceID); err != nil {
		return h, err
	}
	if h.predefined, err = from.PredefinedConnection(ctx, predefinedID); err != nil {
		return h, err
	}
	if h.workspace, err = from.Workspace(ctx, workspaceID); err != nil {
		return h, err
	}
	h.name, _ = p.nameFor(h.predefined, h.workspace)
	h.unsure = h.State == store.ConnChecking || h.State == store.ConnFailed || h.State == store.ConnDouble
	return h, nil
}

// nameFor is the name of a workspace's connection. One that is too long for a name, or none, gives a name that nothing
// leads to, and false.
func (p *Portal) nameFor(c store.PredefinedConnection, w store.Workspace) (string, bool) {
	name := p.ConnectionName(c.NamePattern, c.Piece, w)
	if name == "" || utf8.RuneCountInString(name) > maxConnectionName || !clean(name) {
		return c.ID, false
	}
	return name, true
}

// due is the decision table of a connection.
func (h holding) due() connectionStep {
	current := h.Revision == h.predefined.Revision && h.Name == h.name
	switch {
	case h.State == store.ConnRemoved:
		return nil
	case h.State == store.ConnRemoving || h.predefined.State != store.PredefinedActive:
		return (*Portal).withdraw
	case current && (h.State == store.ConnActive || h.State == store.ConnError): // what it says of errors, sending would hide
		return nil
	case h.unsure && h.Name != h.name:
		return (*Portal).clear
	case NeedsConsent(h.predefined):
		return (*Portal).seek
	case current && h.State == store.ConnDouble:
		return (*Portal).single
	}
	return (*Portal).send
}

// asItStands is what a connection's row says, without asking anybody.
func (p *Portal) asItStands(h holding, due bool) reconciled {
	r := reconciled{WorkspaceConnection: h.WorkspaceConnection}
	if due {
		r.wait = max(h.NotBefore.Sub(p.Now()), time.Second)
	}
	switch h.State {
	case store.ConnActive, store.ConnRemoved:
		if due { // the process is ending
			r.failure = errBusy
		}
	case store.ConnAsked:
		r.failure = refuse("predefined_asked", "title", h.predefined.Title)
	case store.ConnRefused:
		r.failure, r.wait = refusedBy(h.WorkspaceConnection), 0
	case store.ConnError, store.ConnDouble:
		r.failure = refuse("predefined_error", "title", h.predefined.Title)
	default:
		r.failure = stillWaiting(h, r.wait)
	}
	return r
}

// stillWaiting is the failure of a connection that was tried in vain a moment ago.
func stillWaiting(h holding, wait time.Duration) error {
	e := &upstream.Error{Platform: activepieces.Platform, Operation: "a predefined connection", Kind: upstream.Unavailable, RetryAfter: wait, Err: upstream.ErrNotSent}
	switch code, _ := store.Reason(h.Detail); code {
	case reasonUnlicensed:
		e.Kind = upstream.Unlicensed
	case reasonUnauthorized:
		e.Kind = upstream.Unauthorized
	}
	return e
}

// take claims a connection and reads it as it then is, with the values that it is to hold. That it is being sent, and
// under which name, is written before anything is.
func (p *Portal) take(ctx context.Context, h holding, by string) (holding, bool, error) {
	claimed := false
	piece, err := p.store.Piece(ctx, h.predefined.AccountID, h.predefined.Piece)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return h, false, err
	}
	err = p.store.Update(ctx, func(tx *store.Tx) (err error) {
		if claimed, err = tx.ClaimConnection(ctx, h.PredefinedID, h.WorkspaceID, by, p.Now().Add(p.claimFor())); err != nil || !claimed {
			return err
		}
		if h, err = p.holding(ctx, tx, h.PredefinedID, h.WorkspaceID); err != nil {
			return err
		}
		h.by = by
		if h.State == store.ConnRemoving || h.predefined.State != store.PredefinedActive || h.unsure && h.Name != h.name {
			return nil
		}
		if h.value, err = p.valueOf(ctx, tx, h, piece); err != nil {
			if h.problem = asRefusal(err); h.problem != nil {
				return nil
			}
			return err
		}
		begun := h.WorkspaceConnection
		begun.Name, begun.State = h.name, store.ConnChecking
		if NeedsConsent(h.predefined) || h.State == store.ConnDouble {
			begun.State = h.State
		}
		if err := tx.PutConnection(ctx, begun, by); err != nil {
			return taken(err, h.name)
		}
		now, err := tx.WorkspaceConnection(ctx, h.PredefinedID, h.WorkspaceID)
		h.Name, h.UpdatedAt = now.Name, now.UpdatedAt
		return err
	})
	return h, claimed, err
}

func asRefusal(err error) error {
	var r *Refusal
	if errors.As(err, &r) {
		return r
	}
	return nil
}

// taken turns that a name is another connection's into what can be read.
func taken(err error, name string) error {
	if errors.Is(err, store.ErrExists) {
		return refuse("connection_name_taken", "name", shortened(name))
	}
	return err
}

// valueOf puts together what a workspace's connection is to hold; a *Refusal says what is missing.
func (p *Portal) valueOf(ctx context.Context, tx *store.Tx, h holding, piece store.Piece) (activepieces.Value, error) {
	if _, ok := p.nameFor(h.predefined, h.workspace); !ok {
		return activepieces.Value{}, refuse("connection_name_long")
	}
	way, ok := piece.Way(h.predefined.AuthType)
	if !ok {
		return activepieces.Value{}, refuse("predefined_way", "type", h.predefined.AuthType)
	}
	if NeedsConsent(h.predefined) {
		return activepieces.Value{}, nil
	}
	fixed, err := tx.FixedValues(ctx, h.predefined)
	if err != nil {
		return activepieces.Value{}, err
	}
	answers, err := tx.AskedValues(ctx, h.PredefinedID, h.WorkspaceID)
	if err != nil {
		return activepieces.Value{}, err
	}
	values, err := resolved(h.predefined, way, h.workspace, fixed, answers)
	if err != nil {
		return activepieces.Value{}, err
	}
	return pieceValue(way, values)
}

// resolved takes each value from where it comes. What staff can mend is said before what the workspace is asked for.
func resolved(c store.PredefinedConnection, way store.AuthWay, w store.Workspace, fixed, answers map[string]secret.Text) (map[string]secret.Text, error) {
	values := map[string]secret.Text{}
	var asked error
	for _, a := range ValueFields(way) {
		n := slices.IndexFunc(c.Fields, func(f store.PredefinedField) bool { return f.Key == a.Key })
		if n < 0 {
			continue
		}
		f := c.Fields[n]
		v := fixed[a.Key]
		switch f.Source {
		case store.FromAttribute:
			if v = secret.Text(w.Attributes[f.Attribute]); v == "" && a.Required {
				return nil, refuse("attribute_missing", "attribute", f.Attribute)
			}
		case store.FromWorkspace:
			if v = answers[a.Key]; v == "" && a.Required {
				asked = cmp.Or(asked, refuse("predefined_asked", "title", c.Title))
			}
		}
		if err := checkValue(a, v); err != nil {
			return nil, err
		}
		values[a.Key] = v
	}
	return values, asked
}
