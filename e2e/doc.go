// Package e2e is how we know: its tests build the whole program with the race detector, start it, and talk to it from
// outside, as browsers, hosts and platforms do. It imports nothing of ours but what starts a PostgreSQL for tests.
//
// Most journeys are walked by a small browser without scripts (browser_test.go), the rest by Chromium (chrome_test.go).
// Nothing waits for a fixed time: eventually asks again until what should come has come.
package e2e
