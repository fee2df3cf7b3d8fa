package portal

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"portico/store"
)

// PlannedDeploy is the call that sends an archive to a region, its body in words.
func PlannedDeploy(account store.DeployAccount, d store.CDKDeployment, a store.Archive) store.PlannedRequest {
	r := planned(account, "POST", cdkURL(account, "deployments", d)+"/deploy-connector-from-source",
		fmt.Sprintf(`{"connectorSourceCode":"(base64 of %d bytes, sha256 %s)"}`, a.Size, a.SHA256))
	r.File = "connector.zip" // what was uploaded may have been a payload.json
	return r
}

// PlannedLook is the call that asks how far a deployment is; for one that was not taken yet, what the newest is.
func PlannedLook(account store.DeployAccount, d store.CDKDeployment) store.PlannedRequest {
	id := d.UpstreamID
	switch {
	case d.State == store.CDKBehind:
		id = d.BehindID
	case id == "":
		id = "latest"
	}
	return planned(account, "GET", cdkURL(account, "deployments", d)+"/"+url.PathEscape(id), "")
}

// PlannedShare is the call that shows a connector to people.
func PlannedShare(account store.DeployAccount, d store.CDKDeployment, emails []string) store.PlannedRequest {
	body, _ := json.Marshal(map[string]any{"emails": emails}) // texts always can be
	return planned(account, "POST", cdkURL(account, "permissions", d)+"/share-with-emails", string(body))
}

// planned is a call with an account's token, for which a variable stands.
func planned(account store.DeployAccount, method, address, body string) store.PlannedRequest {
	r := store.PlannedRequest{Method: method, URL: address, Body: body, Token: "TRAY_TOKEN_" + strings.ToUpper(account.Region)}
	if body != "" {
		r.Header = map[string]string{"Content-Type": "application/json"}
	}
	return r
}

func cdkURL(account store.DeployAccount, room string, d store.CDKDeployment) string {
	return strings.TrimRight(account.APIURL, "/") + "/cdk/v1/" + room + "/connectors/" + url.PathEscape(d.Name) + "/versions/" + url.PathEscape(d.Version)
}
