package piecesim

import "strings"

// DemoPieces are what a server has when it is not told: those of the recordings, and a few more for their forms.
func DemoPieces() []Piece {
	return append(corePieces(), appPieces()...)
}

func named(short string) string { return "@activepieces/piece-" + short }

// corePieces need no connection.
func corePieces() []Piece {
	return []Piece{
		{
			Name: named("webhook"), DisplayName: "Webhook", Version: "0.1.36", Categories: []string{"CORE"}, Tags: []string{"core"},
			Description: "Receive HTTP requests and trigger flows using unique URLs.",
			Triggers:    []Step{{Name: "catch_webhook", DisplayName: "Catch Webhook", NoAuth: true}},
			Actions:     []Step{{Name: "return_response", DisplayName: "Return Response", NoAuth: true}},
		},
		{
			Name: named("schedule"), DisplayName: "Schedule", Version: "0.1.17", Categories: []string{"CORE"}, Tags: []string{"core"},
			Description: "Trigger flow with fixed schedule",
			Triggers:    []Step{{Name: "every_hour", DisplayName: "Every Hour", NoAuth: true}, {Name: "every_day", DisplayName: "Every Day", NoAuth: true}},
		},
		{
			Name: named("http"), DisplayName: "HTTP", Version: "0.11.10", Categories: []string{"CORE"}, Tags: []string{"core"},
			Description: "Sends HTTP requests and return responses",
			Actions:     []Step{{Name: "send_request", DisplayName: "Send HTTP request", NoAuth: true}},
		},
		{
			Name: named("store"), DisplayName: "Storage", Version: "0.6.15", Categories: []string{"CORE"}, Tags: []string{"core"},
			Description: "Store or retrieve data from key/value database",
			Actions:     []Step{{Name: "get", DisplayName: "Get", NoAuth: true}, {Name: "put", DisplayName: "Put", NoAuth: true}},
		},
	}
}

