package connectsim

// updateDraft answers POST /connectors/drafts/{id} and /key={key}: all actions or none.
func updateDraft(c *call) (any, error) {
	s, err := c.shape()
	if err != nil {
		return nil, err
	}
	version, actions := s.number("version", true, 0), readActions(s, draftActions)
	if err := s.err(); err != nil {
		return nil, err
	}
	d, err := c.draft()
	if err != nil {
		return nil, err
	}
	if version != d.Version {
		return nil, c.conflict(d.ID, d.Key, version, d.Version)
	}
	if d.Status == statusProcessing { // "You will be unable to update the Connector until the process completes" [?]
		return nil, refuse(codeNotAllowed, "The ConnectorStaged is being processed and cannot be updated")
	}
	changed := *d // actions replace what they change, they never reach into it
	for _, act := range actions {
		if err := act(c, &changed); err != nil {
			return nil, err
		}
	}
	if len(actions) > 0 {
		changed.Version++
		changed.Modified = c.now
	}
	c.st.drafts.put(&changed)
	c.wrote(changed.ID, changed.Key)
	return changed.show(), nil
}

// readActions reads the actions of an update, each by what its name stands for.
func readActions[T any](s shape, known map[string]func(shape) T) []T {
	var out []T
	for _, a := range s.each("actions", true) {
		name := a.text("action", true)
		read, ok := known[name]
		if !ok {
			if name != "" {
				a.fault("action", "unknown action %q", name)
			}
			continue
		}
		out = append(out, read(a))
	}
	return out
}

// conflict is the answer to a version that is not the object's: in one of two forms that are on record.
func (c *call) conflict(id, key string, expected, actual int) error {
	p := refuse(codeConflict, id, key, expected, actual)
	if c.conf.ShortConflict {
		p.errors[0]["message"] = "Version mismatch. Concurrent modification."
		return p
	}
	return p.with("expectedVersion", expected).with("currentVersion", actual)
}
