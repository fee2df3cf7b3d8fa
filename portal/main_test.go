package portal

import (
	"flag"
	"os"
	"testing"
)

// Each check of a law here is a world of its own, with a server and a database: fewer do, and -rapid.checks says more.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", "25"); err != nil {
		panic(err)
	}
	flag.Parse()
	os.Exit(m.Run())
}
