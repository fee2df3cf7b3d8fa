package portal

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"portico/store"
	"portico/upstream/commercetools"
)

// fieldNames is a form in a line: a name for each field, with ! where it is required, * where it is hidden, and its kind.
func fieldNames(f ConfigForm) string {
	var names []string
	for _, c := range f.Fields {
		name := c.Name()
		if c.Several() {
			name = strings.Join(c.Applications, "+") + "/" + c.Key
		}
		if c.Required {
			name += "!"
		}
		if c.Hidden {
			name += "*"
		}
		if c.Kind != FieldText {
			name += ":" + c.Kind
		}
		names = append(names, name)
	}
	return strings.Join(names, " ")
}

func keyOf(key string, required bool, usual ...string) commercetools.Key {
	k := commercetools.Key{Key: key, Required: required}
	if len(usual) > 0 {
		k.Default = &usual[0]
	}
	return k
}

func formOf(apps ...commercetools.Application) ConfigForm {
	return ConfigForm{}.asking(apps, commercetools.Global{})
}

func application(name string, standard, secured []commercetools.Key) commercetools.Application {
	return commercetools.Application{Name: name, Type: commercetools.TypeService, Standard: standard, Secured: secured}
}

func TestFormAsksOnce(t *testing.T) {
	key := func(names ...string) (keys []commercetools.Key) {
		for _, name := range names {
			keys = append(keys, keyOf(strings.TrimSuffix(name, "!"), strings.HasSuffix(name, "!")))
		}
		return keys
	}
	for name, tt := range map[string]struct {
		form ConfigForm
		want string
	}{
		"nothing":        {formOf(), ""},
		"one":            {formOf(application("a", key("X", "Y!"), key("S"))), "a/Y! a/X a/S*"},
		"several":        {formOf(application("a", key("X"), key("S")), application("b", key("Z", "X!"), key("S"))), "a+b/X! a+b/S* b/Z"},
		"kinds that mix": {formOf(application("a", key("X"), nil), application("b", key("X"), nil), application("c", nil, key("X"))), "a/X b/X c/X*"},
		"telling names":  {formOf(application("a", key("CTP_CLIENT_SECRET", "CTP_SCOPE", "LIMITS_JSON"), nil)), "a/CTP_CLIENT_SECRET* a/CTP_SCOPE:scope a/LIMITS_JSON:json"},
	} {
		if got := fieldNames(tt.form); got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

func TestKindOfField(t *testing.T) {
	for name, tt := range map[string]struct {
		key     commercetools.Key
		kind    string
		guessed bool
	}{
		"scope":           {keyOf("CTP_SCOPE", false), FieldScope, false},
		"scopes":          {keyOf("MY_CTP_SCOPES", false), FieldScope, false},
		"no scope":        {keyOf("SCOPE_OF_SEARCH", false), FieldText, false},
		"a document":      {keyOf("X", false, `{"a": 1}`), FieldJSON, false},
		"a number":        {keyOf("X", false, "12"), FieldText, false},
		"name":            {keyOf("SETTINGS_JSON", false), FieldJSON, true},
		"described":       {commercetools.Key{Key: "X", Description: "The limits as JSON, such as {}"}, FieldJSON, true},
		"described aside": {commercetools.Key{Key: "X", Description: "Whether logs are JSON"}, FieldText, false},
	} {
		kind, guessed := kindOfField(fieldsOf("a", []commercetools.Key{tt.key}, nil)[0])
		if kind != tt.kind || guessed != tt.guessed {
			t.Errorf("%s: got %s %v, want %s %v", name, kind, guessed, tt.kind, tt.guessed)
		}
	}
}

func TestDefaultsThatDiffer(t *testing.T) {
	f := formOf(application("a", []commercetools.Key{keyOf("X", true, "1")}, nil), application("b", []commercetools.Key{keyOf("X", true, "2")}, nil))
	c := f.Several()[0]
	a, _ := c.DefaultOf("a")
	b, _ := c.DefaultOf("b")
	if c.Default != "" || a != "1" || b != "2" {
		t.Errorf("got %+v", c)
	}
}

var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// flat is values by name, "application/KEY" with the value; secured ones with *.
func flat(v store.Values) map[string]string {
	all := map[string]string{}
	add := func(application string, values []store.SetValue) {
		for _, one := range values {
			name := ValueName(application, one.Key)
			if one.Secured {
				name += "*"
			}
			all[name] = one.Value.Reveal()
		}
	}
	add("", v.Shared)
	for application, values := range v.Applications {
		add(application, values)
	}
	return all
}

func wantFlat(t *testing.T, what string, v store.Values, want map[string]string) {
	t.Helper()
	if got := flat(v); !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// twoApps is a form of two applications that both need X and S, and one of which needs Y.
func twoApps() ConfigForm {
	keys := func(names ...string) (all []commercetools.Key) {
		for _, name := range names {
			all = append(all, keyOf(name, false))
		}
		return all
	}
	return formOf(application("a", keys("X", "Y"), keys("S")), application("b", keys("X"), keys("S")))
}

func TestEnterSpreadsAndDiffers(t *testing.T) {
	f := twoApps()
	enter := func(was store.Values, differ bool, entries ...Entry) store.Values {
		return f.Enter(was, Entries{Values: entries, Differ: map[string]bool{"X": differ, "S": differ}}, "Kim", monday)
	}
	once := enter(store.Values{}, false, Entry{Key: "X", Value: "1\r\n2"}, Entry{Key: "S", Value: "canary"}, Entry{Application: "a", Key: "Y", Value: "3"})
	wantFlat(t, "asked once", once, map[string]string{"/X": "1\n2", "/S*": "canary", "a/Y": "3"})
	apps, _ := f.body(once)
	if s, _ := apps[1].Secured.Find("S"); s.Reveal() != "canary" || len(apps[1].Standard) != 1 {
		t.Errorf("it was not spread: %+v", apps)
	}
	apart := enter(once, true, Entry{Application: "b", Key: "S", Value: "other"}, Entry{Application: "a", Key: "S"})
	wantFlat(t, "made to differ", apart, map[string]string{"a/X": "1\n2", "b/X": "1\n2", "a/S*": "canary", "b/S*": "other", "a/Y": "3"})
	if s := f.Show(apart)["a/S"]; !f.Several()[1].Differs(apart) || !s.Set || s.Value != "" || s.By != "Kim" {
		t.Errorf("shown: %+v", f.Show(apart))
	}
	cleared := enter(once, false, Entry{Key: "S", Clear: true}, Entry{Key: "X"})
	wantFlat(t, "cleared", cleared, map[string]string{"/X": "", "/S*": "", "a/Y": "3"})
}

// A secured value never comes into a field that shows it.
func TestSecuredValuesStaySecured(t *testing.T) {
	plain := formOf(application("a", []commercetools.Key{keyOf("X", false)}, nil))
	from := store.Values{
		Shared:       []store.SetValue{{Key: "X", Secured: true, Value: "canary"}},
		Applications: map[string][]store.SetValue{"a": {{Key: "X", Secured: true, Value: "canary"}}},
	}
	wantFlat(t, "a standard field", plain.Arrange(from), map[string]string{})
	wantFlat(t, "a standard field filled", plain.fill(store.Values{}, from), map[string]string{})
}

func TestArrangeAndFill(t *testing.T) {
	f := twoApps()
	deployed := store.Values{Applications: map[string][]store.SetValue{
		"a": {{Key: "X", Value: "1"}, {Key: "S", Secured: true, Value: "s"}}, "b": {{Key: "X", Value: "1"}, {Key: "S", Secured: true, Value: "t"}}, "gone": {{Key: "Y", Value: "9"}},
	}}
	wantFlat(t, "what is alike is one", f.Arrange(deployed), map[string]string{"/X": "1", "a/S*": "s", "b/S*": "t", "a/Y": "9"})
	profile := store.Values{Shared: []store.SetValue{{Key: "X", Value: "p"}, {Key: "S", Secured: true, Value: "p"}, {Key: "Y", Value: "p"}}}
	entered := store.Values{Shared: []store.SetValue{{Key: "X", Value: ""}}, Applications: map[string][]store.SetValue{"a": {{Key: "S", Secured: true, Value: "mine"}}}}
	wantFlat(t, "what is empty is filled", f.fill(entered, profile), map[string]string{"/X": "p", "a/S*": "mine", "b/S*": "p", "a/Y": "p"})
}

func TestMatchPasted(t *testing.T) {
	f := twoApps()
	was := store.Values{Shared: []store.SetValue{{Key: "X", Value: "0"}, {Key: "S", Secured: true, Value: "kept"}}}
	pasted, err := ParseValues(`{"S": null, "Y": "3", "NOBODY": "1", "b": {"X": "2"}, "c": {"X": "4"}}`)
	if err != nil {
		t.Fatal(err)
	}
	now, match := f.Match(was, pasted, "Kim", monday)
	wantFlat(t, "pasted", now, map[string]string{"a/X": "0", "b/X": "2", "/S*": "kept", "a/Y": "3"})
	if !reflect.DeepEqual(match, PasteMatch{Matched: []string{"S", "Y", "b/X"}, Unmatched: []string{"NOBODY", "c/X"}}) {
		t.Errorf("got %+v", match)
	}
	now, _ = f.Match(now, []Pasted{{Key: "X", Value: "5"}}, "Kim", monday)
	wantFlat(t, "pasted for all", now, map[string]string{"/X": "5", "/S*": "kept", "a/Y": "3"})
}

func TestScopes(t *testing.T) {
	for value, want := range map[string]string{
		"manage_project:shop": "", "view_products:shop manage_orders:shop\nview_stores:shop": "", "shop": faultScopePrefix, "manage_project:shop orders": faultScopePrefix,
		":shop": faultScopePrefix, "manage_project:other": faultScopeProject, "manage_orders_in_store:shop:berlin": "", "": "",
	} {
		if got := (ConfigField{Kind: FieldScope}).checkShape(value, "shop"); got != want {
			t.Errorf("%q: got %q, want %q", value, got, want)
		}
	}
}

func TestSchedules(t *testing.T) {
	for schedule, want := range map[string]string{
		"0 2 * * *": "", "@daily": "", "@every 1h30m": "", "*/5 0-6 1,15 * 7": "", "@reboot": scheduleUnclear, "0 0 2 * * *": scheduleUnclear, "0 2 * * 1 2026 0": scheduleUnclear,
		"0 2 * *": scheduleWrong, "0 2 * * MON": scheduleWrong, "@midnight": scheduleWrong, "60 2 * * *": scheduleWrong, "0 0 31 2 *": scheduleWrong,
		"call it @weekly please": scheduleWrong, "TZ=UTC 0 2 * * *": scheduleWrong, "@every 5ns": scheduleWrong, "": scheduleWrong, "*/0 * * * *": scheduleWrong,
	} {
		code := ""
		if err := CheckSchedule(schedule); err != nil {
			code = err.(*Refusal).Code //nolint:errorlint,forcetypeassert // it is one
		}
		if code != want {
			t.Errorf("%q: got %q, want %q", schedule, code, want)
		}
	}
	runs := NextRuns("0 2 * * *", monday, 5)
	if len(runs) != 5 || runs[0] != time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC) || runs[4].Sub(runs[0]) != 4*24*time.Hour {
		t.Errorf("runs: %v", runs)
	}
	if runs := NextRuns("@reboot", monday, 5); runs != nil {
		t.Errorf("runs of what is not certain: %v", runs)
	}
}
