package views

import (
	"strings"

	"portico/upstream/commercetools/connectyaml"
)

// ExampleConnectYAML is a small connector to begin with.
const ExampleConnectYAML = `deployAs:
  - name: service
    applicationType: service
    endpoint: /service
    configuration:
      standardConfiguration:
        - key: CTP_REGION
          description: Region of the commercetools project
          default: europe-west1.gcp
      securedConfiguration:
        - key: API_KEY
          description: Key of the service that this connects
          required: true
`

// AdminConnectYAMLPage is where a connect.yaml is checked.
type AdminConnectYAMLPage struct {
	AdminPage
	Source  string
	Checked bool
	Result  connectyaml.Result
}

// yamlLine is a line of the file with what is wrong in it.
type yamlLine struct {
	Number   int
	Text     string
	Problems []connectyaml.Problem
	Warnings []connectyaml.Problem
}

// lines is the file with its problems where they are; those of the whole file are at none.
func (p AdminConnectYAMLPage) lines() []yamlLine {
	var all []yamlLine
	for n, text := range strings.Split(strings.TrimSuffix(p.Source, "\n"), "\n") {
		all = append(all, yamlLine{Number: n + 1, Text: text})
	}
	for _, problem := range p.Result.Problems {
		if n := problem.Line; n > 0 && n <= len(all) {
			all[n-1].Problems = append(all[n-1].Problems, problem)
		}
	}
	for _, warning := range p.Result.Warnings {
		if n := warning.Line; n > 0 && n <= len(all) {
			all[n-1].Warnings = append(all[n-1].Warnings, warning)
		}
	}
	return all
}

// asks is whether a file makes a form at all.
func asks(f connectyaml.File) bool {
	if len(f.Inherit.Configuration.Standard)+len(f.Inherit.Configuration.Secured) > 0 {
		return true
	}
	for _, a := range f.Applications {
		if len(a.Configuration.Standard)+len(a.Configuration.Secured) > 0 {
			return true
		}
	}
	return false
}
