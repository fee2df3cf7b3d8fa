package tray

import (
	"context"
	"errors"
	"strings"

	"portico/graphql"
	"portico/upstream"
)

// Integration is a published solution.
type Integration struct {
	ID           string
	Title        string
	Description  string
	Tags         []string
	CustomFields map[string]string // keys in lower case, as Tray's samples read them: image, forceunique, disableautoenable
	ConfigSlots  []Slot            // with any, the wizard is needed; without, the auth dialogs do
}

// Slot is something an instance of an integration needs.
type Slot struct {
	ExternalID string
	Title      string
	Default    string // of a config slot, as JSON; "" for an auth slot
}

// ErrNoAuthSlots says that this Tray does not list auth slots, as its current
// reference has them no longer.
var ErrNoAuthSlots = errors.New("tray does not list auth slots")

// Integrations lists the catalogue, all pages of it (ListSolutions, master token).
func (c *Client) Integrations(ctx context.Context) ([]Integration, error) {
	all := []Integration{}
	err := eachPage("ListSolutions", func(after string) ([]graphql.SolutionEdge, graphql.PageInfo, error) {
		answer, err := graphql.ListSolutions(ctx, c.master, pageSize, after)
		if err != nil {
			return nil, graphql.PageInfo{}, err
		}
		return answer.Viewer.Solutions.Edges, answer.Viewer.Solutions.PageInfo, nil
	}, func(edges []graphql.SolutionEdge) error {
		for _, e := range edges {
			if e.Node.Id == "" {
				return missing("ListSolutions", "ID of a solution")
			}
			all = append(all, integration(e.Node))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

func integration(node graphql.SolutionNode) Integration {
	i := Integration{
		ID:           node.Id,
		Title:        node.Title,
		Description:  node.Description,
		Tags:         node.Tags,
		CustomFields: map[string]string{},
	}
	for _, f := range node.CustomFields {
		i.CustomFields[strings.ToLower(strings.TrimSpace(f.Key))] = f.Value
	}
	for _, s := range node.ConfigSlots {
		i.ConfigSlots = append(i.ConfigSlots, Slot{ExternalID: s.ExternalId, Title: s.Title, Default: decodeValue(s.DefaultValue)})
	}
	return i
}

// AuthSlots lists the auth slots of the catalogue by the solution's ID
// (ListSolutionAuthSlots, master token). It returns ErrNoAuthSlots when Tray
// does not know the field: nothing else in the query can be unknown to it.
func (c *Client) AuthSlots(ctx context.Context) (map[string][]Slot, error) {
	all := map[string][]Slot{}
	err := eachPage("ListSolutionAuthSlots", func(after string) ([]graphql.AuthSlotsEdge, graphql.PageInfo, error) {
		answer, err := graphql.ListSolutionAuthSlots(ctx, c.master, pageSize, after)
		if err != nil {
			return nil, graphql.PageInfo{}, err
		}
		return answer.Viewer.Solutions.Edges, answer.Viewer.Solutions.PageInfo, nil
	}, func(edges []graphql.AuthSlotsEdge) error {
		for _, e := range edges {
			if e.Node.Id == "" {
				return missing("ListSolutionAuthSlots", "ID of a solution")
			}
			if e.Node.AuthSlots == nil {
				return ErrNoAuthSlots
			}
			slots := []Slot{}
			for _, s := range e.Node.AuthSlots {
				slots = append(slots, Slot{ExternalID: s.ExternalId, Title: s.Title})
			}
			all[e.Node.Id] = slots
		}
		return nil
	})
	if upstream.IsKind(err, upstream.Invalid) && !errors.Is(err, upstream.ErrNotSent) {
		return nil, ErrNoAuthSlots
	}
	if err != nil {
		return nil, err
	}
	return all, nil
}
