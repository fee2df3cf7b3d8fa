package portal

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"portico/secret"
	"portico/store"
)

// PredefinedChange is what staff decide about a predefined connection.
type PredefinedChange struct {
	Title       string // "" = the service's
	Piece       string // of a new one; it stays
	AuthType    string
	NamePattern string // "" = DefaultPattern; see ConnectionName
	StopPercent int    // 1 to 100; 0 = defaultStop
	Fields      []store.PredefinedField
	Values      map[string]secret.Text // of source all; "" keeps what is sealed
}

// DefaultPattern is how connections are named where staff say nothing else: a service's flows can put the name together
// from the project that they run in.
const DefaultPattern = "{piece}_{externalProjectId}"

// defaultStop is the share of failures at which a rollout stops, in percent.
const defaultStop = 10

// CreatePredefined stores a new predefined connection. Nothing is sent before it is applied or tried.
func (p *Portal) CreatePredefined(ctx context.Context, actor store.Actor, accountID string, c PredefinedChange) (store.PredefinedConnection, error) {
	var made store.PredefinedConnection
	err := p.store.Update(ctx, func(tx *store.Tx) error {
		a, err := tx.Account(ctx, accountID)
		if err != nil {
			return err
		}
		if a.Platform != store.PlatformActivepieces {
			return store.ErrNotFound
		}
		now := store.PredefinedConnection{AccountID: a.ID, Piece: strings.TrimSpace(c.Piece)}
		fixed, err := p.decide(ctx, tx, &now, c, nil)
		if err != nil {
			return err
		}
		if made, err = tx.AddPredefined(ctx, now, fixed); err != nil {
			return err
		}
		return deed{actor: actor, kind: "predefined", subject: made.ID, after: aboutPredefined(made, fixed, nil)}.write(ctx, tx, "predefined.created")
	})
	return made, err
}

// ChangePredefined stores a predefined connection's next revision. Nothing is sent before it is applied or tried, but
// workspaces that get theirs meanwhile get it as it now is.
func (p *Portal) ChangePredefined(ctx context.Context, actor store.Actor, id string, c PredefinedChange) error {
	return p.store.Update(ctx, func(tx *store.Tx) error {
		was, err := activePredefined(ctx, tx, id)
		if err != nil {
			return err
		}
		had, err := tx.FixedValues(ctx, was)
		if err != nil {
			return err
		}
		now := was
		fixed, err := p.decide(ctx, tx, &now, c, had)
		if err != nil {
			return err
		}
		before, after := aboutPredefined(was, had, nil), aboutPredefined(now, fixed, had)
		if before == after {
			return nil
		}
		if err := tx.PutPredefined(ctx, now, fixed); err != nil {
			return err
		}
		return deed{actor: actor, kind: "predefined", subject: id, before: before, after: after}.write(ctx, tx, "predefined.changed")
	})
}

// activePredefined locks a predefined connection; one that is on its way out cannot be changed.
func activePredefined(ctx context.Context, tx *store.Tx, id string) (store.PredefinedConnection, error) {
	c, err := tx.LockPredefined(ctx, id)
	if err == nil && c.State != store.PredefinedActive {
		return c, refuse("predefined_removed")
	}
	return c, err
}

// ConnectionName is a workspace's connection's name at the platform: the pattern with {piece} (such as "gelato" of
// "@activepieces/piece-gelato"), {externalProjectId} (the host's ID of the workspace, which is also its project's) and
// {workspace} (our ID of it).
func (p *Portal) ConnectionName(pattern, piece string, w store.Workspace) string {
	return strings.NewReplacer("{piece}", ShortPiece(piece), "{externalProjectId}", w.ExternalID, "{workspace}", w.ID).Replace(cmp.Or(pattern, DefaultPattern))
}

// Touched is which workspaces a change of a predefined connection comes to when it is applied.
type Touched struct {
	Total    int      // the account's workspaces
	UpToDate int      // that have it as it now is, and are left alone
	New      int      // that have none yet
	Asked    int      // that have to give a value first
	Names    []string // up to 10 of those that are touched
}

// Touched says which workspaces applying a predefined connection comes to.
func (p *Portal) Touched(ctx context.Context, id string) (Touched, error) {
	c, err := p.store.PredefinedConnection(ctx, id)
	if err != nil {
		return Touched{}, err
	}
	n, err := p.store.CountTouched(ctx, c)
	if err != nil {
		return Touched{}, err
	}
	names, err := p.store.TouchedNames(ctx, c, 10)
	return Touched{Total: n.Workspaces, UpToDate: n.UpToDate, New: n.New, Asked: n.Asked, Names: names}, err
}

// predefinedText is what the audit keeps of a predefined connection: which values there are, not what they are.
type predefinedText struct {
	Piece   string `json:"piece"`
	Type    string `json:"type"`
	Title   string `json:"title"`
	Pattern string `json:"pattern"`
	Stop    int    `json:"stop_percent"`
	Fields  string `json:"fields"` // key=source, in order
	New     string `json:"new_values,omitempty"`
}

func aboutPredefined(c store.PredefinedConnection, fixed, had map[string]secret.Text) predefinedText {
	var fields, fresh []string
	for _, f := range c.Fields {
		fields = append(fields, strings.TrimSuffix(f.Key+"="+f.Source+":"+f.Attribute, ":"))
	}
	for key, value := range fixed {
		if had != nil && had[key] != value {
			fresh = append(fresh, key)
		}
	}
	slices.Sort(fresh)
	return predefinedText{
		Piece: c.Piece, Type: c.AuthType, Title: c.Title, Pattern: c.NamePattern, Stop: c.StopPercent,
		Fields: strings.Join(fields, ", "), New: strings.Join(fresh, ", "),
	}
}
