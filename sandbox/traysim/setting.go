package traysim

import (
	"fmt"
	"io"
	"time"

	"golang.org/x/time/rate"

	"portico/sandbox/control"
)

// settings choose among what Tray may do, where it does not say.
type settings struct {
	// AuthSlots: whether solutions list them; when false the field is unknown.
	AuthSlots bool `json:"auth_slots"`
	// ServiceEnvironment: whether authentications have it; when false the field is unknown.
	ServiceEnvironment bool `json:"service_environment"`
	// ReplaceValues: an update's list of values takes the place of the stored one, instead of being merged into it.
	ReplaceValues bool `json:"replace_values"`
	// EarlyEnable: what enabling sooner than 2 s after creation does. "ok" says enabled and leaves the workflows dead,
	// "error" is an InternalError.
	EarlyEnable string `json:"early_enable"`
	// Down: everything but the control API answers 503.
	Down bool `json:"down"`
	// RateLimit: GraphQL requests per second before 429; 0 is no limit. Tray's own is 30.
	RateLimit int `json:"rate_limit"`
	// PageSize: the rows of a page, and the most that a client can ask for.
	PageSize int `json:"page_size"`
	// ExpiredAuthURL: where a notice is posted when an authentication expires; empty is nowhere.
	ExpiredAuthURL string `json:"expired_auth_url"`

	limit *rate.Limiter
}

func defaultSettings() settings {
	return settings{AuthSlots: true, ServiceEnvironment: true, EarlyEnable: "ok", PageSize: 100}
}

func (s *Server) settings() settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.config
}

// admit says whether one more request fits under the limit.
func (c *settings) admit(now time.Time) bool {
	return c.limit == nil || c.limit.AllowN(now, 1)
}

// patch changes what the JSON names and leaves the rest.
func (c settings) patch(body io.Reader) (settings, error) {
	if err := control.Merge(body, &c); err != nil {
		return c, err
	}
	if c.EarlyEnable != "ok" && c.EarlyEnable != "error" {
		return c, fmt.Errorf("early_enable is %q, not ok or error", c.EarlyEnable)
	}
	if c.PageSize < 1 || c.RateLimit < 0 {
		return c, fmt.Errorf("page_size must be at least 1 and rate_limit at least 0")
	}
	c.limit = nil
	if c.RateLimit > 0 {
		c.limit = rate.NewLimiter(rate.Limit(c.RateLimit), c.RateLimit)
	}
	return c, nil
}

// configure puts settings in force.
func (s *Server) configure(body io.Reader) (settings, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.config.patch(body)
	if err != nil {
		return c, err
	}
	schema, err := schemaFor(c)
	if err != nil {
		return c, err
	}
	s.config, s.schema = c, schema
	return c, nil
}
