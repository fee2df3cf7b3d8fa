package portal

import (
	"portico/store"
	"portico/upstream/commercetools"
)

// DeploymentGuards says of commercetools.ActRedeploy and ActUndeploy whether a deployment's state, as last seen, allows it,
// and why not: a code, for which there is the text refusal.CODE.
func DeploymentGuards(d store.ConnectDeployment) map[string]Guard {
	guards := map[string]Guard{}
	for _, act := range []string{commercetools.ActRedeploy, commercetools.ActUndeploy} {
		guards[act] = deploymentGuard(d, act)
	}
	return guards
}

func deploymentGuard(d store.ConnectDeployment, act string) Guard {
	there, err := DeploymentDocument(d)
	ok, why := there.May(act)
	switch {
	case !d.GoneAt.IsZero():
		return Guard{false, "deployment_gone"}
	case err != nil:
		return Guard{false, "deployment_status"}
	case !ok:
		return Guard{false, deployRefusals[why]}
	}
	return Guard{true, ""}
}

// mayDeployment refuses what a deployment's state does not allow.
func mayDeployment(d store.ConnectDeployment, act string) error {
	if g := deploymentGuard(d, act); !g.OK {
		return refuse(g.Why, "status", d.Status, "name", d.ConnectorName)
	}
	return nil
}
