package portal

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"portico/store"
)

// How much staff may write: what a card and a page can show.
const (
	maxTitle       = 120
	maxDescription = 2000
	maxPosition    = 1_000_000
)

// IntegrationChange is what staff decide about an integration.
type IntegrationChange struct {
	Shown       bool
	Position    int      // lower comes first; from 0
	Title       string   // "" = the platform's
	Description string   // "" = the platform's
	EnableMode  string   // store.EnableAuto, EnableManual or EnableChecked; "" = as the platform says
	Restricted  bool     // shown to the workspaces of the audience alone
	Audience    []string // the host's IDs of workspaces, kept also while everybody may see it
}

// SetIntegration changes what customers see of an integration. Instances that exist stay as they are.
func (p *Portal) SetIntegration(ctx context.Context, actor store.Actor, id string, c IntegrationChange) error {
	c.Title, c.Description = strings.TrimSpace(c.Title), strings.TrimSpace(c.Description)
	if err := c.check(); err != nil {
		return err
	}
	return p.store.Update(ctx, func(tx *store.Tx) error {
		g, err := tx.LockIntegration(ctx, id)
		if err != nil {
			return err
		}
		was, err := tx.Audience(ctx, id)
		if err != nil {
			return err
		}
		audience, err := workspacesNamed(ctx, tx, g.AccountID, c.Audience)
		if err != nil {
			return err
		}
		if c.Shown && g.Problem != "" {
			return refuse("integration_problem", "problem", g.Problem)
		}
		before := decided(g, was)
		if g, err = putIntegration(ctx, tx, g, c, audience); err != nil {
			return err
		}
		after := decided(g, audience)
		if before == after {
			return nil
		}
		return deed{actor: actor, kind: "integration", subject: id, before: before, after: after}.write(ctx, tx, "integration.changed")
	})
}

func (c IntegrationChange) check() error {
	switch {
	case utf8.RuneCountInString(c.Title) > maxTitle:
		return refuse("title_long", "max", strconv.Itoa(maxTitle))
	case utf8.RuneCountInString(c.Description) > maxDescription:
		return refuse("description_long", "max", strconv.Itoa(maxDescription))
	case c.Position < 0 || c.Position > maxPosition:
		return refuse("position_range", "max", strconv.Itoa(maxPosition))
	case !slices.Contains([]string{"", store.EnableAuto, store.EnableManual, store.EnableChecked}, c.EnableMode):
		return refuse("mode_unknown")
	case c.Restricted && len(c.Audience) == 0:
		return refuse("audience_empty")
	}
	return nil
}

func putIntegration(ctx context.Context, tx *store.Tx, g store.Integration, c IntegrationChange, audience []store.Workspace) (store.Integration, error) {
	g.Shown, g.Position, g.StaffTitle, g.StaffDescription = c.Shown, c.Position, c.Title, c.Description
	g.StaffEnableMode, g.Restricted = c.EnableMode, c.Restricted
	g, err := tx.PutIntegration(ctx, g)
	if err != nil {
		return g, err
	}
	ids := make([]string, len(audience))
	for n, w := range audience {
		ids[n] = w.ID
	}
	return g, tx.SetAudience(ctx, g.ID, ids)
}

// workspacesNamed is the workspaces that the host knows by some IDs; all that are unknown, or live at another account
// and so would never see it, are refused by name.
func workspacesNamed(ctx context.Context, tx *store.Tx, accountID string, externalIDs []string) ([]store.Workspace, error) {
	var found []store.Workspace
	var unknown []string
	for _, id := range externalIDs {
		w, err := tx.WorkspaceByExternalID(ctx, id)
		switch {
		case errors.Is(err, store.ErrNotFound) || (err == nil && !belongs(ctx, tx, w, accountID)):
			unknown = append(unknown, id)
		case err != nil:
			return nil, err
		default:
			found = append(found, w)
		}
	}
	if len(unknown) > 0 {
		return nil, refuse("workspaces_unknown", "names", strings.Join(unknown, ", "))
	}
	return found, nil
}

// decision is what the audit keeps of an integration: what staff decide.
type decision struct {
	Shown       bool   `json:"shown"`
	Position    int    `json:"position"`
	Title       string `json:"title"`
	Description string `json:"description"`
	Enable      string `json:"enable"` // "platform" where staff leave it to the platform
	Restricted  bool   `json:"restricted"`
	Audience    string `json:"audience"` // external IDs
}

func decided(g store.Integration, audience []store.Workspace) decision {
	var names []string
	for _, w := range audience {
		names = append(names, w.ExternalID)
	}
	slices.Sort(names)
	return decision{
		Shown: g.Shown, Position: g.Position, Title: g.StaffTitle, Description: g.StaffDescription,
		Enable: cmp.Or(g.StaffEnableMode, "platform"), Restricted: g.Restricted, Audience: strings.Join(names, ", "),
	}
}

// belongs says whether an account is one of a workspace's.
func belongs(ctx context.Context, tx *store.Tx, w store.Workspace, accountID string) bool {
	accounts, err := tx.WorkspaceAccounts(ctx, w)
	return err == nil && slices.ContainsFunc(accounts, func(a store.Account) bool { return a.ID == accountID })
}
