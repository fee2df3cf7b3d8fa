package portal

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/text/language"

	"portico/store"
)

// Limits of what the host says, in characters and in numbers.
const (
	mostID         = 255
	mostText       = 255
	mostValue      = 1000
	mostTags       = 50
	mostAttributes = 50
)

// personal begins the external ID of a workspace that we make for a user whose token names none; no token may name
// such a workspace, or one customer's token could name the workspace of another's user.
const personal = "user:"

// Claims is what the host says of a user who comes, in a token or to the API.
type Claims struct {
	Subject   string // the host's ID of the user
	Name      string
	Email     string
	Role      string          // in the workspace: viewer, member (when "") or admin
	Locale    string          // BCP 47; what is none is ignored
	Tags      []string        // of the integrations that the user may see; nil = all
	Workspace *WorkspaceClaim // nil = a workspace of the user's own
}

// WorkspaceClaim is what the host says of the customer that a user belongs to.
type WorkspaceClaim struct {
	ID         string // the host's
	Name       string
	Attributes map[string]string
	Account    string // the name of the account it belongs to from its first user on; "" = the default one
}

// claimFault says which claim is missing or out of bounds; "" is the whole.
type claimFault struct{ claim string }

func (f *claimFault) Error() string { return "the claim " + f.claim + " does not fit" }

var (
	errLongLife = errors.New("the token is good for too long")
	errNoObject = errors.New("not a JSON object")
	errTwice    = errors.New("a JSON object with a name twice")
)

// check holds claims to their limits and puts in what is absent.
func (c *Claims) check() error {
	if !printable(c.Subject) {
		return &claimFault{"sub"}
	}
	for _, t := range []struct{ claim, text string }{{"name", c.Name}, {"email", c.Email}} {
		if !fits(t.text, mostText) {
			return &claimFault{t.claim}
		}
	}
	if c.Role == "" {
		c.Role = store.RoleMember
	}
	if !slices.Contains([]string{store.RoleViewer, store.RoleMember, store.RoleAdmin}, c.Role) {
		return &claimFault{"role"}
	}
	c.Locale = locale(c.Locale)
	if len(c.Tags) > mostTags || slices.ContainsFunc(c.Tags, func(tag string) bool { return tag == "" || !fits(tag, mostText) }) {
		return &claimFault{"tags"}
	}
	if c.Workspace != nil {
		return c.Workspace.check()
	}
	return nil
}

func (w *WorkspaceClaim) check() error {
	switch {
	case !printable(w.ID) || strings.HasPrefix(w.ID, personal):
		return &claimFault{"workspace.id"}
	case !fits(w.Name, mostText):
		return &claimFault{"workspace.name"}
	case !fits(w.Account, mostText):
		return &claimFault{"workspace.account"}
	case len(w.Attributes) > mostAttributes:
		return &claimFault{"workspace.attributes"}
	}
	for name, value := range w.Attributes {
		if name == "" || !fits(name, mostText) || !fits(value, mostValue) {
			return &claimFault{"workspace.attributes"}
		}
	}
	return nil
}

// locale is a BCP 47 tag in its usual spelling; "" for what is none.
func locale(s string) string {
	tag, err := language.Parse(s)
	if err != nil || tag == language.Und || len(s) > 64 {
		return ""
	}
	return tag.String()
}

// printable says whether text is an ID: 1 to 255 characters that can be seen.
func printable(id string) bool {
	return strings.TrimSpace(id) != "" && utf8.ValidString(id) && utf8.RuneCountInString(id) <= mostID &&
		!strings.ContainsFunc(id, func(r rune) bool { return !unicode.IsPrint(r) })
}

// fits says whether text has at most that many characters and no control characters.
func fits(text string, most int) bool {
	return utf8.ValidString(text) && utf8.RuneCountInString(text) <= most && !strings.ContainsFunc(text, unicode.IsControl)
}

// hostClaims is a token's claims as golang-jwt reads and validates them: Validate runs after the signature was checked.
type hostClaims struct {
	jwt.RegisteredClaims
	Claims
	fault error
}

