package portal

import (
	"context"
	"errors"
	"slices"
	"time"

	"portico/store"
	"portico/upstream"
	"portico/upstream/activepieces"
)

// connectionsEvery is how often an Activepieces is asked for all predefined connections.
const connectionsEvery = 15 * time.Minute

// place is a name in a project, which should lead to one connection.
type place struct{ name, project string }

// there is what an Activepieces says of its global connections.
type there struct {
	byPlace map[place][]activepieces.Connection
	byID    map[string]activepieces.Connection
	others  map[place]int // connections of a name that somebody has made in the project itself; nil = not known
}

// checkConnections asks an Activepieces once for all global connections, and once for those of all projects, and compares them with what we have made: what is
// missing there, differs or is there twice is repaired by jobs, what the platform calls broken is only reported, since
// sending it anew would hide that.
func (p *Portal) checkConnections(ctx context.Context, accountID string) error {
	templates, err := p.store.PredefinedConnections(ctx, accountID)
	if err != nil || len(templates) == 0 {
		return err
	}
	began := p.Now()
	c, err := p.piecesClient(ctx, accountID)
	if err != nil {
		return err
	}
	listed, err := c.GlobalConnections(ctx)
	if upstream.IsKind(err, upstream.Unlicensed) {
		return nil // each row says so
	}
	if err != nil {
		return err
	}
	others, err := c.ProjectConnections(ctx)
	if err != nil && !upstream.IsKind(err, upstream.Invalid) && !upstream.IsKind(err, upstream.Forbidden) { // a server may not list them
		return err
	}
	rows, err := p.store.AccountConnections(ctx, accountID)
	if err != nil {
		return err
	}
	byID := map[string]store.PredefinedConnection{}
	for _, t := range templates {
		byID[t.ID] = t
	}
	found := sorted(listed)
	if err == nil {
		found.count(others)
	}
	for _, x := range rows {
		if x.UpdatedAt.After(began) { // changed while the list was on its way
			continue
		}
		if err := p.checkConnection(ctx, byID[x.PredefinedID], x, found, began); err != nil {
			return err
		}
	}
	return p.store.Update(ctx, func(tx *store.Tx) error { return tx.ConnectionsChecked(ctx, accountID, began) })
}

// count notes the connections that people have made in the projects.
func (t *there) count(others []activepieces.Connection) {
	t.others = map[place]int{}
	for _, x := range others {
		for _, project := range x.ProjectIDs {
			t.others[place{x.ExternalID, project}]++
		}
	}
}

func sorted(listed []activepieces.Connection) there {
	t := there{byPlace: map[place][]activepieces.Connection{}, byID: map[string]activepieces.Connection{}}
	for _, x := range listed {
		t.byID[x.ID] = x
		for _, project := range x.ProjectIDs {
			at := place{x.ExternalID, project}
			t.byPlace[at] = append(t.byPlace[at], x)
		}
	}
	return t
}

// checkConnection compares one workspace's connection with what is there, and has it repaired where it is out of step.
func (p *Portal) checkConnection(ctx context.Context, t store.PredefinedConnection, x store.WorkspaceConnection, found there, began time.Time) error {
	now := x
	if t.State == store.PredefinedActive && !NeedsConsent(t) && slices.Contains(compared, x.State) {
		now.State, now.Resolves = compare(t, x, found)
	}
	repair := !slices.Contains(leftAlone, now.State) && !x.NotBefore.After(began)
	if now.State == x.State && now.Resolves == x.Resolves && !repair {
		return nil
	}
	err := p.store.Update(ctx, func(tx *store.Tx) error {
		if now.State != x.State || now.Resolves != x.Resolves {
			now.CheckedAt = store.At(began)
			if now.State == store.ConnActive || now.State == store.ConnError {
				now.Detail = ""
			}
			if err := tx.PutConnection(ctx, now, ""); err != nil {
				return err
			}
		}
		if code := outOfStep[now.State]; code != "" && now.State != x.State {
			if err := tellConnection(ctx, tx, piecesPlatform, now, code, "title", t.Title); err != nil {
				return err
			}
		}
		if !repair {
			return nil
		}
		return tx.Enqueue(ctx, store.ReconcileConnection{PredefinedID: x.PredefinedID, WorkspaceID: x.WorkspaceID}, time.Time{})
	})
	if errors.Is(err, store.ErrLost) { // somebody is at it
		return nil
	}
	return err
}

var (
	// compared is the states whose connection should be there.
	compared = []string{store.ConnActive, store.ConnError, store.ConnMissing, store.ConnChanged, store.ConnDouble}
	// leftAlone is the states in which a connection is not sent again by itself.
	leftAlone = []string{store.ConnActive, store.ConnError, store.ConnAsked, store.ConnRefused, store.ConnRemoved}
	// outOfStep is how a timeline calls what was found.
	outOfStep = map[string]string{
		store.ConnError: "connection.error", store.ConnMissing: "connection.missing", store.ConnChanged: "connection.changed", store.ConnDouble: "connection.double",
	}
)

// compare is the state in which a workspace's connection is by what the platform lists, and how many its name leads to.
// Where the server does not list what people have made in projects, another that was seen there is looked for again.
func compare(t store.PredefinedConnection, x store.WorkspaceConnection, found there) (state string, resolves int) {
	named := found.byPlace[place{x.Name, x.ProjectID}]
	switch {
	case len(named) == 0:
		if _, elsewhere := found.byID[x.UpstreamID]; elsewhere {
			return store.ConnChanged, 0
		}
		return store.ConnMissing, 0
	case len(named) > 1 || found.others[place{x.Name, x.ProjectID}] > 0:
		return store.ConnDouble, len(named) + found.others[place{x.Name, x.ProjectID}]
	}
	one := named[0]
	switch {
	case one.ID != x.UpstreamID || len(one.ProjectIDs) != 1 || one.PieceName != t.Piece || one.Type != t.AuthType:
		return store.ConnChanged, 1
	case x.Revision == t.Revision && one.DisplayName != t.Title:
		return store.ConnChanged, 1
	case one.Status == activepieces.StatusError:
		return store.ConnError, 1
	case one.Status == activepieces.StatusMissing:
		return store.ConnMissing, 1
	case x.State == store.ConnDouble && found.others == nil:
		return store.ConnDouble, x.Resolves
	}
	return store.ConnActive, 1
}
