package commercetools

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"portico/secret"
	"portico/upstream"
)

const (
	// renewBefore is how long before its end a token is replaced; one of a shorter life is used for half of it.
	renewBefore = 5 * time.Minute
	// usualLife is the life of a token that comes without one.
	usualLife = 10 * time.Minute
	// refusalKept is how long credentials that were refused are not tried again.
	refusalKept = time.Minute
)

const grantOperation = "POST /oauth/token"

// session keeps an API client's token (client credentials of OAuth 2, in the Basic header).
type session struct {
	keys   *keys // behind a pointer, so that printing a client does not print them
	now    func() time.Time
	flight singleflight.Group

	mu      sync.Mutex // of all below, and of keys.token
	scopes  []string   // of the token; nil when the service has not said
	until   time.Time
	refusal error // what the service said of these credentials
	refused time.Time
}

type keys struct {
	id     string
	secret secret.Text
	token  secret.Text // the current one
}

func newSession(id string, key secret.Text, now func() time.Time) *session {
	return &session{keys: &keys{id: id, secret: key}, now: now}
}

// secrets are those that no error and no record may hold.
func (s *session) secrets() []secret.Text {
	s.mu.Lock()
	defer s.mu.Unlock()
	return []secret.Text{s.keys.secret, s.keys.token}
}

// basic is the Authorization header of the API client itself.
func (s *session) basic() string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(s.keys.id+":"+s.keys.secret.Reveal()))
}

// token is a valid one, and is fetched if there is none; callers at once share one fetch, which goes on when one of them
// gives up.
func (s *session) token(ctx context.Context, c *Client) (secret.Text, error) {
	if token := s.valid(); token != "" {
		return token, nil
	}
	done := s.flight.DoChan("", func() (any, error) {
		if token := s.valid(); token != "" {
			return token, nil
		}
		return s.fetch(context.WithoutCancel(ctx), c)
	})
	select {
	case <-ctx.Done():
		return "", &upstream.Error{Platform: Platform, Operation: grantOperation, Kind: upstream.Canceled, Err: notSent(ctx.Err())}
	case result := <-done:
		token, _ := result.Val.(secret.Text)
		return token, result.Err
	}
}

func (s *session) valid() secret.Text {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.now().Before(s.until) {
		return ""
	}
	return s.keys.token
}

// forget drops a token that the service does not know, unless there is a newer one already.
func (s *session) forget(token secret.Text) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys.token == token {
		s.keys.token, s.until = "", time.Time{}
	}
}

// tokenBody is the answer of the token endpoint.
type tokenBody struct {
	Token   text   `json:"access_token"`
	Expires number `json:"expires_in"` // seconds
	Scope   text   `json:"scope"`
}

func (s *session) fetch(ctx context.Context, c *Client) (secret.Text, error) {
	started := s.now()
	if err := s.remembered(started); err != nil {
		return "", err
	}
	var got tokenBody
	if err := c.try(ctx, c.form("/oauth/token", url.Values{"grant_type": {"client_credentials"}}), s.basic(), &got); err != nil {
		s.failed(err, started)
		return "", err
	}
	if got.Token == "" {
		return "", missing(grantOperation, "access_token")
	}
	life := time.Duration(got.Expires) * time.Second
	if life <= 0 {
		life = usualLife
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys.token, s.until = secret.Text(got.Token), started.Add(max(life-renewBefore, life/2))
	s.scopes = split(string(got.Scope))
	return s.keys.token, nil
}

// form is a call to the authorization service. Its answers change nothing, so that it may be asked again.
func (c *Client) form(path string, values url.Values) call {
	k := call{operation: http.MethodPost + " " + path, method: http.MethodPost, address: c.auth + path, form: values, safe: true}
	if c.session.keys.id == "" || c.session.keys.secret == "" {
		k.fault = errors.New("the API client has no ID or no secret")
	}
	return k
}

// remembered is the refusal of the same credentials a short while ago.
func (s *session) remembered(now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refusal != nil && now.Before(s.refused.Add(refusalKept)) {
		return s.refusal
	}
	return nil
}

func (s *session) failed(err error, started time.Time) {
	if upstream.IsKind(err, upstream.Unauthorized) || upstream.IsKind(err, upstream.Forbidden) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.refusal, s.refused = err, started
	}
}
