package traysim

// service is a third party that people sign in to, with its one environment.
type service struct {
	Name, Title, Version string
	AuthType             string // as Tray says it in tray.authpopup.finish: "oauth" or "token"
	Operations           []string
}

// services are those of the demo solutions, and what callConnector can do with each.
var services = []service{
	{"asana", "Asana", "1", "oauth", []string{"list_projects_ddl", "create_task"}},
	{"commercetools", "commercetools", "1", "token", []string{"list_catalogues_ddl", "get_products"}},
	{"gelato", "Gelato", "1", "token", []string{"list_flavours_ddl", "get_flavours"}},
	{"gmail", "Gmail", "2", "oauth", []string{"list_labels_ddl", "send_message"}},
	{"google_sheets", "Google Sheets", "3", "oauth", []string{"list_sheets_ddl", "append_row"}},
	{"hubspot", "HubSpot", "2", "oauth", []string{"list_lists_ddl", "get_contacts"}},
	{"intercom", "Intercom", "2", "oauth", []string{"list_inboxes_ddl", "get_conversations"}},
	{"jira", "Jira", "3", "oauth", []string{"list_projects_ddl", "create_issue"}},
	{"mailchimp", "Mailchimp", "2", "oauth", []string{"list_audiences_ddl", "add_member"}},
	{"notion", "Notion", "1", "oauth", []string{"list_databases_ddl", "create_page"}},
	{"salesforce", "Salesforce", "5", "oauth", []string{"list_objects_ddl", "get_records"}},
	{"shopify", "Shopify", "4", "oauth", []string{"list_locations_ddl", "get_orders"}},
	{"slack", "Slack", "4", "oauth", []string{"list_channels_ddl", "send_message"}},
	{"stripe", "Stripe", "2", "token", []string{"list_accounts_ddl", "get_payouts"}},
	{"trello", "Trello", "1", "oauth", []string{"list_boards_ddl", "create_card"}},
	{"typeform", "Typeform", "2", "oauth", []string{"list_forms_ddl", "get_responses"}},
	{"xero", "Xero", "2", "oauth", []string{"list_accounts_ddl", "create_invoice"}},
	{"zendesk", "Zendesk", "2", "oauth", []string{"list_views_ddl", "get_tickets"}},
}

// serviceByName finds one by its technical name; an unknown name gives a service of that name, so that a test may
// make up its own.
func serviceByName(name string) service {
	for _, s := range services {
		if s.Name == name {
			return s
		}
	}
	return service{Name: name, Title: name, Version: "1", AuthType: "oauth"}
}

func (s service) id() string            { return fixedID("service/" + s.Name) }
func (s service) environmentID() string { return fixedID("environment/" + s.Name) }

func serviceByID(id string) (service, bool) {
	for _, s := range services {
		if s.id() == id {
			return s, true
		}
	}
	return service{}, false
}

func (s service) show(base string) object {
	return object{
		"id": s.id(), "name": s.Name, "version": s.Version, "title": s.Title,
		"icon": base + "/icons/" + s.Name + ".png",
	}
}

func (s service) showEnvironment() object {
	return object{"id": s.environmentID(), "name": s.Name + "_environment", "title": s.Title}
}
