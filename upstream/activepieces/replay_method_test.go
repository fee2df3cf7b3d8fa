package activepieces

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"portico/secret"
)

// method calls one of ours and says what came of it.
type method func(context.Context, *Client) (string, error)

func secretOf(t text) secret.Text { return secret.Text(t) }

func atoi(t testing.TB, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// methodFor chooses the method that makes a recorded request, with the arguments
// that make it; nil when none of ours can.
func methodFor(t testing.TB, p *pair) method {
	t.Helper()
	first, rest, _ := strings.Cut(strings.TrimPrefix(p.path(t), "/"), "/")
	query := p.address(t).Query()
	route := p.Request.Method + " " + first
	if rest != "" {
		route += "/*"
	}
	if query.Has("cursor") {
		return nil // a page that is read after the one before it
	}
	switch route {
	case "GET flags":
		return say(func(ctx context.Context, c *Client) (Flags, error) { return c.Flags(ctx) })
	case "GET health":
		return func(ctx context.Context, c *Client) (string, error) { return "healthy", c.Health(ctx) }
	case "GET platforms/*":
		return say(func(ctx context.Context, c *Client) (Plan, error) { return c.Plan(ctx, rest) })
	case "POST authentication/*":
		return signInMethod(rest)
	case "GET templates":
		if query.Get("type") == "CUSTOM" {
			return listed(func(ctx context.Context, c *Client) ([]Template, error) { return c.Templates(ctx) })
		}
	case "GET pieces", "GET pieces/*":
		return pieceMethod(rest, query)
	}
	for _, find := range []func(testing.TB, *pair, string, string, url.Values) method{projectMethod, connectionMethod, globalMethod, flowMethod, runMethod, embedMethod} {
		if m := find(t, p, route, rest, query); m != nil {
			return m
		}
	}
	return nil
}

func say[T any](f func(context.Context, *Client) (T, error)) method {
	return func(ctx context.Context, c *Client) (string, error) {
		got, err := f(ctx, c)
		return fmt.Sprintf("%+v", inShort(got)), err
	}
}

func listed[T any](f func(context.Context, *Client) ([]T, error)) method {
	return func(ctx context.Context, c *Client) (string, error) {
		got, err := f(ctx, c)
		said := fmt.Sprintf("%d listed", len(got))
		if len(got) > 0 {
			said += fmt.Sprintf(", first %+v", inShort(got[0]))
		}
		return said, err
	}
}

// inShort leaves out of a thing what is long.
func inShort(v any) any {
	switch got := v.(type) {
	case Flow:
		return fmt.Sprintf("{%s %q %s published %q metadata %v version %s %s valid %t schema %s trigger %d notes %s connections %v %s}", got.ID, got.Name, got.Status,
			got.PublishedVersionID, got.Metadata, got.Version.ID, got.Version.State, got.Version.Valid, got.Version.SchemaVersion,
			len(got.Version.Trigger), got.Version.Notes, got.Version.ConnectionIDs, got.Updated.Format(time.RFC3339))
	case Piece:
		var auth []string
		for _, a := range got.Auth {
			auth = append(auth, fmt.Sprintf("%s with %d", a.Type, len(a.Fields)))
		}
		return fmt.Sprintf("{%s %q %s %s %s %v}", got.Name, got.DisplayName, got.Version, got.Type, got.LogoURL, auth)
	case Run:
		return fmt.Sprintf("{%s flow %s %q %s started %t finished %t failed %q %q %q}", got.ID, got.FlowID, got.FlowName, got.Status,
			!got.Started.IsZero(), !got.Finished.IsZero(), got.FailedStep, got.FailedName, got.Message)
	case Connection:
		return fmt.Sprintf("{%s %s %q %s %s@%s %s %s in %d %s}", got.ID, got.ExternalID, got.DisplayName, got.Type, got.PieceName, got.PieceVersion,
			got.Status, got.Scope, len(got.ProjectIDs), got.Created.Format(time.RFC3339))
	case Project:
		return fmt.Sprintf("{%s %q %q %s on %s of %s %s}", got.ID, got.ExternalID, got.DisplayName, got.Type, got.PlatformID, got.OwnerID, got.Created.Format(time.RFC3339))
	}
	return v
}

func signInMethod(rest string) method {
	if rest != "sign-in" {
		return nil
	}
	return func(ctx context.Context, c *Client) (string, error) {
		token, err := c.session.token(ctx, c)
		return "signed in with " + token.Reveal(), err
	}
}

func pieceMethod(rest string, query url.Values) method {
	switch {
	case rest == "" && !query.Has("searchQuery"):
		return listed(func(ctx context.Context, c *Client) ([]Piece, error) { return c.Pieces(ctx) })
	case strings.HasPrefix(rest, "@"):
		return say(func(ctx context.Context, c *Client) (Piece, error) { return c.Piece(ctx, rest) })
	}
	return nil
}

func projectMethod(t testing.TB, p *pair, route, rest string, query url.Values) method {
	t.Helper()
	var body struct{ DisplayName, ExternalID *string }
	if p.Request.Method == "POST" && strings.HasPrefix(route, "POST projects") {
		p.body(t, &body)
	}
	switch {
	case route == "GET projects" && query.Has("externalId"):
		return say(func(ctx context.Context, c *Client) (Project, error) {
			return c.FindProject(ctx, query.Get("externalId"))
		})
	case route == "GET projects" && !query.Has("externalUserId") && query.Get("limit") != "abc" && query.Get("limit") != "0":
		filter := ProjectFilter{DisplayName: query.Get("displayName"), Types: query["types"]}
		return listed(func(ctx context.Context, c *Client) ([]Project, error) { return c.Projects(ctx, filter) })
	case route == "GET projects/*":
		return say(func(ctx context.Context, c *Client) (Project, error) { return c.Project(ctx, rest) })
	case route == "POST projects" && body.DisplayName != nil && body.ExternalID != nil:
		return say(func(ctx context.Context, c *Client) (Project, error) {
			return c.CreateProject(ctx, *body.ExternalID, *body.DisplayName)
		})
	case route == "POST projects/*" && body.DisplayName != nil:
		return say(func(ctx context.Context, c *Client) (Project, error) {
			return c.RenameProject(ctx, rest, *body.DisplayName)
		})
	case route == "DELETE projects/*":
		return func(ctx context.Context, c *Client) (string, error) { return "deleted", c.DeleteProject(ctx, rest) }
	}
	return nil
}

// recordedConnection is the body of an upsert; ok is false when we do not make it.
func recordedConnection(t testing.TB, p *pair) (n NewConnection, ok bool) {
	t.Helper()
	var body struct {
		ExternalID, DisplayName, PieceName, PieceVersion, ProjectID string
		ProjectIDs                                                  []string
		Metadata                                                    map[string]string
		Value                                                       struct {
			Type, Username, Password, Scope, Code string
			SecretText                            string `json:"secret_text"`
			ClientID                              string `json:"client_id"`
			ClientSecret                          string `json:"client_secret"`
			RedirectURL                           string `json:"redirect_url"`
			GrantType                             string `json:"grant_type"`
			Props                                 map[string]any
		}
	}
	p.body(t, &body)
	v := body.Value
	n = NewConnection{
		ExternalID: body.ExternalID, DisplayName: body.DisplayName, PieceName: body.PieceName, PieceVersion: body.PieceVersion,
		ProjectID: body.ProjectID, ProjectIDs: body.ProjectIDs, Metadata: body.Metadata,
		Value: Value{
			Type: v.Type, SecretText: secret.Text(v.SecretText), Username: v.Username, Password: secret.Text(v.Password), Props: v.Props,
			ClientID: v.ClientID, ClientSecret: secret.Text(v.ClientSecret), Code: secret.Text(v.Code), Scope: v.Scope, RedirectURL: v.RedirectURL, GrantType: v.GrantType,
		},
	}
	return n, v.Type != ""
}

func connectionMethod(t testing.TB, p *pair, route, rest string, query url.Values) method {
	t.Helper()
	switch route {
	case "GET app-connections":
		if project := query.Get("projectId"); project != "" && !query.Has("displayName") && !query.Has("pieceName") {
			return listed(func(ctx context.Context, c *Client) ([]Connection, error) { return c.Connections(ctx, project) })
		}
	case "GET platform-app-connections":
		return listed(func(ctx context.Context, c *Client) ([]Connection, error) { return c.ProjectConnections(ctx) })
	case "POST app-connections":
		if n, ok := recordedConnection(t, p); ok {
			return say(func(ctx context.Context, c *Client) (Connection, error) { return c.UpsertConnection(ctx, n) })
		}
	case "POST app-connections/*":
		var body struct{ DisplayName string }
		p.body(t, &body)
		if !strings.Contains(rest, "/") {
			return say(func(ctx context.Context, c *Client) (Connection, error) {
				return c.RenameConnection(ctx, rest, body.DisplayName)
			})
		}
	case "DELETE app-connections/*":
		return func(ctx context.Context, c *Client) (string, error) { return "deleted", c.DeleteConnection(ctx, rest) }
	}
	return nil
}

func globalMethod(t testing.TB, p *pair, route, rest string, _ url.Values) method {
	t.Helper()
	switch route {
	case "GET global-connections":
		return listed(func(ctx context.Context, c *Client) ([]Connection, error) { return c.GlobalConnections(ctx) })
	case "POST global-connections":
		if n, ok := recordedConnection(t, p); ok {
			return say(func(ctx context.Context, c *Client) (Connection, error) { return c.UpsertGlobalConnection(ctx, n) })
		}
	case "POST global-connections/*":
		var body struct{ DisplayName string }
		p.body(t, &body)
		return say(func(ctx context.Context, c *Client) (Connection, error) {
			return c.UpdateGlobalConnection(ctx, rest, body.DisplayName, nil)
		})
	case "DELETE global-connections/*":
		return func(ctx context.Context, c *Client) (string, error) {
			return "deleted", c.DeleteGlobalConnection(ctx, rest)
		}
	}
	return nil
}

func flowMethod(t testing.TB, p *pair, route, rest string, query url.Values) method {
	t.Helper()
	switch route {
	case "GET flows":
		if project := query.Get("projectId"); project != "" && !query.Has("name") {
			return listed(func(ctx context.Context, c *Client) ([]Flow, error) { return c.Flows(ctx, project) })
		}
	case "GET flows/*":
		if rest != "count" && !strings.Contains(rest, "/") {
			return say(func(ctx context.Context, c *Client) (Flow, error) { return c.Flow(ctx, rest) })
		}
	case "POST flows":
		var body struct {
			DisplayName, ProjectID string
			Metadata               map[string]string
		}
		p.body(t, &body)
		if body.ProjectID != "" {
			return say(func(ctx context.Context, c *Client) (Flow, error) {
				return c.CreateFlow(ctx, body.ProjectID, body.DisplayName, body.Metadata)
			})
		}
	case "POST flows/*":
		return operationMethod(t, p, rest)
	case "DELETE flows/*":
		return func(ctx context.Context, c *Client) (string, error) { return "deleted", c.DeleteFlow(ctx, rest) }
	}
	return nil
}

func operationMethod(t testing.TB, p *pair, id string) method {
	t.Helper()
	var body struct {
		Type    string
		Request struct {
			Status, DisplayName, SchemaVersion string
			Trigger, Notes                     json.RawMessage
		}
	}
	p.body(t, &body)
	r := body.Request
	switch body.Type + " " + r.Status {
	case "LOCK_AND_PUBLISH ":
		return say(func(ctx context.Context, c *Client) (Flow, error) { return c.PublishFlow(ctx, id, true) })
	case "CHANGE_STATUS ENABLED", "CHANGE_STATUS DISABLED":
		return say(func(ctx context.Context, c *Client) (Flow, error) {
			return c.SetFlowStatus(ctx, id, r.Status == FlowEnabled)
		})
	case "CHANGE_NAME ":
		return say(func(ctx context.Context, c *Client) (Flow, error) { return c.RenameFlow(ctx, id, r.DisplayName) })
	case "IMPORT_FLOW ":
		content := FlowContent{DisplayName: r.DisplayName, SchemaVersion: r.SchemaVersion, Trigger: r.Trigger, Notes: r.Notes}
		return say(func(ctx context.Context, c *Client) (Flow, error) { return c.ImportFlow(ctx, id, content) })
	}
	return nil
}

func runMethod(t testing.TB, p *pair, route, rest string, query url.Values) method {
	t.Helper()
	switch route {
	case "GET flow-runs":
		filter := RunFilter{ProjectID: query.Get("projectId"), FlowIDs: query["flowId"], Statuses: query["status"]}
		filter.CreatedAfter, _ = time.Parse(time.RFC3339, query.Get("createdAfter")) // zero without one
		if query.Has("limit") {
			filter.Limit = atoi(t, query.Get("limit"))
		}
		if filter.ProjectID != "" {
			return listed(func(ctx context.Context, c *Client) ([]Run, error) { return c.Runs(ctx, filter) })
		}
	case "GET flow-runs/*":
		if rest != "count-by-status" {
			return say(func(ctx context.Context, c *Client) (Run, error) { return c.Run(ctx, rest) })
		}
	case "POST flow-runs/*":
		var body struct{ ProjectID, Strategy string }
		p.body(t, &body)
		if id, ok := strings.CutSuffix(rest, "/retry"); ok && body.Strategy != "" {
			return say(func(ctx context.Context, c *Client) (Run, error) {
				return c.RetryRun(ctx, body.ProjectID, id, body.Strategy == "FROM_FAILED_STEP")
			})
		}
	}
	return nil
}

func embedMethod(t testing.TB, p *pair, route, _ string, _ url.Values) method {
	t.Helper()
	var body struct {
		ExternalAccessToken text
		AllowedEmbedOrigins []string
		DisplayName         string
	}
	if p.Request.Method == "POST" {
		p.body(t, &body)
	}
	switch {
	case route == "POST managed-authn/*" && body.ExternalAccessToken != "":
		return say(func(ctx context.Context, c *Client) (Embedded, error) {
			return c.Exchange(ctx, secretOf(body.ExternalAccessToken))
		})
	case route == "POST embed-subdomain/*":
		return func(ctx context.Context, c *Client) (string, error) {
			return "allowed", c.AllowEmbedOrigin(ctx, body.AllowedEmbedOrigins[0])
		}
	case route == "POST signing-keys":
		return say(func(ctx context.Context, c *Client) (SigningKey, error) {
			return c.CreateSigningKey(ctx, body.DisplayName)
		})
	case route == "GET signing-keys":
		return listed(func(ctx context.Context, c *Client) ([]SigningKey, error) { return c.SigningKeys(ctx) })
	}
	return nil
}
