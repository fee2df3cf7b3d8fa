package git_test

import (
	"strings"
	"testing"

	"portico/upstream/git"
)

func TestCheckURL(t *testing.T) {
	for url, want := range map[string]string{ // "" = fine, else what the error says
		"https://github.com/acme/loyalty.git":                      "",
		"https://git.acme-shop.com:8443/a/b/c~d.git":               "",
		"https://somebody@bitbucket.org/acme/loyalty.git":          "",
		"git@github.com:acme/loyalty.git":                          "",
		"ssh://git@github.com/acme/loyalty.git":                    "",
		"ssh://git@git.acme-shop.com:2222/acme/loyalty.git":        "",
		"ssh://[::1]:2222/acme/loyalty.git":                        "",
		"":                                                         "must be https",
		"https://github.com/acme/loyalty":                          "end in .git",
		"https://github.com/acme/loyalty.git/":                     "end in .git",
		"https://github.com/acme/loy alty.git":                     "must be https",
		"https://github.com/acme/loyalty.git?x=.git":               "must be https",
		"https:/.git":                                              "cannot be read",
		"https://somebody:hunter2@github.com/acme/loyalty.git":     "holds a password",
		"http://github.com/acme/loyalty.git":                       "must begin with https",
		"http://127.0.0.1:8080/git/acme/loyalty.git":               "must begin with https",
		"git://github.com/acme/loyalty.git":                        "must be https",
		"file:///etc/loyalty.git":                                  "must be https",
		"git@git.acme-shop.com:acme/loyalty.git":                   "must be https", // as the official pattern has it
		"git@github.com:-oProxyCommand.git":                        "hyphen",
		"ssh://git:hunter2@github.com/acme/loyalty.git":            "holds a password",
		"https://github.com/" + strings.Repeat("a", 2000) + ".git": "must be https",
	} {
		err := git.CheckURL(url, false)
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", url, err)
		case want != "" && (!git.IsKind(err, git.BadURL) || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: got %v, want it to say %q", url, err, want)
		case err != nil && strings.Contains(err.Error(), "hunter2"):
			t.Errorf("%s: the error shows the password", url)
		}
	}
	for _, url := range []string{"http://127.0.0.1:8080/git/acme/loyalty.git", "http://localhost/x.git", "http://[::1]:80/x.git"} {
		if err := git.CheckURL(url, true); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
	if err := git.CheckURL("http://10.0.0.1/x.git", true); err == nil {
		t.Error("http:// to another machine is taken")
	}
}

func TestCheckTag(t *testing.T) {
	for tag, want := range map[string]bool{
		"v1.0.0": true, "1": true, "release/2026-11": true, "a@b_c": true, strings.Repeat("a", 255): true,
		"": false, "_a": false, "-a": false, ".a": false, "a..b": false, "a b": false, "a\n": false, "ä": false, strings.Repeat("a", 256): false,
	} {
		if err := git.CheckTag(tag); (err == nil) != want || err != nil && !git.IsKind(err, git.BadTag) {
			t.Errorf("%q: got %v, want it taken: %v", tag, err, want)
		}
	}
}
