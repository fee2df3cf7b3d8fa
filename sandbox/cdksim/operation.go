package cdksim

import (
	"encoding/json"
	"fmt"
)

// operation is one thing that a connector can do: an operation.json with what stands beside it.
type operation struct {
	Name        string          `json:"name"`
	Title       string          `json:"title"`
	Description string          `json:"description"`
	Type        string          `json:"type,omitempty"`     // ddl, private or none
	Delivery    string          `json:"delivery,omitempty"` // of a trigger
	Input       json.RawMessage `json:"input,omitempty"`    // JSON Schema
	Output      json.RawMessage `json:"output,omitempty"`   // JSON Schema
}

// operations reads them all, and says what keeps them from being built.
func (a *archive) operations() (all []operation, broken string) {
	for _, dir := range a.folders() {
		op, fault := a.operation(dir)
		if broken == "" {
			broken = fault
		}
		all = append(all, op)
	}
	return all, broken
}

func (a *archive) operation(dir string) (op operation, broken string) {
	raw, ok := a.read(dir + "operation.json")
	if err := json.Unmarshal(raw, &op); !ok || err != nil {
		return op, fmt.Sprintf("%soperation.json cannot be read", dir)
	}
	if a.files[dir+"handler.ts"] == nil {
		return op, fmt.Sprintf("%shandler.ts is missing", dir)
	}
	for file, schema := range map[string]*json.RawMessage{"input.json": &op.Input, "output.json": &op.Output} {
		raw, ok := a.read(dir + file)
		if !ok || !json.Valid(raw) {
			return op, fmt.Sprintf("%s%s is missing or cannot be read", dir, file)
		}
		*schema = raw
	}
	return op, ""
}
