package activepieces

import (
	"context"
	"encoding/json"
	"strings"
)

// Piece is a connector of the platform.
type Piece struct {
	Name        string // "@activepieces/piece-stripe"
	DisplayName string
	Description string
	LogoURL     string // anywhere: custom pieces host their own
	Version     string
	Type        string // "OFFICIAL" or "CUSTOM"
	Auth        []Auth // what a connection may be; nil when it needs none
}

type pieceBody struct {
	Name, DisplayName, Description, LogoURL, Version, PieceType text
	Auth                                                        json.RawMessage
}

func (b pieceBody) piece() (Piece, bool) {
	return Piece{
		Name:        string(b.Name),
		DisplayName: string(b.DisplayName),
		Description: string(b.Description),
		LogoURL:     string(b.LogoURL),
		Version:     string(b.Version),
		Type:        string(b.PieceType),
		Auth:        readAuth(b.Auth),
	}, b.Name != ""
}

// Pieces lists all pieces of the platform (GET /pieces): more than 700 on a full
// instance, in one answer, so keep it. One that cannot be read is left out.
func (c *Client) Pieces(ctx context.Context) ([]Piece, error) {
	call := c.get("GET /pieces", "/pieces", nil)
	var rows []json.RawMessage
	if err := c.do(ctx, call, &rows); err != nil {
		return nil, err
	}
	if rows == nil {
		return nil, missing(call.operation, "list of pieces")
	}
	all := make([]Piece, 0, len(rows))
	for _, row := range rows {
		var body pieceBody
		object(row, &body)
		if p, ok := body.piece(); ok {
			all = append(all, p)
		}
	}
	return all, nil
}

// Piece reads the newest version of one piece (GET /pieces/{name}).
func (c *Client) Piece(ctx context.Context, name string) (Piece, error) {
	segments := strings.Split(name, "/") // the name's own slash is part of the path
	for i := range segments {
		segments[i] = pathSegment(segments[i])
	}
	call := c.get("GET /pieces/:name", "/pieces/"+strings.Join(segments, "/"), nil)
	return one(ctx, c, call, pieceBody.piece)
}
