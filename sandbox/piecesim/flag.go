package piecesim

// flagEndpoints tell anybody what kind of server it is.
func flagEndpoints() []endpoint {
	return []endpoint{
		{pattern: "GET /api/v1/flags", name: "getFlags", who: public, do: getFlags},
		{pattern: "GET /api/v1/health", name: "getHealth", who: public, do: getHealth},
	}
}

func getHealth(*call) (any, error) { return object{"status": "Healthy"}, nil }

// getFlags has what clients read, and the other members as they were recorded.
func getFlags(c *call) (any, error) {
	base, ee := c.srv.base(c.r), c.srv.edition != "ce"
	providers := object{}
	if ee {
		providers = object{"google": false, "saml": false}
	}
	logo := base + "/icons/activepieces.png"
	out := object{
		"ENVIRONMENT": "prod", "FRONTEND_SENTRY_DSN": nil, "AGENTS_CONFIGURED": true, "SHOW_ALERTS": ee,
		"SHOW_PROJECT_MEMBERS": c.conf.has("projectRolesEnabled"), "SHOW_BADGES": true, "CAN_BUY_ACTIVE_FLOWS": false,
		"CAN_BUY_AI_CREDITS": false, "SHOW_BILLING_LIMITS_ON_SIDEBAR": false, "SHOW_BILLING_PAGE": false,
		"SHOW_POWERED_BY_IN_FORM": !ee, "PIECES_SYNC_MODE": "NONE", "ENABLE_FLOW_ON_PUBLISH": true,
		"EXECUTION_DATA_RETENTION_DAYS": retentionDays, "CLOUD_AUTH_ENABLED": false, "EDITION": c.srv.edition,
		"THIRD_PARTY_AUTH_PROVIDERS_TO_SHOW_MAP": providers, "THIRD_PARTY_AUTH_PROVIDER_REDIRECT_URL": base + "/redirect",
		"EMAIL_AUTH_ENABLED": true, "THEME": theme(logo), "SHOW_COMMUNITY": !ee, "PRIVATE_PIECES_ENABLED": ee,
		"PRIVACY_POLICY_URL": base + "/privacy", "TERMS_OF_SERVICE_URL": base + "/terms", "TELEMETRY_ENABLED": false,
		"PUBLIC_URL": base + "/", "FLOW_RUN_TIME_SECONDS": 600, "TRIGGER_TIMEOUT_SECONDS": 60, "FLOW_RUN_MEMORY_LIMIT_KB": 1 << 20,
		"FLOW_RUN_LOG_SIZE_LIMIT_MB": 50, "PAUSED_FLOW_TIMEOUT_DAYS": 30, "WEBHOOK_TIMEOUT_SECONDS": 30,
		"CURRENT_VERSION": c.srv.version, "LATEST_VERSION": "0.0.0", "ALLOW_NPM_PACKAGES_IN_CODE_STEP": true,
		"MAX_RECORDS_PER_TABLE": 10000, "MAX_FIELDS_PER_TABLE": 100, "MAX_FILE_SIZE_MB": 25, "PROJECT_RATE_LIMITER_ENABLED": false,
		"DEFAULT_CONCURRENT_JOBS_LIMIT": 5, "SMTP_CONFIGURED": false, "PGVECTOR_AVAILABLE": false,
		"WEBHOOK_URL_PREFIX": base + "/api/v1/webhooks", "SUPPORTED_APP_WEBHOOKS": []any{},
	}
	if len(c.st.users.rows) > 0 {
		out["USER_CREATED"] = true
	}
	if ee {
		out["ALLOWED_EMBED_ORIGINS"] = notNil(c.st.AllowedEmbedOrigins)
		out["SAML_AUTH_ACS_URL"] = base + "/api/v1/authn/saml/acs"
	}
	return out, nil
}

func theme(logo string) object {
	shades := func(names ...string) object {
		out := object{"default": "#6e41e2"}
		for _, n := range names {
			out[n] = "#6e41e2"
		}
		return out
	}
	return object{
		"websiteName": "Activepieces",
		"colors": object{
			"avatar": "#515151", "blue-link": "#1890ff", "danger": "#f94949", "selection": "#8964e7",
			"primary": shades("dark", "light", "medium"), "warn": shades("light", "dark"), "success": shades("light"),
		},
		"logos": object{"fullLogoUrl": logo, "favIconUrl": logo, "logoIconUrl": logo},
	}
}
