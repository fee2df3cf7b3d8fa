package connectsim

import (
	"slices"
	"strings"
	"time"
)

// connector is a published Connector: what its draft was when it was published. It has the draft's ID, and as its
// version the draft's at that time.
type connector struct {
	content
	ID        string    `json:"id"`
	Region    string    `json:"region"`
	Version   int       `json:"version"`
	Private   bool      `json:"private"`
	Certified bool      `json:"certified"`
	Listed    bool      `json:"listed"` // in the search's results
	Created   time.Time `json:"created"`
	Modified  time.Time `json:"modified"`
	Gone      time.Time `json:"gone"`
}

func (k *connector) rowID() string { return k.ID }

func (k *connector) times() (created, modified time.Time) { return k.Created, k.Modified }

// show is the connector as the API has it: no status, no reports, no private projects.
func (k *connector) show() object {
	o := k.content.show()
	o["id"], o["version"], o["private"], o["certified"] = k.ID, k.Version, k.Private, k.Certified
	if k.Specification.Scopes != nil {
		o["apiClient"] = object{"scopes": k.Specification.Scopes}
	}
	return o
}

// offers says whether a connector is there for a project: one for everybody, or a private one that admits the project.
func (st *state) offers(k *connector, p *project) bool {
	if k.Region != p.Region || !k.Gone.IsZero() {
		return false
	}
	return !k.Private || st.assigned(k, p)
}

// assigned says whether a connector is a private one of the project.
func (st *state) assigned(k *connector, p *project) bool {
	d, ok := st.drafts.get(k.ID)
	return ok && k.Private && d.admits(p)
}

// connector finds one that the caller's project may have.
func (c *call) connector(ref reference) (*connector, bool) {
	return c.st.connectors.find(func(k *connector) bool {
		return ref.names(k.ID, k.Key) && c.st.offers(k, c.who.project)
	})
}

// getConnector answers GET /connectors/{id} and /key={key}.
func getConnector(c *call) (any, error) {
	k, ok := c.connector(c.ref)
	if !ok {
		return nil, notThere(kindConnector, c.ref)
	}
	return k.show(), nil
}

// searchConnectors answers GET /connectors/search.
func searchConnectors(c *call) (any, error) {
	f := &filters{c: c}
	private, types := f.flag("private"), f.texts("integrationTypes", integrationTypes)
	ids, keys := f.texts("id", nil), f.texts("key", nil)
	text, company := c.query.Get("text"), c.query.Get("creator.company")
	rows := c.st.connectors.where(func(k *connector) bool {
		return k.Listed && c.st.offers(k, c.who.project) &&
			(private == nil || !*private || c.st.assigned(k, c.who.project)) &&
			overlaps(types, k.IntegrationTypes) && overlaps(ids, []string{k.ID}) && overlaps(keys, []string{k.Key}) &&
			k.matches(text) && (company == "" || strings.EqualFold(company, k.Creator.Company))
	})
	return paged(f, rows, (*connector).show)
}

// matches says whether a text is in the name or the description.
func (k *connector) matches(text string) bool {
	return slices.ContainsFunc([]string{k.Name, k.Description}, func(s string) bool {
		return strings.Contains(strings.ToLower(s), strings.ToLower(text))
	})
}
