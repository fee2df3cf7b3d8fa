package web

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"portico/store"
	"portico/views"
)

const yamlPath = "/admin/connect/yaml"

// checked is the verdict on a pasted connect.yaml.
func (s *shop) checked(source string, pairs ...string) reply {
	s.Helper()
	return s.sendYAML(source, "", pairs...).is(200)
}

// sendYAML sends the form with a pasted text and a file; "" is no file.
func (s *shop) sendYAML(source, file string, pairs ...string) reply {
	s.Helper()
	name := ""
	if file != "" {
		name = "connect.yaml"
	}
	return s.desk.send(yamlPath, "file", name, strings.NewReader(file), append([]string{"source", source}, pairs...)...)
}

// A file that is valid says so, and shows the form that it would make.
func TestAdminYAMLValid(t *testing.T) {
	s := newShop(t)
	page := s.get(yamlPath).says("#source", "deployAs:", "applicationType: service").count("[data-testid=verdict]", 0)
	page.count("form[enctype='multipart/form-data'] input[type=file]", 1).count("#draft", 0)
	page = s.checked(strings.ReplaceAll(views.ExampleConnectYAML, "\n", "\r\n")).says("[data-testid=verdict]", "It is valid")
	page.says("[data-testid=form]", "service", "CTP_REGION", "API_KEY", "Required", "Secured", "Key of the service that this connects").count("[data-testid=form] input[type=password]", 1)
	page.count("ol.code, #official", 0).says("#source", "applicationType: service")
	if got := page.value("[data-testid=form] input[type=text]"); got != "europe-west1.gcp" {
		t.Errorf("the default is %q", got)
	}
	s.checked("deployAs:\n  - name: service\n    applicationType: service\n    endpoint: /service\n").says("[data-testid=form]", "It asks for no values")
	s.checked("inheritAs:\n  apiClient:\n    scopes: [manage_orders]\n"+views.ExampleConnectYAML).says("[data-testid=form]", "API client of its own", "manage_api_clients")
}

// A file that is not has each problem with its line, which leads to it, and the official validator's own words.
func TestAdminYAMLInvalid(t *testing.T) {
	s := newShop(t)
	page := s.checked("deployAs:\n  - name: service\n    applicationType: servce\n    endpoint: <b>\n")
	page.says("[data-testid=verdict]", "1 problem", "Not valid", "commercetools would refuse it", "Invalid discriminator value", "deployAs.0.applicationType", "Line 3")
	page.count(`[data-testid=verdict] a[href="#line-3"]`, 1).says("li#line-3.bad", "applicationType: servce", "Invalid discriminator value").count("[data-testid=form]", 0)
	page.says("li#line-4", "endpoint: <b>").says("#official", "Invalid discriminator value").count("#official ~ button[data-copy]", 1)
	for _, source := range []string{"", "\t", "deployAs: [", "deployAs: {}", "nonsense", "deployAs:\n  - *none\n", "\x00\xff"} {
		page := s.checked(source).says("[data-testid=verdict]", "Not valid")
		if page.Find("[data-testid=verdict] li").Length() == 0 {
			t.Errorf("%q is refused for no reason", source)
		}
	}
}

// What the validator lets pass and a person should know is said apart.
func TestAdminYAMLWarnings(t *testing.T) {
	s := newShop(t)
	page := s.checked("deployAs:\n  - name: service\n    applicationType: unknown\n    endpoint: /service\n")
	if page.Find("[data-testid=warnings] li").Length() == 0 {
		t.Fatalf("nothing is said of an application that is never deployed: %s", page.text("main"))
	}
	page.says("[data-testid=verdict]", "It is valid").count("ol.code .warn", 1)
}

// An uploaded file counts, whatever is pasted; one that is too large is said beside the form.
func TestAdminYAMLUpload(t *testing.T) {
	s := newShop(t)
	s.sendYAML("nonsense", views.ExampleConnectYAML).is(200).says("[data-testid=verdict]", "It is valid").says("#source", "API_KEY")
	large := s.sendYAML("", strings.Repeat("# much\n", 200_000)).is(http.StatusRequestEntityTooLarge)
	large.says("form [role=alert]", "more than 1 MiB", "Nothing of it was read").count("[data-testid=verdict]", 0)
	s.sendBody(yamlPath, "text/plain", bytes.NewReader(nil)).is(400)
	s.as(store.StaffViewer)
	s.checked(views.ExampleConnectYAML).says("[data-testid=verdict]", "It is valid")
	if codes := s.codes(); len(codes) > 0 {
		t.Errorf("something was kept: %v", codes)
	}
}

// Against a draft it says which values a deployment would have to be given anew.
func TestAdminYAMLCompared(t *testing.T) {
	s := newShop(t)
	d := s.draft("orders")
	s.copied(time.Minute)
	s.get(yamlPath).says("#draft", "No draft", "Connector orders v1.0.0")
	file := `deployAs:
  - name: service
    applicationType: service
    endpoint: /service
    configuration:
      standardConfiguration:
        - key: CTP_PROJECT_KEY
          description: A value
        - key: CTP_REGION
          description: A value
          required: true
      securedConfiguration:
        - key: CTP_SCOPE
          description: A value
        - key: NEW_KEY
          description: A value
          required: true
`
	page := s.checked(file, "draft", d.ID)
	changes := map[string]string{}
	page.Find("[data-testid=changes] .row").Each(func(_ int, row *selection) {
		changes[row.Find(".mono").Text()] += strings.TrimSpace(row.Find("small").Text()) + ": " + strings.TrimSpace(row.Find(".pill").Last().Text()) + ". "
	})
	for key, want := range map[string]string{
		"NEW_KEY": "service: New. ", "CTP_PROJECT_KEY": "service: Secured or not has changed. event: Asked for no more. ",
		"BASIC_AUTH_SECRET": "service, event: Asked for no more. ",
	} {
		if changes[key] != want {
			t.Errorf("of %s is said %q, want %q", key, changes[key], want)
		}
	}
	if page.Find("#draft option[selected]").AttrOr("value", "") != d.ID {
		t.Error("the draft is not chosen any more")
	}
	s.checked("nonsense", "draft", d.ID).count("[data-testid=changes]", 0)
	s.checked(file, "draft", "none").count("[data-testid=changes]", 0)
}
