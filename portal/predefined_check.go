package portal

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"portico/secret"
	"portico/store"
)

// decide puts what staff have decided into a predefined connection, and says what the values are that are the same for
// all; had is those it has so far.
func (p *Portal) decide(ctx context.Context, tx *store.Tx, c *store.PredefinedConnection, d PredefinedChange, had map[string]secret.Text) (map[string]secret.Text, error) {
	piece, err := tx.Piece(ctx, c.AccountID, c.Piece)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, refuse("piece_unknown", "piece", shortened(c.Piece))
	case err != nil:
		return nil, err
	case len(piece.Auth) == 0:
		return nil, refuse("piece_open", "piece", piece.Title)
	}
	way, ok := piece.Way(d.AuthType)
	if !ok {
		return nil, refuse("predefined_way", "type", shortened(d.AuthType))
	}
	c.AuthType, c.Title, c.NamePattern = way.Type, cmp.Or(strings.TrimSpace(d.Title), piece.Title), cmp.Or(strings.TrimSpace(d.NamePattern), DefaultPattern)
	c.StopPercent = cmp.Or(d.StopPercent, defaultStop)
	if err := checkTexts(*c); err != nil {
		return nil, err
	}
	fixed, err := decideFields(c, way, d, had)
	if err != nil {
		return nil, err
	}
	return fixed, p.checkNames(ctx, tx, *c)
}

func checkTexts(c store.PredefinedConnection) error {
	rest := strings.NewReplacer("{piece}", "", "{externalProjectId}", "", "{workspace}", "").Replace(c.NamePattern)
	switch {
	case utf8.RuneCountInString(c.Title) > maxTitle || !clean(c.Title):
		return refuse("title_long", "max", strconv.Itoa(maxTitle))
	case utf8.RuneCountInString(c.NamePattern) > maxPattern || !clean(c.NamePattern):
		return refuse("pattern_long", "max", strconv.Itoa(maxPattern))
	case strings.ContainsAny(rest, "{}'\"`\\") || strings.ContainsFunc(rest, func(r rune) bool { return r < ' ' }):
		return refuse("pattern_unknown")
	case c.StopPercent < 1 || c.StopPercent > 100:
		return refuse("stop_range")
	}
	return nil
}

// clean says whether both databases keep a text.
func clean(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// shortened is a text from outside as a message may quote it.
func shortened(s string) string {
	s = strings.ToValidUTF8(s, "�")
	if r := []rune(s); len(r) > 80 {
		return string(r[:79]) + "…"
	}
	return s
}

// decideFields checks where each value comes from, and gives those that are the same for all.
func decideFields(c *store.PredefinedConnection, way store.AuthWay, d PredefinedChange, had map[string]secret.Text) (map[string]secret.Text, error) {
	asked := ValueFields(way)
	from := map[string]store.PredefinedField{}
	for _, f := range d.Fields {
		if !slices.ContainsFunc(asked, func(a store.AuthField) bool { return a.Key == f.Key }) {
			return nil, refuse("field_unknown", "field", shortened(f.Key))
		}
		from[f.Key] = f
	}
	consent := Consent(way) && len(from) == 0
	fixed := map[string]secret.Text{}
	c.Fields = nil
	for _, a := range asked {
		f, decided := from[a.Key]
		if !decided {
			if a.Required && !consent {
				return nil, refuse("field_missing", "field", a.Title)
			}
			continue
		}
		kept, err := decideField(a, &f, cmp.Or(d.Values[a.Key], had[a.Key]))
		if err != nil {
			return nil, err
		}
		if f.Source == store.FromAll && kept == "" {
			continue // one that may be left out
		}
		if f.Source == store.FromAll {
			fixed[a.Key] = kept
		}
		c.Fields = append(c.Fields, f)
	}
	return fixed, nil
}

func decideField(a store.AuthField, f *store.PredefinedField, v secret.Text) (secret.Text, error) {
	f.Attribute = strings.TrimSpace(f.Attribute)
	switch f.Source {
	case store.FromAll:
		f.Attribute = ""
		if v == "" && a.Required {
			return "", refuse("value_missing", "field", a.Title)
		}
		return v, checkValue(a, v)
	case store.FromAttribute:
		if f.Attribute == "" {
			return "", refuse("attribute_empty", "field", a.Title)
		}
		if utf8.RuneCountInString(f.Attribute) > maxAttribute || !clean(f.Attribute) {
			return "", refuse("attribute_long", "field", a.Title, "max", strconv.Itoa(maxAttribute))
		}
	case store.FromWorkspace:
		f.Attribute = ""
	default:
		return "", refuse("source_unknown", "field", a.Title)
	}
	return "", nil
}

// checkNames refuses a pattern that gives a workspace two connections of one name.
func (p *Portal) checkNames(ctx context.Context, tx *store.Tx, c store.PredefinedConnection) error {
	others, err := tx.PredefinedConnections(ctx, c.AccountID)
	if err != nil {
		return err
	}
	sample := store.Workspace{ID: "a", ExternalID: "b"}
	for _, o := range others {
		if o.ID != c.ID && p.ConnectionName(o.NamePattern, o.Piece, sample) == p.ConnectionName(c.NamePattern, c.Piece, sample) {
			return refuse("pattern_taken", "title", o.Title)
		}
	}
	return nil
}
