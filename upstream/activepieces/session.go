package activepieces

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"

	"portico/secret"
	"portico/upstream"
)

const (
	// renewBefore is how long before its end a token is replaced.
	renewBefore = time.Hour
	// The platform takes 50 sign-ins a minute from one address; other programs
	// may sign in from it too, and a wrong password is not worth many.
	signInEvery = 6 * time.Second
	signInBurst = 5
	// refusalKept is how long a password that was refused is not tried again.
	refusalKept = time.Minute
)

const signIn = "POST /authentication/sign-in"

// session keeps an admin signed in. The community edition has nothing else: no
// API keys, and no way to renew a token but the password.
type session struct {
	email  string
	now    func() time.Time
	flight singleflight.Group
	turns  *rate.Limiter

	mu      sync.Mutex
	current secret.Text
	until   time.Time
	blocked time.Time // the platform wants no sign-in before
	refusal error     // what it said of this password
	refused time.Time // when
}

func newSession(email string, now func() time.Time) *session {
	return &session{email: email, now: now, turns: rate.NewLimiter(rate.Every(signInEvery), signInBurst)}
}

// token is the admin's, and signs in if there is none; callers at once share one
// sign-in, which goes on when one of them gives up.
func (s *session) token(ctx context.Context, c *Client) (secret.Text, error) {
	if token := s.valid(); token != "" {
		return token, nil
	}
	done := s.flight.DoChan("", func() (any, error) {
		if token := s.valid(); token != "" {
			return token, nil
		}
		return s.signIn(context.WithoutCancel(ctx), c)
	})
	select {
	case <-ctx.Done():
		return "", &upstream.Error{Platform: Platform, Operation: signIn, Kind: upstream.Canceled, Err: notSent(ctx.Err())}
	case result := <-done:
		token, _ := result.Val.(secret.Text)
		return token, result.Err
	}
}

func (s *session) valid() secret.Text {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now().After(s.until) {
		return ""
	}
	return s.current
}

// forget drops a token that the platform does not know, unless there is a newer
// one already.
func (s *session) forget(token secret.Text) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == token {
		s.current, s.until = "", time.Time{}
	}
}

func (s *session) signIn(ctx context.Context, c *Client) (secret.Text, error) {
	started := s.now()
	if err := s.turn(started); err != nil {
		return "", err
	}
	body := map[string]any{"email": s.email, "password": c.keys.password.Reveal()}
	var got struct{ Token text }
	err := c.try(ctx, c.post(signIn, "/authentication/sign-in", body).public(), "", &got)
	if err != nil {
		s.failed(err, started)
		return "", err
	}
	if got.Token == "" {
		return "", missing(signIn, "token")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current, s.until = secret.Text(got.Token), started.Add(TokenLife-renewBefore)
	return s.current, nil
}

// failed remembers what the platform said of a sign-in, so as not to ask again at
// once.
func (s *session) failed(err error, started time.Time) {
	failed, ok := errors.AsType[*upstream.Error](err)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch failed.Kind {
	case upstream.Limited:
		s.blocked = started.Add(failed.RetryAfter)
	case upstream.Unauthorized, upstream.Forbidden:
		s.refusal, s.refused = err, started
	}
}

// turn takes one of the sign-ins that the platform allows.
func (s *session) turn(now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refusal != nil && now.Before(s.refused.Add(refusalKept)) {
		return s.refusal
	}
	wait := s.blocked.Sub(now)
	if wait <= 0 {
		reserved := s.turns.ReserveN(now, 1)
		if wait = reserved.DelayFrom(now); wait == 0 {
			return nil
		}
		reserved.CancelAt(now)
	}
	return &upstream.Error{Platform: Platform, Operation: signIn, Kind: upstream.Limited, RetryAfter: wait,
		Err: notSent(fmt.Errorf("too many sign-ins; the next may be in %s", wait.Round(time.Second)))}
}
