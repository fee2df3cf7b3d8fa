package connectyaml

// The types of application that connect.yaml knows, as the API names them.
const (
	Service    = "service"
	Event      = "event"
	Job        = "job"
	Assets     = "assets"
	CustomApp  = "merchant-center-custom-application"
	CustomView = "merchant-center-custom-view"
	// Unknown is a type that the schema takes and the platform then ignores.
	Unknown = "unknown"
)

// customAppAlias is the old name of CustomApp, which files may still use.
const customAppAlias = "mc-app"

// File is a connect.yaml.
type File struct {
	Inherit      Inherit
	Applications []Application
}

// Inherit is what the applications have in common (inheritAs).
type Inherit struct {
	// Configuration is asked for once in a deployment, for all applications.
	Configuration Configuration
	// HasConfiguration says that the file has it, be it empty.
	HasConfiguration bool
	// Scopes are those of the API client that the platform makes for each
	// deployment, without the project's key; nil = it makes none.
	Scopes []string
}

// Application is one entry of deployAs.
type Application struct {
	Name string
	// Type is one of the constants above; Merchant Center applications have
	// their long name whatever the file says. In a file that is not valid it may
	// be anything. Applications of type Unknown are never deployed.
	Type string
	// Endpoint is the route that the application serves; "" where the type has none.
	Endpoint      string
	Configuration Configuration
	// PostDeploy and PreUndeploy are shell commands; "" = none.
	PostDeploy, PreUndeploy string
	// Schedule is a job's, in the form that the platform takes; else "".
	Schedule    string
	HealthCheck *HealthCheck
	Retry       *Retry
	// Line is where the application begins, from 1.
	Line int
}

// Ignored reports whether the platform passes over the application.
func (a Application) Ignored() bool { return a.Type == Unknown }

// MerchantCenter reports whether the application runs in the Merchant Center.
func (a Application) MerchantCenter() bool { return a.Type == CustomApp || a.Type == CustomView }

// Configuration is what a deployment has to be given, in the file's order.
type Configuration struct {
	Standard, Secured []Key
}

// all are its keys, the standard ones first.
func (c Configuration) all() []Key {
	keys := make([]Key, 0, len(c.Standard)+len(c.Secured))
	return append(append(keys, c.Standard...), c.Secured...)
}

// Key is one value of a configuration. The platform hands it to the application
// as the environment variable of that name.
type Key struct {
	Key, Description string
	Required         bool
	// Default is used where a deployment gives no value; nil = none. Secured
	// keys have none.
	Default *string
	// Line is where the key begins, from 1.
	Line int
}

// HealthCheck says how the platform finds out that a service or an event
// application is well. What it does where a number is 0 (absent) is not published.
type HealthCheck struct {
	Path                                                string
	IntervalSeconds, TimeoutSeconds, UnhealthyThreshold int
}

// The strategies of Retry.
const (
	Immediate          = "immediate"
	ExponentialBackoff = "exponential-backoff"
)

// Retry says how a message is delivered again to an event application that did
// not take it. The numbers are of ExponentialBackoff; MaxAttempts is 0 when absent.
type Retry struct {
	Strategy                                          string
	MinBackoffSeconds, MaxBackoffSeconds, MaxAttempts int
}
