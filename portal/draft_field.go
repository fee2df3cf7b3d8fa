package portal

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"portico/upstream/commercetools"
	"portico/upstream/git"
)

// draftChecks gathers faults.
type draftChecks struct {
	faults []DraftFault
	local  bool // repositories may be at a loopback address
}

func (c *draftChecks) wrong(field, code string, args ...string) {
	refusal, _ := refuse(code, append(args, "field", field)...).(*Refusal)
	c.faults = append(c.faults, DraftFault{field, refusal})
}

func (c *draftChecks) name(field, value string) {
	if strings.TrimSpace(value) == "" {
		c.wrong(field, "draft_missing")
	}
	if utf8.RuneCountInString(value) > mostDraftName {
		c.wrong(field, "draft_long", "max", "256")
	}
}

func (c *draftChecks) text(field, value string) {
	if utf8.RuneCountInString(value) > mostDraftText {
		c.wrong(field, "draft_long", "max", "10000")
	}
}

func (c *draftChecks) email(field, value string) {
	switch {
	case strings.TrimSpace(value) == "":
		c.wrong(field, "draft_missing")
	case !emailShape.MatchString(value):
		c.wrong(field, "draft_email")
	}
}

func (c *draftChecks) types(field string, values []string) {
	for _, value := range values {
		if !slices.Contains(commercetools.IntegrationTypes, value) {
			c.wrong(field, "draft_type", "value", value)
		}
	}
}

func (c *draftChecks) regions(field string, values []string) {
	for _, value := range values {
		if !slices.ContainsFunc(commercetools.Regions, func(r commercetools.Region) bool { return r.ID == value }) {
			c.wrong(field, "draft_region", "value", value)
		}
	}
}

func (c *draftChecks) project(field, value string) {
	if !projectShape.MatchString(value) {
		c.wrong(field, "draft_project", "value", value)
	}
}

// address takes "", and an address that a browser opens.
func (c *draftChecks) address(field, value string) {
	if value == "" {
		return
	}
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
		c.wrong(field, "draft_address")
	}
}

func (c *draftChecks) repository(address, tag string) {
	switch {
	case strings.TrimSpace(address) == "":
		c.wrong("repository.url", "draft_missing")
	case git.CheckURL(address, c.local) != nil || holdsUser(address):
		c.wrong("repository.url", "draft_repository")
	}
	switch {
	case strings.TrimSpace(tag) == "":
		c.wrong("repository.tag", "draft_missing")
	case git.CheckTag(tag) != nil:
		c.wrong("repository.tag", "draft_tag")
	}
}

// holdsUser says whether a web address holds a user name or a password, which everybody could read who sees it.
func holdsUser(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.User != nil && u.Scheme != "ssh"
}
