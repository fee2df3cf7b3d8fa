package connectsim

import (
	"slices"
	"time"
)

// comment is one of the certification's, from either side.
type comment struct {
	UserID   string `json:"userId"` // the key of the commenter's project
	Datetime string `json:"datetime"`
	Comment  string `json:"comment"`
}

// inCertification says whether the certification team has the draft: also when a control has given it a status that the
// API description does not know.
func (d *draft) inCertification() bool {
	return !slices.Contains([]string{statusDraft, statusProcessing, statusPublished, statusFailed}, d.Status)
}

// publish is the update action of that name: with certification for everybody, without it for the private projects.
func (c *call) publish(d *draft, certification bool) error {
	switch {
	case d.inCertification():
		return refuse(codeInCertification)
	case certification && d.Certified && !d.HasChanges:
		return refuse(codeAlreadyCertified)
	}
	d.Status, d.Publishing, d.ForReview = statusProcessing, nil, certification
	d.planFor(c.now, c.conf.PublishMS, stepPublishing, stepPublishing, stepPublished)
	return nil
}

// endPublishing is what comes of a publish request: a connector, a place in the certification team's list, or nothing.
func (st *state) endPublishing(d *draft, at time.Time) {
	r := &report{}
	d.Publishing = r
	spec, err := st.inspect(d.Repository)
	switch {
	case err != nil:
		d.Status = statusFailed
		r.add(at, failure, specificationTitle(err))
		return
	case d.has(publishFail):
		d.Status = statusFailed
		r.add(at, failure, "Connector image build check failed")
		return
	}
	d.Specification = spec
	r.add(at, information, "Connector image build check succeeded")
	if d.ForReview {
		d.Status = statusReady
		for _, title := range []string{"Image security analysis check", "SAST and SCA analysis check", "Connector runtime security check"} {
			r.add(at, failure, title+" skipped") // type Error although all is well: as recorded
		}
		d.plan(at, time.Duration(st.conf().ReviewMS)*time.Millisecond, stepReviewed)
		return
	}
	st.release(d, at)
}

// release makes the connector of a draft what the draft is now.
func (st *state) release(d *draft, at time.Time) {
	d.Status, d.AlreadyListed, d.HasChanges = statusPublished, true, false
	d.cancel(stepReviewed)
	if d.ForReview {
		d.Certified, d.Private = true, false
	}
	k, known := st.connectors.get(d.ID)
	if !known {
		k = &connector{ID: d.ID, Region: d.Region, Created: at}
	}
	k.content, k.Version, k.Modified = d.content, d.Version, at
	k.Private, k.Certified, k.Listed = d.Private, d.Certified, true
	st.connectors.put(k)
}

// unlist is the update action of that name: what runs goes on running.
func (c *call) unlist(d *draft) error {
	k, ok := c.st.connectors.get(d.ID)
	if !ok || !d.Certified || !d.AlreadyListed { // [?]
		return refuse(codeNotAllowed, "The ConnectorStaged is not certified and listed")
	}
	d.AlreadyListed, k.Listed, k.Modified = false, false, c.now
	c.st.connectors.put(k)
	return nil
}

// addComment is the update action addCertificationComment.
func (c *call) addComment(d *draft, text string) error {
	d.Comments = append(slices.Clone(d.Comments), comment{c.who.project.Key, stamp(c.now), text})
	return nil
}
