package main

import (
	"net/http"
	"slices"
	"testing"
)

func TestWhoMayHoldTheBuilder(t *testing.T) {
	for _, test := range []struct {
		source, origin string
		want           bool
	}{
		{"https://portal.example.com", "https://portal.example.com", true},
		{"https://Portal.Example.com/", "https://portal.example.com", true},
		{"https://portal.example.com", "http://portal.example.com", false},
		{"https://portal.example.com", "https://portal.example.com:8443", false},
		{"https://*.example.com", "https://portal.example.com", true},
		{"https://*.example.com", "https://a.portal.example.com", true},
		{"https://*.example.com", "https://example.com", false},
		{"https://*.example.com", "https://notexample.com", false},
		{"https://*.example.com", "http://portal.example.com", false},
		{"*", "https://portal.example.com", true},
		{"'self'", "https://portal.example.com", false},
	} {
		if got := permits([]string{test.source}, test.origin); got != test.want {
			t.Errorf("%s permits %s: got %v, want %v", test.source, test.origin, got, test.want)
		}
	}
}

func TestAncestors(t *testing.T) {
	for _, test := range []struct {
		policies []string
		want     []string
		limited  bool
	}{
		{nil, nil, false},
		{[]string{"default-src 'self'"}, nil, false},
		{[]string{"frame-ancestors 'self'"}, []string{"'self'"}, true},
		{[]string{"default-src 'self'; Frame-Ancestors 'self' https://a.example;"}, []string{"'self'", "https://a.example"}, true},
		{[]string{"default-src 'self'", "frame-ancestors 'none'"}, []string{"'none'"}, true},
	} {
		h := http.Header{"Content-Security-Policy": test.policies}
		if got, limited := ancestors(h); !slices.Equal(got, test.want) || limited != test.limited {
			t.Errorf("of %q: got %q and %v, want %q and %v", test.policies, got, limited, test.want, test.limited)
		}
	}
}
