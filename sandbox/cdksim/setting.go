package cdksim

import (
	"fmt"
	"io"
	"net/http"
	"slices"

	"golang.org/x/time/rate"

	"portico/sandbox/control"
)

// settings choose among what Tray may do, where it does not say. They are kept in the file.
type settings struct {
	// Emails are the accounts of the organisation: connectors can be shared with exactly these.
	Emails []string `json:"emails"`
	// Namespace is the organisation's: names have to start with it and a hyphen. Empty: none.
	Namespace string `json:"namespace"`
	// ShareRefusal is the status of a share that is not allowed: 404 or 403. Its words are known, its status is not.
	ShareRefusal int `json:"share_refusal"`
	// ShareEarly: a connector can be shared before a deployment of it has ended well [?].
	ShareEarly bool `json:"share_early"`
	// OwnerIsUser: a connector belongs to the API user and so to all tokens of theirs, not to the one token.
	OwnerIsUser bool `json:"owner_is_user"`
	// OthersRead: deployments can be asked for with tokens that do not own the connector [?].
	OthersRead bool `json:"others_read"`
	// RepeatAlways: repeatDeployment is in every answer, and not only when it is true.
	RepeatAlways bool `json:"repeat_always"`
	// BodyLimit is the most that a deploy's body may have, in bytes; more is 413 [?].
	BodyLimit int64 `json:"body_limit"`
	// RateLimit: requests per second and region before 429; 0 is no limit. Tray's own is 30.
	RateLimit int `json:"rate_limit"`
	// Down: everything but the control API answers 503.
	Down bool `json:"down"`
	// Plans are what deployments to come go through, the newest that fits.
	Plans []plan `json:"plans"`
}

func defaultSettings() settings {
	return settings{
		Emails: []string{
			"kim@acme.example", "john.doe@domain.com", "jane.doe@domain.com", "a@x.example", "b@x.example",
			"deployer@acme.example", "second-deployer@acme.example",
		},
		ShareRefusal: http.StatusNotFound, OthersRead: true, BodyLimit: 64 << 20, Plans: []plan{},
	}
}

// patch changes what the JSON names and leaves the rest.
func (c settings) patch(body io.Reader) (settings, error) {
	c.Emails, c.Plans = slices.Clone(c.Emails), slices.Clone(c.Plans)
	if err := control.Merge(body, &c); err != nil {
		return c, err
	}
	if c.ShareRefusal != http.StatusNotFound && c.ShareRefusal != http.StatusForbidden {
		return c, fmt.Errorf("share_refusal is %d, not 404 or 403", c.ShareRefusal)
	}
	if c.BodyLimit < 1 || c.RateLimit < 0 {
		return c, fmt.Errorf("body_limit must be at least 1 and rate_limit at least 0")
	}
	for _, p := range c.Plans {
		if err := p.check(); err != nil {
			return c, err
		}
	}
	return c, nil
}

// configure puts settings in force.
func (s *Server) configure(body io.Reader) (settings, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.state.settings.patch(body)
	if err != nil {
		return c, err
	}
	s.limits = limitersFor(c)
	return c, s.state.put(line{Settings: &c})
}

func limitersFor(c settings) map[string]*rate.Limiter {
	all := map[string]*rate.Limiter{}
	if c.RateLimit > 0 {
		for _, region := range regions {
			all[region] = rate.NewLimiter(rate.Limit(c.RateLimit), c.RateLimit)
		}
	}
	return all
}
