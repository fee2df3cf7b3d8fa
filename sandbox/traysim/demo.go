package traysim

// demoTags are the categories of the demo solutions.
var demoTags = []string{"CRM", "Messaging", "Commerce", "Finance", "Marketing", "Support", "Productivity"}

// DemoSolutions are what a Tray offers when it is not told: one to three auth slots, one of none, a few with config slots.
func DemoSolutions() []Solution {
	return append(authOnlyDemos(), configDemos()...)
}

// slot is the auth slot that Tray makes by default for a service.
func slot(serviceName string) AuthSlot {
	return AuthSlot{
		ExternalID: "external_" + serviceName + "_authentication", Title: serviceByName(serviceName).Title, Service: serviceName,
	}
}

// named is one of several slots of the same service.
func named(serviceName, which, title string) AuthSlot {
	return AuthSlot{ExternalID: "external_" + serviceName + "_" + which + "_authentication", Title: title, Service: serviceName}
}

func picture(name string, more ...CustomField) []CustomField {
	return append([]CustomField{{"image", "/images/" + name + ".png"}}, more...)
}

func hook(name string) Workflow { return Workflow{Name: name, Webhook: true} }

func scheduled(name string) Workflow { return Workflow{Name: name} }

func authOnlyDemos() []Solution {
	return []Solution{
		{
			Title: "Slack alerts for Salesforce deals", Description: "Tells a channel when a deal is won or changes its stage.",
			Tags: []string{"CRM", "Messaging"}, CustomFields: picture("salesforce"),
			AuthSlots: []AuthSlot{slot("salesforce"), slot("slack")}, Workflows: []Workflow{hook("Deal changed")},
		},
		{
			Title: "HubSpot contacts", Description: "Keeps your contacts and those in HubSpot the same.",
			Tags: []string{"CRM", "Marketing"}, CustomFields: picture("hubspot"),
			AuthSlots: []AuthSlot{slot("hubspot")}, Workflows: []Workflow{hook("Contact changed"), scheduled("Every night")},
		},
		{
			Title: "Shopify orders to Slack and Google Sheets", Description: "Writes each order to a sheet and tells the team.",
			Tags: []string{"Commerce", "Messaging"}, CustomFields: picture("shopify"),
			AuthSlots: []AuthSlot{slot("shopify"), slot("slack"), slot("google_sheets")}, Workflows: []Workflow{hook("New order")},
		},
		{
			Title: "Zendesk tickets", Description: "Shows a customer's open tickets beside their account.",
			Tags: []string{"Support"}, CustomFields: picture("zendesk"),
			AuthSlots: []AuthSlot{slot("zendesk")}, Workflows: []Workflow{{Name: "Look up tickets", Webhook: true, Answer: `{"tickets":2,"oldest":"3 days"}`}},
		},
		{
			Title: "Gmail follow-ups", Description: "Reminds you of messages that nobody has answered.",
			Tags: []string{"Productivity", "Messaging"}, CustomFields: picture("gmail"),
			AuthSlots: []AuthSlot{slot("gmail")}, Workflows: []Workflow{scheduled("Every morning")},
		},
		{
			Title: "Xero invoices", Description: "Makes an invoice in Xero for each finished order.",
			Tags: []string{"Finance"}, CustomFields: picture("xero", CustomField{"forceUnique", "yes"}),
			AuthSlots: []AuthSlot{slot("xero")}, Workflows: []Workflow{hook("Order finished")},
		},
		{
			Title: "Gelato new flavours", Description: "Announces new flavours to your shop and your customers.",
			Tags: []string{"Commerce", "Marketing"}, CustomFields: picture("gelato"),
			AuthSlots: []AuthSlot{slot("gelato"), slot("mailchimp")}, Workflows: []Workflow{hook("New flavour")},
		},
		{
			Title: "commercetools catalogue", Description: "Copies products and prices to a second project.",
			Tags: []string{"Commerce"}, CustomFields: picture("commercetools", CustomField{"disableAutoEnable", "true"}),
			AuthSlots: []AuthSlot{named("commercetools", "source", "From this project"), named("commercetools", "target", "Into this project")},
			Workflows: []Workflow{hook("Product changed"), scheduled("Every hour")},
		},
		{
			Title: "Notion notes", Description: "Puts meeting notes where your team looks for them.",
			Tags: []string{"Productivity"}, CustomFields: picture("notion"),
			AuthSlots: []AuthSlot{slot("notion")}, Workflows: []Workflow{hook("Note written")},
		},
		{
			Title: "Stripe payouts", Description: "Books each payout of Stripe in Xero.",
			Tags: []string{"Finance"}, CustomFields: picture("stripe", CustomField{"ForceUnique", "True"}),
			AuthSlots: []AuthSlot{slot("stripe"), slot("xero")}, Workflows: []Workflow{hook("Payout paid")},
		},
		{
			Title: "Typeform leads", Description: "Makes a contact of everyone who answers a form.",
			Tags: []string{"Marketing", "CRM"}, CustomFields: picture("typeform"),
			AuthSlots: []AuthSlot{slot("typeform"), slot("hubspot")}, Workflows: []Workflow{hook("Form answered")},
		},
		{
			Title: "Trello cards", Description: "Makes a card of each task that is given to you.",
			Tags:      []string{"Productivity"}, // no picture: portals must draw one
			AuthSlots: []AuthSlot{slot("trello")}, Workflows: []Workflow{hook("Task given")},
		},
		{
			Title: "Intercom conversations", Description: "Brings conversations into the customer's history.",
			Tags: []string{"Support", "Messaging"}, CustomFields: picture("intercom"),
			AuthSlots: []AuthSlot{slot("intercom")}, Workflows: []Workflow{hook("Conversation closed")},
		},
		{
			Title: "Exchange rates", Description: "Fetches the day's exchange rates. Needs no account.",
			Tags: []string{"Finance"}, CustomFields: picture("exchange"), Workflows: []Workflow{hook("Fetch now"), scheduled("Every day")},
		},
	}
}

