package connectsim

// given is what a request says of an application, or of all with an empty name.
type given struct {
	name     string
	schedule *string
	standard []value
	secured  []value
}

// readGiven reads both lists of a request.
func readGiven(s shape) given {
	return given{standard: readValues(s, "standardConfiguration", false), secured: readValues(s, "securedConfiguration", true)}
}

func readValues(s shape, name string, secured bool) []value {
	var out []value
	for _, in := range s.each(name, false) {
		key, text := in.text("key", true), in.text("value", true)
		v := value{Key: key, Digest: fingerprint(text), Length: len(text)}
		if !secured {
			v.Clear = text
		}
		out = append(out, v)
	}
	return out
}

// readApplications reads a list of what is given to applications; false when there is no such list.
func readApplications(s shape, name string) ([]given, bool) {
	var out []given
	for _, in := range s.each(name, false) {
		app := in.text("applicationName", true)
		g := readGiven(in)
		g.name = app
		if in.of["schedule"] != nil {
			text := in.text("schedule", false)
			g.schedule = &text
		}
		out = append(out, g)
	}
	return out, s.of[name] != nil
}

// of is the values given in one way.
func (g given) of(way string) []value {
	if way == waySecured {
		return g.secured
	}
	return g.standard
}
