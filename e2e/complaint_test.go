package e2e

import "testing"

// TestComplaintsAreHeard proves that a page which breaks its policy, or whose script fails, would fail a test.
func TestComplaintsAreHeard(t *testing.T) {
	t.Parallel()
	s := newSandbox(t)
	for name, script := range map[string]string{
		"an inline style":      `document.body.setAttribute("style", "color: red")`,
		"a script of others":   `document.head.append(Object.assign(document.createElement("script"), {src: "http://localhost:1/x.js"}))`,
		"an error of a script": `setTimeout(() => { throw new Error("oops"); })`,
	} {
		t.Run(name, func(t *testing.T) {
			b := newTab(t, withScripts)
			b.open(s.portal + "/robots.txt")
			b.open(s.portal + "/integrations")
			ask[bool](b, script+`, true`)
			eventually(t, "the browser to complain", func() string {
				b.faults.mu.Lock()
				defer b.faults.mu.Unlock()
				if len(b.faults.said) == 0 {
					return "it says nothing"
				}
				b.faults.said = nil // it is meant to
				return ""
			})
		})
	}
}
