package traysim

import (
	"fmt"
	"net/http"
	"time"

	"portico/sandbox/control"
)

// seedState makes a great many rows at once, for benchmarks. It is repeatable: names count on from what is there.
func seedState(st *state, r *http.Request, now time.Time) (any, error) {
	var n struct {
		Solutions int `json:"solutions"`
		Users     int `json:"users"`
		Instances int `json:"instances"`
	}
	if err := control.ReadInto(r, &n); err != nil {
		return nil, err
	}
	if n.Solutions < 0 || n.Users < 0 || n.Instances < 0 {
		return nil, fmt.Errorf("numbers to seed cannot be negative")
	}
	for range n.Solutions {
		st.addSolution(seededSolution(len(st.Solutions.Rows) + 1))
	}
	for range n.Users {
		k := len(st.Users.Rows) + 1
		st.addUser(fmt.Sprintf("Seeded person %d", k), fmt.Sprintf("seed-%06d", k), false)
	}
	if n.Instances > 0 && (len(st.Users.Rows) == 0 || len(st.Solutions.Rows) == 0) {
		return nil, fmt.Errorf("instances need a user and a solution")
	}
	for k := range n.Instances {
		u := st.Users.Rows[k%len(st.Users.Rows)]
		sol := st.Solutions.Rows[(k+k/len(st.Users.Rows))%len(st.Solutions.Rows)] // another one each time a user's turn comes
		i := st.addInstance(u.ID, sol.Title, sol, now)
		i.Enabled = k%3 != 0
	}
	return map[string]int{
		"solutions": len(st.Solutions.Rows), "users": len(st.Users.Rows), "instances": len(st.Instances.Rows),
	}, nil
}

func seededSolution(k int) Solution {
	svc := services[k%len(services)]
	return Solution{
		ID:           fixedID(fmt.Sprintf("seeded solution %d", k)),
		Title:        fmt.Sprintf("%s connection %04d", svc.Title, k),
		Description:  fmt.Sprintf("Brings %s into your workspace, in the %dth way.", svc.Title, k),
		Tags:         []string{demoTags[k%len(demoTags)]},
		CustomFields: []CustomField{{"image", "/images/" + svc.Name + ".png"}},
		AuthSlots:    []AuthSlot{{ExternalID: "external_" + svc.Name + "_authentication", Title: svc.Title, Service: svc.Name}},
		Workflows:    []Workflow{{Name: "Run", Webhook: true}},
	}
}
