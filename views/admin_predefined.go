package views

import (
	"net/url"
	"strconv"
	"strings"

	"portico/store"
)

// PredefinedForm is what an admin decides about a predefined connection, as they typed it. Values are never shown again.
type PredefinedForm struct {
	Action     string // the path that takes it
	At         string // the path that shows it, which a preview asks again
	Made       bool   // the connection is there already
	Piece      store.Piece
	Way        store.AuthWay
	Rows       []PredefinedRow
	Consent    bool // each workspace's people sign in themselves
	Machine    bool // the way also does without a person
	Client     bool // and that was chosen
	Title      string
	Pattern    string
	Stop       string
	Preview    string   // the name at the platform of one workspace's connection
	For        string   // that workspace's name
	Attributes []string // names that workspaces have been seen with
	Problem    string   // said to the person, "" = none
	Field      string   // that has it
	Retype     bool     // secrets were typed and have to be typed again
}

// PredefinedRow is one value and where it comes from.
type PredefinedRow struct {
	Field     store.AuthField
	Source    string // store.FromAll, FromAttribute, FromWorkspace, or "none": left out
	Attribute string
	Value     string // typed just now, and no secret
	Kept      bool   // there is one, sealed
}

// FromNowhere is the source of a value that is left out.
const FromNowhere = "none"

// sources is where a value may come from.
func (r PredefinedRow) sources() []string {
	all := []string{store.FromAll, store.FromAttribute, store.FromWorkspace}
	if !r.Field.Required {
		all = append(all, FromNowhere)
	}
	return all
}

// control is how a value is typed.
func (r PredefinedRow) control() string {
	switch r.Field.Type {
	case "STATIC_DROPDOWN", "STATIC_MULTI_SELECT_DROPDOWN":
		return "select"
	case "CHECKBOX":
		return "yes"
	case "LONG_TEXT", "JSON", "OBJECT", "ARRAY":
		if !r.Field.Secret {
			return "text"
		}
	}
	return "line"
}

// chosen says whether an option of a field is the value, or one of its values.
func (r PredefinedRow) chosen(value string) bool {
	for line := range strings.Lines(r.Value) {
		if strings.TrimSpace(line) == value {
			return true
		}
	}
	return false
}

// adminWay is what a way to sign in is called; one that we do not know is told as the platform says it.
func adminWay(a AdminPage, kind string) string {
	if a.Has("admin.way." + kind) {
		return a.T("admin.way." + kind)
	}
	return kind
}

// piecePath leads to the form of a new connection of a service, by a way to sign in ("" = its first).
func piecePath(accountID, piece, way string) string {
	query := url.Values{"piece": {piece}}
	if way != "" {
		query.Set("way", way)
	}
	return piecesPath(accountID, "/connections/new?"+query.Encode())
}

// ConnectionStates is the states of a connection in the order in which they are listed, those that need somebody first.
var ConnectionStates = []string{
	store.ConnError, store.ConnRefused, store.ConnFailed, store.ConnMissing, store.ConnChanged, store.ConnDouble, store.ConnAsked,
	store.ConnWaiting, store.ConnChecking, store.ConnRemoving, store.ConnActive,
}

// connectionTone is the colour of a connection's state.
func connectionTone(state string) string {
	switch state {
	case store.ConnActive:
		return "good"
	case store.ConnError, store.ConnRefused, store.ConnFailed:
		return "bad"
	case store.ConnMissing, store.ConnChanged, store.ConnDouble:
		return "warn"
	case store.ConnWaiting, store.ConnChecking, store.ConnRemoving:
		return "busy"
	}
	return ""
}

// repairable says whether sending a connection anew can mend it.
func repairable(state string) bool {
	switch connectionTone(state) {
	case "bad", "warn":
		return true
	}
	return false
}

// Broken counts the workspaces in states that need somebody.
func Broken(counts map[string]int) int {
	n := 0
	for state, count := range counts {
		if repairable(state) {
			n += count
		}
	}
	return n
}

// outOfStep counts the workspaces whose connection is no longer at the platform what was made there.
func outOfStep(counts map[string]int) int {
	return counts[store.ConnMissing] + counts[store.ConnChanged] + counts[store.ConnDouble]
}

// Moving says whether anything is under way by itself.
func Moving(counts map[string]int) bool {
	return counts[store.ConnWaiting]+counts[store.ConnChecking]+counts[store.ConnRemoving] > 0
}

func sum(counts map[string]int) int {
	n := 0
	for _, count := range counts {
		n += count
	}
	return n
}

// shortPiece is a service's name without what all of them begin with.
func shortPiece(piece string) string {
	return strings.TrimPrefix(piece[strings.LastIndexByte(piece, '/')+1:], "piece-")
}

// pieceCode is what a step of a piece does to get a connection by its name; "" where it cannot know the name.
func pieceCode(pattern, piece string) string {
	if strings.Contains(pattern, "{workspace}") {
		return ""
	}
	name := strings.NewReplacer("{piece}", shortPiece(piece), "{externalProjectId}", "${await project.externalId()}").Replace(pattern)
	return strings.Join([]string{
		"export const yourAction = createAction({",
		"  name: 'your_action',",
		"  displayName: 'Your action',",
		"  description: 'Runs without asking anybody for a connection',",
		"  requireAuth: false,",
		"  props: {},",
		"  async run({ connections, project }) {",
		"    const auth = await connections.get(`" + name + "`);",
		"    if (!auth) throw new Error('The connection of this project is not there yet.');",
		"    // auth is what a chosen connection would hold: go on with it",
		"  },",
		"});",
	}, "\n")
}

// number is a number for an id or an attribute.
func number(n int) string { return strconv.Itoa(n) }
