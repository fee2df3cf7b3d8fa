package connectsim

import (
	"slices"
	"strings"
)

// defaultRegion is the one that a path without a region means: that of the official walk-through.
const defaultRegion = "us-central1.gcp"

// regionNames are the five of the API description.
var regionNames = []string{"europe-west1.gcp", "eu-central-1.aws", "us-central1.gcp", "us-east-2.aws", "australia-southeast1.gcp"}

// Regions are the regions there are. Each is a world of its own, with its projects, API clients, drafts and deployments.
func Regions() []string { return slices.Clone(regionNames) }

// splitRegion takes the region off a path.
func splitRegion(path string) (region, rest string) {
	first, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if slices.Contains(regionNames, first) {
		return first, "/" + rest
	}
	return defaultRegion, path
}

func onAWS(region string) bool { return strings.HasSuffix(region, ".aws") }
