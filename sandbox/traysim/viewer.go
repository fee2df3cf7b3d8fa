package traysim

import "slices"

// queries is the root object of a query.
func (c *call) queries() object {
	return object{
		"viewer": resolver(func(map[string]any) (any, error) { return c.viewer(), nil }),
		"users":  resolver(c.users),
	}
}

func (c *call) viewer() object {
	return object{
		"details":           c.who.details(),
		"solutions":         resolver(c.solutions),
		"solutionInstances": resolver(c.solutionInstances),
		"authentications":   resolver(c.authentications),
	}
}

// solutions lists the published ones. Of several tags any will do; no tags are no filter.
func (c *call) solutions(args map[string]any) (any, error) {
	criteria, _ := args["criteria"].(map[string]any)
	tags, _ := criteria["tags"].([]any)
	rows := c.st.Solutions.where(func(s *solution) bool {
		return !s.Unpublished && (len(tags) == 0 || slices.ContainsFunc(tags, func(t any) bool {
			text, _ := t.(string)
			return slices.Contains(s.Tags, text)
		}))
	})
	return connection(args, &c.st.Solutions, rows, c.conf.PageSize, func(s *solution) object { return s.show(c.base) })
}

// solutionInstances lists a user's own, or with the master token everybody's.
func (c *call) solutionInstances(args map[string]any) (any, error) {
	criteria, _ := args["criteria"].(map[string]any)
	if owner, ok := criteria["owner"].(string); ok && c.who.kind == endUser && owner != c.who.user.ID {
		return nil, refuse("access_not_allowed", "The owner criterion is for the master token")
	}
	if len(criteria) == 0 && c.who.kind == master { // a sweep over everything: no need to look at each for each page
		return connection(args, &c.st.Instances, c.st.Instances.Rows, c.conf.PageSize, c.showInstance)
	}
	rows := c.st.Instances.where(func(i *instance) bool {
		return (c.who.user == nil || i.Owner == c.who.user.ID) && matches(criteria, "owner", i.Owner) &&
			matches(criteria, "solutionId", i.SolutionID) && matches(criteria, "id", i.ID) && matches(criteria, "name", i.Name)
	})
	return connection(args, &c.st.Instances, rows, c.conf.PageSize, c.showInstance)
}

// authentications lists a user's own. The master token sees only those of the organisation's workspaces, of which this
// Tray has none.
func (c *call) authentications(args map[string]any) (any, error) {
	rows := c.st.Authentications.where(func(a *authentication) bool {
		return c.who.user != nil && a.Owner == c.who.user.ID && !a.Hidden
	})
	return connection(args, &c.st.Authentications, rows, c.conf.PageSize, func(a *authentication) object { return a.show(c.base) })
}
