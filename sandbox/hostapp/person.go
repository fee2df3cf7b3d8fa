package hostapp

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/crypto/bcrypt"
)

// customer is a company that pays for Northwind: a workspace, in the portal's words. Its JSON is the claim "workspace".
type customer struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	Attributes map[string]string `json:"attributes,omitempty"`
}

// person is somebody who works at a customer.
type person struct {
	ID       string // never changes, unlike the e-mail address: the portal's external ID
	Name     string
	Email    string
	Locale   string
	Role     string // viewer, member or admin
	Customer *customer
	password []byte // bcrypt
}

// people is everybody with a login. It is safe for concurrent use.
type people struct {
	mu      sync.RWMutex
	byEmail map[string]*person
	byID    map[string]*person
	demo    []*person
}

// demoPassword opens each demo login; the login page prints it.
const demoPassword = "demo"

// demoHash is made once a process, when first needed: bcrypt is slow on purpose.
var demoHash = sync.OnceValue(func() []byte {
	hash, err := bcrypt.GenerateFromPassword([]byte(demoPassword), bcrypt.DefaultCost)
	if err != nil {
		panic(fmt.Sprintf("hashing the demo password: %v", err)) // only a password over 72 bytes does this
	}
	return hash
})

func demoPeople() *people {
	northwind := &customer{ID: "org_1234", Name: "Northwind Traders", Attributes: map[string]string{"plan": "growth", "country": "US", "store_id": "nw-001"}}
	contoso := &customer{ID: "org_1235", Name: "Contoso Retail", Attributes: map[string]string{"plan": "starter", "country": "DE", "store_id": "co-042"}}
	ps := &people{byEmail: map[string]*person{}, byID: map[string]*person{}}
	for _, p := range []*person{
		{ID: "u_1042", Name: "Billy Ortiz", Email: "billy@northwind.example", Locale: "en-US", Role: "admin", Customer: northwind},
		{ID: "u_1043", Name: "Nancy Freehafer", Email: "nancy@northwind.example", Locale: "en-US", Role: "member", Customer: northwind},
		{ID: "u_2001", Name: "Carla Weiss", Email: "carla@contoso.example", Locale: "en-GB", Role: "admin", Customer: contoso},
		{ID: "u_2002", Name: "Omar Haddad", Email: "omar@contoso.example", Locale: "en-GB", Role: "member", Customer: contoso},
	} {
		ps.byEmail[p.Email], ps.byID[p.ID] = p, p
		ps.demo = append(ps.demo, p)
	}
	return ps
}

// withID returns the person, or nil.
func (ps *people) withID(id string) *person {
	ps.mu.RLock()
	defer ps.mu.RUnlock()
	return ps.byID[id]
}

// check returns the person whose login this is, or nil. It takes as long when nobody has that address.
func (ps *people) check(email, password string) *person {
	ps.mu.RLock()
	p := ps.byEmail[normal(email)]
	ps.mu.RUnlock()
	hash := demoHash()
	if p != nil && p.password != nil {
		hash = p.password
	}
	if bcrypt.CompareHashAndPassword(hash, []byte(password)) != nil {
		return nil
	}
	return p
}

// errTaken says that a login with that address exists.
var errTaken = errors.New("e-mail address is taken")

// add makes a login, and a customer of its own for it, whose admin the person is.
func (ps *people) add(name, email, password, company string) (*person, error) {
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.DefaultCost)
	if err != nil {
		return nil, fmt.Errorf("hashing a password: %w", err)
	}
	p := &person{
		ID: "u_" + strings.ToLower(rand.Text()[:12]), Name: name, Email: normal(email), Locale: "en", Role: "admin", password: hash,
		Customer: &customer{ID: "org_" + strings.ToLower(rand.Text()[:12]), Name: company, Attributes: map[string]string{"plan": "trial"}},
	}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.byEmail[p.Email] != nil {
		return nil, errTaken
	}
	ps.byEmail[p.Email], ps.byID[p.ID] = p, p
	return p, nil
}

func normal(email string) string {
	return strings.ToLower(strings.TrimSpace(email))
}
