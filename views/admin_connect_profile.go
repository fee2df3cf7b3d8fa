package views

import (
	"portico/store"
)

// AdminProfilesPage is the values that staff keep under names.
type AdminProfilesPage struct {
	AdminPage
	Profiles []Profile
}

// Profile is one of them.
type Profile struct {
	ID        string
	Name      string
	Rows      []ValueRow
	Schedules map[string]string
	UpdatedBy string
	UpdatedAt store.Time
}

// secrets is how many values of a profile nobody is shown.
func (p Profile) secrets() (n int) {
	for _, r := range p.Rows {
		if r.Hidden {
			n++
		}
	}
	return n
}

// AdminProfilePage is one profile.
type AdminProfilePage struct {
	AdminPage
	Profile Profile
}
