package traycdk_test

import (
	"errors"
	"strings"
	"testing"

	"portico/upstream/traycdk"
)

func TestRegions(t *testing.T) {
	for id, want := range map[string]string{"us": "https://api.tray.io", "eu": "https://api.eu1.tray.io", "ap": "https://api.ap1.tray.io", "EU": "", "": ""} {
		got, ok := traycdk.RegionByID(id)
		if got.URL != want || ok != (want != "") {
			t.Errorf("%s: got %+v, %t", id, got, ok)
		}
	}
	if len(traycdk.Regions) != 3 {
		t.Errorf("got %+v", traycdk.Regions)
	}
}

func TestCheckName(t *testing.T) {
	for name, want := range map[string]error{
		"my-connector": nil, "a": nil, "0": nil, "acme-2-billing": nil, strings.Repeat("a", 200): nil,
		"": traycdk.ErrName, "My-connector": traycdk.ErrName, "-a": traycdk.ErrName, "a-": traycdk.ErrName, "a--b": traycdk.ErrName, "a_b": traycdk.ErrName,
		"a b": traycdk.ErrName, "é": traycdk.ErrName, "a/b": traycdk.ErrName, "a\n": traycdk.ErrName, strings.Repeat("a", 201): traycdk.ErrName,
	} {
		if got := traycdk.CheckName(name); !errors.Is(got, want) {
			t.Errorf("%q: got %v, want %v", name, got, want)
		}
	}
}

func TestCheckVersion(t *testing.T) {
	for version, want := range map[string]error{
		"1.0": nil, "2.3": nil, "10.12": nil,
		"": traycdk.ErrVersion, "1": traycdk.ErrVersion, "1.0.3": traycdk.ErrVersion, "v1.0": traycdk.ErrVersion, "1.": traycdk.ErrVersion,
		"1.0\n": traycdk.ErrVersion, "1.x": traycdk.ErrVersion, "٣.٠": traycdk.ErrVersion, "1234567890.0": traycdk.ErrVersion,
	} {
		if got := traycdk.CheckVersion(version); !errors.Is(got, want) {
			t.Errorf("%q: got %v, want %v", version, got, want)
		}
	}
}

func TestCleanToken(t *testing.T) {
	for pasted, want := range map[string]string{
		"abc": "abc", " abc\n": "abc", "Bearer abc": "abc", "bearer  abc ": "abc", `"Bearer abc"`: "abc", "Authorization: Bearer abc": "abc",
		"'Authorization: bearer abc'": "abc", "Bearerabc": "Bearerabc", "": "", "Bearer ": "", "bearer": "", "abc Bearer": "abc Bearer",
	} {
		if got := traycdk.CleanToken(pasted); got != want {
			t.Errorf("%q: got %q, want %q", pasted, got, want)
		}
	}
}
