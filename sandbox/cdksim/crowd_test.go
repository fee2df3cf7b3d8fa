package cdksim

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"
)

// Many at once: of those who send the same at the same time one is taken, and the others hear of that one.
func TestManyDeployAtOnce(t *testing.T) {
	m := start(t, Options{File: filepath.Join(t.TempDir(), "cdk.jsonl")})
	const connectors, senders = 20, 3
	var wait sync.WaitGroup
	for i := range connectors * senders {
		for _, region := range regions {
			wait.Go(func() {
				name := fmt.Sprintf("connector-%d", i%connectors)
				d := m.deploy(region, name)
				if got := m.status(region, name, d.ID); got != "Building" {
					t.Errorf("%s in %s: %s", name, region, got)
				}
			})
		}
	}
	wait.Wait()
	rows := m.taken()
	if len(rows) != connectors*len(regions) {
		t.Errorf("%d were taken, want %d", len(rows), connectors*len(regions))
	}
	for _, row := range rows {
		if len(row.Repeats) != senders-1 || len(row.Polls) != senders {
			t.Errorf("%s in %s: %d repeats and %d polls", row.Name, row.Region, len(row.Repeats), len(row.Polls))
		}
	}
	again := start(t, Options{File: m.s.state.log.path, Clock: m.clock})
	if got := again.control("GET", "deployments", ""); got.raw != m.control("GET", "deployments", "").raw {
		t.Error("a restart finds something else")
	}
}
