// Package control is what tests and players hold of a simulated platform: the list of requests it received, the faults
// that are set, the calls that are held, and its clock, with the control API that reaches them under /_control/.
package control

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"portico/sandbox/clock"
)

// Desk is the controls of one simulator. Set its fields once, before it serves.
type Desk struct {
	Clock   *clock.Clock
	Journal *Journal
	Faults  *Faults
	Held    *Holds
}

// OwnClock is a clock for a simulator that shares nobody's: it runs with now, or with the machine's time when nil.
func OwnClock(now func() time.Time) *clock.Clock {
	if now == nil {
		return clock.New()
	}
	return clock.From(now)
}

// Routes adds the common controls to a simulator's routes: faults, held calls, requests and the clock.
func (d *Desk) Routes(mux *http.ServeMux) {
	Route(mux, "GET /_control/faults", func(*http.Request) (any, error) {
		return map[string]any{"faults": d.Faults.List(), "kinds": d.Faults.kinds()}, nil
	})
	Route(mux, "POST /_control/faults", d.addFault)
	Route(mux, "DELETE /_control/faults", func(*http.Request) (any, error) { d.Faults.Clear(); return Done, nil })
	Route(mux, "GET /_control/held", d.firstHeld)
	Route(mux, "POST /_control/release", d.release)
	Route(mux, "GET /_control/requests", func(*http.Request) (any, error) { return d.Journal.List(), nil })
	Route(mux, "DELETE /_control/requests", func(*http.Request) (any, error) { d.Journal.Clear(); return Done, nil })
	Route(mux, "GET /_control/clock", func(*http.Request) (any, error) { return map[string]any{"now": d.Clock.Now()}, nil })
	Route(mux, "POST /_control/clock", d.advanceClock)
}

func (d *Desk) addFault(r *http.Request) (any, error) {
	var f Fault
	if err := ReadInto(r, &f); err != nil {
		return nil, err
	}
	return Done, d.Faults.Add(f)
}

// firstHeld answers GET /_control/held?wait=10s with the call that has waited longest, once there is one.
func (d *Desk) firstHeld(r *http.Request) (any, error) {
	wait := time.Duration(0)
	if text := r.URL.Query().Get("wait"); text != "" {
		var err error
		if wait, err = time.ParseDuration(text); err != nil {
			return nil, fmt.Errorf("reading wait: %w", err)
		}
	}
	ctx, cancel := context.WithTimeout(r.Context(), wait)
	defer cancel()
	c, ok := d.Held.first(ctx)
	if !ok {
		return nil, Missing("no call is held")
	}
	return c, nil
}

func (d *Desk) release(r *http.Request) (any, error) {
	var body struct {
		ID  string `json:"id"`
		All bool   `json:"all"`
	}
	if err := ReadInto(r, &body); err != nil {
		return nil, err
	}
	if body.ID == "" && !body.All {
		return nil, errors.New(`say {"id": "..."} or {"all": true}`)
	}
	n := d.Held.Release(body.ID)
	if body.ID != "" && n == 0 {
		return nil, Missing("no call %s is held", body.ID)
	}
	return map[string]int{"released": n}, nil
}

func (d *Desk) advanceClock(r *http.Request) (any, error) {
	var body struct {
		Advance string `json:"advance"`
	}
	if err := ReadInto(r, &body); err != nil {
		return nil, err
	}
	by, err := time.ParseDuration(body.Advance)
	if err != nil || by < 0 {
		return nil, fmt.Errorf("advance is %q, not a duration such as 3s", body.Advance)
	}
	d.Clock.Advance(by)
	return map[string]any{"now": d.Clock.Now()}, nil
}
