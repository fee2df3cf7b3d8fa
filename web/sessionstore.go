package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"
	"golang.org/x/time/rate"

	"portico/store"
)

// The cookies of the two doors. "__Host-" keeps other hosts of the domain from setting them.
const (
	userCookie  = "__Host-portico"
	staffCookie = "__Host-portico-staff"
)

const (
	seenEvery = time.Minute // how often at most it is stored that a session is in use
	keysEvery = time.Hour   // how often the keys are read again, in case another process has made new ones
)

// Where a session's values have who it belongs to: a store.Visit or a store.Staff.
type subjectKey struct{}

// sessionStore is gorilla's Store over the table of sessions. The cookie holds the key of a row, signed and encrypted,
// and nothing else. Nothing is cached: a session that was ended elsewhere is over with the next request.
type sessionStore struct {
	store *store.Store
	now   func() time.Time
	log   *slog.Logger

	mu      sync.Mutex
	codecs  []securecookie.Codec // the newest pair first: it signs
	read    time.Time
	failing *rate.Limiter // reading the keys again because a cookie does not open
}

// newSessionStore reads the keys, and makes the first pair where there is none.
func newSessionStore(ctx context.Context, db *store.Store, now func() time.Time, log *slog.Logger) (*sessionStore, error) {
	if err := db.Update(ctx, func(tx *store.Tx) error { return tx.RotateSessionKeys(ctx) }); err != nil {
		return nil, err
	}
	s := &sessionStore{store: db, now: now, log: log, failing: rate.NewLimiter(rate.Every(time.Second), 1)}
	_, err := s.reload(ctx)
	return s, err
}

// reload reads the pairs of keys again.
func (s *sessionStore) reload(ctx context.Context) ([]securecookie.Codec, error) {
	pairs, err := s.store.SessionKeys(ctx)
	if err != nil {
		return nil, err
	}
	var codecs []securecookie.Codec
	for _, pair := range pairs {
		// No age: the table knows when a session ends, by the program's clock.
		codecs = append(codecs, securecookie.New(pair.Hash, pair.Block).MaxAge(0).SetSerializer(securecookie.NopEncoder{}))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.codecs, s.read = codecs, s.now()
	return codecs, nil
}

func (s *sessionStore) keys(ctx context.Context) ([]securecookie.Codec, error) {
	s.mu.Lock()
	codecs, age := s.codecs, s.now().Sub(s.read)
	s.mu.Unlock()
	if age < keysEvery {
		return codecs, nil
	}
	return s.reload(ctx)
}

// options are a cookie's. The pages live in a frame of another site, where only a partitioned cookie that may be sent
// across sites is kept; staff come at the top level.
func options(name string) *sessions.Options {
	o := &sessions.Options{Path: "/", MaxAge: int(store.SessionLife / time.Second), HttpOnly: true, Secure: true, SameSite: http.SameSiteNoneMode, Partitioned: true}
	if name == staffCookie {
		o.SameSite, o.Partitioned = http.SameSiteLaxMode, false
	}
	return o
}

// Get implements sessions.Store: the session of a request, looked up once.
func (s *sessionStore) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(s, name)
}

// New implements sessions.Store: it looks the request's session up. One that is over, or never was, is new and empty.
func (s *sessionStore) New(r *http.Request, name string) (*sessions.Session, error) {
	session := sessions.NewSession(s, name)
	session.Options, session.IsNew = options(name), true
	key, err := s.open(r, name)
	if err != nil || key == "" {
		return session, err
	}
	row, subject, err := s.lookUp(r.Context(), name, key)
	if errors.Is(err, store.ErrNotFound) {
		return session, nil
	}
	if err != nil {
		return session, err
	}
	session.ID, session.IsNew = key, false
	session.Values[subjectKey{}] = subject
	s.touch(r.Context(), row)
	return session, nil
}

// open is the key that a request's cookie holds; "" when there is none that our keys open.
func (s *sessionStore) open(r *http.Request, name string) (string, error) {
	c, err := r.Cookie(name)
	if err != nil {
		return "", nil //nolint:nilerr // the one error is that there is no cookie
	}
	codecs, err := s.keys(r.Context())
	if err != nil {
		return "", err
	}
	var key []byte
	if securecookie.DecodeMulti(name, c.Value, &key, codecs...) == nil {
		return string(key), nil
	}
	// Perhaps another process has signed it with a pair that is newer than ours.
	if !s.failing.Allow() {
		return "", nil
	}
	if codecs, err = s.reload(r.Context()); err != nil {
		return "", err
	}
	if securecookie.DecodeMulti(name, c.Value, &key, codecs...) != nil {
		return "", nil
	}
	return string(key), nil
}

func (s *sessionStore) lookUp(ctx context.Context, name, key string) (store.Session, any, error) {
	if name == userCookie {
		v, err := s.store.Visit(ctx, key)
		return v.Session, v, err
	}
	row, err := s.store.Session(ctx, store.SessionStaff, key)
	if err != nil {
		return row, nil, err
	}
	m, err := s.store.Staff(ctx, row.SubjectID)
	return row, m, err
}

// touch stores that a session is in use, so that it does not end as idle. A page is shown whether that succeeds or not.
func (s *sessionStore) touch(ctx context.Context, row store.Session) {
	if s.now().Sub(row.SeenAt.Time) < seenEvery {
		return
	}
	if err := s.store.Update(ctx, func(tx *store.Tx) error { return tx.TouchSession(ctx, row.ID) }); err != nil {
		s.log.ErrorContext(ctx, "storing that a session is in use", "err", err)
	}
}

// Save implements sessions.Store: it sends the cookie that holds the session's key, or takes it away when the session's
// age is negative. The row is the portal's to make and to remove.
func (s *sessionStore) Save(r *http.Request, w http.ResponseWriter, session *sessions.Session) error {
	if session.Options.MaxAge < 0 {
		http.SetCookie(w, sessions.NewCookie(session.Name(), "", session.Options))
		return nil
	}
	codecs, err := s.keys(r.Context())
	if err != nil {
		return err
	}
	value, err := securecookie.EncodeMulti(session.Name(), []byte(session.ID), codecs...)
	if err != nil {
		return fmt.Errorf("sealing a session's cookie: %w", err)
	}
	http.SetCookie(w, sessions.NewCookie(session.Name(), value, session.Options))
	return nil
}
