package connectsim

import (
	"slices"

	"github.com/google/uuid"

	"portico/upstream/commercetools/connectyaml"
)

// address gives applications the places where they run: a URL that stays, a topic that is new with each deployment of a
// preview.
func (d *deployment) address() {
	d.Applications = slices.Clone(d.Applications)
	for i := range d.Applications {
		a := &d.Applications[i]
		app, _ := d.Connector.Specification.application(a.Name)
		a.Built = true
		switch app.Type {
		case connectyaml.Event:
			if a.Topic == "" || d.Type == typePreview {
				a.Topic = topic(d.Deployed)
			}
		case connectyaml.Job:
		default:
			if a.URL == "" {
				a.URL = "https://" + hostName(app.Type) + "." + d.Deployed + ".commercetools.app"
			}
		}
	}
}

// hostName is the first part of an application's address. Those of services and Merchant Center applications are on
// record, the others [?].
func hostName(kind string) string {
	switch kind {
	case connectyaml.Service:
		return "service-" + randomText(24, lowerAlphabet)
	case connectyaml.Assets:
		return "assets-" + uuid.NewString()
	case connectyaml.CustomView:
		return "mc-view-" + uuid.NewString()
	default:
		return "mc-app-" + uuid.NewString()
	}
}

// topic is where an event application's messages go. What it is in regions of AWS is not known [?].
func topic(region string) string {
	name := "event-" + randomText(24, lowerAlphabet)
	if onAWS(region) {
		return "arn:aws:sns:" + region[:len(region)-len(".aws")] + ":000000000000:" + name
	}
	return "projects/connect-demo/topics/" + name
}
