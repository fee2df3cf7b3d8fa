package commercetools

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"

	"portico/upstream"
)

// conflict is the cause of a ConcurrentModification: somebody else, or the service by itself, has changed the thing.
type conflict struct{ expected, current int }

// Error gives both versions as far as they are known.
func (c *conflict) Error() string {
	if c.current == 0 {
		return "the version is not the current one"
	}
	return fmt.Sprintf("version %d was expected, %d is current", c.expected, c.current)
}

// versions finds both versions in the long form of the message; the members may be missing.
var versions = regexp.MustCompile(`Expected: (\d+) - Actual: (\d+)`)

func (p problem) conflict() *conflict {
	c := &conflict{}
	for _, f := range p.Errors {
		if f.Code == CodeConcurrentModification {
			c.expected, c.current = int(f.Expected), int(f.Current)
		}
	}
	if said := versions.FindStringSubmatch(p.message()); said != nil && c.current == 0 {
		c.expected, _ = strconv.Atoi(said[1])
		c.current, _ = strconv.Atoi(said[2])
	}
	return c
}

// Conflict reports whether err says that the version which an update named is not the current one, and both versions;
// each is 0 where the service has not said it. Nothing was changed: read the thing again, and see whether the change is
// still what is meant.
func Conflict(err error) (expected, current int, ok bool) {
	failed, ok := errors.AsType[*upstream.Error](err)
	silent := ok && failed.Status == http.StatusConflict && failed.Code == "" // nothing else in the catalogue is a 409
	if !ok || failed.Code != CodeConcurrentModification && !silent {
		return 0, 0, false
	}
	if c, known := errors.AsType[*conflict](failed.Err); known {
		expected, current = c.expected, c.current
	}
	return expected, current, true
}
