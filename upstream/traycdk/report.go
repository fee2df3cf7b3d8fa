package traycdk

import "strconv"

// Report is what an archive holds, and what is wrong with it. Texts are shortened to
// what pages show; nothing in it is code or a secret.
type Report struct {
	Name           string      `json:"name"`
	Version        string      `json:"version"`
	Title          string      `json:"title,omitempty"`
	Description    string      `json:"description,omitempty"`
	Service        string      `json:"service,omitempty"`
	ServiceVersion string      `json:"serviceVersion,omitempty"`
	Trigger        bool        `json:"trigger,omitempty"`
	RawHTTP        bool        `json:"rawHttp,omitempty"`
	Operations     []Operation `json:"operations,omitempty"` // by name
	Files          int         `json:"files"`                // folders not counted
	Uncompressed   int64       `json:"uncompressed"`         // bytes, as the archive says
	Problems       []Problem   `json:"problems,omitempty"`   // each stands in the way
	Warnings       []Problem   `json:"warnings,omitempty"`
}

// Operation is one operation of a connector.
type Operation struct {
	Name     string `json:"name"`
	Title    string `json:"title,omitempty"`
	Type     string `json:"type,omitempty"`     // "ddl" or "private"; "" is an ordinary one
	Delivery string `json:"delivery,omitempty"` // of a trigger's: "fire_and_forget", "acknowledge", "request_response"
}

// Blocks reports whether some problem says that the archive cannot be sent.
func (r Report) Blocks() bool { return len(r.Problems) > 0 }

// Unlike says where an archive is unlike what a form says of it. What the archive
// itself does not say is no difference: that is among its problems.
func (r Report) Unlike(name, version string) []Problem {
	var l list
	if r.Name != "" && r.Name != name {
		l.add("name_unlike_form", "", "form", name, "archive", r.Name)
	}
	if r.Version != "" && r.Version != version {
		l.add("version_unlike_form", "", "form", version, "archive", r.Version)
	}
	return l.listed()
}

func decimal[N int | int64 | uint16](n N) string { return strconv.FormatInt(int64(n), 10) }
