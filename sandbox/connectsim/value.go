package connectsim

import (
	"slices"
	"strings"
)

// The two ways of keeping a value, as messages name them.
const (
	wayStandard = "standard"
	waySecured  = "secret"
)

// values are what an application, or all of them together, were given.
type values struct {
	Standard []value `json:"standard"`
	Secured  []value `json:"secured"`
}

// value is one of them. Of a secured one only a fingerprint is kept: that is enough for a partial merge, and nothing
// that leaves the service can be the secret.
type value struct {
	Key    string `json:"key"`
	Clear  string `json:"clear,omitempty"`
	Digest string `json:"digest"`
	Length int    `json:"length"`
}

// merge puts what is given over what was there, forgets what is not declared any more, and fills in defaults. The order
// is the request's, then that of the declarations.
func (v values) merge(g given, d *declarations) values {
	return values{mergeValues(v.Standard, g.standard, d.Standard), mergeValues(v.Secured, g.secured, d.Secured)}
}

func mergeValues(old, given []value, keys []declaration) []value {
	out := slices.DeleteFunc(slices.Clone(old), func(v value) bool { return !declared(keys, v.Key) })
	for _, v := range given {
		out = setValue(out, v)
	}
	for _, k := range keys {
		if k.Default != nil && !hasValue(out, k.Key) {
			out = setValue(out, value{k.Key, *k.Default, fingerprint(*k.Default), len(*k.Default)})
		}
	}
	return out
}

func setValue(list []value, v value) []value {
	if i := slices.IndexFunc(list, func(o value) bool { return o.Key == v.Key }); i >= 0 {
		list[i] = v
		return list
	}
	return append(list, v)
}

func hasValue(list []value, key string) bool {
	return slices.ContainsFunc(list, func(v value) bool { return v.Key == key })
}

// lacking are the required keys that have no value, or an empty one.
func (v values) lacking(d *declarations) (missing, empty []keyOf) {
	for _, way := range []string{wayStandard, waySecured} {
		list := v.of(way)
		for _, k := range d.of(way) {
			i := slices.IndexFunc(list, func(o value) bool { return o.Key == k.Key })
			switch {
			case !k.Required:
			case i < 0:
				missing = append(missing, keyOf{way, k.Key})
			case list[i].Length == 0:
				empty = append(empty, keyOf{way, k.Key})
			}
		}
	}
	return missing, empty
}

// keyOf names a key and the way of keeping it.
type keyOf struct{ way, key string }

func (v values) of(way string) []value {
	if way == waySecured {
		return v.Secured
	}
	return v.Standard
}

// show is the values as the API has them: secured ones as asterisks, five of them or by setting as many as letters.
func (v values) show(byLength bool) object {
	standard, secured := []object{}, []object{}
	for _, s := range v.Standard {
		standard = append(standard, object{"key": s.Key, "value": s.Clear})
	}
	for _, s := range v.Secured {
		mask := "*****"
		if byLength {
			mask = strings.Repeat("*", s.Length)
		}
		secured = append(secured, object{"key": s.Key, "value": mask})
	}
	return object{"standardConfiguration": standard, "securedConfiguration": secured}
}

// fingerprints are what a test sees of the values.
func (v values) fingerprints() map[string]string {
	out := map[string]string{}
	for _, s := range slices.Concat(v.Standard, v.Secured) {
		out[s.Key] = s.Digest
	}
	return out
}
