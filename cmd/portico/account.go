package main

import (
	"fmt"
	"strconv"
	"strings"

	"portico/store"
)

// accountKind is how the accounts of one platform are configured; A is what an account of it is read into.
type accountKind[A any] struct {
	key    string            // of their list in the file; in capitals, a part of the names of variables
	alone  []aloneAccount    // the accounts that variables can describe
	values map[string]string // by the key of each setting
	read   func(s *settings, name, prefix string) A
}

// aloneAccount is an account that the variables with a prefix describe.
type aloneAccount struct{ name, prefix string }

// accountKinds is every platform that customers connect at, the one that was there first in front.
func accountKinds() []accountKind[store.Account] {
	return []accountKind[store.Account]{
		{"tray", []aloneAccount{{"main", "PORTICO_TRAY_"}}, byKey(trayFile{}), (*settings).tray},
		{"activepieces", []aloneAccount{{"activepieces", "PORTICO_ACTIVEPIECES_"}}, byKey(activepiecesFile{}), (*settings).activepieces},
	}
}

// deployKinds is every platform that admins deploy connectors to.
func deployKinds() []accountKind[store.DeployAccount] {
	return []accountKind[store.DeployAccount]{
		{"tray_cdk", trayCDKAlone(), byKey(trayCDKFile{}), (*settings).trayCDK},
		{"commercetools", []aloneAccount{{"commercetools", "PORTICO_COMMERCETOOLS_"}}, byKey(commercetoolsFile{}), (*settings).commercetools},
	}
}

// byVariables says whether any variable tells of an account.
func (k accountKind[A]) byVariables(s *settings, of aloneAccount) bool {
	for key := range k.values {
		if s.get(of.prefix+strings.ToUpper(key)) != "" {
			return true
		}
	}
	return false
}

// accounts reads the accounts that customers connect at. The first one of each platform is its default.
func (s *settings) accounts(f configFile) []store.Account {
	var all []store.Account
	listed, names := f.listed(), map[string]bool{}
	for _, k := range accountKinds() {
		of := accountsOf(s, k, listed[k.key], names)
		if len(of) > 0 {
			of[0].IsDefault = true
		}
		all = append(all, of...)
	}
	return all
}

// deploy reads the accounts that admins deploy connectors to. Their names are apart from the others': a region's is good
// for both.
func (s *settings) deploy(f configFile) deployConfig {
	c := deployConfig{Archives: s.size("PORTICO_ARCHIVE_LIMIT", "10MiB", maxArchives)}
	listed, names := f.listed(), map[string]bool{}
	for _, k := range deployKinds() {
		c.Deploy = append(c.Deploy, accountsOf(s, k, listed[k.key], names)...)
	}
	for n := range c.Deploy {
		c.Deploy[n].Position = n
	}
	s.misnamedTrayCDK()
	return c
}

// accountsOf reads one platform's accounts: those of the file, or those of its variables. Names are unique across platforms.
func accountsOf[A any](s *settings, k accountKind[A], listed []listedAccount, names map[string]bool) []A {
	var all []A
	for _, of := range k.alone {
		switch {
		case !k.byVariables(s, of):
		case len(listed) > 0:
			s.fault(of.prefix+"*", "is set, and the file lists accounts under "+k.key+": which ones count?", "")
		case names[of.name]:
			s.fault(of.prefix+"*", "describes the account "+of.name+", and the file has another one of this name: rename that", "")
		default:
			names[of.name] = true
			all = append(all, k.read(s, of.name, of.prefix))
		}
	}
	return append(all, listedOf(s, k, listed, names)...)
}

// listedOf reads one platform's accounts of the file. Their faults say which account it is.
func listedOf[A any](s *settings, k accountKind[A], listed []listedAccount, names map[string]bool) []A {
	var all []A
	for n, a := range listed {
		which := a.name
		if !s.name(k.key, k.alone[0].name, a.name, n, names) {
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
func (s *settings) name(list, example, name string, n int, names map[string]bool) bool {
	switch {
	case name == "":
		s.fault(fmt.Sprintf("%s, account %d, name", list, n+1), "is not set", example)
	case names[name]:
		s.fault(list+", name", "is "+name+" twice; each account has a name of its own, whatever its platform", example)
	default:
		names[name] = true
		return true
	}
	return false
}
