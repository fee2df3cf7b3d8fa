package traysim

// Projects hold workflows while they are built. This Tray has only published solutions, so that every project that
// a promotion names is one it does not know.

func (c *call) importProject(in input) (object, error) {
	return nil, noSuch("project", in.text("targetProjectId"))
}

func (c *call) exportProject(in input) (object, error) {
	return nil, noSuch("project", in.text("projectId"))
}

func (c *call) importWorkflows(input) (object, error) {
	return nil, refuse("workflow_does_not_exist", "This organisation has no workflows to import over")
}
