package main

import (
	"cmp"
	"fmt"
	"strings"

	"portico/store"
	"portico/upstream/tray"
)

// tray reads one Tray account from settings whose names begin with prefix. Region fills in what is not said.
func (s *settings) tray(name, prefix string) store.Account {
	preset := s.region(prefix)
	a := store.Account{
		Platform: tray.Platform, Name: name, Region: s.text(prefix+"REGION", ""), UserScope: s.choice(prefix+"USER", store.ScopeUser, store.ScopeWorkspace),
		EmbeddedID: s.required(prefix+"EMBEDDED_ID", "the name that is a part of your dialogs' addresses, see Tray's Embedded settings"),
		Token:      s.secret(prefix + "MASTER_TOKEN"), WebhookHosts: preset.WebhookHosts,
	}
	if a.Token == "" && !s.given(prefix+"MASTER_TOKEN") {
		s.fault(prefix+"MASTER_TOKEN", "is not set, and neither is "+prefix+"MASTER_TOKEN_FILE", "/run/secrets/tray_master_token")
	}
	const api, dialog = "https://tray.io/graphql", "https://embedded.tray.io"
	if u := s.address(prefix+"API_URL", s.text(prefix+"API_URL", preset.APIURL), api); u != nil {
		a.APIURL = u.String()
	}
	if u := s.address(prefix+"DIALOG_URL", s.text(prefix+"DIALOG_URL", preset.DialogURL), dialog); u != nil {
		a.DialogURL = u.String()
	}
	if hosts := s.list(prefix + "WEBHOOK_HOSTS"); hosts != nil {
		a.WebhookHosts = s.hosts(prefix+"WEBHOOK_HOSTS", hosts)
	}
	return a
}

// region is the hosts of one of Tray's installations; none is needed where every address is given.
func (s *settings) region(prefix string) tray.Config {
	region := s.text(prefix+"REGION", "")
	preset, known := tray.Regions()[cmp.Or(region, "us")]
	switch {
	case known && region != "":
		return preset
	case region != "":
		s.fault(prefix+"REGION", fmt.Sprintf("is %q, not one of us, eu1, ap1", region), "us")
	case s.get(prefix+"API_URL") == "" || s.get(prefix+"DIALOG_URL") == "":
		s.fault(prefix+"REGION", "is not set: where your Tray organisation lives (us, eu1 or ap1)", "us")
	default:
		return tray.Config{}
	}
	return preset // so that one wrong word is one fault
}

// hosts checks patterns of hosts: a host, *.host, or host:port.
func (s *settings) hosts(name string, hosts []string) []string {
	for _, h := range hosts {
		bare := strings.TrimPrefix(h, "*.")
		if strings.ContainsAny(bare, "*/ @") || bare == "" {
			s.fault(name, fmt.Sprintf("%q is not a host", h), "*.trayapp.io")
		}
	}
	return hosts
}
