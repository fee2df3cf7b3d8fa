package portal

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"portico/store"
	"portico/upstream/activepieces"
)

// aFlow is a chain with a branch and a loop: a webhook, two Slack accounts, Gelato, and Slack without a word on which.
const aFlow = `{"name":"trigger","type":"PIECE_TRIGGER","settings":{"pieceName":"@activepieces/piece-webhook","triggerName":"catch_webhook","input":{}},
"nextAction":{"name":"step_1","type":"PIECE","settings":{"pieceName":"@activepieces/piece-slack","input":{"auth":"{{connections['Team One']}}"}},
"nextAction":{"name":"step_2","type":"ROUTER","settings":{"branches":[]},"children":[
  {"name":"step_3","type":"PIECE","settings":{"pieceName":"@activepieces/piece-slack","input":{"auth":"{{connections.team_two}}"}}},null],
"nextAction":{"name":"step_4","type":"LOOP_ON_ITEMS","settings":{"items":""},"firstLoopAction":{"name":"step_5","type":"PIECE","settings":{"pieceName":"@acme/piece-gelato"}},
"nextAction":{"name":"step_6","type":"PIECE","settings":{"pieceName":"@activepieces/piece-slack","input":{"auth":""}}}}}}}`

func knownPieces() map[string]store.Piece {
	way := []store.AuthWay{{Type: activepieces.TypeSecretText}}
	return map[string]store.Piece{
		"@activepieces/piece-webhook": {Title: "Webhook"}, "@activepieces/piece-slack": {Title: "Slack", Auth: way}, "@acme/piece-gelato": {Title: "Gelato", Auth: way},
	}
}

func TestTemplateSlots(t *testing.T) {
	slots, err := templateSlots(json.RawMessage(aFlow), knownPieces())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range slots {
		got = append(got, s.ExternalID+"="+s.Title)
	}
	if want := "slack.team-one=Slack: Team One slack.team_two=Slack: team_two gelato=Gelato slack=Slack"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
	if got := piecesOf(json.RawMessage(aFlow)); len(got) != 3 {
		t.Errorf("got the pieces %v, want 3", got)
	}
}

func TestWithConnections(t *testing.T) {
	done, err := withConnections(json.RawMessage(aFlow), map[string]string{"slack.team-one": "a", "slack.team_two": "b", "gelato": "gelato_org", "slack": "c d"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	steps, err := stepsOf(done)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range steps {
		if r := reference(s); r != "" {
			got = append(got, s["name"].(string)+"="+r)
		}
	}
	if want := "step_1=a step_3=b step_5=gelato_org step_6=c d"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
	if !strings.Contains(string(done), `"triggerName":"catch_webhook"`) {
		t.Error("something else of the flow is gone")
	}
	for _, name := range []string{"c'd", "a}}b"} {
		if _, err := withConnections(json.RawMessage(aFlow), map[string]string{"slack": name}); !errors.Is(err, errUnnameable) {
			t.Errorf("the connection %s: got %v, want that no flow can use it", name, err)
		}
	}
}

// Two pieces that are called the same have a slot each.
func TestPiecesOfOneName(t *testing.T) {
	flow := strings.Replace(aFlow, "@acme/piece-gelato", "@acme/piece-slack", 1)
	pieces := knownPieces()
	pieces["@acme/piece-slack"] = pieces["@acme/piece-gelato"]
	slots, err := templateSlots(json.RawMessage(flow), pieces)
	if err != nil {
		t.Fatal(err)
	}
	services := map[string]string{}
	for _, s := range slots {
		services[s.ExternalID] = s.Service
	}
	if len(services) != 4 || services["acme-piece-slack"] != "@acme/piece-slack" {
		t.Errorf("got the slots %v, want one of @acme/piece-slack among four", services)
	}
}

// References that differ in what no address may hold are two sign-ins all the same.
func TestReferencesThatLookAlike(t *testing.T) {
	slots, err := templateSlots(json.RawMessage(strings.NewReplacer("Team One", "a.b", "connections.team_two", "connections['a-b']").Replace(aFlow)), knownPieces())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, s := range slots {
		seen[s.ExternalID] = true
	}
	if len(slots) != 4 || len(seen) != 4 {
		t.Errorf("got %+v, want four slots of their own", slots)
	}
}

func TestProblemOf(t *testing.T) {
	content := activepieces.FlowContent{Trigger: json.RawMessage(aFlow)}
	for want, flows := range map[string][]activepieces.FlowContent{
		"":             {content},
		problemFlows:   {content, content},
		problemTrigger: {{Trigger: json.RawMessage(`{"type":"EMPTY","settings":{}}`)}},
	} {
		if got := problemOf(activepieces.Template{Flows: flows}); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := problemOf(activepieces.Template{Flows: []activepieces.FlowContent{{Trigger: json.RawMessage(`{"type":`)}}}); got != problemTrigger {
		t.Errorf("a broken trigger: got %q", got)
	}
}

// Whatever a template holds, each of its slots finds its steps again.
func FuzzTemplate(f *testing.F) {
	f.Add(aFlow)
	f.Add(`{"type":"EMPTY","settings":{}}`)
	f.Add(`{"type":"PIECE","settings":{"pieceName":"@a/b","input":[]},"children":[[{}]]}`)
	f.Fuzz(func(t *testing.T, text string) {
		slots, err := templateSlots(json.RawMessage(text), nil)
		if err != nil {
			return
		}
		names := map[string]string{}
		for _, s := range slots {
			names[s.ExternalID] = "mine"
		}
		done, err := withConnections(json.RawMessage(text), names)
		if err != nil {
			t.Fatal(err)
		}
		steps, err := stepsOf(done)
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(steps, func(s flowStep) bool { return pieceOf(s) != "" && reference(s) != "mine" }) {
			t.Errorf("a step of %s has no connection", done)
		}
	})
}
