package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"portico/store"
	"portico/views"
)

// adminPieceLines is how many services a page to pick one has.
const adminPieceLines = 24

// adminPredefinedList answers GET /admin/activepieces/:account/connections.
func (s *Server) adminPredefinedList(c echo.Context) error {
	ctx := c.Request().Context()
	a, account, err := s.piecesPage(c, views.SectionPredefined, c.Param("account"))
	if err != nil {
		return err
	}
	p := views.AdminPredefinedListPage{AdminPage: a, Account: account}
	all, err := s.Store.PredefinedConnections(ctx, account.ID)
	if err != nil {
		return err
	}
	for _, one := range all {
		card := views.PredefinedCard{PredefinedConnection: one}
		if card.Piece, err = s.piece(ctx, one); err != nil {
			return err
		}
		if card.Counts, err = s.Store.CountConnections(ctx, one.ID); err != nil {
			return err
		}
		p.Cards = append(p.Cards, card)
	}
	return s.render(c, http.StatusOK, views.AdminPredefinedList(p))
}

// piece is the service of a predefined connection; of one that is not installed any more there is the name alone.
func (s *Server) piece(ctx context.Context, c store.PredefinedConnection) (store.Piece, error) {
	piece, err := s.Store.Piece(ctx, c.AccountID, c.Piece)
	if errors.Is(err, store.ErrNotFound) {
		return store.Piece{AccountID: c.AccountID, Name: c.Piece, Title: c.Title}, nil
	}
	return piece, err
}

// adminPickPiece answers GET /admin/activepieces/:account/pieces?q=&page=: the services that a connection can be for.
func (s *Server) adminPickPiece(c echo.Context) error {
	a, account, err := s.piecesPage(c, views.SectionPredefined, c.Param("account"))
	if err != nil {
		return err
	}
	p := views.AdminPiecePickPage{AdminPage: a, Account: account, Search: c.QueryParam("q")}
	if p.Number, err = strconv.Atoi(c.QueryParam("page")); err != nil || p.Number < 1 || p.Number > 10_000 {
		p.Number = 1
	}
	list, err := s.Store.Pieces(c.Request().Context(), account.ID, p.Search, (p.Number-1)*adminPieceLines, adminPieceLines+1)
	if err != nil {
		return err
	}
	path := "/admin/activepieces/" + account.ID + "/pieces"
	var more bool
	if p.Pieces, more = pageOf(list, adminPieceLines); more {
		p.Next = address(path, "q", p.Search, "page", strconv.Itoa(p.Number+1))
	}
	if p.Number > 1 {
		p.First = address(path, "q", p.Search)
	}
	return s.render(c, http.StatusOK, views.AdminPiecePick(p))
}

// adminPredefined answers GET /admin/activepieces/connections/:predefined?state=&name=&after=&pattern=: how one stands in
// every workspace. A pattern is looked at, not stored.
func (s *Server) adminPredefined(c echo.Context) error {
	p, err := s.predefinedPage(c)
	if err != nil {
		return err
	}
	if err := s.preview(c.Request().Context(), &p.Form, c.QueryParam("pattern")); err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.AdminPredefined(p))
}

// predefinedPage is the page of a predefined connection as it is stored.
func (s *Server) predefinedPage(c echo.Context) (views.AdminPredefinedPage, error) {
	ctx := c.Request().Context()
	var p views.AdminPredefinedPage
	var err error
	if p.Connection, err = s.Store.PredefinedConnection(ctx, c.Param("predefined")); err != nil {
		return p, err
	}
	if p.AdminPage, p.Account, err = s.piecesPage(c, views.SectionPredefined, p.Connection.AccountID); err != nil {
		return p, err
	}
	if p.Piece, err = s.piece(ctx, p.Connection); err != nil {
		return p, err
	}
	if err := s.readStanding(ctx, &p); err != nil {
		return p, err
	}
	if err := s.readCustomers(c, &p); err != nil {
		return p, err
	}
	p.Form, err = s.storedPredefined(ctx, p.Connection, p.Piece)
	return p, err
}

// readStanding reads how a predefined connection stands as a whole.
func (s *Server) readStanding(ctx context.Context, p *views.AdminPredefinedPage) (err error) {
	id := p.Connection.ID
	if p.Counts, err = s.Store.CountConnections(ctx, id); err != nil {
		return err
	}
	counts, err := s.Store.CountProjects(ctx, p.Account.ID)
	if err != nil {
		return err
	}
	p.Workspaces = counts.Workspaces
	if p.UpToDate, err = s.Store.CountUpToDate(ctx, id); err != nil {
		return err
	}
	if p.Resolving, err = s.Store.CountResolving(ctx, id); err != nil {
		return err
	}
	if p.Rollout, err = s.newestRollout(ctx, p.Account.ID, id); err != nil {
		return err
	}
	events, err := s.Store.Events(ctx, "predefined", id, "", adminSecond)
	p.Lines, _ = views.Timeline(events, nil, adminSecond)
	return err
}

// readCustomers reads a page of the workspaces in the state that is asked for.
func (s *Server) readCustomers(c echo.Context, p *views.AdminPredefinedPage) error {
	if state := c.QueryParam("state"); slices.Contains(views.ConnectionStates, state) {
		p.State = state
	}
	list, err := s.Store.WorkspaceConnections(c.Request().Context(), p.Connection.ID, p.State, c.QueryParam("name"), c.QueryParam("after"), adminSecond+1)
	if err != nil {
		return err
	}
	path := "/admin/activepieces/connections/" + p.Connection.ID
	var more bool
	if p.Rows, more = pageOf(list, adminSecond); more {
		last := p.Rows[adminSecond-1]
		p.Next = address(path, "state", p.State, "name", last.WorkspaceName, "after", last.WorkspaceID)
	}
	if c.QueryParam("after") != "" {
		p.First = address(path, "state", p.State)
	}
	return nil
}
