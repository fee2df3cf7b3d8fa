package portal

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseValues(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"plain":          {"A=1\nB = two words \n", "A=1|B=two words"},
		"comments":       {"# of us\n\nA=1 # one\nB=a#b\n", "A=1|B=a#b"},
		"export":         {"export A=1\r\nexport B='2'\r\n", "A=1|B=2"},
		"a dollar":       {"A=pa$$word${X}\nB=\"$HOME\"", "A=pa$$word${X}|B=$HOME"},
		"json unquoted":  {`A={"x": [1, "b"]}`, `A={"x": [1, "b"]}`},
		"double quotes":  {`A="a\nb \"c\" \\n"`, "A=a\nb \"c\" \\n"},
		"single quotes":  {`A='a\nb "c"' # of us`, `A=a\nb "c"`},
		"over lines":     {"A=\"-----BEGIN\nkey\n-----END\"\nB=2", "A=-----BEGIN\nkey\n-----END|B=2"},
		"json over":      {"A='{\n \"x\": 1\n}'\n", "A={\n \"x\": 1\n}"},
		"empty":          {"A=\nB=\"\"\n", "A=|B="},
		"twice":          {"A=1\nB=2\nA=3", "B=2|A=3"},
		"a mark":         {"\ufeffA=1", "A=1"},
		"flat json":      {`{"B": "2", "A": "1", "N": 12345678901234567890, "T": true, "O": {}}`, "A=1|B=2|N=12345678901234567890|T=true"},
		"json of apps":   {`{"service": {"K": "1", "J": ["<"]}, "K": "0"}`, `K=0|service.J=["<"]|service.K=1`},
		"nothing at all": {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			all, err := ParseValues(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if got := shown(all); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func shown(all []Pasted) string {
	var parts []string
	for _, p := range all {
		key := p.Key
		if p.Application != "" {
			key = p.Application + "." + key
		}
		parts = append(parts, key+"="+p.Value.Reveal())
	}
	return strings.Join(parts, "|")
}

func TestUnreadableValuesNameTheLine(t *testing.T) {
	for text, line := range map[string]string{
		"A=1\ncanary": "2", "A=1\n\n# c\nB=\"canary": "4", "A='x\ny'\nB C=1": "3", "A='x' canary": "1", "{\n\"A\": canary}": "2", "=x": "1",
		"A=\"a\nb\nc\"\nB=\"": "4",
	} {
		_, err := ParseValues(text)
		var refused *Refusal
		if !errors.As(err, &refused) || refused.Code != "values_unreadable" || refused.Args["line"] != line {
			t.Errorf("%q: %+v, want line %s", text, refused, line)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: the error quotes what was pasted", text)
		}
	}
}

// FuzzParseValues: whatever is pasted, it is read or refused; keys stand there once, and every value is a part of it or was escaped in it.
func FuzzParseValues(f *testing.F) {
	for _, seed := range []string{"A=1", "A='x\ny'\nexport B=\"\\n\"", `{"a":{"K":1}}`, "A=`x`\n#", "A=\"\\", "\ufeff{}", "A=1 # b\r\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, err := ParseValues(text)
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, p := range all {
			if key := p.Application + "\x00" + p.Key; seen[key] {
				t.Errorf("%q stands there twice", p.Key)
			} else {
				seen[key] = true
			}
			if !utf8.ValidString(p.Value.Reveal()) {
				t.Errorf("%q has a value that is no text", p.Key)
			}
		}
	})
}
