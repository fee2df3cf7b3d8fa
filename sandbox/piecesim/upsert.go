package piecesim

import (
	"net/http"
	"slices"
)

// placeholder is a type without a value: a connection that is still to be made.
const placeholder = "PLACEHOLDER"

// checkUpsert holds a body to the union of all types; one that fits none is told nothing more.
func checkUpsert(c *call) error {
	kind := c.text("type")
	if !c.isConnection() || c.text("projectId") == "" || c.text("externalId") == "" {
		return noUnion()
	}
	if _, ok := readValue(c.body["value"], kind); !ok && kind != placeholder {
		return noUnion()
	}
	return nil
}

// isConnection says whether the fields fit that project and global connections share.
func (c *call) isConnection() bool {
	k := c.checkBody()
	k.text(c.body, "displayName")
	k.text(c.body, "pieceName")
	k.maybeText(c.body, "pieceVersion")
	k.maybeText(c.body, "externalId")
	k.maybeObject(c.body, "metadata")
	return k.err() == nil
}

// wantedPiece is the piece that a connection is for.
func (c *call) wantedPiece() (Piece, error) {
	name := c.text("pieceName")
	p, ok := c.srv.pieces.byName[name]
	if !ok {
		return p, pieceNotFound(name)
	}
	if v := c.text("pieceVersion"); v != "" && v != p.Version { // the words are not known [?]
		return p, refuseWith(http.StatusConflict, "VALIDATION", "Piece version "+v+" of "+name+" is not installed")
	}
	return p, nil
}

// check lets the piece look at the value, on a worker where its type needs one.
func (c *call) check(p Piece) error {
	kind := c.text("type")
	if kind == placeholder {
		return nil
	}
	v, _ := readValue(c.body["value"], kind) // it was checked when the request came
	if !c.worked && slices.Contains(checkedByWorker, kind) {
		return errNeedsWorker
	}
	return c.claim(p, v)
}

// upsertConnection keeps the ID of a connection of the same external ID in the project, whatever its piece or type.
func upsertConnection(c *call) (any, error) {
	if _, err := c.changing(c.text("projectId")); err != nil {
		return nil, err
	}
	p, err := c.wantedPiece()
	if err != nil {
		return nil, err
	}
	if err := c.check(p); err != nil {
		return nil, err
	}
	n, ok := c.st.connections.find(func(n *connection) bool {
		return n.Scope == scopeProject && n.ExternalID == c.text("externalId") && slices.Contains(n.ProjectIDs, c.text("projectId"))
	})
	if ok && c.text("type") == placeholder {
		return n.show(c.st.ID), nil // never overwrites a real one
	}
	if !ok {
		n = &connection{
			ID: newID(), ExternalID: c.text("externalId"), Scope: scopeProject, OwnerID: c.who.userID(),
			ProjectIDs: []string{c.text("projectId")}, Created: c.now,
		}
	}
	c.fill(n, p)
	if v, given := c.body["metadata"]; given {
		n.Metadata = v
	}
	return c.st.connections.put(n).show(c.st.ID), nil
}

// fill gives a connection what the request holds.
func (c *call) fill(n *connection, p Piece) {
	n.DisplayName, n.PieceName, n.PieceVersion = c.text("displayName"), p.Name, p.Version
	n.Type, n.Status, n.Updated = c.text("type"), "ACTIVE", c.now
	if n.Type == placeholder {
		n.Type, n.Status = "NO_AUTH", "MISSING"
		return
	}
	n.ValueDigest, n.Upserts = digest(c.body["value"]), n.Upserts+1
}

func checkReplace(c *call) error {
	k := c.checkBody()
	for _, key := range []string{"sourceAppConnectionId", "targetAppConnectionId", "projectId"} {
		k.text(c.body, key)
	}
	return k.err()
}

// replaceConnection makes the project's flows use another connection. Drafts change, and published versions when asked.
func replaceConnection(c *call) (any, error) {
	if _, err := c.changing(c.text("projectId")); err != nil {
		return nil, err
	}
	source, err := c.theConnection(c.text("sourceAppConnectionId"))
	if err != nil {
		return nil, err
	}
	target, ok := c.st.connections.get(c.text("targetAppConnectionId"))
	if !ok {
		return nil, notFound("app_connection", c.text("targetAppConnectionId"))
	}
	published, _ := c.body["applyToPublishedVersions"].(bool)
	for _, f := range c.st.flows.where(func(f *flow) bool { return f.ProjectID == c.text("projectId") }) {
		f.replace(source.ExternalID, target.ExternalID, published)
		c.st.flows.put(f)
	}
	if remove, _ := c.body["deleteSourceConnection"].(bool); remove {
		c.st.connections.remove(source.ID)
	}
	return nil, nil
}
