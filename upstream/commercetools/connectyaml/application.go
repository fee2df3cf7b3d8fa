package connectyaml

// types are the values of applicationType, in the order of the official message.
var types = []string{Service, Event, Job, Assets, CustomApp, customAppAlias, CustomView, Unknown}

// file checks everything but what several parts have to do with each other.
func (c *checker) file(p place) bool {
	return c.object(p, []field{
		may("inheritAs", c.inherit),
		must("deployAs", func(p place) bool { return c.array(p, c.application) }),
	})
}

func (c *checker) inherit(p place) bool {
	return c.object(p, []field{may("configuration", c.configuration), may("apiClient", c.apiClient)})
}

func (c *checker) apiClient(p place) bool {
	return c.object(p, []field{must("scopes", c.scopes)})
}

func (c *checker) scopes(p place) bool {
	if p.node != nil && p.node.kind == array && len(p.node.items) == 0 {
		c.report(p, "Array must contain at least 1 element(s)")
	}
	return c.array(p, func(p place) bool { return c.text(p, notEmpty) })
}

// application checks one entry of deployAs by the rules of its type, and then what
// those of the Merchant Center must have.
func (c *checker) application(p place) bool {
	kind, ok := c.choice(p, "applicationType", types)
	if !ok || !c.object(p, c.fields(kind)) {
		return false
	}
	standard := configuration(p.node.get("configuration")).Standard
	switch kind {
	case CustomApp, customAppAlias:
		c.demand(p, standard, "Mc app must have ", "CUSTOM_APPLICATION_ID")
		c.demand(p, standard, "Mc app must have ", "ENTRY_POINT_URI_PATH")
	case CustomView:
		c.demand(p, standard, "Merchant center custom view must have ", "CUSTOM_VIEW_ID")
	}
	return true
}

// demand reports a key that is not there, or not required.
func (c *checker) demand(p place, in []Key, message, key string) {
	if found := find(in, key); found == nil || !found.Required {
		c.report(p, message+key)
	}
}

// fields are what an application of a type has, in the official order.
func (c *checker) fields(kind string) []field {
	known := func(place) bool { return true }
	fields := []field{must("name", func(p place) bool { return c.text(p, name) })}
	switch kind {
	case Assets:
		return append(fields, must("applicationType", known))
	case CustomApp, customAppAlias, CustomView:
	default:
		fields = append(fields, must("endpoint", c.endpoint))
	}
	fields = append(fields, may("configuration", c.configuration), may("scripts", c.scripts), must("applicationType", known))
	switch kind {
	case Service:
		fields = append(fields, may("healthCheck", c.healthCheck))
	case Event:
		fields = append(fields, may("healthCheck", c.healthCheck), may("retryPolicy", c.retry))
	case Job:
		fields = append(fields, must("properties", c.properties))
	}
	return fields
}

func (c *checker) endpoint(p place) bool { return c.text(p, endpoint, singleSlashes) }

func (c *checker) scripts(p place) bool {
	script := func(name string) field {
		return may(name, func(p place) bool { return c.text(p, notEmpty, notBlank(name+" value")) })
	}
	return c.object(p, []field{script("postDeploy"), script("preUndeploy")})
}

func (c *checker) properties(p place) bool {
	return c.object(p, []field{must("schedule", func(p place) bool { return c.text(p, looseSchedule) })})
}

func (c *checker) healthCheck(p place) bool {
	return c.object(p, []field{
		must("path", c.endpoint),
		may("intervalSeconds", c.integer(1, 20)),
		may("timeoutSeconds", c.integer(1, 20)),
		may("unhealthyThreshold", c.integer(1, 20)),
	})
}

// retry checks how messages are delivered again.
func (c *checker) retry(p place) bool {
	strategy, ok := c.choice(p, "strategy", []string{ExponentialBackoff, Immediate})
	if !ok {
		return false
	}
	fields := []field{must("strategy", func(place) bool { return true })}
	if strategy == ExponentialBackoff {
		fields = append(fields,
			must("minBackoffSeconds", c.integer(1, 600)),
			must("maxBackoffSeconds", c.integer(1, 600)),
			may("maxAttempts", c.integer(5, 100)))
	}
	if !c.object(p, fields) {
		return false
	}
	least, most := p.member("minBackoffSeconds"), p.node.get("maxBackoffSeconds")
	if strategy == ExponentialBackoff && least.node.number > most.number {
		c.report(least, "minBackoffSeconds must be less than or equal to maxBackoffSeconds")
	}
	return true
}
