package piecesim

import (
	"fmt"
	"io"
	"slices"

	"portico/sandbox/control"
)

// settings choose among what an Activepieces may be and do. They are not kept in the file.
type settings struct {
	// Licensed: whether an enterprise server has a licence key.
	Licensed bool `json:"licensed"`
	// Lacks are flags of the plan that the licence does not have, such as "globalConnectionsEnabled".
	Lacks []string `json:"lacks"`
	// Worker: without one, checks of credentials and enabling hang.
	Worker bool `json:"worker"`
	// RunMS is how long a run takes on the sandbox's clock; until then it is QUEUED.
	RunMS int `json:"run_ms"`
	// SignInLimit is how many sign-ins an address has a minute.
	SignInLimit int `json:"sign_in_limit"`
	// ActiveFlowsLimit is how many flows may be enabled; 0 is no limit.
	ActiveFlowsLimit int `json:"active_flows_limit"`
	// Down: everything but the control API answers 503.
	Down bool `json:"down"`
}

func defaultSettings(o Options) settings {
	return settings{Licensed: o.Edition != "ce" && !o.Unlicensed, Worker: true, SignInLimit: 50, Lacks: []string{}}
}

func (s *Server) settings() settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.config
}

// has says whether the plan has a flag.
func (c settings) has(flag string) bool { return c.Licensed && !slices.Contains(c.Lacks, flag) }

// configure puts settings in force: what the JSON names, the rest stays.
func (s *Server) configure(body io.Reader) (settings, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.config
	c.Lacks = slices.Clone(c.Lacks)
	if err := control.Merge(body, &c); err != nil {
		return c, err
	}
	if c.SignInLimit < 1 || c.RunMS < 0 || c.ActiveFlowsLimit < 0 {
		return c, fmt.Errorf("sign_in_limit must be at least 1, run_ms and active_flows_limit at least 0")
	}
	if c.Licensed && s.edition == "ce" {
		return c, fmt.Errorf("the community edition has no licence")
	}
	s.config = c
	s.workers.set(c.Worker)
	return c, nil
}
