package piecesim

// DemoTemplates are what a server offers when it is not told: one for each way a connection is made, one that needs none,
// one whose connections the host makes, and one of two flows.
func DemoTemplates() []Template {
	return []Template{
		{
			Name: "Webhook to your system", Summary: "Passes each request on.", Tags: tagged("Productivity"),
			Description: "Receives a request and passes it on to an address of yours. Needs no account.",
			Flows: []TemplateFlow{oneFlow("Pass requests on", catch(), action("http", "0.11.10", "send_request", "Pass it on", object{
				"method": "POST", "url": "https://example.com/hook", "headers": object{}, "queryParams": object{}, "authType": "NONE",
				"authFields": object{}, "body_type": "none", "body": object{}, "use_proxy": false, "proxy_settings": object{},
			}))},
		},
		{
			Name: "Stripe customers", Summary: "Makes a customer in Stripe of each of yours.", Tags: tagged("Finance"),
			Description: "Makes a customer in Stripe when somebody signs up.",
			Flows: []TemplateFlow{oneFlow("New customer to Stripe", catch(),
				action("stripe", "0.6.9", "create_customer", "Create the customer", withAuth("stripe", object{"email": "{{trigger['body']['email']}}"})))},
		},
		{
			Name: "Text messages with Twilio", Summary: "Sends a text message for each order.", Tags: tagged("Messaging"),
			Description: "Tells your customer by text message that an order is on its way.",
			Flows: []TemplateFlow{oneFlow("Order to text message", catch(),
				action("twilio", "0.4.6", "send_sms", "Send the message", object{"body": "Your order is on its way."}))},
		},
		{
			Name: "commercetools prices", Summary: "Keeps prices up to date.", Tags: tagged("Commerce"),
			Description: "Writes new prices to your commercetools project.",
			Flows: []TemplateFlow{oneFlow("Prices to commercetools", catch(),
				action("commercetools", "0.1.2", "update_product", "Update the product", withAuth("commercetools", object{})))},
		},
		{
			Name: "New flavours in Slack", Summary: "Announces each new flavour to a channel.", Tags: tagged("Commerce"),
			Description: "Tells a channel in Slack when Gelato makes a new flavour.",
			Flows: []TemplateFlow{oneFlow("New flavour to Slack", trigger("gelato", "0.1.0", "new_flavour", "New flavour", object{}),
				action("slack", "0.17.2", "send_channel_message", "Tell the channel", withAuth("slack", object{"text": "A new flavour!"})))},
		},
		{
			Name: "Tickets both ways", Summary: "Keeps tickets the same in Zendesk and here.", Tags: tagged("Support"),
			Description: "Two flows: tickets from Zendesk, and tickets to Zendesk.",
			Flows: []TemplateFlow{
				oneFlow("Tickets from Zendesk", trigger("zendesk", "0.2.8", "new_ticket", "New ticket", withAuth("zendesk", object{})),
					action("http", "0.11.10", "send_request", "Pass it on", object{"method": "POST", "url": "https://example.com/tickets"})),
				oneFlow("Tickets to Zendesk", catch(),
					action("zendesk", "0.2.8", "create_ticket", "Create the ticket", withAuth("zendesk", object{}))),
			},
		},
	}
}

func tagged(title string) []Tag { return []Tag{{title, "#6e41e2"}} }

// oneFlow chains actions after a trigger.
func oneFlow(name string, first object, actions ...object) TemplateFlow {
	last := first
	for i, a := range actions {
		a["name"] = "step_" + string(rune('1'+i))
		last["nextAction"] = a
		last = a
	}
	return TemplateFlow{DisplayName: name, Trigger: first, Valid: true, Schema: schemaVersion, Notes: []any{}}
}

func catch() object {
	return trigger("webhook", "0.1.36", "catch_webhook", "Catch", object{"authType": "none", "authFields": object{}})
}

func trigger(piece, version, name, title string, input object) object {
	return object{
		"name": "trigger", "displayName": title, "valid": true, "type": "PIECE_TRIGGER", "lastUpdatedDate": "2026-11-01T09:00:00.000Z",
		"settings": object{
			"pieceName": named(piece), "pieceVersion": version, "triggerName": name, "input": input, "propertySettings": object{},
		},
	}
}

func action(piece, version, name, title string, input object) object {
	return object{
		"displayName": title, "valid": true, "type": "PIECE", "lastUpdatedDate": "2026-11-01T09:00:00.000Z",
		"settings": object{
			"pieceName": named(piece), "pieceVersion": version, "actionName": name, "input": input, "propertySettings": object{},
			"errorHandlingOptions": object{"continueOnFailure": object{"value": false}, "retryOnFailure": object{"value": false}},
		},
	}
}

// withAuth names a connection, as a template keeps it that was made of a flow as it is.
func withAuth(connection string, input object) object {
	input["auth"] = "{{connections['" + connection + "']}}"
	return input
}
