package connectsim

import (
	"time"
)

// Steps of a draft. At those that end in -ing nothing but the version changes: the service notes what it has come to.
const (
	stepPreviewing = "previewing"
	stepPreviewed  = "previewed"
	stepPublishing = "publishing"
	stepPublished  = "published"
	stepReviewed   = "in review"
)

// requestPreview is the update action updatePreviewable. The version rises with it and five times more until the
// preview has ended: the recorded one went from 1 to 7.
func (c *call) requestPreview(d *draft) error {
	if d.Previewable == previewPending {
		return refuse(codePreviewPending)
	}
	d.Previewable, d.Previewing = previewPending, nil
	d.planFor(c.now, c.conf.PreviewMS, stepPreviewing, stepPreviewing, stepPreviewing, stepPreviewing, stepPreviewed)
	return nil
}

// planFor puts steps ahead that take so many milliseconds, longer or for ever when a switch says so.
func (d *draft) planFor(now time.Time, ms int, steps ...string) {
	d.plan(now, lasting(ms, d.has), steps...)
	if d.has(stuck) {
		d.cancel(steps[len(steps)-1])
	}
}

func lasting(ms int, has func(string) bool) time.Duration {
	if has(slow) {
		ms *= 10
	}
	return time.Duration(ms) * time.Millisecond
}

// settleDraft does what was due by now.
func (st *state) settleDraft(d *draft, now time.Time) {
	for s, ok := d.next(now); ok; s, ok = d.next(now) {
		d.Version++
		switch s.Do {
		case stepPreviewed:
			st.endPreview(d, s.At)
		case stepPublished:
			st.endPublishing(d, s.At)
		case stepReviewed:
			d.Status = statusInCertification
		}
		st.drafts.put(d)
	}
}

// endPreview reads the repository once more, since a tag can be moved, and says what came of the checks.
func (st *state) endPreview(d *draft, at time.Time) {
	r := &report{}
	spec, err := st.inspect(d.Repository)
	switch {
	case d.has(previewCancel):
		d.Previewable = previewNone
		return
	case err != nil:
		d.Previewable = previewNo
		r.add(at, failure, specificationTitle(err))
	case d.has(previewFail):
		d.Previewable = previewNo
		r.add(at, failure, "SAST and SCA analysis check failed")
		r.add(at, information, "Connector specification file validation check succeeded")
	default:
		d.Previewable, d.Specification = previewYes, spec
		r.add(at, information, "Image security analysis check succeeded")
		r.add(at, information, "SAST and SCA analysis check succeeded")
		r.add(at, information, "Connector specification file validation check succeeded")
	}
	d.Previewing = r
	d.HasChanges = d.HasChanges || !d.AlreadyListed // as recorded: true after a preview of what was never published
}

// specificationTitle is how a report says that connect.yaml cannot be read. Only the second is on record.
func specificationTitle(err error) string {
	switch problemOf(err).code() {
	case codeNoRepository:
		return "Repository with the tag is not reachable"
	case codeNoSpecification:
		return "Connector specification file not found"
	default:
		return "Connector specification file not valid"
	}
}
