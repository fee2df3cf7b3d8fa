package main

import (
	"errors"
	"fmt"
	"strings"

	"portico/store"
	"portico/views/messages"
)

// cdkResult is what deploy cdk has to tell at its end. The names of its members are kept: programs read them.
type cdkResult struct {
	OK        bool        `json:"ok"` // everything is deployed, and shared where that was asked for
	Release   string      `json:"release,omitempty"`
	Connector string      `json:"connector,omitempty"`
	Version   string      `json:"version,omitempty"`
	Archive   cdkArchive  `json:"archive"`
	Targets   []cdkTarget `json:"targets"`
	Error     string      `json:"error,omitempty"` // why it is not OK, where no target says it
}

type cdkArchive struct {
	File       string   `json:"file"`
	SHA256     string   `json:"sha256"`
	Size       int64    `json:"size"` // bytes
	Operations int      `json:"operations"`
	Problems   []string `json:"problems,omitempty"`
	Warnings   []string `json:"warnings,omitempty"`
}

// cdkTarget is one region.
type cdkTarget struct {
	Region       string     `json:"region"`
	Token        string     `json:"token"` // its label
	State        string     `json:"state"` // queued, sending, building, deploying, behind, deployed, failed or refused
	DeploymentID string     `json:"deployment_id,omitempty"`
	Status       string     `json:"status,omitempty"` // the platform's own word
	Seconds      int        `json:"seconds,omitempty"`
	Problem      string     `json:"problem,omitempty"` // a code
	Message      string     `json:"message,omitempty"` // what happened, and what to do
	Detail       string     `json:"detail,omitempty"`  // the platform's words
	HTTPStatus   int        `json:"http_status,omitempty"`
	RequestID    string     `json:"request_id,omitempty"`
	Shares       []cdkShare `json:"shares,omitempty"`

	ok bool
}

type cdkShare struct {
	Emails  []string `json:"emails"`
	State   string   `json:"state"` // waiting, done or failed
	Answer  string   `json:"answer,omitempty"`
	Problem string   `json:"problem,omitempty"`
	Message string   `json:"message,omitempty"`
}

func (r *cdkResult) archive(words *messages.Printer, a store.Archive) {
	r.Archive = cdkArchive{
		File: a.Filename, SHA256: a.SHA256, Size: a.Size, Operations: len(a.Report.Operations),
		Problems: inWords(words, a.Report.Problems), Warnings: inWords(words, a.Report.Warnings),
	}
	r.Targets = []cdkTarget{}
}

// inWords is what was found in an archive, as its page says it.
func inWords(words *messages.Printer, problems []store.ArchiveProblem) []string {
	var all []string
	for _, p := range problems {
		var pairs []any
		for name, value := range p.Args {
			pairs = append(pairs, name, value)
		}
		text := words.T("archive.problem."+p.Code, pairs...) + " " + words.T("archive.problem."+p.Code+".fix", pairs...)
		if p.Path != "" {
			text = p.Path + ": " + text
		}
		all = append(all, text)
	}
	return all
}

func cdkTargetOf(words *messages.Printer, d store.CDKDeployment, shares []store.CDKShare) cdkTarget {
	t := cdkTarget{
		Region: d.Region, Token: d.Label, State: d.State, DeploymentID: d.UpstreamID, Status: d.UpstreamStatus, Problem: d.Problem, Detail: d.Detail,
		HTTPStatus: d.HTTPStatus, RequestID: d.UpstreamReq, ok: d.State == store.CDKDeployed,
	}
	if !d.AcceptedAt.IsZero() && !d.EndedAt.IsZero() {
		t.Seconds = int(d.EndedAt.Sub(d.AcceptedAt.Time).Seconds())
	}
	switch {
	case d.Problem != "":
		t.Message = problemText(words, d.Problem, d)
	case d.State == store.CDKBehind:
		t.Message = words.T("cdk.cli.behind")
	case d.WaitedOut:
		t.Message = words.T("cdk.sentence.waited_out")
	}
	for _, s := range shares {
		one := cdkShare{Emails: s.Emails, State: s.State, Answer: s.Answer, Problem: s.Problem}
		if s.Problem != "" {
			one.Message = problemText(words, s.Problem, d)
		}
		t.ok = t.ok && s.State == store.ShareDone
		t.Shares = append(t.Shares, one)
	}
	return t
}

func problemText(words *messages.Printer, code string, d store.CDKDeployment) string {
	args := []any{"status", d.UpstreamStatus, "label", d.Label}
	return words.T("cdk.problem."+code, args...) + " " + words.T("cdk.problem."+code+".fix", args...)
}

// shared says whether nothing is being shared any more.
func (t cdkTarget) shared() bool {
	for _, s := range t.Shares {
		if s.State == store.ShareWaiting {
			return false
		}
	}
	return true
}

// line is where a target stands, for people.
func (t cdkTarget) line() string {
	parts := []string{fmt.Sprintf("%-5s %-10s", regionNamed(t.Region), t.State)}
	if t.Seconds > 0 {
		parts = append(parts, fmt.Sprintf("%d s", t.Seconds))
	}
	if t.Message != "" {
		parts = append(parts, t.Message)
	}
	if t.Detail != "" {
		parts = append(parts, "("+t.Detail+")")
	}
	for _, s := range t.Shares {
		parts = append(parts, strings.TrimSpace("share "+s.State+": "+s.Answer+" "+s.Message))
	}
	return strings.Join(parts, "  ")
}

// print writes the result to standard output, and gives back why it is not well. A command line that makes no sense has none.
func (r cdkResult) print(p *program, asJSON bool, failure error) error {
	if errors.As(failure, new(usageError)) {
		return failure
	}
	for _, text := range append(r.Archive.Problems, r.Archive.Warnings...) {
		p.tell("! %s", text)
	}
	if asJSON {
		if failure != nil {
			r.OK, r.Error = false, failure.Error()
		}
		return errors.Join(failure, p.printJSON(r))
	}
	for _, t := range r.Targets {
		if _, err := fmt.Fprintf(p.stdout, "%s %s %s\n", regionNamed(t.Region), t.State, t.DeploymentID); err != nil {
			return errors.Join(failure, err)
		}
	}
	return failure
}
