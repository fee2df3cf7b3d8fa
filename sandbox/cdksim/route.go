package cdksim

import (
	"fmt"
	"net/http"
)

// firstRegion answers paths that name none, so that a command written for https://api.tray.io works with only the host
// changed.
const firstRegion = "us"

// regions are where Tray operates.
var regions = []string{"us", "eu", "ap"}

// endpoints are all of a region's API.
func endpoints() []endpoint {
	const (
		deployments = "/cdk/v1/deployments/connectors/{name}/versions/{version}/"
		permissions = "/cdk/v1/permissions/connectors/{name}/versions/{version}/"
		connectors  = "/core/v1/connectors"
	)
	return []endpoint{
		{method: "POST", path: deployments + "deploy-connector-from-source", name: "deploy", read: readDeploy, do: deploy},
		{method: "GET", path: deployments + "latest", name: "latest", do: latest},
		{method: "GET", path: deployments + "{id}", name: "deployment", do: showDeployment},
		{method: "POST", path: permissions + "share-with-emails", name: "share", read: readShare, do: shareWithEmails},
		{method: "GET", path: "/v1/me", name: "me", do: me},
		{method: "GET", path: connectors, name: "connectors", do: listConnectors},
		{method: "GET", path: connectors + "/{name}/versions/{version}/operations", name: "connectors", do: listOperations},
	}
}

func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	for _, e := range endpoints() {
		mux.HandleFunc(e.method+" "+e.path, s.serve(e, firstRegion))
		for _, region := range regions {
			mux.HandleFunc(e.method+" /"+region+e.path, s.serve(e, region))
		}
	}
	nothing := endpoint{name: "unknown", do: noRoute}
	mux.HandleFunc("/", s.serve(nothing, firstRegion))
	for _, region := range regions {
		mux.HandleFunc("/"+region+"/", s.serve(nothing, region))
	}
	mux.HandleFunc("GET /{$}", s.index)
	s.controlRoutes(mux)
	return mux
}

// noRoute answers what has no route, or not by that method.
func noRoute(*call) (any, error) {
	return nil, refuse(http.StatusNotFound, "The requested resource could not be found.")
}

// index answers GET / with what is here, for whoever opens the address in a browser.
func (s *Server) index(w http.ResponseWriter, r *http.Request) {
	base := s.url
	if base == "" {
		base = "http://" + r.Host
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintf(w, "A simulated Tray CDK deployment API.\n\nUS        %[1]s/us/cdk/v1/... (or without /us)\nEU        %[1]s/eu/cdk/v1/...\n"+
		"APAC      %[1]s/ap/cdk/v1/...\nControls  %[1]s/_control/state\n", base)
}
