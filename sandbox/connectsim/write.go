package connectsim

import (
	"strconv"
	"time"
)

// write is one accepted change that a caller asked for, kept for good: so that a test can prove that nothing was sent
// twice.
type write struct {
	Number    int       `json:"number"`
	At        time.Time `json:"at"`
	Region    string    `json:"region"`
	Project   string    `json:"project"` // whose token it was
	Operation string    `json:"operation"`
	Actions   []string  `json:"actions,omitempty"`
	ID        string    `json:"id"`
	Key       string    `json:"key,omitempty"`
	Body      string    `json:"body_sha256"`
}

func (w *write) rowID() string { return strconv.Itoa(w.Number) }

// wrote notes that the call has changed an object.
func (c *call) wrote(id, key string) {
	c.st.writes.put(&write{
		Number: len(c.st.writes.rows) + 1, At: c.now, Region: c.region, Project: c.who.project.Key, Operation: c.route.name,
		Actions: c.actionNames(), ID: id, Key: key, Body: fingerprint(string(c.raw)),
	})
}

// accepted counts the writes of an object by what they did: an update by its actions, any other by its operation.
func (st *state) accepted(id string) map[string]int {
	counts := map[string]int{}
	for _, w := range st.writes.rows {
		switch {
		case w.ID != id:
		case len(w.Actions) == 0:
			counts[w.Operation]++
		default:
			for _, a := range w.Actions {
				counts[a]++
			}
		}
	}
	return counts
}
