package e2e

// canaryPassword is typed into the dialogs, and must be seen nowhere else.
const canaryPassword = "correct-horse-battery-canary"

// signInAtTray walks the simulated auth dialog that b shows, to its end. The sign-in is called name; "" keeps what the
// dialog proposes.
func (b *browser) signInAtTray(name string) {
	b.t.Helper()
	if name == "" {
		b.press("auth-continue")
	} else {
		b.press("auth-continue", "Name your authentication", name)
	}
	b.press("auth-allow", "E-mail", "ada@example.com", "Password", canaryPassword)
	b.sees("You are signed in to", "go back")
}

// signInAtTray does the same in a window of Chromium, up to the click that ends it.
func (b *tab) signInAtTray(name string) {
	b.t.Helper()
	b.fill("Name your authentication", name)
	b.click("auth-continue")
	b.fill("E-mail", "ada@example.com")
	b.fill("Password", canaryPassword)
	b.click("auth-allow")
}
