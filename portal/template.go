package portal

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"regexp"
	"slices"
	"strings"

	"portico/store"
	"portico/upstream/activepieces"
)

// Why a template cannot be offered.
const (
	problemFlows   = "several_flows" // an instance is one flow
	problemTrigger = "no_trigger"    // nothing starts it
	problemPiece   = "missing_piece" // a step is of a piece that is not installed
)

func problemOf(t activepieces.Template) string {
	if len(t.Flows) != 1 {
		return problemFlows
	}
	if steps, err := stepsOf(t.Flows[0].Trigger); err != nil || len(steps) == 0 || steps[0]["type"] != "PIECE_TRIGGER" {
		return problemTrigger
	}
	return ""
}

// templateSlots is the sign-ins that a template needs: one a piece that asks for one, or one for each connection where it
// names several of the same piece.
func templateSlots(trigger json.RawMessage, pieces map[string]store.Piece) ([]store.IntegrationSlot, error) {
	steps, err := stepsOf(trigger)
	if err != nil {
		return nil, err
	}
	slots, seen := []store.IntegrationSlot{}, map[string]bool{}
	for _, s := range steps {
		piece, key := pieceOf(s), slotKey(s, steps)
		p, known := pieces[piece]
		if piece == "" || known && len(p.Auth) == 0 || seen[key] {
			continue
		}
		seen[key] = true
		title := p.Title
		if strings.Contains(key, ".") { // of several of this piece
			title += ": " + reference(s)
		}
		slots = append(slots, store.IntegrationSlot{
			Kind: store.SlotAuth, ExternalID: key, Title: title, Service: piece, Position: len(slots), Source: store.FromPlatform,
		})
	}
	return slots, nil
}

// piecesOf is the pieces that a template's steps are of.
func piecesOf(trigger json.RawMessage) []string {
	steps, _ := stepsOf(trigger)
	var names []string
	for _, s := range steps {
		if name := pieceOf(s); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// withConnections puts the connections, named by slot, into the steps that need them.
func withConnections(trigger json.RawMessage, names map[string]string) (json.RawMessage, error) {
	var root any
	if err := json.Unmarshal(trigger, &root); err != nil {
		return nil, fmt.Errorf("reading a template: %w", err)
	}
	steps := collect(root, nil)
	keys := make([]string, len(steps)) // before any reference is changed
	for n, s := range steps {
		keys[n] = slotKey(s, steps)
	}
	for n, s := range steps {
		name, ok := names[keys[n]]
		if !ok || pieceOf(s) == "" {
			continue
		}
		if strings.Contains(name, "'") || strings.Contains(name, "}}") {
			return nil, fmt.Errorf("%w: %q", errUnnameable, name)
		}
		settings := s["settings"].(map[string]any)
		input, ok := settings["input"].(map[string]any)
		if !ok {
			input = map[string]any{}
			settings["input"] = input
		}
		input["auth"] = "{{connections['" + name + "']}}"
	}
	return json.Marshal(root)
}

// errUnnameable says that no step can use a connection: its name ends the expression that it stands in.
var errUnnameable = errors.New("no flow can use a connection of this name")

type flowStep = map[string]any

// stepsOf is every step of a flow in the order in which they come: the trigger first.
func stepsOf(trigger json.RawMessage) ([]flowStep, error) {
	var root any
	if err := json.Unmarshal(trigger, &root); err != nil {
		return nil, fmt.Errorf("reading a template: %w", err)
	}
	return collect(root, nil), nil
}

// collect walks the chain of steps, and what branches and loops hold: whatever has a type and settings is a step.
func collect(v any, steps []flowStep) []flowStep {
	switch v := v.(type) {
	case map[string]any:
		_, typed := v["type"].(string)
		if _, set := v["settings"].(map[string]any); set && typed {
			steps = append(steps, v)
		}
		for _, key := range []string{"firstLoopAction", "onSuccessAction", "onFailureAction", "children", "nextAction"} {
			steps = collect(v[key], steps)
		}
	case []any:
		for _, one := range v {
			steps = collect(one, steps)
		}
	}
	return steps
}

func pieceOf(s flowStep) string {
	settings, _ := s["settings"].(map[string]any)
	name, _ := settings["pieceName"].(string)
	return name
}

var connectionReference = regexp.MustCompile(`connections(?:\.|\[['"])([^'"\]}]+)`)

// reference is the connection that a step names; "" when it names none.
func reference(s flowStep) string {
	settings, _ := s["settings"].(map[string]any)
	input, _ := settings["input"].(map[string]any)
	auth, _ := input["auth"].(string)
	if found := connectionReference.FindStringSubmatch(auth); found != nil {
		return strings.TrimSpace(found[1])
	}
	return ""
}

// slotKey names the slot of a step: its piece, in full where the steps are of another that is called the same, and the
// connection where they name several of that piece.
func slotKey(s flowStep, steps []flowStep) string {
	piece, mine := pieceOf(s), reference(s)
	key := ShortPiece(piece)
	for _, other := range steps {
		if p := pieceOf(other); p != piece && ShortPiece(p) == ShortPiece(piece) {
			key = slug(piece)
		}
	}
	named := key
	for _, other := range steps {
		if pieceOf(other) != piece || reference(other) == mine || mine == "" {
			continue
		}
		if slug(reference(other)) == slug(mine) { // told apart by nothing that may stand in an address
			return fmt.Sprintf("%s.%s-%08x", key, slug(mine), crc32.ChecksumIEEE([]byte(mine)))
		}
		named = key + "." + slug(mine)
	}
	return named
}

// ShortPiece is what people call a piece: "gelato" of "@activepieces/piece-gelato".
func ShortPiece(name string) string {
	_, last, ok := strings.Cut(name, "/")
	if !ok {
		last = name
	}
	return strings.TrimPrefix(last, "piece-")
}

// slug keeps what may stand in an address.
func slug(s string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, s), "-")
}
