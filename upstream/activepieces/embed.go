package activepieces

import (
	"context"

	"portico/secret"
)

// Embedded is a user that a token of the host's has signed in.
type Embedded struct {
	UserID     string
	ProjectID  string
	PlatformID string
	Role       string      // on the platform: "MEMBER", "ADMIN", "OPERATOR"
	Token      secret.Text // good for TokenLife
}

// Exchange signs a user in with a token that the host has signed (POST
// /managed-authn/external-token, no credentials; read from source). Each exchange
// makes the project and the user where they are missing, and overwrites the
// project's filter of pieces and the user's role with those of the token. The
// error is of kind Unauthorized when the platform does not take the token, which
// it says why.
func (c *Client) Exchange(ctx context.Context, externalToken secret.Text) (Embedded, error) {
	call := c.post("POST /managed-authn/external-token", "/managed-authn/external-token",
		map[string]any{"externalAccessToken": externalToken.Reveal()}).public().hiding(externalToken)
	var got struct{ ID, ProjectID, PlatformID, PlatformRole, Token text }
	if err := c.do(ctx, call, &got); err != nil {
		return Embedded{}, err
	}
	if got.Token == "" || got.ProjectID == "" {
		return Embedded{}, missing(call.operation, "token and project")
	}
	return Embedded{
		UserID:     string(got.ID),
		ProjectID:  string(got.ProjectID),
		PlatformID: string(got.PlatformID),
		Role:       string(got.PlatformRole),
		Token:      secret.Text(got.Token),
	}, nil
}

// AllowEmbedOrigin lets pages of an origin frame the builder, beside those that
// may already (POST /embed-subdomain/allowed-embed-origins, since 0.84; API key
// only; read from source). The server notices within 3 minutes.
func (c *Client) AllowEmbedOrigin(ctx context.Context, origin string) error {
	call := c.post("POST /embed-subdomain/allowed-embed-origins", "/embed-subdomain/allowed-embed-origins",
		map[string]any{"allowedEmbedOrigins": []string{origin}}).unread()
	return c.do(ctx, call, nil)
}

// SigningKey is what the platform checks the host's tokens with.
type SigningKey struct {
	ID          string // the kid of the tokens
	DisplayName string
	PublicKey   string      // PEM
	PrivateKey  secret.Text // RSA as PEM (PKCS #1), in the answer to CreateSigningKey only
}

type signingKeyBody struct{ ID, DisplayName, PublicKey, PrivateKey text }

func (b signingKeyBody) key() (SigningKey, bool) {
	return SigningKey{
		ID:          string(b.ID),
		DisplayName: string(b.DisplayName),
		PublicKey:   string(b.PublicKey),
		PrivateKey:  secret.Text(b.PrivateKey),
	}, b.ID != ""
}

// CreateSigningKey makes a key pair (POST /signing-keys; an admin's e-mail and
// password, not an API key; read from source).
func (c *Client) CreateSigningKey(ctx context.Context, name string) (SigningKey, error) {
	call := c.post("POST /signing-keys", "/signing-keys", map[string]any{"displayName": name}).asUser()
	key, err := one(ctx, c, call, signingKeyBody.key)
	if err == nil && key.PrivateKey == "" {
		return SigningKey{}, missing(call.operation, "private key")
	}
	return key, err
}

// SigningKeys lists the platform's keys (GET /signing-keys, as CreateSigningKey).
func (c *Client) SigningKeys(ctx context.Context) ([]SigningKey, error) {
	return list(ctx, c, c.get("GET /signing-keys", "/signing-keys", nil).asUser(), signingKeyBody.key)
}

// DeleteSigningKey removes a key (DELETE /signing-keys/{id}, as
// CreateSigningKey); tokens signed with it are refused from then on.
func (c *Client) DeleteSigningKey(ctx context.Context, id string) error {
	return c.do(ctx, c.remove("DELETE /signing-keys/:id", "/signing-keys/"+pathSegment(id)).asUser(), nil)
}
