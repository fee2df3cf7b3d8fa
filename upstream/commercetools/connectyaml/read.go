package connectyaml

// read takes from a file whatever is where it should be; the rest stays empty. What
// a type of application does not have is not read either.
func read(root *node) File {
	var f File
	inherit := root.get("inheritAs")
	if c := inherit.get("configuration"); c != nil {
		f.Inherit.Configuration, f.Inherit.HasConfiguration = configuration(c), true
	}
	for _, scope := range inherit.get("apiClient").get("scopes").list() {
		f.Inherit.Scopes = append(f.Inherit.Scopes, scope.string())
	}
	for _, a := range root.get("deployAs").list() {
		f.Applications = append(f.Applications, application(a))
	}
	return f
}

func application(n *node) Application {
	a := Application{Name: n.get("name").string(), Type: n.get("applicationType").string(), Line: n.line}
	if a.Type == customAppAlias {
		a.Type = CustomApp
	}
	if a.Type == Assets {
		return a
	}
	a.Configuration = configuration(n.get("configuration"))
	scripts := n.get("scripts")
	a.PostDeploy, a.PreUndeploy = scripts.get("postDeploy").string(), scripts.get("preUndeploy").string()
	if !a.MerchantCenter() {
		a.Endpoint = n.get("endpoint").string()
	}
	switch a.Type {
	case Job:
		a.Schedule = n.get("properties").get("schedule").string()
	case Event:
		a.Retry = retry(n.get("retryPolicy"))
		a.HealthCheck = healthCheck(n.get("healthCheck"))
	case Service:
		a.HealthCheck = healthCheck(n.get("healthCheck"))
	}
	return a
}

func configuration(n *node) Configuration {
	var c Configuration
	for _, k := range n.get("standardConfiguration").list() {
		standard := key(k)
		if d := k.get("default"); d != nil && d.kind == text {
			standard.Default = &d.text
		}
		c.Standard = append(c.Standard, standard)
	}
	for _, k := range n.get("securedConfiguration").list() {
		c.Secured = append(c.Secured, key(k))
	}
	return c
}

func key(n *node) Key {
	required := n.get("required")
	return Key{
		Key: n.get("key").string(), Description: n.get("description").string(),
		Required: required != nil && required.yes, Line: n.line,
	}
}

func healthCheck(n *node) *HealthCheck {
	if n == nil || n.kind != object {
		return nil
	}
	return &HealthCheck{
		Path:               n.get("path").string(),
		IntervalSeconds:    n.get("intervalSeconds").int(),
		TimeoutSeconds:     n.get("timeoutSeconds").int(),
		UnhealthyThreshold: n.get("unhealthyThreshold").int(),
	}
}

func retry(n *node) *Retry {
	if n == nil || n.kind != object {
		return nil
	}
	return &Retry{
		Strategy:          n.get("strategy").string(),
		MinBackoffSeconds: n.get("minBackoffSeconds").int(),
		MaxBackoffSeconds: n.get("maxBackoffSeconds").int(),
		MaxAttempts:       n.get("maxAttempts").int(),
	}
}
