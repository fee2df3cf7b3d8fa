package hostapp

import (
	"crypto/rand"
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// tokenRoute adds the address at which the embedded element fetches a token. Requests of other sites never
// reach it: see New.
func (h *host) tokenRoute(mux *http.ServeMux) {
	// portico: begin
	mux.Handle("POST /portico-token", h.text(h.sign)) // text: answers the signed-in user as text/plain, uncached
	// portico: end
}

// sign tells the portal who is looking, in a token that is good once and for five minutes at most.
// The claim "tags", a list, would narrow the integrations that the person sees; without it they see all.
//
// portico: begin
func (h *host) sign(p *person) (string, error) {
	now := h.Now()
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims{
		"iss": h.Issuer, "aud": h.Audience, "jti": rand.Text(), "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(),
		"sub": p.ID, "name": p.Name, "email": p.Email, "locale": p.Locale, "role": p.Role, "workspace": p.Customer,
	})
	token.Header["kid"] = h.KeyID
	return token.SignedString(h.Key)
}

// portico: end
