package connectsim

import (
	"fmt"
	"maps"
	"time"
)

// Repositories of the demo, in the way that people write them.
const (
	bloomreach = "https://github.com/composable-com/ct-connect-bloomreach-engagement.git"
	loyalty    = "git@github.com:acme/loyalty.git"
)

// someDraft is the body of a draft; more replaces its fields.
func someDraft(key, url, tag string, more object) object {
	o := object{
		"key": key, "name": "Connector " + key, "creator": object{"email": "kim@acme.example"},
		"repository": object{"url": url, "tag": tag},
	}
	maps.Copy(o, more)
	return o
}

// draft makes one of acme/loyalty.
func (m *sim) draft(key string, more object) answer {
	m.t.Helper()
	return m.try("POST", "/connectors/drafts", someDraft(key, loyalty, "v1.0.0", more)).want(m.t, 201, "")
}

// at reads a draft as it is now.
func (m *sim) at(key string) answer {
	m.t.Helper()
	return m.get("/connectors/drafts/key=" + key)
}

// update sends actions with the current version.
func (m *sim) update(key string, actions ...object) answer {
	m.t.Helper()
	return m.try("POST", "/connectors/drafts/key="+key, object{"version": m.at(key).at("version").v, "actions": append([]object{}, actions...)})
}

// previewed makes a draft that may be deployed.
func (m *sim) previewed(key string, more object) answer {
	m.t.Helper()
	m.draft(key, more)
	m.update(key, object{"action": "updatePreviewable"}).want(m.t, 201, "")
	m.pass(30 * time.Second)
	return m.at(key)
}

// published makes a connector for the demo project alone.
func (m *sim) published(key string, more object) answer {
	m.t.Helper()
	m.draft(key, more)
	return m.publish(key)
}

func (m *sim) publish(key string) answer {
	m.t.Helper()
	m.update(key, object{"action": "publish", "certification": false}).want(m.t, 201, "")
	m.pass(20 * time.Second)
	d := m.at(key)
	if d.at("status").text() != "Published" {
		m.t.Fatalf("not published: %s", d.raw)
	}
	return d
}

// pairs are values as requests have them: KEY, value, KEY, value.
func pairs(kv ...string) []object {
	out := []object{}
	for i := 0; i < len(kv); i += 2 {
		out = append(out, object{"key": kv[i], "value": kv[i+1]})
	}
	return out
}

// app is what a request gives an application.
func app(name string, standard, secured []object) object {
	return object{"applicationName": name, "standardConfiguration": standard, "securedConfiguration": secured}
}

// loyaltyApps is all that acme/loyalty needs of each application.
func loyaltyApps() []object {
	return []object{
		app("points", pairs("LOG_LEVEL", "debug"), pairs("SIGNING_KEY", "canary-signing")),
		app("nightly", pairs(), pairs()),
		app("loyalty-admin", pairs("CUSTOM_APPLICATION_ID", "app-1", "ENTRY_POINT_URI_PATH", "loyalty"), pairs()),
		app("widget", pairs(), pairs()),
	}
}

func loyaltyGlobal() object {
	return object{"standardConfiguration": pairs("SHOP_REGION", "us-central1.gcp"), "securedConfiguration": pairs("LOYALTY_API_KEY", "canary-loyalty")}
}

// deployBody is a deployment of acme/loyalty; more replaces its fields.
func deployBody(key string, connector object, more object) object {
	o := object{
		"key": key, "connector": connector, "region": "us-central1.gcp", "configurations": loyaltyApps(),
		"globalConfiguration": loyaltyGlobal(),
	}
	maps.Copy(o, more)
	return o
}

const deploymentsPath = "/composable-product-dev-sandbox/deployments"

// deploy starts a deployment of a published connector.
func (m *sim) deploy(key, connector string, more object) answer {
	m.t.Helper()
	return m.try("POST", deploymentsPath, deployBody(key, object{"key": connector}, more))
}

// deployed makes a connector and deploys it.
func (m *sim) deployed(key string) answer {
	m.t.Helper()
	m.published(key, nil)
	m.deploy(key, key, nil).want(m.t, 201, "")
	m.pass(40 * time.Second)
	return m.deployment(key)
}

func (m *sim) deployment(key string) answer {
	m.t.Helper()
	return m.get(deploymentsPath + "/key=" + key)
}

// redeploy sends the action with the current version.
func (m *sim) redeploy(key string, fields object) answer {
	m.t.Helper()
	action := object{"action": "redeploy"}
	maps.Copy(action, fields)
	return m.try("POST", deploymentsPath+"/key="+key, object{"version": m.deployment(key).at("version").v, "actions": []object{action}})
}

// arrived are the fingerprints of what a deployment has: "application/KEY", with "/KEY" for all applications.
func (m *sim) arrived(key string) map[string]string {
	m.t.Helper()
	out := map[string]string{}
	for _, d := range m.control("GET", "deployments", nil).list() {
		if d.at("key").text() != key {
			continue
		}
		prints, _ := d.at("fingerprints").v.(map[string]any)
		for application, keys := range prints {
			for k, v := range keys.(map[string]any) {
				out[application+"/"+k] = fmt.Sprint(v)
			}
		}
	}
	return out
}
