package piecesim

import (
	"net/http"
	"slices"
)

// opFlow is the endpoint of operations; faults and the journal know each by its type first.
const opFlow = "updateFlow"

// operation changes a flow. Its request has been checked.
type operation struct {
	check  func(k *checker, in object)
	worker bool // enables or disables a trigger, which a worker does
	do     func(c *call, f *flow, in object) error
}

// operations are those that a client of the API needs. The others edit single steps, as only the builder does.
var operations = map[string]operation{
	"LOCK_AND_PUBLISH": {check: maybeStatus, worker: true, do: lockAndPublish},
	"CHANGE_STATUS":    {check: needStatus, worker: true, do: changeStatus},
	"LOCK_FLOW":        {check: nothing, do: lockFlow},
	"CHANGE_NAME":      {check: need("displayName"), do: changeName},
	"CHANGE_FOLDER":    {check: may("folderId"), do: changeFolder},
	"IMPORT_FLOW":      {check: checkImport, do: importFlow},
	"UPDATE_TRIGGER":   {check: checkStep, do: updateTrigger},
	"USE_AS_DRAFT":     {check: need("versionId"), do: useAsDraft},
	"UPDATE_METADATA":  {check: nothing, do: updateMetadata},
	"UPDATE_OWNER":     {check: need("ownerId"), do: updateOwner},
}

// editing are the operations that exist and that the simulator does not have.
var editing = []string{
	"ADD_ACTION", "UPDATE_ACTION", "DELETE_ACTION", "DUPLICATE_ACTION", "MOVE_ACTION", "ADD_BRANCH", "DELETE_BRANCH",
	"DUPLICATE_BRANCH", "MOVE_BRANCH", "SET_SKIP_ACTION", "SAVE_SAMPLE_DATA", "UPDATE_SAMPLE_DATA_INFO", "UPDATE_MINUTES_SAVED",
	"ADD_NOTE", "UPDATE_NOTE", "DELETE_NOTE",
}

func nothing(*checker, object) {}

func need(key string) func(*checker, object) {
	return func(k *checker, in object) { k.text(in, key) }
}

func may(key string) func(*checker, object) {
	return func(k *checker, in object) { k.maybeText(in, key) }
}

func needStatus(k *checker, in object) { k.oneOf(in, "status", statusEnabled, statusDisabled) }

func maybeStatus(k *checker, in object) {
	if in["status"] != nil {
		needStatus(k, in)
	}
}

func checkImport(k *checker, in object) {
	k.text(in, "displayName")
	k.maybeText(in, "schemaVersion")
	trigger, _ := in["trigger"].(object)
	checkStep(k, trigger)
}

// checkStep wants what every trigger has.
func checkStep(k *checker, in object) {
	for _, key := range []string{"name", "displayName", "type"} {
		k.text(in, key)
	}
	if _, ok := in["settings"].(object); !ok {
		k.fault("settings", "Invalid input: expected object")
	}
}

// checkOperation holds a body to the union of all operations: what fits none is told nothing more.
func checkOperation(c *call) error {
	in, ok := c.body["request"].(object)
	op, known := operations[c.text("type")]
	if !ok || !known && !slices.Contains(editing, c.text("type")) {
		return noUnion()
	}
	if k := c.checkBody(); known {
		op.check(k, in)
		if k.faults != nil {
			return noUnion()
		}
	}
	return nil
}

// operate changes a flow and answers with the whole of it. Of two at once the second is refused.
func operate(c *call) (any, error) {
	f, err := c.theFlow()
	if err != nil {
		return nil, err
	}
	if _, err := c.changing(f.ProjectID); err != nil {
		return nil, err
	}
	op, known := operations[c.text("type")]
	if !known {
		return nil, refuseWith(http.StatusBadRequest, "FLOW_OPERATION_INVALID", "The sandbox has no builder: it does not edit single steps")
	}
	if c.srv.busy[f.ID] && !c.worked { // the words are not known [?]
		return nil, refuseWith(http.StatusConflict, "FLOW_OPERATION_IN_PROGRESS", "Flow is busy. Please try again in a moment.")
	}
	if op.worker && !c.worked {
		c.srv.busy[f.ID] = true
		return nil, errNeedsWorker
	}
	delete(c.srv.busy, f.ID)
	in, _ := c.body["request"].(object)
	err = op.do(c, f, in)
	c.st.flows.put(f) // also after an error: publishing leaves something behind
	if err != nil {
		return nil, err
	}
	return f.show(f.latest()), nil
}

func changeName(c *call, f *flow, in object) error {
	v := f.changing(c.now)
	v.DisplayName, _ = in["displayName"].(string)
	c.edited(f, v)
	return nil
}

// edited dates a change by its author.
func (c *call) edited(f *flow, v *version) {
	v.Updated, v.UpdatedBy, f.Updated = c.now, c.who.userID(), c.now
}

func changeFolder(c *call, f *flow, in object) error {
	f.FolderID, _ = in["folderId"].(string)
	f.Updated = c.now
	return nil
}

func updateMetadata(c *call, f *flow, in object) error {
	f.Metadata, f.Updated = in["metadata"], c.now
	return nil
}

func updateOwner(c *call, f *flow, in object) error {
	f.OwnerID, _ = in["ownerId"].(string)
	f.Updated = c.now
	return nil
}

// importFlow replaces the steps and the name.
func importFlow(c *call, f *flow, in object) error {
	trigger, _ := in["trigger"].(object)
	if err := c.knownPieces(trigger); err != nil {
		return err
	}
	v := f.changing(c.now)
	v.DisplayName, _ = in["displayName"].(string)
	v.setTrigger(trigger, c.now)
	if s := in["schemaVersion"]; s != nil {
		v.SchemaVersion = s
	}
	if n, ok := in["notes"].([]any); ok {
		v.Notes = n
	}
	c.edited(f, v)
	return nil
}

// updateTrigger replaces the trigger and leaves what follows it.
func updateTrigger(c *call, f *flow, in object) error {
	if err := c.knownPieces(in); err != nil {
		return err
	}
	v := f.changing(c.now)
	next, has := v.Trigger["nextAction"]
	v.setTrigger(in, c.now)
	if has {
		v.Trigger["nextAction"] = next
		v.settle()
	}
	c.edited(f, v)
	return nil
}

func useAsDraft(c *call, f *flow, in object) error {
	id, _ := in["versionId"].(string)
	old, ok := f.version(id)
	if !ok {
		return notFound("flow_version", id)
	}
	v := f.changing(c.now)
	v.DisplayName, v.Notes, v.SchemaVersion = old.DisplayName, old.Notes, old.SchemaVersion
	v.setTrigger(old.Trigger, c.now)
	c.edited(f, v)
	return nil
}

// knownPieces refuses steps of pieces that are not installed in exactly the version they name.
func (c *call) knownPieces(trigger object) error {
	for step := range steps(trigger) {
		name := setting(step, "pieceName")
		if name == "" {
			continue
		}
		if p, ok := c.srv.pieces.byName[name]; !ok || p.Version != setting(step, "pieceVersion") {
			return pieceNotFound(name)
		}
	}
	return nil
}
