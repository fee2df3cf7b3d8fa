// Package views is what Portico shows: pages as pure templ components over plain values. Every text comes from
// views/messages, every address from Page.Link.
package views

import (
	"hash/fnv"
	"strings"
	"time"
	"unicode"

	"portico/store"
	"portico/views/messages"
)

// Asset is a file that pages load: its address and its integrity hash. The zero Asset is not there.
type Asset struct{ Path, Integrity string }

// Assets are the files that every page loads.
type Assets struct{ Style, Script, HTMX, Icon Asset }

// Page is what every page knows besides its own subject.
type Page struct {
	*messages.Printer
	Base        string // path of the portal's address, "" for none
	Assets      Assets
	Now         time.Time
	User        store.User // zero: nobody is signed in
	Workspace   store.Workspace
	HostName    string
	HostURL     string
	HostOrigins string  // separated by spaces
	Framed      bool    // shown inside a page of the host
	At          *string // the path to come back to, where the page's own cannot be asked for again
	Refresh     bool    // the page changes by itself soon
	RequestID   string
	Sandbox     bool
	Done        string // what was just done, by a code of messages' done.*

	Automations bool    // the workspace has automations beside its integrations
	Builder     bool    // and may make some of its own
	Area        string  // AreaIntegrations or AreaAutomations
	Scripts     []Asset // what this page alone loads, in order
}

// Areas of the customers' pages.
const (
	AreaIntegrations = "integrations"
	AreaAutomations  = "automations"
)

// Link is the address of one of the portal's own paths.
func (p Page) Link(parts ...string) string { return p.Base + strings.Join(parts, "") }

// Ago says how long ago t was.
func (p Page) Ago(t time.Time) string { return p.Printer.Ago(t, p.Now) }

// title is a document's title: the page's, then whose pages they are.
func (p Page) title(own string) string {
	if p.HostName == "" {
		return own
	}
	return own + " · " + p.HostName
}

// doneText is what was just done, in words; "" for nothing, or for what is no code of ours.
func (p Page) doneText() string {
	switch p.Done {
	case "renamed", "shared", "unshared", "disconnected", "disconnecting", "cancelled", "failed", "retried", "answered":
		return p.T("done." + p.Done)
	}
	return ""
}

// doneTone is the colour of what was just done.
func (p Page) doneTone() string {
	switch p.Done {
	case "cancelled":
		return "info"
	case "failed":
		return "warn"
	}
	return "good"
}

// logo is how something without a picture is drawn: two letters on a tile whose colour follows from the name.
func logo(name string) (letters, class string) {
	h := fnv.New32a()
	h.Write([]byte(name)) //nolint:errcheck // a hash takes everything
	class = "t" + string(rune('1'+h.Sum32()%8))
	for _, r := range name {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
		case letters == "":
			letters = string(unicode.ToUpper(r))
		default:
			return letters + string(unicode.ToLower(r)), class
		}
	}
	return letters, class
}
