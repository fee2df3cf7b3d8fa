package cdksim

import (
	"strings"
	"testing"
	"time"
)

// A connector belongs to the token that first deployed it, whatever became of that.
func TestOwnership(t *testing.T) {
	m := start(t, Options{})
	m.control("POST", "plans", `{"times":1,"phases":[{"status":"Failed"}]}`)
	m.deploy("us", "my-connector")
	archive := DemoArchive("my-connector", "1.0")
	m.tryDeploy("us", "my-connector", m.s.OtherToken("us"), archive).want(t, 403, `{"message":"The request is forbidden"}`)
	m.tryDeploy("us", "my-connector", m.s.OtherToken("us"), []byte("no zip")).want(t, 403, "forbidden") // and hears nothing else
	other := strings.Replace(deployPath("us", "my-connector"), "1.0", "1.1", 1)
	m.send("POST", other, m.s.OtherToken("us"), sourceBody(DemoArchive("my-connector", "1.1"))).want(t, 403, "forbidden")
	m.tryDeploy("us", "my-connector", m.s.Token("us"), archive).want(t, 200, "Building")
	m.tryDeploy("eu", "my-connector", m.s.OtherToken("eu"), archive).want(t, 200, "Building") // another region's connector
	rows := m.taken()
	if len(rows) != 3 || rows[0].Owner != "first" || rows[1].Token != "first" || rows[2].Owner != "other" {
		t.Errorf("what was taken: %+v", rows)
	}
}

// Anybody of the organisation may ask how a deployment goes, unless that is chosen otherwise.
func TestOthersRead(t *testing.T) {
	m := start(t, Options{})
	d := m.deploy("us", "my-connector")
	path := statusPath("us", "my-connector", d.ID)
	m.send("GET", path, m.s.OtherToken("us"), "").want(t, 200, "Building")
	m.control("PATCH", "settings", `{"others_read":false}`)
	m.send("GET", path, m.s.OtherToken("us"), "").want(t, 403, "forbidden")
	m.send("GET", statusPath("us", "my-connector", "latest"), m.s.OtherToken("us"), "").want(t, 403, "forbidden")
	m.send("GET", path, m.s.Token("us"), "").want(t, 200, "Building")
}

// Whether a connector is the token's or its user's is not certain: a second token of the same user tells.
func TestOwnerIsUser(t *testing.T) {
	m := start(t, Options{})
	m.deployed("us", "my-connector")
	made := is[map[string]string](t, m.control("POST", "tokens", `{"region":"us","label":"third","username":"deployer@acme.example"}`))
	archive := DemoArchive("my-connector", "1.0")
	m.tryDeploy("us", "my-connector", made["token"], archive).want(t, 403, "forbidden")
	m.share("us", "my-connector", made["token"], "a@x.example").want(t, 404, "Left")
	m.control("PATCH", "settings", `{"owner_is_user":true}`)
	m.tryDeploy("us", "my-connector", made["token"], archive).want(t, 200, "Building")
	m.share("us", "my-connector", made["token"], "a@x.example").want(t, 200, "1 permissions added")
	m.tryDeploy("us", "my-connector", m.s.OtherToken("us"), archive).want(t, 403, "forbidden")
}

// A role without the right, and a token that has been revoked.
func TestTokensWithoutRights(t *testing.T) {
	m := start(t, Options{})
	made := is[map[string]string](t, m.control("POST", "tokens", `{"region":"us","label":"reader","username":"r@acme.example","reads_only":true}`))
	m.tryDeploy("us", "my-connector", made["token"], DemoArchive("my-connector", "1.0")).want(t, 403, "forbidden")
	m.share("us", "my-connector", made["token"], "a@x.example").want(t, 403, "forbidden")
	m.send("GET", "/us/v1/me", made["token"], "").want(t, 200, "r@acme.example")
	m.control("POST", "tokens/"+made["id"]+"/revoke", "")
	m.send("GET", "/us/v1/me", made["token"], "").want(t, 401, "unauthorized")
	if all := m.control("GET", "tokens", ""); strings.Contains(all.raw, made["token"]) || !strings.Contains(all.raw, `"revoked":true`) {
		t.Errorf("the tokens: %s", all.raw)
	}
	for _, bad := range []string{
		`{}`, `{"region":"mars","label":"x","username":"y"}`, `{"region":"us","label":"first","username":"y"}`, `{"region":"us","label":"x"}`,
	} {
		m.send("POST", "/_control/tokens", "", bad).want(t, 400, "")
	}
	m.send("POST", "/_control/tokens/none/revoke", "", "").want(t, 404, "there is no token none")
}

func TestSharing(t *testing.T) {
	m := start(t, Options{})
	token := m.s.Token("us")
	m.deployed("us", "my-connector")
	for _, c := range []struct {
		emails []string
		status int
		want   string
	}{
		{[]string{"john.doe@domain.com", "jane.doe@domain.com"}, 200, `{"message":"2 permissions added"}`},
		{[]string{"john.doe@domain.com", "kim@acme.example", "kim@acme.example"}, 200, `{"message":"1 permissions added"}`},
		{[]string{"john.doe@domain.com"}, 200, `{"message":"0 permissions added"}`},
		{nil, 200, `{"message":"0 permissions added"}`},
		{[]string{"a@x.example", "kim+cdk@acme.example", "Kim@acme.example"}, 400, "Kim@acme.example, kim+cdk@acme.example"},
		{[]string{"a@x.example"}, 200, `{"message":"1 permissions added"}`}, // nothing was shared beside the unknown ones
	} {
		m.share("us", "my-connector", token, c.emails...).want(t, c.status, c.want)
	}
	rows := is[[]share](t, m.control("GET", "shares", ""))
	if len(rows) != 4 || rows[3].Email != "a@x.example" || rows[3].Token != "first" || rows[3].Name != "my-connector" || rows[3].Region != "us" {
		t.Errorf("shares: %+v", rows)
	}
	m.control("PATCH", "settings", `{"emails":["new@acme.example"]}`)
	m.share("us", "my-connector", token, "new@acme.example").want(t, 200, "1 permissions added")
	m.share("us", "my-connector", token, "b@x.example").want(t, 400, "b@x.example")
}

