package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"portico/sandbox/traysim"
)

// trayState is how Tray does while pages are asked for.
type trayState string

const (
	trayAlive trayState = "at 0 ms"
	trayDead  trayState = "dead"
)

// trayServer is a simulated Tray that has everything the database has, so that copying it finds nothing new.
type trayServer struct {
	sim      *traysim.Server
	listener net.Listener
	state    trayRows
}

// trayRows is what it has, as its control API shows it.
type trayRows struct {
	Users []struct {
		ID         string
		Name       string
		ExternalID string `json:"external_user_id"`
	}
	Solutions []traysim.Solution
	Instances []trayInstance
}

type trayInstance struct {
	ID         string
	Owner      string
	SolutionID string `json:"solution_id"`
	Name       string
	Enabled    bool
	Workflows  []struct {
		ID         string
		SourceID   string `json:"source_id"`
		SourceName string `json:"source_name"`
		Hook       string
	}
}

func startTray(n sizes) (*trayServer, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	t := &trayServer{listener: l}
	t.sim = traysim.New(traysim.Options{URL: t.url(), Solutions: solutions(n.integrations)})
	go http.Serve(l, t.sim) //nolint:errcheck,gosec // this machine alone asks; it ends with the listener
	seed := fmt.Sprintf(`{"users": %d, "instances": %d}`, n.users, n.instances)
	if err := t.control("POST", "seed", seed, nil); err != nil {
		return nil, err
	}
	return t, t.control("GET", "state", "", &t.state)
}

func (t *trayServer) url() string { return "http://" + t.listener.Addr().String() }

func (t *trayServer) close() { t.listener.Close() } //nolint:errcheck // nobody asks any more

func (t *trayServer) control(method, what, body string, into any) error {
	r, err := http.NewRequest(method, t.url()+"/_control/"+what, strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close() //nolint:errcheck // everything was read
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(answer.Body) //nolint:errcheck // the status says enough
		return fmt.Errorf("the simulated Tray's %s: %s: %s", what, answer.Status, text)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(answer.Body).Decode(into)
}

// forget lets go of what was only needed to fill the database.
func (t *trayServer) forget() { t.state = trayRows{} }

// words are what the made-up catalogue is written with.
var (
	services = []string{"slack", "salesforce", "hubspot", "google-sheets", "zendesk", "stripe", "shopify", "jira"}
	subjects = []string{"contacts", "orders", "tickets", "invoices", "messages", "files", "leads", "reports"}
	tags     = []string{"CRM", "Finance", "Support", "Marketing", "Sales", "Analytics", "Files", "Chat", "HR", "Commerce"}
)

func pick(from []string, k int) string { return from[k%len(from)] }

// solutions are a catalogue of n, alike in size to what Tray's customers show theirs.
func solutions(n int) []traysim.Solution {
	all := make([]traysim.Solution, n)
	for k := range all {
		from, to := pick(services, k), pick(services, k/8+k+1)
		all[k] = traysim.Solution{
			Title: fmt.Sprintf("%s to %s %04d", from, to, k),
			Description: fmt.Sprintf("Keeps the %s of %s and %s alike: what changes here is there a moment later, and nothing is there twice.",
				pick(subjects, k/3), from, to),
			Tags:         []string{pick(tags, k), pick(tags, k/10+k+3)},
			CustomFields: []traysim.CustomField{{Key: "image", Value: "/images/" + from + ".png"}},
			AuthSlots: []traysim.AuthSlot{
				{ExternalID: "external_" + from + "_authentication", Title: from, Service: from},
				{ExternalID: "external_" + to + "_2_authentication", Title: to, Service: to},
			},
			Workflows: []traysim.Workflow{{Name: "Every change", Webhook: true}, {Name: "Each night"}},
		}
	}
	return all
}
