package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"portico/portal"
	"portico/sandbox/piecesim"
	"portico/store"
)

// Demo people: one of the sample host's users, as its own tokens describe him, and an admin of the staff.
const (
	demoPath   = "/integrations"
	adminEmail = "admin@northwind.example"
	adminName  = "Alex Admin"
)

// sandboxActor is who prepares what staff would.
var sandboxActor = store.Actor{Kind: store.ActorStaff, Name: "sandbox"}

var demoUser = portal.Claims{
	Subject: "u_1042", Name: "Billy Ortiz", Email: "billy@northwind.example", Role: store.RoleAdmin, Locale: "en-US",
	Workspace: &portal.WorkspaceClaim{
		ID: "org_1234", Name: "Northwind Traders", Attributes: map[string]string{"plan": "growth", "country": "US", "store_id": "nw-001"},
	},
}

// output is what the sandbox tells whoever started it. Its secrets are the sandbox's own.
type output struct {
	Portal         string            `json:"portal"`
	Host           string            `json:"host"`
	Tray           string            `json:"tray"`
	TrayGraphQL    string            `json:"tray_graphql"`
	TrayControl    string            `json:"tray_control"`
	TrayToken      string            `json:"tray_master_token"`
	TrayEmbeddedID string            `json:"tray_embedded_id"`
	Pieces         string            `json:"activepieces"`
	PiecesControl  string            `json:"activepieces_control"`
	PiecesKey      string            `json:"activepieces_api_key"`
	PiecesEmail    string            `json:"activepieces_email"`
	PiecesPassword string            `json:"activepieces_password"`
	SigningKeyID   string            `json:"activepieces_signing_key_id"`
	SigningKey     string            `json:"activepieces_signing_key"`
	SDKURL         string            `json:"activepieces_sdk"`
	CDK            string            `json:"tray_cdk"`
	CDKControl     string            `json:"tray_cdk_control"`
	CDKTokens      map[string]string `json:"tray_cdk_tokens"` // by region
	Connector      string            `json:"connector"`       // the path of a connector.zip
	Connect        string            `json:"commercetools"`
	ConnectControl string            `json:"commercetools_control"`
	ProjectKey     string            `json:"commercetools_project_key"`
	ClientID       string            `json:"commercetools_client_id"`
	ClientSecret   string            `json:"commercetools_client_secret"`
	SignIn         string            `json:"sign_in"`
	AdminSignIn    string            `json:"admin_sign_in"`
	APIKey         string            `json:"api_key"`
	Data           string            `json:"data"`
	PID            int               `json:"pid"`

	password string
	keep     bool
}

// output makes the demo people and gathers what there is to tell.
func (b *sandbox) output(ctx context.Context) (output, error) {
	user, err := b.portal.InviteReusable(ctx, demoUser, demoPath, store.Actor{Kind: store.ActorHost, Name: "sandbox"})
	if err != nil {
		return output{}, fmt.Errorf("making the demo user: %w", err)
	}
	admin, err := b.admin(ctx)
	if err != nil {
		return output{}, fmt.Errorf("making the demo admin: %w", err)
	}
	return output{
		Portal: b.places.portal(), Host: b.places.host(), Tray: b.places.tray(), TrayGraphQL: b.places.tray() + "/graphql",
		TrayControl: b.places.tray() + "/_control", TrayToken: b.tray.MasterToken(), TrayEmbeddedID: b.tray.EmbeddedID(),
		Pieces: b.places.pieces(), PiecesControl: b.places.pieces() + "/_control",
		PiecesKey: b.pieces.APIKey(), PiecesEmail: b.pieces.AdminEmail(), PiecesPassword: b.pieces.AdminPassword(),
		SigningKeyID: b.pieces.SigningKeyID(), SigningKey: b.pieces.SigningKey(), SDKURL: b.places.pieces() + piecesim.SDKPath,
		CDK: b.places.cdk(), CDKControl: b.places.cdk() + "/_control", CDKTokens: b.cdkTokens(), Connector: b.connectorFile(),
		Connect: b.places.connect(), ConnectControl: b.places.connect() + "/_control",
		ProjectKey: b.connect.ProjectKey(), ClientID: b.connect.ClientID(), ClientSecret: b.connect.ClientSecret(),
		SignIn:      b.places.portal() + "/session/" + user.Ticket.Reveal(),
		AdminSignIn: b.places.portal() + "/admin/session/" + admin.Ticket.Reveal(),
		APIKey:      b.secrets.apiKey.Reveal(), Data: b.dir, PID: os.Getpid(),
		password: b.secrets.adminPassword.Reveal(), keep: b.keep,
	}, nil
}

// admin makes the demo admin, who is there already where the folder was used before, and their sign-in address.
func (b *sandbox) admin(ctx context.Context) (portal.Invitation, error) {
	m, err := b.store.StaffByEmail(ctx, adminEmail)
	if errors.Is(err, store.ErrNotFound) {
		m, err = b.portal.CreateStaff(ctx, sandboxActor, adminEmail, adminName, store.StaffAdmin, b.secrets.adminPassword)
	}
	if err != nil {
		return portal.Invitation{}, err
	}
	return b.portal.InviteStaffReusable(ctx, m.ID, "/admin")
}

// writeJSON writes one line for machines.
func (o output) writeJSON(w io.Writer) error { return json.NewEncoder(w).Encode(o) }

// writeWords says what to open and what to do first.
func (o output) writeWords(w io.Writer) error {
	_, err := fmt.Fprintf(w, `The sandbox is ready. Nothing in it is real, and nothing leaves this machine.

  %-26s Northwind, a sample product that embeds the portal
  %-26s the portal by itself
  %-26s a Tray that is simulated
  %-26s an Activepieces that is simulated
  %-26s Tray's service for connectors (CDK), simulated
  %-26s commercetools Connect, simulated

What to do first: open %s and sign in as Billy with the password that the
page shows. Choose "Integrations", pick one and connect it. Sign-in dialogs take any name.

To go to the portal directly, as Billy:
  %s
To see what staff see, as an admin:
  %s
  or sign in at %s/admin as %s with the password %s

`, o.Host, o.Portal, o.Tray, o.Pieces, o.CDK, o.Connect, o.Host, o.SignIn, o.AdminSignIn, o.Portal, adminEmail, o.password)
	return errors.Join(err, o.writeDeploying(w), o.writeEnd(w))
}

// writeDeploying says what there is to deploy, and how the platforms' own documents do it with only the host changed.
func (o output) writeDeploying(w io.Writer) error {
	_, err := fmt.Fprintf(w, `To deploy a connector, as an admin: drop %[1]s at %[2]s/admin/cdk.
Or as the platforms' own documents do it, with only the host changed:
  curl -H 'Authorization: Bearer %[3]s' \
    --json @payload.json %[4]s/cdk/v1/deployments/connectors/%[5]s/versions/1.0/deploy-connector-from-source
  curl -u '%[6]s:%[7]s' -d grant_type=client_credentials %[8]s/oauth/token
  curl -H "Authorization: Bearer $TOKEN" %[8]s/connectors/drafts

`, o.Connector, o.Portal, o.CDKTokens["us"], o.CDK, demoConnector, o.ClientID, o.ClientSecret, o.Connect)
	return err
}

func (o output) writeEnd(w io.Writer) error {
	kept := "It is removed when the sandbox stops; -data DIR keeps it."
	if o.keep {
		kept = "The next start with the same folder finds all of it again."
	}
	_, err := fmt.Fprintf(w, "Everything is kept in %s. %s\nStop with Ctrl-C.\n", o.Data, kept)
	return err
}
