package piecesim

import (
	"fmt"
	"net/http"
)

func lockFlow(c *call, f *flow, _ object) error {
	v := f.latest()
	v.State = stateLocked
	c.edited(f, v)
	return nil
}

// lockAndPublish publishes the latest version and enables it, unless the request says otherwise. When the trigger cannot
// be enabled the version stays locked and published all the same (recorded).
func lockAndPublish(c *call, f *flow, in object) error {
	v := f.latest()
	if v.State == stateDraft {
		v.State = stateLocked
		v.Updated, v.UpdatedBy = c.now, c.who.userID()
	}
	f.PublishedVersionID, f.Updated = v.ID, c.now
	status, _ := in["status"].(string)
	if status == "" {
		status = statusEnabled
	}
	return c.setStatus(f, status)
}

// changeStatus: a flow that was never published ends in a 500, whichever way it is to be changed when that is on (recorded).
func changeStatus(c *call, f *flow, in object) error {
	status, _ := in["status"].(string)
	if _, ok := f.published(); !ok && status == statusEnabled {
		return crash("", "publishedFlowVersionId is required is null or undefined")
	}
	return c.setStatus(f, status)
}

func (c *call) setStatus(f *flow, status string) error {
	if status == statusEnabled && f.Status != statusEnabled {
		if err := c.mayEnable(f); err != nil {
			return err
		}
	}
	f.Status, f.Updated = status, c.now
	return nil
}

// mayEnable asks for the trigger of the published version, and for the plan's limit.
func (c *call) mayEnable(f *flow) error {
	v, _ := f.published()
	name := setting(v.Trigger, "pieceName")
	p, ok := c.srv.pieces.byName[name]
	if ok {
		_, ok = p.step(p.Triggers, setting(v.Trigger, "triggerName"))
	}
	if !ok {
		return refuse(http.StatusNotFound, "ENTITY_NOT_FOUND", object{
			"entityType": "piece_trigger", "extra": object{},
			"message": fmt.Sprintf("Trigger not found for piece %s@%s", orUndefined(name), orUndefined(setting(v.Trigger, "pieceVersion"))),
		})
	}
	limit := c.conf.ActiveFlowsLimit
	if limit > 0 && c.st.enabledFlows() >= limit {
		return refuse(http.StatusPaymentRequired, "QUOTA_EXCEEDED", object{"metric": "active-flows"})
	}
	return nil
}

func orUndefined(s string) string {
	if s == "" {
		return "undefined"
	}
	return s
}
