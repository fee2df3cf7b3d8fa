package cdksim

import "slices"

// state is everything that the service remembers. Server.mu guards it. It changes only by lines, which the file holds
// too: what is in memory and what a restart reads are the same by construction.
type state struct {
	tokens      []*token
	deployments []*deployment // oldest first
	byID        map[string]*deployment
	shares      []share
	settings    settings

	log *logFile
}

// line is one change, and one line of the file. Exactly one field is set.
type line struct {
	Token      *token      `json:"token,omitempty"`      // new, or as it is now
	Deployment *deployment `json:"deployment,omitempty"` // new, or as it is now
	Mark       *mark       `json:"mark,omitempty"`
	Share      *share      `json:"share,omitempty"`
	Settings   *settings   `json:"settings,omitempty"`
}

// The kinds of marks.
const (
	markPoll   = "poll"   // it was asked for by its ID
	markRepeat = "repeat" // it was running when somebody wanted to deploy the same
)

// mark is something that happened to a deployment.
type mark struct {
	ID   string `json:"id"`
	Kind string `json:"kind"`
	At   int64  `json:"at"` // Unix milliseconds of the sandbox's clock
}

// openState reads the file, or makes what a fresh service has: tokens for two API users in each region.
func openState(file string) (*state, error) {
	st := &state{byID: map[string]*deployment{}, settings: defaultSettings(), log: &logFile{path: file}}
	found, err := st.log.read(st.apply)
	if err != nil {
		return nil, err
	}
	if !found {
		for _, l := range firstTokens() {
			st.apply(l)
		}
	}
	return st, st.log.rewrite(st.lines())
}

// put writes changes in one go, and then makes them. On an error nothing has changed.
func (st *state) put(lines ...line) error {
	if err := st.log.append(lines); err != nil {
		return err
	}
	for _, l := range lines {
		st.apply(l)
	}
	return nil
}

// keep is put for a change that nobody waits for: when it cannot be written, memory has it all the same.
func (st *state) keep(l line) {
	if err := st.put(l); err != nil {
		logError("the simulated CDK service cannot keep its state", err)
		st.apply(l)
	}
}

func (st *state) apply(l line) {
	switch {
	case l.Token != nil:
		st.tokens = putRow(st.tokens, l.Token, func(t *token) bool { return t.ID == l.Token.ID })
	case l.Deployment != nil:
		st.deployments = putRow(st.deployments, l.Deployment, func(d *deployment) bool { return d.ID == l.Deployment.ID })
		st.byID[l.Deployment.ID] = l.Deployment
	case l.Mark != nil && st.byID[l.Mark.ID] != nil:
		st.byID[l.Mark.ID].mark(*l.Mark)
	case l.Share != nil:
		st.shares = append(st.shares, *l.Share)
	case l.Settings != nil:
		st.settings = *l.Settings
	}
}

// putRow takes the place of the row that is the same, or comes last.
func putRow[T any](rows []T, row T, same func(T) bool) []T {
	if i := slices.IndexFunc(rows, same); i >= 0 {
		rows[i] = row
		return rows
	}
	return append(rows, row)
}

// lines are the fewest that make this state.
func (st *state) lines() []line {
	all := []line{{Settings: &st.settings}}
	for _, t := range st.tokens {
		all = append(all, line{Token: t})
	}
	for _, d := range st.deployments {
		all = append(all, line{Deployment: d})
	}
	for i := range st.shares {
		all = append(all, line{Share: &st.shares[i]})
	}
	return all
}
