package main

import (
	"errors"
	"fmt"
	"strings"

	"portico/portal"
	"portico/store"
)

// connectResult is what deploy connect has to tell at its end. The names of its members are kept: programs read them.
type connectResult struct {
	OK          bool            `json:"ok"` // everything that was asked for is deployed
	Project     string          `json:"project"`
	Draft       string          `json:"draft"` // its key
	Connector   string          `json:"connector,omitempty"`
	Tag         string          `json:"tag"`
	Commit      string          `json:"commit,omitempty"`
	Pipeline    string          `json:"pipeline,omitempty"`
	State       string          `json:"state,omitempty"` // of the pipeline: done, failed, stopped, asking or running
	Steps       []connectStep   `json:"steps"`
	Deployments []connectTarget `json:"deployments"`
	Error       string          `json:"error,omitempty"` // why it is not OK
}

// connectStep is one step of the pipeline.
type connectStep struct {
	Kind       string `json:"kind"`                 // read, repository, preview, deploy, publish, certify or redeploy
	Deployment string `json:"deployment,omitempty"` // the key of what is deployed
	State      string `json:"state"`                // waiting, running, done, skipped or failed
	Seconds    int    `json:"seconds,omitempty"`
	Problem    string `json:"problem,omitempty"` // a code
	Message    string `json:"message,omitempty"` // what happened, and what to do
	Detail     string `json:"detail,omitempty"`  // the platform's words: a report, a status
}

// connectTarget is a deployment as it is at the end.
type connectTarget struct {
	Key          string `json:"key,omitempty"`
	DeploymentID string `json:"deployment_id"` // the platform's
	Type         string `json:"type"`
	Region       string `json:"region"`
	Status       string `json:"status"` // the platform's own word
	Tag          string `json:"tag"`
	Warnings     int    `json:"warnings,omitempty"` // in its report
}

func (r *connectResult) add(d store.ConnectDeployment) {
	r.Deployments = append(r.Deployments, connectTarget{d.UpstreamKey, d.UpstreamID, d.Type, d.Region, d.Status, d.Tag, d.Warnings})
}

// line is where a step stands, for people.
func (s connectStep) line() string {
	line := fmt.Sprintf("%-11s %-9s", s.Kind, s.State)
	for _, more := range []string{s.Deployment, seconds(s.Seconds), s.Message, strings.ReplaceAll(s.Detail, "\n", "; ")} {
		if more != "" {
			line += " " + more
		}
	}
	return strings.TrimRight(line, " ")
}

func seconds(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d s", n)
}

// print writes the result to standard output, and gives back why it is not well. A command line that makes no sense has none.
func (r connectResult) print(p *program, asJSON bool, failure error) error {
	if errors.As(failure, new(usageError)) {
		return failure
	}
	if asJSON {
		if failure != nil {
			r.Error = failure.Error()
		}
		return errors.Join(failure, p.printJSON(r))
	}
	for _, t := range r.Deployments {
		name := portal.TypedDeployment(store.ConnectDeployment{UpstreamKey: t.Key, UpstreamID: t.DeploymentID})
		if _, err := fmt.Fprintf(p.stdout, "%s %s %s %s\n", name, t.Status, t.Tag, t.Region); err != nil {
			return errors.Join(failure, err)
		}
	}
	return failure
}
