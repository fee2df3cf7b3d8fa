package piecesim

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// platform is the one organisation of the server, with what there is only once.
type platform struct {
	ID, Name            string
	Owner               string // the user
	Created, Updated    time.Time
	AllowedEmbedOrigins []string
	TokenSecret         string // signs users' tokens
	FirstKey            string // the API key that Options name
	OAuthApps           []oauthApp
	Codes               map[string]time.Time // authorization codes that a consent gave, until they are used
	Embed               embedState
}

func (p *platform) key() string { return p.ID }

// planFlags are the features that a licence brings, with the area of the API that each opens.
var planFlags = []string{
	"eventStreamingEnabled", "environmentsEnabled", "auditLogEnabled", "embeddingEnabled", "chatEnabled",
	"dataManipulationEnabled", "managePiecesEnabled", "manageTemplatesEnabled", "customAppearanceEnabled",
	"projectRolesEnabled", "globalConnectionsEnabled", "customRolesEnabled", "apiKeysEnabled", "ssoEnabled",
	"secretManagersEnabled", "scimEnabled", "customDomainsEnabled",
}

// unlimited is the flag of settings.Lacks that stands for teamProjectsLimit UNLIMITED.
const unlimited = "teamProjectsLimit"

// plan is what the platform may do. The community edition's has fewer members, as recorded.
func (c *call) plan() object {
	p := object{
		"includedAiCredits": 0, "tablesEnabled": true, "aiCreditsAutoTopUpState": "disabled", "analyticsEnabled": true,
		"showPoweredBy": false, "agentsEnabled": true, "aiProvidersEnabled": true, "teamProjectsLimit": "ONE",
		"stripeSubscriptionStartDate": 0, "stripeSubscriptionEndDate": 0, "dedicatedWorkers": nil, "canary": false,
	}
	for _, flag := range planFlags {
		p[flag] = c.conf.has(flag)
	}
	if c.conf.has(unlimited) {
		p["teamProjectsLimit"] = "UNLIMITED"
	}
	if c.srv.edition == "ce" {
		return p
	}
	for _, k := range []string{
		"plan", "lastFreeAiCreditsRenewalDate", "aiCreditsAutoTopUpThreshold", "aiCreditsAutoTopUpCreditsToAdd",
		"maxAutoTopUpCreditsMonthly", "licenseKey", "stripeCustomerId", "stripeSubscriptionId", "stripeSubscriptionStatus",
		"stripeSubscriptionCancelDate", "projectsLimit", "activeFlowsLimit", "workerGroupId",
	} {
		p[k] = nil
	}
	if c.conf.Licensed {
		p["licenseKey"] = "sandbox"
	}
	if c.conf.ActiveFlowsLimit > 0 {
		p["activeFlowsLimit"] = c.conf.ActiveFlowsLimit
	}
	return p
}

func (c *call) showPlatform() object {
	p, assets := c.st.platform, c.srv.base(c.r)+"/icons/activepieces.png"
	out := object{
		"federatedAuthProviders": object{"saml": nil}, "plan": c.plan(), "id": p.ID, "created": stamp(p.Created),
		"updated": stamp(p.Updated), "ownerId": p.Owner, "name": p.Name, "primaryColor": "#6e41e2", "themeColors": nil,
		"logoIconUrl": assets, "fullLogoUrl": assets, "favIconUrl": assets,
		"filteredPieceNames": []any{}, "filteredPieceBehavior": "BLOCKED", "cloudAuthEnabled": true, "googleAuthEnabled": true,
		"enforceAllowedAuthDomains": false, "allowedAuthDomains": []any{}, "allowedEmbedOrigins": notNil(p.AllowedEmbedOrigins),
		"ssoDomain": nil, "ssoDomainVerification": nil, "emailAuthEnabled": true, "pinnedPieces": []any{}, "pieceSelectorConfig": nil,
	}
	if c.srv.edition != "ce" {
		out["usage"] = object{
			"totalAiCreditsUsed": 0, "totalAiCreditsUsedThisMonth": 0, "aiCreditsRemaining": 0, "aiCreditsLimit": 0,
			"activeFlows": c.st.enabledFlows(),
		}
	}
	return out
}

func (s *Server) platformEndpoints() []endpoint {
	return []endpoint{
		{pattern: "GET /api/v1/platforms/{id}", name: "getPlatform", do: getPlatform},
		{pattern: "POST /api/v1/platforms/{id}", name: "updatePlatform", admin: true, who: byUser, check: checkPlatform, do: updatePlatform},
		{
			pattern: "POST /api/v1/embed-subdomain/allowed-embed-origins", name: "allowEmbedOrigins", who: byKey,
			feature: "embeddingEnabled", check: needOrigins, do: allowEmbedOrigins,
		},
	}
}

func getPlatform(c *call) (any, error) {
	if c.id != c.st.platform.ID {
		return nil, notFound("platform", c.id)
	}
	return c.showPlatform(), nil
}

func checkPlatform(c *call) error {
	k := c.checkBody()
	k.maybeText(c.body, "name")
	k.maybeStrings(c.body, "allowedEmbedOrigins")
	checkOrigins(k, c.body["allowedEmbedOrigins"])
	return k.err()
}

// updatePlatform replaces the list of origins, where the route for keys adds to it.
func updatePlatform(c *call) (any, error) {
	if c.id != c.st.platform.ID {
		return nil, notFound("platform", c.id)
	}
	if name := c.text("name"); name != "" {
		c.st.Name = name
	}
	if list, ok := texts(c.body["allowedEmbedOrigins"]); ok {
		c.st.AllowedEmbedOrigins = list
	}
	c.st.Updated = c.now
	c.st.touch()
	return c.showPlatform(), nil
}

func needOrigins(c *call) error {
	k := c.checkBody()
	k.strings(c.body, "allowedEmbedOrigins")
	checkOrigins(k, c.body["allowedEmbedOrigins"])
	return k.err()
}

// checkOrigins refuses what is no exact origin; the words are not known [?].
func checkOrigins(k *checker, v any) {
	list, _ := texts(v)
	for _, o := range list {
		u, err := url.Parse(strings.Replace(o, "//*.", "//any.", 1))
		if err != nil || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.Scheme != "http" && u.Scheme != "https" {
			k.fault("allowedEmbedOrigins", "Invalid input: %q is not an origin", o)
		}
	}
}

// allowEmbedOrigins answers with the platform [?].
func allowEmbedOrigins(c *call) (any, error) {
	list, _ := texts(c.body["allowedEmbedOrigins"])
	for _, o := range list {
		if !slices.Contains(c.st.AllowedEmbedOrigins, o) {
			c.st.AllowedEmbedOrigins = append(c.st.AllowedEmbedOrigins, o)
		}
	}
	c.st.Updated = c.now
	c.st.touch()
	return c.showPlatform(), nil
}

func notNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
