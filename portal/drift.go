package portal

import (
	"context"
	"slices"
	"strconv"

	"portico/store"
	"portico/upstream/commercetools"
)

// What differs from what people may expect.
const (
	DriftConnector = "connector" // a deployment runs an older connector than the one that is published, or than its draft
	DriftTag       = "tag"       // a draft has another tag than what is published from it
	DriftChanges   = "changes"   // a draft differs from what is published from it, at the same tag
	DriftKeysNew   = "keys_new"  // the connector asks for keys that a deployment has no value for
	DriftKeysGone  = "keys_gone" // a deployment has values that the connector asks for no more
	DriftSeveral   = "several"   // one connector is deployed more than once in a project
)

// DriftRow is one difference.
type DriftRow struct {
	Kind        string
	AccountID   string
	Draft       store.ConnectorDraft      // without ID where the connector is not among our drafts
	Deployment  store.ConnectDeployment   // without ID where it is about a draft
	From, To    string                    // tags, or versions where the tag is the same
	Keys        []string                  // "application/KEY", "/KEY" of all applications
	Required    []string                  // those of Keys without which it would fail
	Deployments []store.ConnectDeployment // of DriftSeveral
}

// Drift is everything that differs in the copies, drafts first, each by name.
func (p *Portal) Drift(ctx context.Context) ([]DriftRow, error) {
	drafts, err := p.store.ConnectorDrafts(ctx, "")
	if err != nil {
		return nil, err
	}
	deployments, err := p.store.ConnectDeployments(ctx, "")
	if err != nil {
		return nil, err
	}
	var rows []DriftRow
	for _, d := range drafts {
		rows = append(rows, draftDrift(d)...)
	}
	for _, d := range deployments {
		draft := draftOf(drafts, d)
		some, err := deploymentDrift(draft, d)
		if err != nil {
			return nil, err
		}
		rows = append(rows, some...)
	}
	return append(rows, severalOf(deployments)...), nil
}

func draftDrift(d store.ConnectorDraft) []DriftRow {
	row := DriftRow{AccountID: d.AccountID, Draft: d, From: d.ConnectorTag, To: d.Tag}
	switch {
	case d.ConnectorVersion > 0 && d.ConnectorTag != d.Tag:
		row.Kind = DriftTag
	case d.HasChanges && d.ConnectorVersion > 0:
		row.Kind = DriftChanges
	default:
		return nil
	}
	return []DriftRow{row}
}

// draftOf is the draft of what a deployment runs: as its account sees it, or else as another does.
func draftOf(drafts []store.ConnectorDraft, d store.ConnectDeployment) store.ConnectorDraft {
	var found store.ConnectorDraft
	for _, one := range drafts {
		if one.UpstreamID == d.ConnectorID && (found.ID == "" || one.AccountID == d.AccountID) {
			found = one
		}
	}
	return found
}

// deploymentDrift is how a deployment differs from its connector as it is now.
func deploymentDrift(draft store.ConnectorDraft, d store.ConnectDeployment) ([]DriftRow, error) {
	if draft.ID == "" {
		return nil, nil
	}
	preview := d.Type == commercetools.DeployPreview
	if !preview && draft.ConnectorVersion == 0 {
		return nil, nil
	}
	doc, err := DeploymentDocument(d)
	if err != nil {
		return nil, err
	}
	_, now, err := connectable(draft, preview)
	if err != nil {
		return nil, err
	}
	var rows []DriftRow
	add := func(row DriftRow) {
		row.AccountID, row.Draft, row.Deployment = d.AccountID, draft, d
		rows = append(rows, row)
	}
	if from, to, behind := behind(now, d, preview); behind {
		add(DriftRow{Kind: DriftConnector, From: from, To: to})
	}
	there := deployed{row: d, doc: doc}
	if !now.Known || doc.Connector.Configurations == nil {
		return rows, nil
	}
	if keys, required := there.lacks(now); len(keys) > 0 {
		add(DriftRow{Kind: DriftKeysNew, Keys: keys, Required: required})
	}
	if keys := there.leftOver(now); len(keys) > 0 {
		add(DriftRow{Kind: DriftKeysGone, Keys: keys})
	}
	return rows, nil
}

// behind says whether a deployment runs an older connector. The version of a draft rises by itself, so that of a preview the
// tag alone tells.
func behind(now ConfigForm, d store.ConnectDeployment, preview bool) (from, to string, ok bool) {
	if now.Tag != d.Tag {
		return d.Tag, now.Tag, preview || now.Version > d.ConnectorVersion
	}
	return strconv.Itoa(d.ConnectorVersion), strconv.Itoa(now.Version), !preview && now.Version > d.ConnectorVersion
}

// lacks is the keys that a connector asks for, and a deployment has never been asked for and has no value for.
func (d deployed) lacks(now ConfigForm) (keys, required []string) {
	old := formDeployed(d.doc)
	for _, c := range now.Fields {
		for _, application := range c.places() {
			_, plain := d.plain(application, c.Key)
			before, declared := old.field(application, c.Key)
			if plain && !c.Secured || c.Secured && d.secured(application, c.Key) || declared && before.Secured == c.Secured {
				continue
			}
			keys = append(keys, ValueName(application, c.Key))
			if _, usual := c.DefaultOf(application); c.Required && !usual {
				required = append(required, ValueName(application, c.Key))
			}
		}
	}
	return keys, required
}

// leftOver is the keys of values that a deployment has, and its connector asks for no more.
func (d deployed) leftOver(now ConfigForm) (keys []string) {
	add := func(application string, values commercetools.Values, secured bool) {
		for _, v := range values {
			if f, ok := now.field(application, v.Key); !ok || f.Secured != secured {
				keys = append(keys, ValueName(application, v.Key))
			}
		}
	}
	add("", d.doc.GlobalConfiguration.Standard, false)
	add("", d.doc.GlobalConfiguration.Secured, true)
	for _, a := range d.doc.Applications {
		add(a.Name, a.Standard, false)
		add(a.Name, a.Secured, true)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// severalOf is the connectors that are deployed more than once in a project. Previews come and go, and are counted apart.
func severalOf(all []store.ConnectDeployment) (rows []DriftRow) {
	same := func(a, b store.ConnectDeployment) bool {
		return a.AccountID == b.AccountID && a.ConnectorID == b.ConnectorID && (a.Type == commercetools.DeployPreview) == (b.Type == commercetools.DeployPreview)
	}
	for i, d := range all {
		var group []store.ConnectDeployment
		for _, o := range all {
			if same(d, o) {
				group = append(group, o)
			}
		}
		first := slices.IndexFunc(all, func(o store.ConnectDeployment) bool { return same(d, o) }) == i
		if first && len(group) > 1 {
			rows = append(rows, DriftRow{Kind: DriftSeveral, AccountID: d.AccountID, Deployment: d, Deployments: group})
		}
	}
	return rows
}
