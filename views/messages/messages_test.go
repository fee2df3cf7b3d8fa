package messages

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// keysOf reads the keys of every English file, and fails where a key is in two places.
func keysOf(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	names, err := filepath.Glob("*.en.json")
	if err != nil || len(names) == 0 {
		t.Fatalf("listing message files: %v, %v", names, err)
	}
	for _, name := range names {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var keys map[string]any
		if err := json.Unmarshal(body, &keys); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for key := range keys {
			if other, ok := found[key]; ok {
				t.Errorf("%s is in %s and in %s", key, other, name)
			}
			found[key] = name
		}
	}
	return found
}

// sources is our own code, generated files and tests apart: path to text.
func sources(t *testing.T, dirs ...string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, dir := range dirs {
		err := filepath.WalkDir(filepath.Join("..", "..", dir), func(path string, d os.DirEntry, err error) error {
			ext := filepath.Ext(path)
			if err != nil || d.IsDir() || ext != ".go" && ext != ".templ" || strings.HasSuffix(path, "_templ.go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			body, err := os.ReadFile(path)
			all[path] = string(body)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

var (
	whole    = regexp.MustCompile(`"([a-z][a-z_]*(?:\.[a-z0-9_]+)+)"`)        // a key written out
	asked    = regexp.MustCompile(`\.[TN]\("([^"]+)"\s*[,)]`)                 // a key asked for
	begun    = regexp.MustCompile(`"([a-z][a-z_.]*\.)"\s*\+`)                 // a key that is put together
	refusals = regexp.MustCompile(`(?:refuse\("|Refusal\{Code: ")([a-z_]+)"`) // a refusal's code
	causes   = regexp.MustCompile(`cause[A-Z]\w+\s*=\s*"([a-z_]+)"`)          // why an instance needs attention
	events   = regexp.MustCompile(`"((?:instance|dialog|slot|session|user|workspace|identity|staff|integration|slots|catalogue|job|predefined|connection|rollout|project|archive|cdk)\.[a-z_]+)"`)
)

func TestEveryKeyThatIsAskedForExists(t *testing.T) {
	keys := keysOf(t)
	for path, text := range sources(t, "views", "web") {
		for _, m := range asked.FindAllStringSubmatch(text, -1) {
			if keys[m[1]] == "" {
				t.Errorf("%s asks for %q, which is in no file", path, m[1])
			}
		}
	}
}

func TestEveryCodeOfThePortalHasItsText(t *testing.T) {
	keys := keysOf(t)
	need := map[string]string{}
	for path, text := range sources(t, "portal") {
		for _, m := range refusals.FindAllStringSubmatch(text, -1) {
			need["refusal."+m[1]] = path
		}
		if strings.HasSuffix(path, "claims.go") {
			continue // it names claims of tokens, which look like events
		}
		for _, m := range events.FindAllStringSubmatch(text, -1) {
			need["event."+m[1]] = path
		}
		for _, m := range causes.FindAllStringSubmatch(text, -1) {
			for _, part := range []string{".title", ".fix", ".short"} {
				need["attention."+m[1]+part] = path
			}
		}
	}
	if len(need) < 40 {
		t.Fatalf("found only %d codes: the patterns no longer fit the code", len(need))
	}
	for key, path := range need {
		if keys[key] == "" {
			t.Errorf("%s needs %q, which is in no file", path, key)
		}
	}
}

func TestNoTextIsLeftOver(t *testing.T) {
	used, beginnings := map[string]bool{}, []string{"refusal.", "event.", "attention."}
	for _, text := range sources(t, "views", "web", "portal") {
		for _, m := range whole.FindAllStringSubmatch(text, -1) {
			used[m[1]] = true
		}
		for _, m := range begun.FindAllStringSubmatch(text, -1) {
			beginnings = append(beginnings, m[1])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(keysOf(t))) {
		if !used[key] && !slices.ContainsFunc(beginnings, func(b string) bool { return strings.HasPrefix(key, b) }) {
			t.Errorf("nothing asks for %q", key)
		}
	}
}

func TestTexts(t *testing.T) {
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	p := b.For("xx-nonsense", "de-CH, en;q=0.5")
	for _, c := range []struct{ what, got, want string }{
		{"a plain text", p.T("state.on"), "On"},
		{"a text with a value", p.T("catalogue.shared_by", "name", "Ada & Co"), "Shared by Ada & Co"},
		{"one", p.N("catalogue.found", 1), "1 integration found"},
		{"many", p.N("catalogue.found", 1200), "1,200 integrations found"},
		{"no such key", p.T("no.such_key"), "no.such_key"},
		{"the language", p.Lang() + p.Dir(), "enltr"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", c.what, c.got, c.want)
		}
	}
}

func TestAgo(t *testing.T) {
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	p, now := b.For(), time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		since time.Duration
		want  string
	}{
		{-time.Second, "just now"},
		{59 * time.Second, "just now"},
		{time.Minute, "1 min ago"},
		{119 * time.Minute, "1 h ago"},
		{25 * time.Hour, "1 day ago"},
		{50 * time.Hour, "2 days ago"},
		{31 * 24 * time.Hour, "21 October 2026"},
	} {
		if got := p.Ago(now.Add(-c.since), now); got != c.want {
			t.Errorf("%v ago: got %q, want %q", c.since, got, c.want)
		}
	}
}
