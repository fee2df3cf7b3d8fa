package web

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"

	"portico/portal"
	"portico/views"
)

// faultsAt is what is wrong with a key in any of some applications, each said once.
func faultsAt(p views.Page, faults []portal.ValueFault, key string, applications []string) (found []views.ValueFault) {
	for _, fault := range faults {
		if fault.Key != key || !slices.Contains(applications, fault.Application) {
			continue
		}
		one := shownFault(p, fault)
		if !slices.ContainsFunc(found, func(o views.ValueFault) bool { return o.Code == one.Code }) {
			found = append(found, one)
		}
	}
	return found
}

func shownFault(p views.Page, f portal.ValueFault) views.ValueFault {
	_, text, _ := refusal(p, f.Refusal)
	return views.ValueFault{Text: text, Code: f.Code, Warning: f.Warning}
}

// allFaults is everything that is wrong, with the places in the page where it is said too.
func allFaults(p views.Page, f views.ValueForm, targets []views.DeployTarget, faults []portal.ValueFault) (all []views.ValueFault) {
	for _, fault := range faults {
		one := shownFault(p, fault)
		one.ID = placeOf(f, targets, fault)
		if fault.Target >= 0 && fault.Target < len(targets) {
			one.Text = targets[fault.Target].Account.ProjectKey + ": " + one.Text
		}
		all = append(all, one)
	}
	return all
}

// placeOf is the ID of what a fault is about: a value, a schedule, or a part of a target.
func placeOf(f views.ValueForm, targets []views.DeployTarget, fault portal.ValueFault) string {
	for _, g := range f.Groups {
		for _, field := range g.Fields {
			if id := fieldPlace(field, fault); id != "" {
				return id
			}
		}
	}
	for _, j := range f.Jobs {
		if fault.Key == "schedule" && j.Application == fault.Application {
			return j.ID
		}
	}
	target := max(fault.Target, 0)
	if target >= len(targets) || fault.Application != "" {
		return ""
	}
	switch fault.Key {
	case "key", "type", "region":
		return targets[target].ID + "-" + fault.Key
	case "targets":
		return targets[target].ID
	}
	return ""
}

func fieldPlace(f views.ValueField, fault portal.ValueFault) string {
	if f.Key != fault.Key {
		return ""
	}
	for _, own := range f.Own {
		if f.Differs && own.Application == fault.Application {
			return own.ID
		}
	}
	if f.Name == fault.Name() || slices.Contains(f.Of, fault.Application) {
		return f.ID
	}
	return ""
}

// inShort is what a person sees of a request before it is sent, as a short text: what is sent must be the same.
func inShort(parts ...string) string {
	sum := sha256.Sum256([]byte(fmt.Sprintf("%q", parts)))
	return hex.EncodeToString(sum[:8])
}

// warningsOf is the warnings among faults, as parts of what a person has seen.
func warningsOf(faults []portal.ValueFault) (seen []string) {
	for _, f := range faults {
		seen = append(seen, strconv.Itoa(f.Target)+" "+f.Name()+" "+f.Code)
	}
	slices.Sort(seen)
	return seen
}

// sendable says whether nothing but warnings stands against sending.
func sendable(faults []portal.ValueFault) bool {
	return !slices.ContainsFunc(faults, func(f portal.ValueFault) bool { return !f.Warning })
}