// slackAuth and the other texts of auth metadata are as recorded, shortened where they are long.
const (
	stripeAuth = `{"displayName": "Secret API Key", "required": true, "type": "SECRET_TEXT",
		"description": "Secret key acquired from your Stripe dashboard"}`
	discordAuth = `{"displayName": "Bot Token", "required": true, "type": "SECRET_TEXT",
		"description": "\nTo obtain a token, follow these steps:\n1. Go to https://discord.com/developers/applications\n2. Click on Application (or create one if you don't have one)\n3. Click on Bot\n4. Copy the token\n"}`
	twilioAuth = `{"description": "The authentication to use to connect to Twilio", "required": true,
		"username": {"displayName": "Account SID", "description": "The account SID to use to connect to Twilio"},
		"password": {"displayName": "Auth token", "description": "The auth token to use to connect to Twilio"},
		"type": "BASIC_AUTH", "displayName": "Connection"}`
	zendeskAuth = `{"description": "\n**Organization**: The organization name can be found in the URL (e.g https://ORGANIZATION_NAME.zendesk.com).\n\n**Agent Email**: The email you use to log in to Zendesk.\n\n**API Token**: You can find this in the Zendesk Admin Panel under Settings > APIs > Zendesk API.\n",
		"props": {
			"email": {"displayName": "Agent Email", "description": "The email address you use to login to Zendesk", "required": true, "type": "SHORT_TEXT"},
			"token": {"displayName": "Token", "description": "The API token you can generate in Zendesk", "required": true, "type": "SHORT_TEXT"},
			"subdomain": {"displayName": "Organization (e.g activepieceshelp)", "description": "The subdomain of your Zendesk instance", "required": true, "type": "SHORT_TEXT"}},
		"required": true, "type": "CUSTOM_AUTH", "displayName": "Connection"}`
	slackAuth = `[{"description": "Authenticate via a Slack OAuth flow.", "authUrl": "https://slack.com/oauth/v2/authorize?user_scope=search:read",
		"tokenUrl": "https://slack.com/api/oauth.v2.access", "required": true, "scope": ["channels:read", "chat:write"], "type": "OAUTH2", "displayName": "Connection"},
		{"displayName": "Bot Token", "description": "Authenticate using a Slack bot token (and optional user token).", "required": true, "type": "CUSTOM_AUTH",
		"props": {"botToken": {"displayName": "Bot Token", "description": "The bot token for your Slack app (starts with xoxb-)", "required": true, "type": "SECRET_TEXT"},
			"userToken": {"displayName": "User Token", "description": "Optional user token for actions that require user-level access (starts with xoxp-)", "required": false, "type": "SECRET_TEXT"}}}]`
	sheetsAuth = `[{"description": "", "authUrl": "https://accounts.google.com/o/oauth2/auth", "tokenUrl": "https://oauth2.googleapis.com/token", "required": true,
		"scope": ["https://www.googleapis.com/auth/spreadsheets", "https://www.googleapis.com/auth/drive.readonly", "https://www.googleapis.com/auth/drive"], "type": "OAUTH2", "displayName": "Connection"},
		{"displayName": "Service Account (Advanced)", "description": "Authenticate via service account.", "required": true, "type": "CUSTOM_AUTH",
		"props": {"serviceAccount": {"displayName": "Service Account JSON Key", "required": true, "type": "SHORT_TEXT"},
			"userEmail": {"displayName": "User Email", "required": false, "description": "Email address of the user to impersonate for domain-wide delegation.", "type": "SHORT_TEXT"}}}]`
	squareAuth = `{"description": "Authentication", "authUrl": "https://connect.squareup.com/oauth2/authorize", "tokenUrl": "https://connect.squareup.com/oauth2/token",
		"required": true, "scope": ["MERCHANT_PROFILE_READ", "CUSTOMERS_READ"], "type": "OAUTH2", "displayName": "Connection"}`
	commercetoolsAuth = `{"displayName": "Connection", "description": "An API client of your project.", "required": true, "type": "CUSTOM_AUTH",
		"props": {
			"about": {"displayName": "Make an API client under **Settings > Developer settings** first.", "required": false, "type": "MARKDOWN"},
			"region": {"displayName": "Region", "description": "Where your project lives", "required": true, "type": "STATIC_DROPDOWN",
				"options": {"disabled": false, "options": [{"label": "Europe", "value": "europe-west1.gcp"}, {"label": "North America", "value": "us-central1.gcp"}]}},
			"projectKey": {"displayName": "Project key", "required": true, "type": "SHORT_TEXT"},
			"clientId": {"displayName": "Client ID", "required": true, "type": "SHORT_TEXT"},
			"clientSecret": {"displayName": "Client secret", "required": true, "type": "SECRET_TEXT"},
			"pageSize": {"displayName": "Page size", "required": false, "defaultValue": 100, "type": "NUMBER"},
			"staged": {"displayName": "Read staged data", "required": false, "defaultValue": false, "type": "CHECKBOX"},
			"notes": {"displayName": "Notes", "required": false, "type": "LONG_TEXT"}}}`
	gelatoAuth = `{"displayName": "Gelato", "description": "Your shop's key.", "required": true, "type": "CUSTOM_AUTH",
		"props": {
			"apiKey": {"displayName": "API key", "required": true, "type": "SECRET_TEXT"},
			"storeId": {"displayName": "Store ID", "description": "The number in your shop's address", "required": true, "type": "SHORT_TEXT"}}}`
)