func configDemos() []Solution {
	return []Solution{
		{
			Title: "Jira issues", Description: "Makes an issue of each ticket that needs a developer.",
			Tags: []string{"Support", "Productivity"}, CustomFields: picture("jira"),
			AuthSlots: []AuthSlot{slot("jira")},
			ConfigSlots: []ConfigSlot{
				{ExternalID: "external_project_key", Title: "Project key"},
				{ExternalID: "external_days_open", Title: "Days a ticket may stay open", Default: 7},
				{ExternalID: "external_assign", Title: "Assign to the person who reports it", Default: true},
			},
			Workflows: []Workflow{hook("Ticket escalated")},
		},
		{
			Title: "Mailchimp audiences", Description: "Adds new customers to an audience, with the fields you choose.",
			Tags: []string{"Marketing"}, CustomFields: picture("mailchimp"),
			AuthSlots: []AuthSlot{slot("mailchimp")},
			ConfigSlots: []ConfigSlot{
				{ExternalID: "external_audience", Title: "Audience", Default: "Customers"},
				{ExternalID: "external_tags", Title: "Tags for each new member", Default: []string{"customer", "newsletter"}},
				{ExternalID: "external_field_mapping", Title: "Which field goes where", Default: map[string]string{"email": "EMAIL", "first_name": "FNAME"}},
			},
			Workflows: []Workflow{hook("Customer added")},
		},
		{
			Title: "Google Sheets export", Description: "Writes your records to a sheet every night.",
			Tags: []string{"Productivity"}, CustomFields: picture("google_sheets"),
			AuthSlots: []AuthSlot{slot("google_sheets")},
			ConfigSlots: []ConfigSlot{
				{ExternalID: "external_sheet_name", Title: "Name of the sheet", Default: "leads"},
				{ExternalID: "external_header", Title: "Write a header line", Default: true},
			},
			Workflows: []Workflow{scheduled("Every night"), hook("Export now")},
		},
		{
			Title: "Asana tasks", Description: "Makes tasks of what your customers ask for.",
			Tags: []string{"Productivity"}, CustomFields: []CustomField{{"icon", "/images/asana.png"}},
			AuthSlots:   []AuthSlot{slot("asana"), slot("slack")},
			ConfigSlots: []ConfigSlot{{ExternalID: "external_project", Title: "Project", Default: "Inbox"}},
			Workflows:   []Workflow{hook("Request received")},
		},
	}
}
