package web

import (
	"cmp"
	"context"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"portico/store"
	"portico/views"
)

// maxRows is how many rows a form may bring; the portal stores fewer.
const maxRows = 50

// storedSlots is the editor of auth slots as it is first shown: what staff have entered or, where nobody has, what
// instances that exist have.
func (s *Server) storedSlots(ctx context.Context, p views.AdminIntegrationPage) (views.SlotForm, error) {
	if p.Listed {
		return views.SlotForm{}, nil
	}
	slots := slices.DeleteFunc(slices.Clone(p.Slots), func(s store.IntegrationSlot) bool { return s.Kind != store.SlotAuth })
	if len(slots) > 0 {
		return views.SlotForm{Rows: slotRows(slots)}, nil
	}
	suggested, err := s.Store.SuggestedSlots(ctx, p.Integration.ID)
	if err != nil || len(suggested) == 0 {
		return views.SlotForm{Rows: []views.SlotRow{{Order: "1"}}}, err
	}
	return views.SlotForm{Rows: slotRows(suggested), Suggested: true}, nil
}

func slotRows(slots []store.IntegrationSlot) []views.SlotRow {
	var rows []views.SlotRow
	for n, slot := range slots {
		rows = append(rows, views.SlotRow{ExternalID: slot.ExternalID, Title: slot.Title, Service: slot.Service, Order: strconv.Itoa(n + 1)})
	}
	return rows
}

// adminChangeSlots answers POST /admin/catalogue/:integration/slots: a row more, a row less, or all of them stored.
// Without scripts too, so rows that are not stored yet live in the form.
func (s *Server) adminChangeSlots(c echo.Context) error {
	rows, err := readSlotRows(c)
	if err != nil {
		return err
	}
	do := c.FormValue("do")
	if row, ok := strings.CutPrefix(do, "remove-"); ok {
		if n, err := strconv.Atoi(row); err == nil && n >= 1 && n <= len(rows) {
			rows = slices.Delete(rows, n-1, n)
		}
		return s.showSlots(c, http.StatusOK, views.SlotForm{Rows: rows})
	}
	if do == "add" {
		rows = append(rows, views.SlotRow{Order: strconv.Itoa(len(rows) + 1)})
		return s.showSlots(c, http.StatusOK, views.SlotForm{Rows: rows})
	}
	id := c.Param("integration")
	err = s.Portal.SetIntegrationSlots(c.Request().Context(), staffActor(c), id, slotsInOrder(rows))
	if err == nil {
		return s.redirect(c, address("/admin/catalogue/"+id, "done", "slots"))
	}
	_, text, ok := refusal(s.page(c), err)
	if !ok {
		return err
	}
	return s.showSlots(c, http.StatusUnprocessableEntity, views.SlotForm{Rows: rows, Problem: text})
}

// showSlots shows the integration with the rows as they were typed.
func (s *Server) showSlots(c echo.Context, status int, form views.SlotForm) error {
	p, err := s.integrationPage(c)
	if err != nil {
		return err
	}
	p.SlotForm = form
	at := "/admin/catalogue/" + p.Integration.ID
	p.At = &at
	return s.render(c, status, views.AdminIntegration(p))
}

// readSlotRows reads the rows of the form; its fields come in the order of the rows.
func readSlotRows(c echo.Context) ([]views.SlotRow, error) {
	form, err := c.FormParams()
	if err != nil {
		return nil, echo.NewHTTPError(http.StatusBadRequest, "the form cannot be read").SetInternal(err)
	}
	ids, titles, services, orders := form["slot_id"], form["slot_title"], form["slot_service"], form["slot_order"]
	if len(ids) > maxRows || len(titles) != len(ids) || len(services) != len(ids) || len(orders) != len(ids) {
		return nil, echo.NewHTTPError(http.StatusBadRequest, "the rows of the form do not fit each other")
	}
	rows := make([]views.SlotRow, len(ids))
	for n := range ids {
		rows[n] = views.SlotRow{ExternalID: ids[n], Title: titles[n], Service: services[n], Order: orders[n]}
	}
	return rows, nil
}

// slotsInOrder is the rows that say something, by their order; those whose order is no number come last.
func slotsInOrder(rows []views.SlotRow) []store.IntegrationSlot {
	rows = slices.DeleteFunc(slices.Clone(rows), func(r views.SlotRow) bool {
		return strings.TrimSpace(r.ExternalID+r.Title+r.Service) == ""
	})
	order := func(r views.SlotRow) int {
		n, err := strconv.Atoi(strings.TrimSpace(r.Order))
		if err != nil {
			return math.MaxInt
		}
		return n
	}
	slices.SortStableFunc(rows, func(a, b views.SlotRow) int { return cmp.Compare(order(a), order(b)) })
	var slots []store.IntegrationSlot
	for _, r := range rows {
		slots = append(slots, store.IntegrationSlot{ExternalID: r.ExternalID, Title: r.Title, Service: r.Service})
	}
	return slots
}