func appPieces() []Piece {
	return []Piece{
		{
			Name: named("stripe"), DisplayName: "Stripe", Version: "0.6.9", Categories: []string{"COMMERCE", "PAYMENT_PROCESSING"},
			Tags: []string{"finance"}, Description: "Online payment processing for internet businesses", Auth: stripeAuth, Valid: validStripe,
			Actions:  []Step{{Name: "create_customer", DisplayName: "Create Customer"}, {Name: "create_invoice", DisplayName: "Create Invoice"}},
			Triggers: []Step{{Name: "new_payment", DisplayName: "New Payment"}, {Name: "new_customer", DisplayName: "New Customer"}},
		},
		{
			Name: named("discord"), DisplayName: "Discord", Version: "0.5.3", Categories: []string{"COMMUNICATION"}, Tags: []string{"chat"},
			Description: "Instant messaging and VoIP social platform", Auth: discordAuth,
			Actions: []Step{{Name: "send_message", DisplayName: "Send Message"}},
		},
		{
			Name: named("twilio"), DisplayName: "Twilio", Version: "0.4.6", Categories: []string{"COMMUNICATION"}, Tags: []string{"chat"},
			Description: "Cloud communications platform for building SMS, Voice & Messaging applications", Auth: twilioAuth,
			Actions:  []Step{{Name: "send_sms", DisplayName: "Send SMS"}},
			Triggers: []Step{{Name: "new_incoming_sms", DisplayName: "New Incoming SMS"}},
		},
		{
			Name: named("zendesk"), DisplayName: "Zendesk", Version: "0.2.8", Categories: []string{"CUSTOMER_SUPPORT"}, Tags: []string{"support"},
			Description: "Customer service software and support ticket system", Auth: zendeskAuth,
			Actions:  []Step{{Name: "create_ticket", DisplayName: "Create Ticket"}},
			Triggers: []Step{{Name: "new_ticket", DisplayName: "New Ticket"}},
		},
		{
			Name: named("slack"), DisplayName: "Slack", Version: "0.17.2", Categories: []string{"COMMUNICATION"}, Tags: []string{"chat"},
			Description: "Channel-based messaging platform", Auth: slackAuth,
			Actions:  []Step{{Name: "send_channel_message", DisplayName: "Send Message To A Channel"}},
			Triggers: []Step{{Name: "new_message", DisplayName: "New Message"}},
		},
		{
			Name: named("google-sheets"), DisplayName: "Google Sheets", Version: "0.16.2", Categories: []string{"PRODUCTIVITY"},
			Tags: []string{"productivity"}, Description: "Create, edit, and collaborate on spreadsheets online", Auth: sheetsAuth,
			Actions:  []Step{{Name: "insert_row", DisplayName: "Insert Row"}},
			Triggers: []Step{{Name: "new_row_added", DisplayName: "New Row Added"}},
		},
		{
			Name: named("square"), DisplayName: "Square", Version: "0.4.4", Categories: []string{"COMMERCE"}, Tags: []string{"finance"},
			Description: "Payment solutions for every business", Auth: squareAuth,
			Triggers: []Step{{Name: "new_order", DisplayName: "New Order"}},
		},
		{
			Name: named("commercetools"), DisplayName: "commercetools", Version: "0.1.2", Categories: []string{"COMMERCE"}, Tags: []string{"commerce"},
			Description: "Composable commerce: products, carts and orders", Auth: commercetoolsAuth, Valid: validCommercetools,
			Actions:  []Step{{Name: "update_product", DisplayName: "Update Product"}},
			Triggers: []Step{{Name: "order_created", DisplayName: "Order Created"}},
		},
		{
			Name: named("gelato"), DisplayName: "Gelato", Version: "0.1.0", Categories: []string{"COMMERCE"}, Tags: []string{"commerce"}, Custom: true,
			Description: "New flavours, as soon as they are made", Auth: gelatoAuth, Valid: validGelato, Fetches: "gelato_{externalProjectId}",
			Actions:  []Step{{Name: "list_flavours", DisplayName: "List flavours", NoAuth: true}},
			Triggers: []Step{{Name: "new_flavour", DisplayName: "New flavour", NoAuth: true}},
		},
	}
}

func validStripe(v Value) string {
	if strings.HasPrefix(v.SecretText, "sk_") || strings.HasPrefix(v.SecretText, "rk_") {
		return ""
	}
	return "Invalid API Key. Please check the key and try again."
}

func validCommercetools(v Value) string {
	if key, _ := v.Props["projectKey"].(string); strings.Contains(key, " ") || key == "" {
		return "commercetools: the project key has no spaces, such as my-shop-eu"
	}
	return ""
}

func validGelato(v Value) string {
	key, _ := v.Props["apiKey"].(string)
	switch {
	case strings.HasSuffix(key, "revoked"):
		return "Gelato: key revoked"
	case key == "":
		return "Gelato: the API key is missing"
	}
	return ""
}