func TestRefusedShares(t *testing.T) {
	m := start(t, Options{})
	m.deployed("us", "my-connector")
	const left = `"The connector (Left(my-connector~1.0)) was not found or you don't have permission to access it"`
	m.share("us", "my-connector", m.s.OtherToken("us"), "a@x.example").want(t, 404, left)
	m.share("eu", "my-connector", m.s.Token("eu"), "a@x.example").want(t, 404, left)
	m.send("POST", strings.Replace(sharePath("us", "my-connector"), "1.0", "1.1", 1), m.s.Token("us"), `{"emails":[]}`).want(t, 404, "Left(my-connector~1.1)")
	m.control("PATCH", "settings", `{"share_refusal":403}`)
	m.share("us", "my-connector", m.s.OtherToken("us"), "a@x.example").want(t, 403, left)
	for body, want := range map[string]string{
		"": "body", "{": "body", "[]": "body", `{"emails":"a@x.example"}`: "body", `{"emails":[5]}`: "body", `{}`: "at 'emails'", `{"emails":null}`: "at 'emails'",
	} {
		m.send("POST", sharePath("us", "my-connector"), m.s.Token("us"), body).want(t, 400, want)
	}
	m.send("POST", sharePath("us", "my-connector"), m.s.Token("us"), `{"emails":["`+strings.Repeat("x", 2<<20)+`"]}`).want(t, 413, "too large")
	m.curl("POST", sharePath("us", "my-connector"), `{"emails":[]}`, "Authorization: Bearer "+m.s.Token("us"), "Content-Type: text/plain").
		want(t, 400, "text/plain")
}

// Before a deployment has ended well there is nothing to share, unless that is chosen otherwise.
func TestSharingTooEarly(t *testing.T) {
	m := start(t, Options{})
	m.deploy("us", "my-connector")
	m.share("us", "my-connector", m.s.Token("us"), "a@x.example").want(t, 404, "Left")
	m.control("PATCH", "settings", `{"share_early":true}`)
	m.share("us", "my-connector", m.s.Token("us"), "a@x.example").want(t, 200, "1 permissions added")
}

// Not even its owner sees a connector that is not shared with them.
func TestConnectorsThatAreSeen(t *testing.T) {
	m := start(t, Options{})
	type list struct{ Elements []connectorRow }
	seen := func(token string) string {
		var names []string
		for _, row := range is[list](t, m.send("GET", "/us/core/v1/connectors", token, "").want(t, 200, "")).Elements {
			names = append(names, row.Name)
		}
		return strings.Join(names, " ")
	}
	const operations = "/us/core/v1/connectors/my-connector/versions/1.0/operations"
	m.tryDeploy("us", "my-connector", m.s.Token("us"), DemoArchive("my-connector", "1.0", "get_post", "list_posts")).want(t, 200, "")
	m.clock.Advance(time.Minute)
	if got := seen(m.s.Token("us")); got != "slack twilio-output shopify" {
		t.Errorf("not shared: %s", got)
	}
	m.send("GET", operations, m.s.Token("us"), "").want(t, 404, "my-connector~1.0")
	m.share("us", "my-connector", m.s.Token("us"), "deployer@acme.example").want(t, 200, "1 permissions added")
	if got, other := seen(m.s.Token("us")), seen(m.s.OtherToken("us")); !strings.HasSuffix(got, " my-connector") || strings.Contains(other, "my-connector") {
		t.Errorf("shared: %s; others see %s", got, other)
	}
	row := is[list](t, m.send("GET", "/us/core/v1/connectors", m.s.Token("us"), "")).Elements[3]
	if row.Title != "My connector" || row.Version != "1.0" || row.Service.Name != "json-placeholder" || row.Service.Version != 1 || row.Service.ID == "" {
		t.Errorf("the row: %+v", row)
	}
	m.send("GET", operations, m.s.Token("us"), "").want(t, 200, `"name":"get_post"`).want(t, 200, `"name":"list_posts"`).
		want(t, 200, `"inputSchema":{"type":"object"`)
	m.send("GET", operations, m.s.OtherToken("us"), "").want(t, 404, "")
	// What is deployed anew is in use for all, and a failure changes nothing.
	m.tryDeploy("us", "my-connector", m.s.Token("us"), DemoArchive("my-connector", "1.0", "other_post", "#token_request")).want(t, 200, "Building")
	m.send("GET", operations, m.s.Token("us"), "").want(t, 200, "get_post")
	m.clock.Advance(time.Minute)
	if a := m.send("GET", operations, m.s.Token("us"), "").want(t, 200, "other_post"); strings.Contains(a.raw, "token_request") {
		t.Errorf("a private operation is shown: %s", a.raw)
	}
}
