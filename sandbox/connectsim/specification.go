package connectsim

import "portico/upstream/commercetools/connectyaml"

// specification is what the service takes from a connect.yaml.
type specification struct {
	Applications []application `json:"applications"`
	Global       *declarations `json:"global,omitempty"`
	Scopes       []string      `json:"scopes,omitempty"` // of the API client to be made; nil: none is
}

// application is one that a connector deploys.
type application struct {
	Name         string       `json:"name"`
	Type         string       `json:"type"`
	Declarations declarations `json:"declarations"`
	Schedule     string       `json:"schedule,omitempty"` // of a job
	PostDeploy   bool         `json:"post_deploy"`        // whether it has such a script
}

// declarations are the keys of configuration that something wants, in both ways of keeping them.
type declarations struct {
	Standard []declaration `json:"standard"`
	Secured  []declaration `json:"secured"`
}

type declaration struct {
	Key         string  `json:"key"`
	Description string  `json:"description"`
	Required    bool    `json:"required"`
	Default     *string `json:"default,omitempty"` // of a standard key
}

// specify takes from a file what the API shows. Applications that the platform passes over are left out.
func specify(file connectyaml.File) specification {
	s := specification{Applications: []application{}, Scopes: file.Inherit.Scopes}
	if file.Inherit.HasConfiguration {
		d := declare(file.Inherit.Configuration)
		s.Global = &d
	}
	for _, a := range file.Applications {
		if !a.Ignored() {
			s.Applications = append(s.Applications,
				application{a.Name, a.Type, declare(a.Configuration), a.Schedule, a.PostDeploy != ""})
		}
	}
	return s
}

func declare(c connectyaml.Configuration) declarations {
	return declarations{declareKeys(c.Standard), declareKeys(c.Secured)}
}

func declareKeys(keys []connectyaml.Key) []declaration {
	out := make([]declaration, len(keys))
	for i, k := range keys {
		out[i] = declaration{k.Key, k.Description, k.Required, k.Default}
	}
	return out
}

// show is the configurations of a connector: an entry for each application, assets too.
func (s *specification) show() []object {
	out := make([]object, len(s.Applications))
	for i, a := range s.Applications {
		out[i] = a.Declarations.show()
		out[i]["applicationName"], out[i]["applicationType"] = a.Name, a.Type
	}
	return out
}

func (d *declarations) show() object {
	return object{"standardConfiguration": showKeys(d.Standard), "securedConfiguration": showKeys(d.Secured)}
}

func showKeys(keys []declaration) []object {
	out := make([]object, len(keys))
	for i, k := range keys {
		out[i] = object{"key": k.Key, "description": k.Description, "required": k.Required}
		if k.Default != nil {
			out[i]["default"] = *k.Default
		}
	}
	return out
}

// application is the one of a name.
func (s *specification) application(name string) (application, bool) {
	for _, a := range s.Applications {
		if a.Name == name {
			return a, true
		}
	}
	return application{}, false
}

// of is the keys of one way of keeping: "standard" or "secret", as messages have it.
func (d *declarations) of(way string) []declaration {
	if way == waySecured {
		return d.Secured
	}
	return d.Standard
}

func declared(keys []declaration, key string) bool {
	for _, k := range keys {
		if k.Key == key {
			return true
		}
	}
	return false
}
