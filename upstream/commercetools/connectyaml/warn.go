package connectyaml

import (
	"fmt"
	"slices"
	"strings"
)

// byAPIClient are the variables that the platform gives to every application when
// it makes an API client for them. Its documents and its validator differ in some
// of them, so that none of them is safe to declare.
var byAPIClient = []string{
	"CTP_API_URL", "CTP_AUTH_URL", "CTP_CLIENT_ID", "CTP_CLIENT_SECRET", "CTP_PROJECT_KEY",
	"CTP_SCOPE", "CTP_CLIENT_SCOPE", "CTP_CLIENT_REGION",
}

// byScripts are the variables that the platform gives to scripts.
var byScripts = []string{
	"CONNECT_SERVICE_URL", "CONNECT_SUBSCRIPTION_DESTINATION", "CONNECT_GCP_TOPIC_NAME",
	"CONNECT_GCP_PROJECT_ID", "CONNECT_AWS_TOPIC_ARN", "CONNECT_PROVIDER",
}

// noScopes are words that look like scopes of the API and are none.
var noScopes = map[string]string{
	"view_subscriptions": "manage_subscriptions",
	"view_extensions":    "manage_extensions",
}

// warner collects what a person should know of a file that may well be valid.
type warner struct {
	warnings []Problem
	client   bool // the platform makes an API client
}

func (w *warner) say(p place, format string, args ...any) {
	path := p.path
	if path == "" {
		path = FileContent
	}
	w.warnings = append(w.warnings, Problem{Path: path, Message: fmt.Sprintf(format, args...), Line: p.atLine(), Column: p.atColumn()})
}

// warnings looks for what the official validator lets pass.
func warnings(root *node, f File) []Problem {
	w := warner{client: f.Inherit.Scopes != nil}
	whole := place{node: root}
	inherit := whole.member("inheritAs")
	w.scopes(inherit.member("apiClient").member("scopes"))
	w.keys(inherit.member("configuration"), Service)
	deploy := whole.member("deployAs")
	if deploy.node != nil && deploy.node.kind == array && len(deploy.node.items) == 0 {
		w.say(deploy, "There are no applications, so nothing will be deployed.")
	}
	seen := map[string]bool{}
	for i, a := range f.Applications {
		w.application(deploy.item(i), a)
		if inherited[a.Name] && seen[a.Name] {
			w.say(deploy.item(i), "Another application is also named %s; the official validator does not see it.", a.Name)
		}
		seen[a.Name] = true
	}
	return w.warnings
}

func (w *warner) scopes(p place) {
	for i, n := range p.node.list() {
		if instead := noScopes[n.string()]; instead != "" {
			w.say(p.item(i), "%s is not a scope of the API; use %s.", n.text, instead)
		}
	}
}

func (w *warner) application(p place, a Application) {
	kind := p.member("applicationType")
	switch {
	case a.Type == Unknown:
		w.say(kind, "The application %s is ignored: its type is \"unknown\".", a.Name)
	case kind.node.string() == customAppAlias:
		w.say(kind, "\"%s\" is the old name of the type \"%s\".", customAppAlias, CustomApp)
	}
	if a.Endpoint != "" && !strings.HasPrefix(a.Endpoint, "/") {
		w.say(p.member("endpoint"), "The endpoint does not begin with a slash, but is put right behind the application's address.")
	}
	if a.Type == Job && looseSchedule(a.Schedule) == "" {
		if doubt := doubtful(a.Schedule); doubt != "" {
			w.say(p.member("properties").member("schedule"), "%s", doubt)
		}
	}
	w.keys(p.member("configuration"), a.Type)
}

// keys looks at the names of a configuration's keys, in the file's order.
func (w *warner) keys(p place, kind string) {
	for _, list := range []string{"standardConfiguration", "securedConfiguration"} {
		all := p.member(list)
		for i := range all.node.list() {
			w.key(all.item(i).member("key"), kind)
		}
	}
}

func (w *warner) key(p place, kind string) {
	name := p.node.string()
	merchant := kind == CustomApp || kind == CustomView
	switch {
	case w.client && slices.Contains(byAPIClient, name):
		w.say(p, "The platform gives %s itself, since the file asks for an API client.", name)
	case merchant && name == "APPLICATION_URL":
		w.say(p, "The platform gives APPLICATION_URL to applications of the Merchant Center itself.")
	case slices.Contains(byScripts, name):
		w.say(p, "The platform gives %s to scripts itself.", name)
	}
}
