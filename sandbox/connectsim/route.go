package connectsim

import (
	"net/http"
	"strings"
)

// route is one endpoint.
type route struct {
	method string
	path   string // segments; {project} and {ref} stand for any
	name   string // by which faults and the journal know it; method and path are its second name
	kind   string // of the object that {ref} names, in the words of the 404
	scopes []string
	status int // of success
	public bool
	do     func(c *call) (any, error)
}

func (e route) pattern() string { return e.method + " " + e.path }

// routes are all of the token service and the API. The first that matches answers.
var routes = []route{
	{method: "POST", path: "/oauth/token", name: "token", public: true, status: 200, do: issueToken},
	{method: "POST", path: "/oauth/introspect", name: "introspect", public: true, status: 200, do: introspect},

	{method: "POST", path: "/connectors/drafts", name: "createDraft", scopes: manageConnectors, status: 201, do: createDraft},
	{method: "GET", path: "/connectors/drafts", name: "drafts", scopes: viewConnectors, status: 200, do: queryDrafts},
	{method: "GET", path: "/connectors/drafts/{ref}", name: "draft", kind: kindDraft, scopes: viewConnectors, status: 200, do: getDraft},
	{method: "POST", path: "/connectors/drafts/{ref}", name: "updateDraft", kind: kindDraft, scopes: manageConnectors, status: 201, do: updateDraft},
	{method: "DELETE", path: "/connectors/drafts/{ref}", name: "deleteDraft", kind: kindDraft, scopes: manageConnectors, status: 200, do: deleteDraft},

	{method: "GET", path: "/connectors/search", name: "search", scopes: viewConnectors, status: 200, do: searchConnectors},
	{method: "GET", path: "/connectors/{ref}", name: "connector", kind: kindConnector, scopes: viewConnectors, status: 200, do: getConnector},

	{method: "POST", path: "/{project}/deployments", name: "createDeployment", scopes: manageDeployments, status: 201, do: createDeployment},
	{method: "GET", path: "/{project}/deployments", name: "deployments", scopes: viewDeployments, status: 200, do: queryDeployments},
	{method: "GET", path: "/{project}/deployments/{ref}", name: "deployment", kind: kindDeployment, scopes: viewDeployments, status: 200, do: getDeployment},
	{method: "POST", path: "/{project}/deployments/{ref}", name: "redeploy", kind: kindDeployment, scopes: manageDeployments, status: 201, do: updateDeployment},
	{method: "DELETE", path: "/{project}/deployments/{ref}", name: "deleteDeployment", kind: kindDeployment, scopes: manageDeployments, status: 202, do: deleteDeployment},
	{method: "GET", path: "/{project}/deployments/{ref}/logs", name: "logs", kind: kindDeployment, scopes: viewDeployments, do: noLogs},
}

// The kinds of objects, as messages name them.
const (
	kindDraft      = "ConnectorStaged"
	kindConnector  = "Connector"
	kindDeployment = "Deployment"
)

// match finds the route of a request and what stands for its places. A path that exists only for other methods says so.
func match(method, path string) (found route, places map[string]string, otherMethod bool) {
	for _, e := range routes {
		p, ok := fits(e.path, path)
		if !ok {
			continue
		}
		if e.method == method {
			return e, p, false
		}
		otherMethod = true
	}
	return route{method: method, path: path, name: "unknown", public: true}, nil, otherMethod
}

func fits(pattern, path string) (map[string]string, bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return nil, false
	}
	places := map[string]string{}
	for i, w := range want {
		switch {
		case strings.HasPrefix(w, "{") && got[i] != "":
			places[strings.Trim(w, "{}")] = got[i]
		case w != got[i]:
			return nil, false
		}
	}
	return places, true
}

// unknown answers what has no route [?].
func unknown(otherMethod bool) func(*call) (any, error) {
	return func(c *call) (any, error) {
		p := refuse(codeNotFound, "The path "+c.r.URL.Path, "", "")
		p.errors[0]["message"] = "The requested resource could not be found."
		if otherMethod {
			p = &problem{status: http.StatusMethodNotAllowed, errors: []object{{"code": "MethodNotAllowed", "message": "HTTP method not allowed."}}}
		}
		return nil, p
	}
}
