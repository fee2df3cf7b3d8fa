package piecesim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Piece is a connector that flows are built of.
type Piece struct {
	Name        string // "@activepieces/piece-stripe"
	DisplayName string
	Description string
	Version     string
	Categories  []string
	Tags        []string // by which a host's token limits what a project sees
	Custom      bool     // the host's own, instead of one of Activepieces'
	// Auth is the JSON of its auth metadata: nothing, an object, or an array of objects.
	Auth     string
	Actions  []Step
	Triggers []Step
	// Valid is the piece's own check of a credential: the words of its refusal, or nothing. Nil accepts anything.
	Valid func(v Value) string
	// Fetches is the name of the connection that its steps fetch by themselves instead of being given one, with
	// {externalProjectId} in it.
	Fetches string
}

// Step is an action or a trigger of a piece.
type Step struct {
	Name, DisplayName, Description string
	NoAuth                         bool // needs no connection
}

// pieceList are the pieces of a server. It does not change.
type pieceList struct {
	rows   []Piece
	byName map[string]Piece
	made   time.Time
}

func newPieceList(pieces []Piece, made time.Time) *pieceList {
	if pieces == nil {
		pieces = DemoPieces()
	}
	l := &pieceList{rows: slices.Clone(pieces), byName: map[string]Piece{}, made: made}
	slices.SortStableFunc(l.rows, func(a, b Piece) int {
		return strings.Compare(strings.ToLower(a.DisplayName), strings.ToLower(b.DisplayName))
	})
	for _, p := range pieces {
		l.byName[p.Name] = p
	}
	return l
}

// tagged are the names of the pieces that have one of the tags.
func (l *pieceList) tagged(tags []string) []string {
	var out []string
	for _, p := range l.rows {
		if slices.ContainsFunc(p.Tags, func(t string) bool { return slices.Contains(tags, t) }) {
			out = append(out, p.Name)
		}
	}
	return out
}

// short is the name without its family: "stripe". Pictures are named by it.
func (p Piece) short() string {
	_, name, ok := strings.Cut(p.Name, "/piece-")
	if !ok {
		return "piece"
	}
	return name
}

func (p Piece) step(steps []Step, name string) (Step, bool) {
	for _, s := range steps {
		if s.Name == name {
			return s, true
		}
	}
	return Step{}, false
}

// show is a piece as the list and the single piece share it.
func (l *pieceList) show(p Piece, base string) object {
	out := object{
		"id": fixedID("piece/" + p.Name), "name": p.Name, "displayName": p.DisplayName, "description": p.Description,
		"logoUrl": base + "/icons/" + p.short() + ".png", "version": p.Version, "categories": notNil(p.Categories),
		"authors": []string{"portico"}, "minimumSupportedRelease": "0.82.0", "contextInfo": object{"version": "2"},
		"directoryPath": "/srv/activepieces/packages/pieces/community/" + p.short() + "/dist", "projectUsage": 0,
		"pieceType": "OFFICIAL", "packageType": "REGISTRY", "created": stamp(l.made), "updated": stamp(l.made),
		"actions": len(p.Actions), "triggers": len(p.Triggers),
	}
	if p.Custom {
		out["pieceType"] = "CUSTOM"
	}
	if p.Auth != "" {
		out["auth"] = json.RawMessage(p.Auth)
	}
	return out
}

func stepMap(steps []Step, kind string) object {
	out := object{}
	for _, s := range steps {
		m := object{
			"name": s.Name, "displayName": s.DisplayName, "description": s.Description, "props": object{}, "requireAuth": !s.NoAuth,
		}
		if kind == "triggers" {
			m["type"], m["sampleData"], m["testStrategy"] = "WEBHOOK", object{}, "TEST_FUNCTION"
		}
		out[s.Name] = m
	}
	return out
}

// pieceNotFound is told by name, without an ID or a type.
func pieceNotFound(name string) *problem {
	return refuseWith(http.StatusNotFound, "ENTITY_NOT_FOUND", "piece_metadata_not_found pieceName="+name)
}

func pieceEndpoints() []endpoint {
	return []endpoint{
		{pattern: "GET /api/v1/pieces", name: "listPieces", who: public, check: checkPieces, do: listPieces},
		{pattern: "GET /api/v1/pieces/categories", name: "listPieceCategories", who: public, do: listCategories},
		{pattern: "GET /api/v1/pieces/registry", name: "listPieceRegistry", who: public, do: listRegistry},
		{pattern: "GET /api/v1/pieces/{name...}", name: "getPiece", who: public, do: getPiece},
	}
}

func checkPieces(c *call) error {
	if c.query.Has("release") {
		return refuse(http.StatusBadRequest, "PIECE_SYNC_NOT_SUPPORTED", object{"release": c.query.Get("release")})
	}
	return nil
}

// listPieces answers with all pieces: there are no pages, and limit is ignored.
func listPieces(c *call) (any, error) {
	search := strings.ToLower(c.query.Get("searchQuery"))
	out := []any{}
	for _, p := range c.srv.pieces.rows {
		if strings.Contains(strings.ToLower(p.DisplayName+" "+p.Description), search) && c.pieceIsAllowed(p.Name) {
			shown := c.srv.pieces.show(p, c.srv.base(c.r))
			if c.query.Get("includeTags") == "true" {
				shown["tags"] = notNil(p.Tags)
			}
			out = append(out, shown)
		}
	}
	return out, nil
}

// pieceIsAllowed asks the filter of the project that the query names.
func (c *call) pieceIsAllowed(name string) bool {
	p, ok := c.st.projects.get(c.query.Get("projectId"))
	return !ok || p.allows(name)
}

func (p *project) allows(piece string) bool {
	return p.Filter != "ALLOWED" || slices.Contains(p.Pieces, piece)
}

func listCategories(*call) (any, error) {
	return []string{
		"ARTIFICIAL_INTELLIGENCE", "COMMUNICATION", "COMMERCE", "CORE", "UNIVERSAL_AI", "FLOW_CONTROL", "BUSINESS_INTELLIGENCE",
		"ACCOUNTING", "PRODUCTIVITY", "CONTENT_AND_FILES", "DEVELOPER_TOOLS", "CUSTOMER_SUPPORT", "FORMS_AND_SURVEYS",
		"HUMAN_RESOURCES", "PAYMENT_PROCESSING", "MARKETING", "SALES_AND_CRM",
	}, nil
}

func listRegistry(c *call) (any, error) {
	out := []object{}
	for _, p := range c.srv.pieces.rows {
		out = append(out, object{"name": p.Name, "version": p.Version})
	}
	return out, nil
}

func getPiece(c *call) (any, error) {
	name := c.r.PathValue("name")
	p, ok := c.srv.pieces.byName[name]
	if version := c.query.Get("version"); !ok || version != "" && version != p.Version {
		return nil, pieceNotFound(name)
	}
	out := c.srv.pieces.show(p, c.srv.base(c.r))
	out["actions"], out["triggers"] = stepMap(p.Actions, "actions"), stepMap(p.Triggers, "triggers")
	return out, nil
}
