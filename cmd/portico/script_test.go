package main

import (
	"net/http/httptest"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"portico/sandbox/traysim"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"portico": main})
}

// TestScripts runs the commands as an operator does, beside a simulated Tray.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			sim := traysim.New(traysim.Options{})
			server := httptest.NewServer(sim)
			env.Defer(server.Close)
			env.Setenv("TRAY", server.URL)
			env.Setenv("TRAY_HOST", server.Listener.Addr().String())
			env.Setenv("TOKEN", sim.MasterToken())
			env.Setenv("EMBEDDED_ID", sim.EmbeddedID())
			env.Setenv("HOST_KEY", "0123456789abcdef0123456789abcdef")
			return os.MkdirAll(env.WorkDir+"/data", 0o700)
		},
	})
}
