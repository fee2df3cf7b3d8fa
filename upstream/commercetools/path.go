package commercetools

import (
	"errors"
	"slices"
)

// path is the path of a call, or what makes it impossible: without its ID a path would be another one, where POST makes
// something new.
type path struct {
	text  string
	fault error
}

const (
	draftsPath     = "/connectors/drafts"
	connectorsPath = "/connectors"
)

// at is a path of fixed text.
func at(text string) path { return path{text: text} }

// deployments is the path of the project's deployments.
func (c *Client) deployments() path {
	p := at("/" + c.project + "/deployments")
	if !projectShape.MatchString(c.project) {
		p.fault = errors.New("the project key is not valid")
	}
	return p
}

// reserved are the paths beside the IDs of connectors.
var reserved = []string{"drafts", "search"}

// id adds the ID of one thing.
func (p path) id(id string) path {
	if !idShape.MatchString(id) || slices.Contains(reserved, id) {
		p.fault = errors.Join(p.fault, errors.New("the ID is not valid"))
	}
	p.text += "/" + id
	return p
}

// key adds the key of one thing; "key=" is a part of the path.
func (p path) key(key string) path {
	if !ValidKey(key) {
		p.fault = errors.Join(p.fault, errors.New("the key is not valid"))
	}
	p.text += "/key=" + key
	return p
}
