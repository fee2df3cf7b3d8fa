package views

import (
	"fmt"
	"net/url"
	"slices"

	"portico/store"
)

// Sections of the pages about an Activepieces.
const (
	SectionPieces     = "pieces"
	SectionProjects   = "projects"
	SectionPredefined = "predefined"
)

// piecesPath is the address of a page about an account at Activepieces.
func piecesPath(accountID, rest string) string { return "/admin/activepieces/" + accountID + rest }

// The first version whose templates name pieces exactly, and the last whose lists lose rows between their pages.
const (
	exactVersions = 82
	losesRows     = 86
)

// lack is something that an instance does not give, and what to do about it: two messages, admin.pieces.lack.CODE and
// admin.pieces.todo.CODE.
type lack struct {
	code string
	tone string
	args []any
}

// Lacks is what an instance lacks for what is configured, the worst first.
func (p AdminPiecesPage) lacks() []lack {
	s := p.Account.Server
	var all []lack
	add := func(missing bool, code, tone string, args ...any) {
		if missing {
			all = append(all, lack{code, tone, args})
		}
	}
	if s.CheckedAt.IsZero() {
		return []lack{{code: "unchecked", tone: "info"}}
	}
	add(s.Problem != "", "problem", "bad", "problem", s.Problem)
	if s.Version == "" {
		return all
	}
	known := s.PlatformID != "" // else it has not said what its licence has
	ce := s.Edition == "ce"
	add(!known && s.Problem == "", "no_project", "info")
	add(known && !s.ManyProjects && ce, "community", "warn")
	add(known && !s.ManyProjects && !ce, "projects", "bad")
	add(known && !s.GlobalConnections && p.Predefined > 0, "connections_used", "bad", "count", p.Predefined)
	add(known && !s.GlobalConnections && p.Predefined == 0, "connections", "warn")
	signs := p.Account.SigningKeyID != ""
	add(known && !s.Embedding && signs, "embedding", "bad")
	add(known && s.Embedding && !signs, "signing_key", "info")
	add(known && s.Embedding && signs && !p.framed(), "origin", "info", "origin", p.Origin)
	add(signs && s.Embedding && p.Script == "", "script", "warn")
	add(older(s.Version, exactVersions), "old", "warn", "version", s.Version)
	add(!older(s.Version, exactVersions) && older(s.Version, losesRows+1), "rows", "info", "version", s.Version)
	slices.SortStableFunc(all, func(a, b lack) int { return weight(a.tone) - weight(b.tone) })
	return all
}

func weight(tone string) int { return slices.Index([]string{"bad", "warn", "info"}, tone) }

// framed says whether the instance lets pages of the portal hold its builder.
func (p AdminPiecesPage) framed() bool {
	return slices.ContainsFunc(p.Account.Server.EmbedOrigins, func(o string) bool { return o == p.Origin || o == "*" })
}

// older says whether a version 0.x comes before another; what is no such version does not.
func older(version string, minor int) bool {
	var major, has int
	_, err := fmt.Sscanf(version, "%d.%d", &major, &has)
	return err == nil && major == 0 && has < minor
}

// OriginOf is the origin of an address; "" for what is none.
func OriginOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// adminDetail is why something failed: a reason of ours in the reader's language, else the words of the service or the
// platform as they are.
func adminDetail(a AdminPage, detail string) string {
	if code, about := store.Reason(detail); code != "" {
		return a.T("predefined.reason."+code, "about", about)
	}
	return detail
}