// UnmarshalJSON reads the claims. What does not fit is told by Validate, to those who have the key alone.
func (c *hostClaims) UnmarshalJSON(b []byte) error {
	c.fault = c.read(b)
	return nil
}

// Validate implements jwt.ClaimsValidator.
func (c *hostClaims) Validate() error {
	switch {
	case c.fault != nil:
		return c.fault
	case c.Issuer == "":
		return &claimFault{"iss"}
	case len(c.Audience) == 0:
		return &claimFault{"aud"}
	case c.IssuedAt == nil:
		return &claimFault{"iat"}
	case c.ExpiresAt == nil || !c.ExpiresAt.After(c.IssuedAt.Time):
		return &claimFault{"exp"}
	case c.ExpiresAt.Sub(c.IssuedAt.Time) > mostLife:
		return errLongLife
	case c.RegisteredClaims.ID == "" || len(c.RegisteredClaims.ID) > 200:
		return &claimFault{"jti"}
	}
	return c.check()
}

func (c *hostClaims) read(b []byte) error {
	r, err := newClaimReader("", b)
	if err != nil {
		return err
	}
	r.read("iss", &c.Issuer)
	r.read("aud", &c.Audience)
	r.read("exp", &c.ExpiresAt)
	r.read("iat", &c.IssuedAt)
	r.read("nbf", &c.NotBefore)
	r.read("jti", &c.RegisteredClaims.ID)
	r.read("sub", &c.Claims.Subject)
	r.read("name", &c.Name)
	r.read("email", &c.Email)
	r.read("role", &c.Role)
	r.read("locale", &c.Locale)
	if string(r.members["tags"]) == "null" { // does it mean none or all?
		return &claimFault{"tags"}
	}
	r.read("tags", &c.Tags)
	var workspace json.RawMessage
	r.read("workspace", &workspace)
	if r.fault == nil && workspace != nil {
		c.Workspace = &WorkspaceClaim{}
		return c.Workspace.read(workspace)
	}
	return r.fault
}

func (w *WorkspaceClaim) read(b []byte) error {
	r, err := newClaimReader("workspace", b)
	if err != nil {
		return err
	}
	r.read("id", &w.ID)
	r.read("name", &w.Name)
	r.read("account", &w.Account)
	var attributes json.RawMessage
	r.read("attributes", &attributes)
	if r.fault != nil || attributes == nil {
		return r.fault
	}
	if r, err = newClaimReader("workspace.attributes", attributes); err != nil {
		return err
	}
	w.Attributes = map[string]string{}
	for name := range r.members {
		var value string
		r.read(name, &value)
		w.Attributes[name] = value
	}
	if r.fault != nil {
		return &claimFault{"workspace.attributes"}
	}
	return nil
}

// claimReader reads the members of an object by their exact names and remembers the first that does not fit.
type claimReader struct {
	of      string
	members map[string]json.RawMessage
	fault   error
}

func newClaimReader(of string, b []byte) (*claimReader, error) {
	m, err := members(b)
	if err != nil {
		return nil, &claimFault{of}
	}
	return &claimReader{of: of, members: m}, nil
}

// read reads one member; absent or null leaves into as it is.
func (r *claimReader) read(name string, into any) {
	raw := r.members[name]
	if r.fault != nil || raw == nil || string(raw) == "null" {
		return
	}
	if err := json.Unmarshal(raw, into); err != nil {
		r.fault = &claimFault{strings.TrimPrefix(r.of+"."+name, ".")}
	}
}

// members reads a JSON object whose names differ. encoding/json would take the last of two, and names in any case.
func members(b []byte) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, errNoObject
	}
	m := map[string]json.RawMessage{}
	for d.More() {
		token, err := d.Token()
		name, ok := token.(string)
		var value json.RawMessage
		if err != nil || !ok || d.Decode(&value) != nil {
			return nil, errNoObject
		}
		if _, twice := m[name]; twice {
			return nil, errTwice
		}
		m[name] = value
	}
	return m, nil
}
