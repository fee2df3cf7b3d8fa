package e2e

import "testing"

// TestDeployAccessible looks at the pages where connectors are deployed, empty and in use.
func TestDeployAccessible(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	b := newTab(t, withScripts)
	b.open(s.said("admin_sign_in"))
	b.open(s.portal + "/admin/cdk")
	b.accessible("cdk-empty")
	b.deploys(s)
	b.accessible("cdk-release-under-way")
	b.comesTo(s, "Deployed", len(regions))
	b.accessible("cdk-release")
	b.click("connector.zip")
	b.until(`location.pathname.includes("/admin/cdk/archives/")`)
	b.accessible("cdk-archive")
	b.open(s.portal + "/admin/cdk")
	b.accessible("cdk")
	for _, page := range []string{"", "/yaml", "/profiles"} {
		b.open(s.portal + "/admin/connect" + page)
		b.accessible("connect" + page[min(1, len(page)):])
	}
}
