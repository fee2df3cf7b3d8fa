package connectsim

import (
	"log/slog"
	"time"
)

// state is everything that a Connect remembers. Server.mu guards it.
type state struct {
	settings    *shelf[*settings] // one row
	projects    *shelf[*project]
	clients     *shelf[*client]
	fixtures    *shelf[*fixture]
	drafts      *shelf[*draft]
	connectors  *shelf[*connector]
	deployments *shelf[*deployment]
	writes      *shelf[*write]
	polls       *polls

	ledger *ledger
}

// openState reads the file, or makes what a fresh service has: a project with two API clients in each region, and the
// repositories of demo connectors.
func openState(file string) (*state, error) {
	l := newLedger(file)
	st := &state{
		ledger: l, settings: newShelf[*settings]("settings", l), projects: newShelf[*project]("project", l),
		clients: newShelf[*client]("client", l), fixtures: newShelf[*fixture]("fixture", l), drafts: newShelf[*draft]("draft", l),
		connectors: newShelf[*connector]("connector", l), deployments: newShelf[*deployment]("deployment", l),
		writes: newShelf[*write]("write", l), polls: newPolls(l),
	}
	found, err := l.read()
	if err != nil {
		return nil, err
	}
	if !found {
		st.settings.put(defaultSettings())
		for _, region := range regionNames {
			st.addDemoProject(region)
		}
		for _, f := range demoFixtures() {
			st.fixtures.put(f)
		}
	}
	l.pending = nil // compacting writes everything
	return st, l.compact()
}

// conf is the settings in force.
func (st *state) conf() *settings { return st.settings.rows[0] }

// keep writes what has changed, and says so in the log when it cannot: the simulator goes on from memory.
func (st *state) keep() {
	if err := st.ledger.flush(); err != nil {
		slog.Error("the simulated commercetools Connect cannot keep its state", "err", err)
	}
}

// settle does everything that was due by now.
func (st *state) settle(now time.Time) {
	for _, d := range st.drafts.rows {
		st.settleDraft(d, now)
	}
	for _, d := range st.deployments.rows {
		st.settleDeployment(d, now)
	}
}
