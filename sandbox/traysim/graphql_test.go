package traysim

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2"
)

func TestPortalOperationsFitTheSchema(t *testing.T) {
	raw, err := os.ReadFile("testdata/operations.graphql")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := schemaFor(defaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	doc, list := gqlparser.LoadQuery(schema, string(raw))
	if list != nil {
		t.Fatal(list)
	}
	if got := len(doc.Operations); got < 20 {
		t.Errorf("%d operations, want at least 20", got)
	}
}

// Every mutation of the schema is answered by something, and nothing else is.
func TestMutationTableIsTheSchema(t *testing.T) {
	schema, err := schemaFor(defaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range schema.Mutation.Fields {
		if mutationTable[f.Name].do == nil {
			t.Errorf("%s is in the schema and not in the table", f.Name)
		}
	}
	if got, want := len(mutationTable), len(schema.Mutation.Fields); got != want {
		t.Errorf("%d mutations in the table, want %d", got, want)
	}
}

func TestTokenKinds(t *testing.T) {
	m := start(t, Options{})
	user, token := m.newUser("ada")
	for name, c := range map[string]struct{ token, query string }{
		"users":        {token, `{ users { edges { node { id } } } }`},
		"create user":  {token, `mutation { createExternalUser(input: {name: "x", externalUserId: "x"}) { userId } }`},
		"authorize":    {token, `mutation { authorize(input: {userId: "` + user + `"}) { accessToken } }`},
		"code":         {token, `mutation { generateAuthorizationCode(input: {userId: "` + user + `"}) { authorizationCode } }`},
		"remove user":  {token, `mutation { removeExternalUser(input: {userId: "` + user + `"}) { clientMutationId } }`},
		"instance":     {m.s.MasterToken(), `mutation { createSolutionInstance(input: {solutionId: "x", instanceName: "x"}) { solutionInstance { id } } }`},
		"remove":       {m.s.MasterToken(), `mutation { removeSolutionInstance(input: {solutionInstanceId: "x"}) { clientMutationId } }`},
		"import auth":  {m.s.MasterToken(), `mutation { createUserAuthentication(input: {name: "x", serviceId: "x", serviceEnvironmentId: "x", data: "{}"}) { authenticationId } }`},
		"others' list": {token, `{ viewer { solutionInstances(criteria: {owner: "someone"}) { totalCount } } }`},
	} {
		t.Run(name, func(t *testing.T) {
			wantError(t, m.ask(c.token, c.query, nil), "PreconditionError", "access_not_allowed")
		})
	}
}

func TestUnauthorized(t *testing.T) {
	m := start(t, Options{})
	_, token := m.newUser("ada")
	m.advance(48 * time.Hour)
	for name, tok := range map[string]string{"none": "", "unknown": "abc", "two days old": token} {
		status, body := m.do("POST", "/graphql", tok, `{"query":"{ viewer { details { name } } }"}`)
		if status != http.StatusUnauthorized || !strings.Contains(body, `{"message":"The request is unauthorized"}`) {
			t.Errorf("%s token: %d %s", name, status, body)
		}
	}
}

func TestTokenLivesTwoDaysAndEarlierOnesStay(t *testing.T) {
	m := start(t, Options{})
	user, first := m.newUser("ada")
	m.advance(47 * time.Hour)
	second := m.authorize(user)
	if first == second || len(first) != 64 {
		t.Errorf("tokens %d and %d long, want 64 and different", len(first), len(second))
	}
	m.data(first, `{ viewer { details { name } } }`, nil)
	m.advance(time.Hour)
	m.data(second, `{ viewer { details { name } } }`, nil)
}

func TestErrorShapes(t *testing.T) {
	m := start(t, Options{})
	_, token := m.newUser("ada")
	answer := m.ask(token, "mutation {\n  removeSolutionInstance(input: {solutionInstanceId: \"nope\"}) { clientMutationId }\n}", nil)
	wantError(t, answer, "PreconditionError", "resource_does_not_exist")
	if got := answer.at("errors.0.path.0").text(); got != "removeSolutionInstance" {
		t.Errorf("path = %q", got)
	}
	if got := answer.at("errors.0.locations.0.line").v; got != 2.0 {
		t.Errorf("line = %v, want 2", got)
	}
	if data, ok := answer.at("data").v.(map[string]any); !ok || data["removeSolutionInstance"] != nil {
		t.Errorf("data = %v, want the field to be null", answer.at("data").v)
	}
}

func TestInvalidQueries(t *testing.T) {
	m := start(t, Options{})
	for name, query := range map[string]string{
		"syntax":         `{ viewer `,
		"legacy field":   `{ viewer { workflows { edges { node { id } } } } }`,
		"ids criterion":  `{ viewer { solutionInstances(criteria: {ids: ["a"]}) { totalCount } } }`,
		"no selection":   `{ viewer }`,
		"no such total":  `{ viewer { solutions { totalCount } } }`,
		"required input": `mutation { authorize(input: {}) { accessToken } }`,
		"variable":       `query($n: Int!) { users(first: $n) { edges { node { id } } } }`,
	} {
		t.Run(name, func(t *testing.T) {
			answer := m.ask(m.s.MasterToken(), query, nil)
			wantError(t, answer, "GraphQLError", "")
			if answer.at("data").v != nil {
				t.Errorf("data = %v, want none", answer.at("data").v)
			}
		})
	}
}

// What Tray's public sample clients send: no variables, no pageInfo, no criteria, two lists at once, names added by Apollo.
func TestClientHabits(t *testing.T) {
	m := start(t, Options{})
	user, token := m.newUser("ada")
	m.newInstance(token, "Notion notes")
	m.newAuth(user, "notion")

	got := m.data(token, `query { viewer { solutionInstances { edges { node { id name authValues { externalId authId } } } } authentications { edges { node { id name } } } } }`, nil)
	if got.at("viewer.solutionInstances.edges").len() != 1 || got.at("viewer.authentications.edges").len() != 1 {
		t.Errorf("two lists: %v", got.v)
	}
	got = m.data(m.s.MasterToken(), `query { users { edges { node { id name externalUserId } } } }`, nil)
	if got.at("users.edges").len() != 1 {
		t.Errorf("users without criteria: %v", got.v)
	}
	got = m.data(m.s.MasterToken(), `{ users(criteria: {externalUserId: "ad"}) { edges { node { id } } } }`, nil)
	if got.at("users.edges").len() != 0 {
		t.Errorf("externalUserId is not exact: %v", got.v)
	}
	got = m.data(token, `{ me: viewer { ...who __typename } viewer { ... on Viewer { details { name } } } } fragment who on Viewer { details { username email } }`, nil)
	if got.at("me.details.username").text() != "ada" || got.at("me.__typename").text() != "Viewer" || got.at("viewer.details.name").text() != "ada" {
		t.Errorf("details: %v", got.v)
	}
	got = m.data(token, `query($deep: Boolean!) { viewer { details { name email @include(if: $deep) } } }`, map[string]any{"deep": false})
	if _, there := got.at("viewer.details").v.(map[string]any)["email"]; there {
		t.Errorf("@include(if: false) was not heeded: %v", got.v)
	}
	got = m.data(token, `{ viewer { solutions(criteria: {tags: []}) { edges { node { id } } } } }`, nil)
	if n := got.at("viewer.solutions.edges").len(); n != len(DemoSolutions()) {
		t.Errorf("%d solutions with empty tags, want all", n)
	}
}

func TestPagination(t *testing.T) {
	m := start(t, Options{})
	_, token := m.newUser("ada")
	for range 5 {
		m.newInstance(token, "Notion notes")
	}
	const query = `query($first: Int, $last: Int, $after: String, $before: String) { viewer { solutionInstances(first: $first, last: $last, after: $after, before: $before) {
		edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } } }`
	page := func(vars map[string]any) tree { return m.data(token, query, vars).at("viewer.solutionInstances") }

	one := page(map[string]any{"first": 2})
	if one.at("edges").len() != 2 || one.at("pageInfo.hasNextPage").v != true || one.at("pageInfo.hasPreviousPage").v != false {
		t.Errorf("first page: %v", one.v)
	}
	if one.at("totalCount").v != 5.0 {
		t.Errorf("totalCount = %v, want 5", one.at("totalCount").v)
	}
	if got, want := one.at("edges.1.cursor").text(), cursor(one.at("edges.1.node.id").text()); got != want {
		t.Errorf("cursor = %q, want %q", got, want)
	}
	m.control("POST", "instances/"+one.at("edges.1.node.id").text()+"/remove", "")
	two := page(map[string]any{"first": 100, "after": one.at("pageInfo.endCursor").v})
	if two.at("edges").len() != 3 || two.at("pageInfo.hasNextPage").v != false || two.at("pageInfo.hasPreviousPage").v != true {
		t.Errorf("the page after a row that has gone: %v", two.v)
	}
	last := page(map[string]any{"last": 1})
	if last.at("edges.0.cursor").text() != two.at("edges.2.cursor").text() {
		t.Errorf("last 1: %v", last.v)
	}
	before := page(map[string]any{"before": two.at("pageInfo.startCursor").v})
	if before.at("edges").len() != 1 || before.at("pageInfo.hasNextPage").v != true {
		t.Errorf("before: %v", before.v)
	}
	m.control("PATCH", "settings", `{"page_size": 3}`)
	if got := page(nil).at("edges").len(); got != 3 {
		t.Errorf("%d rows with page_size 3", got)
	}
	wantError(t, m.ask(token, query, map[string]any{"after": "bm9uZQ=="}), "PreconditionError", "resource_does_not_exist")
}

func TestMe(t *testing.T) {
	m := start(t, Options{MasterToken: "mm"})
	_, token := m.newUser("ada")
	for _, c := range []struct {
		token string
		want  int
	}{{"mm", 200}, {token, 403}, {"", 401}} {
		if got, _ := m.do("GET", "/v1/me", c.token, ""); got != c.want {
			t.Errorf("GET /v1/me = %d, want %d", got, c.want)
		}
	}
}
