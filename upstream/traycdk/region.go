package traycdk

import (
	"errors"
	"regexp"
	"strings"
)

// Region is one of Tray's installations. They share nothing: a token, a connector
// or a deployment of one is unknown in the others.
type Region struct {
	ID   string // as the portal and its configuration write it: "eu"
	Name string // as people know it: "EU"
	URL  string // of the API
}

// Regions are all of them, in the order in which Tray names them.
var Regions = []Region{
	{ID: "us", Name: "US", URL: "https://api.tray.io"},
	{ID: "eu", Name: "EU", URL: "https://api.eu1.tray.io"},
	{ID: "ap", Name: "APAC", URL: "https://api.ap1.tray.io"},
}

// RegionByID finds a region by the portal's word for it.
func RegionByID(id string) (Region, bool) {
	for _, r := range Regions {
		if r.ID == id {
			return r, true
		}
	}
	return Region{}, false
}

// The faults of what a connector is called; see CheckName and CheckVersion.
var (
	ErrName    = errors.New("a connector's name is lower-case letters and digits in words joined by single hyphens, at most 200 characters")
	ErrVersion = errors.New("a connector's version is two numbers, such as 1.0")
)

const maxName = 200 // characters: nobody's connector has more, and pages stay whole

var (
	nameShape    = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	versionShape = regexp.MustCompile(`^\d{1,9}\.\d{1,9}$`)
)

// CheckName returns ErrName for what cannot be the name of a connector. Tray's own
// CLI makes such names; that the API takes no others is not documented.
func CheckName(name string) error {
	if len(name) > maxName || !nameShape.MatchString(name) {
		return ErrName
	}
	return nil
}

// CheckVersion returns ErrVersion for what is not major.minor.
func CheckVersion(version string) error {
	if !versionShape.MatchString(version) {
		return ErrVersion
	}
	return nil
}

// CleanToken gives the token in what people paste for it: without white space and
// quotes around it, and without the words of the header that it stood in.
func CleanToken(pasted string) string {
	const around = " \t\r\n\"'`"
	token := strings.Trim(pasted, around)
	if header, value, found := strings.Cut(token, ":"); found && strings.EqualFold(header, "Authorization") {
		token = strings.Trim(value, around)
	}
	scheme, value, _ := strings.Cut(strings.Replace(token, "\t", " ", 1), " ")
	if strings.EqualFold(scheme, "Bearer") {
		token = strings.Trim(value, around)
	}
	return token
}
