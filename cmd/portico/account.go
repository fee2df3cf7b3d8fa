package main

import (
	"fmt"
	"strconv"
	"strings"

	"portico/store"
)

// accountKind is how the accounts of one platform are configured.
type accountKind struct {
	key    string            // of their list in the file; in capitals, a part of the names of variables
	alone  string            // the name of the account that variables describe
	values map[string]string // by the key of each setting
	read   func(s *settings, name, prefix string) store.Account
}

// accountKinds is every platform, the one that was there first in front.
func accountKinds() []accountKind {
	return []accountKind{
		{"tray", "main", byKey(trayFile{}), (*settings).tray},
		{"activepieces", "activepieces", byKey(activepiecesFile{}), (*settings).activepieces},
	}
}

func (k accountKind) prefix() string { return "PORTICO_" + strings.ToUpper(k.key) + "_" }

// byVariables says whether any variable tells of an account.
func (k accountKind) byVariables(s *settings) bool {
	for key := range k.values {
		if s.get(k.prefix()+strings.ToUpper(key)) != "" {
			return true
		}
	}
	return false
}

// accounts reads the accounts of every platform. The first one of each is its default.
func (s *settings) accounts(f configFile) []store.Account {
	var all []store.Account
	listed, names := f.listed(), map[string]bool{}
	for _, k := range accountKinds() {
		of := s.accountsOf(k, listed[k.key], names)
		if len(of) > 0 {
			of[0].IsDefault = true
		}
		all = append(all, of...)
	}
	if len(all) == 0 {
		s.fault("PORTICO_TRAY_MASTER_TOKEN", "is not set, and neither is PORTICO_ACTIVEPIECES_URL: there would be nothing to connect", "PORTICO_TRAY_MASTER_TOKEN_FILE=/run/secrets/tray_master_token")
	}
	return all
}

// accountsOf reads one platform's accounts: those of the file, or the one of its variables. Names are unique across platforms.
func (s *settings) accountsOf(k accountKind, listed []listedAccount, names map[string]bool) []store.Account {
	alone := k.byVariables(s)
	if len(listed) == 0 && alone {
		if names[k.alone] {
			s.fault(k.prefix()+"*", "describes the account "+k.alone+", and the file has another one of this name: rename that", "")
		}
		names[k.alone] = true
		return []store.Account{k.read(s, k.alone, k.prefix())}
	}
	if alone {
		s.fault(k.prefix()+"*", "is set, and the file lists accounts under "+k.key+": which ones count?", "")
	}
	var all []store.Account
	for n, a := range listed {
		which := a.name
		if !s.name(k, a.name, n, names) {
			which = strconv.Itoa(n + 1)
		}
		below := &settings{get: a.get}
		all = append(all, k.read(below, a.name, ""))
		for _, f := range below.faults {
			s.fault(fmt.Sprintf("%s, account %s, %s", k.key, which, strings.ToLower(f.name)), f.wrong, f.example)
		}
	}
	return all
}

// name checks an account's name in the file.
func (s *settings) name(k accountKind, name string, n int, names map[string]bool) bool {
	switch {
	case name == "":
		s.fault(fmt.Sprintf("%s, account %d, name", k.key, n+1), "is not set", k.alone)
	case names[name]:
		s.fault(k.key+", name", "is "+name+" twice; each account has a name of its own, whatever its platform", k.alone)
	default:
		names[name] = true
		return true
	}
	return false
}
