package commercetools

import "regexp"

// Region is a place where commercetools runs projects and the applications of connectors. The region of an account is
// that of its project; a deployment names its own.
type Region struct {
	ID   string // "europe-west1.gcp"
	Name string // as commercetools calls it
}

// Regions are those that Connect has today, in the order of commercetools' own list. Others have come and gone: what is
// not here may still be one.
var Regions = []Region{
	{"europe-west1.gcp", "Europe (Google Cloud, Belgium)"},
	{"eu-central-1.aws", "Europe (AWS, Frankfurt)"},
	{"us-central1.gcp", "North America (Google Cloud, Iowa)"},
	{"us-east-2.aws", "North America (AWS, Ohio)"},
	{"australia-southeast1.gcp", "Australia (Google Cloud, Sydney)"},
}

// RegionName is the name of a region, or its ID where the region is not known here.
func RegionName(id string) string {
	for _, r := range Regions {
		if r.ID == id {
			return r.Name
		}
	}
	return id
}

// regionShape is what an ID must look like to become a part of a host's name.
var regionShape = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*\.[a-z]+$`)

// ConnectURL is the address of the Connect API in a region; "" for what cannot be a region.
func ConnectURL(region string) string { return hostOf("connect", region) }

// AuthURL is the address that gives tokens in a region; "" for what cannot be a region.
func AuthURL(region string) string { return hostOf("auth", region) }

func hostOf(service, region string) string {
	if !regionShape.MatchString(region) {
		return ""
	}
	return "https://" + service + "." + region + ".commercetools.com"
}
