package main

import (
	"fmt"
	"slices"
	"strings"

	"portico/secret"
	"portico/store"
	"portico/upstream/traycdk"
)

const trayCDKPrefix = "PORTICO_TRAY_CDK_"

// minTrayToken is how many characters a token of Tray's API users has at least, as Tray's own command line tool wants it.
const minTrayToken = 36

// trayCDKAlone is one account a region, each named like its region.
func trayCDKAlone() []aloneAccount {
	var all []aloneAccount
	for _, r := range traycdk.Regions {
		all = append(all, aloneAccount{r.ID, trayCDKPrefix + strings.ToUpper(r.ID) + "_"})
	}
	return all
}

// trayCDK reads a token to deploy with from settings whose names begin with prefix. Those of variables have their region in
// their name.
func (s *settings) trayCDK(name, prefix string) store.DeployAccount {
	a := store.DeployAccount{Platform: store.PlatformTrayCDK, Name: name, Region: name}
	if prefix == "" {
		a.Region = s.trayRegion("REGION")
	}
	preset, _ := traycdk.RegionByID(a.Region)
	a.APIURL = preset.URL
	const example = "https://api.tray.io"
	if u := s.address(prefix+"URL", s.text(prefix+"URL", ""), example); u != nil {
		a.APIURL = u.String()
	}
	a.Secret = s.trayToken(prefix + "TOKEN")
	return a
}

// otherRegionNames are those that Tray's own pages and hosts give to the regions.
var otherRegionNames = map[string]string{"eu1": "eu", "ap1": "ap", "apac": "ap"}

// trayRegion is one of Tray's regions, in whatever word for it.
func (s *settings) trayRegion(name string) string {
	region := strings.ToLower(s.required(name, "eu"))
	if usual, ok := otherRegionNames[region]; ok {
		region = usual
	}
	if _, known := traycdk.RegionByID(region); !known && region != "" {
		s.fault(name, fmt.Sprintf("is %q, not one of us, eu, ap", region), "eu")
	}
	return region
}

// trayToken is a token of an API user, pasted as it may be.
func (s *settings) trayToken(name string) secret.Text {
	token := secret.Text(traycdk.CleanToken(s.secret(name).Reveal()))
	switch {
	case !s.given(name):
		s.fault(name, "is not set, and neither is "+name+"_FILE: the token of an API user of this region", "/run/secrets/tray_cdk in "+name+"_FILE")
	case token != "" && len(token) < minTrayToken:
		s.fault(name, fmt.Sprintf("has %d characters, and Tray's tokens have at least %d: was all of it copied?", len(token), minTrayToken), "")
	}
	return token
}

// misnamedTrayCDK tells of variables that nobody would read.
func (s *settings) misnamedTrayCDK() {
	wrong := map[string]string{trayCDKPrefix + "TOKEN": trayCDKPrefix + "US_TOKEN"}
	for other, usual := range otherRegionNames {
		wrong[trayCDKPrefix+strings.ToUpper(other)+"_TOKEN"] = trayCDKPrefix + strings.ToUpper(usual) + "_TOKEN"
	}
	var names []string
	for name := range wrong {
		if s.given(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		s.fault(name, "means nothing: each token's variable names its region, US, EU or AP", wrong[name])
	}
}
