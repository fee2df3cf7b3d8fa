package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"portico/secret"
	"portico/upstream/activepieces"
)

// embedding tests what the embedded builder needs.
func (p *piecesCheck) embedding(ctx context.Context, plan activepieces.Plan, known bool) {
	if known && !plan.Embedding {
		p.line(p.what+"builder", "", errors.New("a signing key is configured, and the licence has no embedding: the builder would not open. Ask Activepieces for a licence that has it, or take PORTICO_ACTIVEPIECES_SIGNING_KEY_ID out"))
		return
	}
	p.line(p.what+"signing key", "known to Activepieces, and its private key is the one configured", p.signingKey(ctx))
	p.frames(ctx, plan)
	p.line(p.what+"browser script", p.account.SDKURL+" answers with a script", script(ctx, p.account.SDKURL))
}

// signingKey has a token looked at that ended an hour ago: Activepieces reads the key's ID and the signature before the
// time, and a token that has ended makes no user and no project.
func (p *piecesCheck) signingKey(ctx context.Context) error {
	token, err := builderToken(p.account.SigningKeyID, p.account.SigningKey, "portico-check", time.Now().Add(-time.Hour))
	if err != nil {
		return err
	}
	_, err = within(ctx, func(ctx context.Context) (activepieces.Embedded, error) { return p.public().Exchange(ctx, token) })
	if err == nil {
		return errors.New("a token that ended an hour ago was taken: the clock of that server or of this one is wrong")
	}
	switch text := err.Error(); {
	case strings.Contains(text, "expired"):
		return nil
	case strings.Contains(text, "signing key not found"):
		return errors.New("no key of Activepieces has this ID; check PORTICO_ACTIVEPIECES_SIGNING_KEY_ID with the list under Platform Admin, Security, Signing Keys")
	case strings.Contains(text, "signature"):
		return errors.New("the private key is not the one of this ID; check PORTICO_ACTIVEPIECES_SIGNING_KEY_FILE, or make a new signing key")
	}
	return fmt.Errorf("could not be tested: %w", err)
}

// builderToken signs somebody in to the embedded builder, as a project's viewer (Activepieces, external token v3).
func builderToken(keyID string, key secret.Text, project string, expires time.Time) (secret.Text, error) {
	private, err := parseSigningKey(key)
	if err != nil {
		return "", fmt.Errorf("the signing key %w", err)
	}
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"version": "v3", "externalUserId": project, "externalProjectId": project, "firstName": "Portico", "lastName": "check",
		"role": "VIEWER", "piecesFilterType": "NONE", "piecesTags": []string{}, "exp": expires.Unix(),
	})
	t.Header["kid"] = keyID
	signed, err := t.SignedString(private)
	if err != nil {
		return "", errors.New("the signing key cannot sign")
	}
	return secret.Text(signed), nil
}

// frames tests whether the pages may hold the builder: all of them, since browsers ask for every page around a frame. With
// an API key the portal has them allowed by itself.
func (p *piecesCheck) frames(ctx context.Context, plan activepieces.Plan) {
	missing, err := p.keptOut(ctx, plan)
	what, origins := p.what+"frames", strings.Join(missing, ",")
	switch {
	case err != nil:
		p.line(what, "", fmt.Errorf("could not be tested: %w", err))
	case len(missing) == 0:
		p.line(what, "the builder may be shown in "+strings.Join(p.origins, ", "), nil)
	case p.account.Token != "":
		p.warn(what, fmt.Sprintf("Activepieces does not let %[1]s hold the builder yet; Portico asks it to when somebody first opens it, and it takes up to three minutes. To have it from the start, add to its environment AP_ALLOWED_EMBED_ORIGINS=%[1]s, with commas between all that there are", origins))
	default:
		p.line(what, "", fmt.Errorf("browsers will leave the builder blank: Activepieces does not let %[1]s hold it; add to its environment AP_ALLOWED_EMBED_ORIGINS=%[1]s, with commas between all that there are", origins))
	}
}

// keptOut is the origins whose pages Activepieces does not let hold the builder.
func (p *piecesCheck) keptOut(ctx context.Context, plan activepieces.Plan) (missing []string, err error) {
	header, err := within(ctx, func(ctx context.Context) (http.Header, error) { return head(ctx, p.account.DialogURL+"/api/v1/flags") })
	if err != nil {
		return nil, err
	}
	sources, limited := ancestors(header)
	if !limited {
		return nil, nil // before 0.84 everybody may
	}
	sources = append(sources, plan.AllowedEmbedOrigins...) // the header follows within minutes
	for _, o := range p.origins {
		if !permits(sources, o) {
			missing = append(missing, o)
		}
	}
	return missing, nil
}

// ancestors is which pages may hold an answer in a frame, by its Content-Security-Policy; limited is false when any may.
func ancestors(h http.Header) (sources []string, limited bool) {
	for _, policy := range h.Values("Content-Security-Policy") {
		for directive := range strings.SplitSeq(policy, ";") {
			words := strings.Fields(directive)
			if len(words) > 0 && strings.EqualFold(words[0], "frame-ancestors") {
				return words[1:], true
			}
		}
	}
	return nil, false
}

// permits says whether one of the sources is an origin, or a pattern like https://*.example.com for it.
func permits(sources []string, origin string) bool {
	return slices.ContainsFunc(sources, func(source string) bool {
		source = strings.ToLower(strings.TrimRight(source, "/"))
		scheme, domain, pattern := strings.Cut(source, "://*.")
		if !pattern {
			return source == origin || source == "*"
		}
		u, err := url.Parse(origin)
		return err == nil && u.Scheme == scheme && strings.HasSuffix(u.Host, "."+domain)
	})
}

// head is the header of what an address answers, whatever that is.
func head(ctx context.Context, address string) (http.Header, error) {
	resp, err := get(ctx, address)
	if err != nil {
		return nil, err
	}
	return resp.Header, resp.Body.Close()
}

func get(ctx context.Context, address string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	return http.DefaultTransport.RoundTrip(r) // as it is, with no redirect followed
}

// script tests whether an address answers with a script.
func script(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, checkPatience)
	defer cancel()
	const todo = "check PORTICO_ACTIVEPIECES_SDK_URL, or put a copy of the script where this machine can reach it"
	resp, err := get(ctx, address)
	if err != nil {
		return fmt.Errorf("%s does not answer (%w); %s", address, err, todo)
	}
	defer resp.Body.Close() //nolint:errcheck // only read
	begin, err := io.ReadAll(io.LimitReader(resp.Body, 512))
	if err != nil {
		return fmt.Errorf("%s breaks off (%w); %s", address, err, todo)
	}
	kind := resp.Header.Get("Content-Type")
	if resp.StatusCode != http.StatusOK || !strings.Contains(kind, "javascript") || len(begin) == 0 {
		return fmt.Errorf("%s answers %s with %q, which is no script; %s", address, resp.Status, kind, todo)
	}
	return nil
}
