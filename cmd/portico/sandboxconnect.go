package main

import (
	"path/filepath"

	"portico/sandbox/connectsim"
	"portico/secret"
	"portico/store"
)

// connectRegion is where the simulated project is: the one of the addresses that have no region in front.
const connectRegion = "us-central1.gcp"

func (b *sandbox) openConnect() (err error) {
	o := connectsim.Options{Clock: b.clock, URL: b.places.connect()}
	if b.keep {
		o.File = filepath.Join(b.dir, "commercetools.jsonl")
	}
	b.connect, err = connectsim.Open(o)
	return err
}

// connectAccount is the simulated commercetools as the portal knows it: a project, with an API client that may everything.
func (b *sandbox) connectAccount() store.DeployAccount {
	return store.DeployAccount{
		Platform: store.PlatformCommercetools, Name: b.connect.ProjectKey(), Region: connectRegion, ProjectKey: b.connect.ProjectKey(),
		APIURL: b.places.connect(), AuthURL: b.places.connect(), ClientID: b.connect.ClientID(), Secret: secret.Text(b.connect.ClientSecret()),
	}
}
