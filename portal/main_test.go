package portal

import (
	"flag"
	"os"
	"testing"
)

// Each check of a law here is a world of its own, with a server and a database: fewer do, and -rapid.checks says more.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{"rapid.checks": "6", "rapid.shrinktime": "10s"} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	flag.Parse()
	os.Exit(m.Run())
}
