package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"portico/sandbox/cdksim"
	"portico/secret"
	"portico/store"
	"portico/upstream/traycdk"
)

// demoConnector is what the connector is called whose archive lies in the sandbox's folder, to be deployed.
const demoConnector = "northwind-orders"

func (b *sandbox) openCDK() (err error) {
	o := cdksim.Options{Clock: b.clock, URL: b.places.cdk()}
	if b.keep {
		o.File = filepath.Join(b.dir, "tray-cdk.jsonl")
	}
	b.cdk, err = cdksim.Open(o)
	return errors.Join(err, b.writeConnector())
}

// connectorFile is where the demo connector's archive lies.
func (b *sandbox) connectorFile() string { return filepath.Join(b.dir, "connector.zip") }

// writeConnector puts the demo connector's archive into the folder, unless somebody has put another one there.
func (b *sandbox) writeConnector() error {
	if _, err := os.Stat(b.connectorFile()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.WriteFile(b.connectorFile(), cdksim.DemoArchive(demoConnector, "1.0", "get_order", "list_orders"), 0o600); err != nil {
		return fmt.Errorf("writing the sandbox's connector: %w", err)
	}
	return nil
}

// cdkAccounts are the simulated regions as the portal knows them, one token each.
func (b *sandbox) cdkAccounts() []store.DeployAccount {
	names := map[string]string{"ap": "apac"} // the others are called as their regions
	var all []store.DeployAccount
	for _, r := range traycdk.Regions {
		name, ok := names[r.ID]
		if !ok {
			name = r.ID
		}
		all = append(all, store.DeployAccount{
			Platform: store.PlatformTrayCDK, Name: name, Region: r.ID, APIURL: b.cdk.URL(r.ID), Secret: secret.Text(b.cdk.Token(r.ID)),
		})
	}
	return all
}

// cdkTokens are the tokens by region.
func (b *sandbox) cdkTokens() map[string]string {
	tokens := map[string]string{}
	for _, r := range traycdk.Regions {
		tokens[r.ID] = b.cdk.Token(r.ID)
	}
	return tokens
}
