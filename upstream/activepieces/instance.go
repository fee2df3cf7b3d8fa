package activepieces

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"portico/upstream"
)

// Editions of Activepieces, as Flags.Edition names them.
const (
	Community  = "ce" // no API keys, no global connections, no embedding, one team project
	Enterprise = "ee" // what of these works depends on the licence: Plan
	Cloud      = "cloud"
)

// Flags is what an instance says of itself to everybody.
type Flags struct {
	Version          string // "0.86.0"
	Edition          string // Community, Enterprise or Cloud
	PublicURL        string // where it thinks that people reach it
	OAuthRedirectURL string // where third parties send people back to
	WebhookPrefix    string // the ID of a flow follows after a slash
}

// Flags reads the public flags (GET /flags, no credentials).
func (c *Client) Flags(ctx context.Context) (Flags, error) {
	var got struct {
		Version  text `json:"CURRENT_VERSION"`
		Edition  text `json:"EDITION"`
		URL      text `json:"PUBLIC_URL"`
		Redirect text `json:"THIRD_PARTY_AUTH_PROVIDER_REDIRECT_URL"`
		Webhooks text `json:"WEBHOOK_URL_PREFIX"`
	}
	call := c.get("GET /flags", "/flags", nil).public()
	if err := c.do(ctx, call, &got); err != nil {
		return Flags{}, err
	}
	if got.Version == "" || got.Edition == "" {
		return Flags{}, missing(call.operation, "version and edition")
	}
	return Flags{
		Version:          string(got.Version),
		Edition:          string(got.Edition),
		PublicURL:        strings.TrimRight(string(got.URL), "/"),
		OAuthRedirectURL: string(got.Redirect),
		WebhookPrefix:    string(got.Webhooks),
	}, nil
}

// Health asks whether the instance feels well (GET /health, no credentials).
// That does not say that it has a worker.
func (c *Client) Health(ctx context.Context) error {
	var got struct{ Status text }
	call := c.get("GET /health", "/health", nil).public()
	if err := c.do(ctx, call, &got); err != nil {
		return err
	}
	if !strings.EqualFold(string(got.Status), "healthy") {
		return &upstream.Error{Platform: Platform, Operation: call.operation, Kind: upstream.Unavailable, Status: 200,
			Message: upstream.Words(string(got.Status)), Err: errors.New("it does not say that it is healthy")}
	}
	return nil
}

// Values of Plan.TeamProjects.
const (
	NoTeamProjects        = "NONE" // making one answers 409 VALIDATION
	OneTeamProject        = "ONE"  // making a second one answers 402
	UnlimitedTeamProjects = "UNLIMITED"
)

// Plan is what the licence of a platform allows.
type Plan struct {
	Embedding         bool // signing keys, external tokens, embed origins
	GlobalConnections bool
	APIKeys           bool
	ProjectRoles      bool // project members
	ManagePieces      bool
	ManageTemplates   bool
	TeamProjects      string // NoTeamProjects, OneTeamProject or UnlimitedTeamProjects
	// ActiveFlows is how many flows may be on; 0 when the platform names no limit.
	ActiveFlows int
	// Licensed says that a licence key is set.
	Licensed bool
	// AllowedEmbedOrigins may frame the builder, beside those that the
	// environment of the server names, which the API does not show.
	AllowedEmbedOrigins []string
}

// Plan reads what a platform may do (GET /platforms/{id}).
func (c *Client) Plan(ctx context.Context, platformID string) (Plan, error) {
	var got struct {
		Plan *struct {
			EmbeddingEnabled         flag
			GlobalConnectionsEnabled flag
			APIKeysEnabled           flag
			ProjectRolesEnabled      flag
			ManagePiecesEnabled      flag
			ManageTemplatesEnabled   flag
			TeamProjectsLimit        text
			ActiveFlowsLimit         number
			LicenseKey               text
		}
		AllowedEmbedOrigins texts
	}
	call := c.get("GET /platforms/:id", "/platforms/"+pathSegment(platformID), nil)
	if err := c.do(ctx, call, &got); err != nil {
		return Plan{}, err
	}
	if got.Plan == nil {
		return Plan{}, missing(call.operation, "plan")
	}
	return Plan{
		Embedding:           bool(got.Plan.EmbeddingEnabled),
		GlobalConnections:   bool(got.Plan.GlobalConnectionsEnabled),
		APIKeys:             bool(got.Plan.APIKeysEnabled),
		ProjectRoles:        bool(got.Plan.ProjectRolesEnabled),
		ManagePieces:        bool(got.Plan.ManagePiecesEnabled),
		ManageTemplates:     bool(got.Plan.ManageTemplatesEnabled),
		TeamProjects:        string(got.Plan.TeamProjectsLimit),
		ActiveFlows:         int(got.Plan.ActiveFlowsLimit),
		Licensed:            got.Plan.LicenseKey != "",
		AllowedEmbedOrigins: got.AllowedEmbedOrigins,
	}, nil
}

// PlatformID finds the platform that the credentials belong to, which an API key
// does not say: any project names it (GET /projects). The error is of kind
// NotFound when there is no project.
func (c *Client) PlatformID(ctx context.Context) (string, error) {
	call := c.get("GET /projects", "/projects", url.Values{"limit": {"1"}})
	all, _, err := onePage(ctx, c, call, projectBody.project)
	if err != nil {
		return "", err
	}
	for _, p := range all {
		if p.PlatformID != "" {
			return p.PlatformID, nil
		}
	}
	return "", notFound(call.operation, "there is no project, and only projects name the platform")
}
