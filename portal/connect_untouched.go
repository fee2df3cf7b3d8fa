package portal

import (
	"context"

	"portico/store"
	"portico/upstream/commercetools"
)

// rememberedVersions is of how many versions of a deployment nobody can say any more what came before them.
const rememberedVersions = 50

// untouched says whether a deployment certainly has the values that were last sent: our sending came about, nothing was begun
// there after that had come to rest, and what the platform shows is what was sent.
func (d deployed) untouched(ctx context.Context, r connectReads) (bool, error) {
	last, err := lastSent(ctx, r, d.row.ID)
	if err != nil || last.State != store.OpDone {
		return false, err
	}
	texts, err := r.DocumentsAfter(ctx, store.SubjectDeployment, d.row.ID, last.SentVersion)
	if err != nil || len(texts) >= rememberedVersions {
		return false, err
	}
	var rest commercetools.Deployment
	for _, text := range texts {
		doc, err := document[commercetools.Deployment](text)
		if err != nil {
			return false, err
		}
		switch {
		case rest.ID == "" && doc.Resting():
			rest = doc
		case rest.ID != "" && doc.Status != commercetools.StatusUndeploying && (!doc.Resting() || doc.Details.Build.ID != rest.Details.Build.ID):
			return false, nil
		}
	}
	return d.shows(), nil
}

// lastSent is the last operation that has, or may have, given a deployment values.
func lastSent(ctx context.Context, r connectReads, id string) (store.Operation, error) {
	for before := ""; ; {
		all, err := r.OperationsOf(ctx, store.SubjectDeployment, id, before, rememberedVersions)
		if err != nil || len(all) == 0 {
			return store.Operation{}, err
		}
		for _, o := range all {
			gives := o.Kind == store.OpDeploymentCreate || o.Kind == store.OpDeploymentRedeploy
			if gives && (o.State == store.OpDone || !o.SentAt.IsZero() && (o.UnderWay() || o.Problem == problemLost)) {
				return o, nil
			}
		}
		before = all[len(all)-1].ID
	}
}

// shows says whether the standard values that were last sent are those that the platform shows.
func (d deployed) shows() bool {
	same := func(sent []store.SetValue, there commercetools.Values) bool {
		for _, v := range sent {
			value, ok := there.Find(v.Key)
			if !v.Secured && ok && value != v.Value {
				return false
			}
		}
		return true
	}
	for _, a := range d.doc.Applications {
		if !same(d.set.Values.Applications[a.Name], a.Standard) {
			return false
		}
	}
	return same(d.set.Values.Shared, d.doc.GlobalConfiguration.Standard)
}
