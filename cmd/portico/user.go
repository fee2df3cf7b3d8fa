package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"portico/portal"
	"portico/secret"
	"portico/store"
)

type userCommand struct {
	Add  userAddCommand  `cmd:"" help:"Add a member of the staff."`
	List userListCommand `cmd:"" help:"List the staff."`
}

type userAddCommand struct {
	Email        string `required:"" help:"E-mail address, by which they sign in." placeholder:"ADDRESS"`
	Name         string `help:"Name, as others see it."`
	Role         string `required:"" enum:"viewer,support,admin" help:"viewer looks, support helps customers, admin changes what everybody sees." placeholder:"viewer|support|admin"`
	PasswordFile string `help:"File whose first line is the password; without it, it is asked for." placeholder:"FILE"`
}

// Run adds a member of the staff.
func (c *userAddCommand) Run(ctx context.Context, p *program, all *commands) error {
	s, err := p.staffStore(ctx, all)
	if err != nil {
		return err
	}
	defer s.Close() //nolint:errcheck // what was written is committed
	password, err := p.password(c.PasswordFile)
	if err != nil {
		return err
	}
	rooms, err := portal.New(portal.Options{Store: s})
	if err != nil {
		return err
	}
	m, err := rooms.CreateStaff(ctx, terminal(), c.Email, c.Name, c.Role, password)
	var refused *portal.Refusal
	if errors.As(err, &refused) && refused.Err != nil {
		return fmt.Errorf("adding %s: %w", c.Email, refused.Err)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "Added %s as %s.\n", m.Email, m.Role)
	return err
}

type userListCommand struct{}

// Run lists the staff.
func (userListCommand) Run(ctx context.Context, p *program, all *commands) error {
	s, err := p.staffStore(ctx, all)
	if err != nil {
		return err
	}
	defer s.Close() //nolint:errcheck // nothing was written
	staff, err := s.StaffList(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "E-MAIL\tNAME\tROLE\tLAST SIGN-IN") //nolint:errcheck // Flush says
	for _, m := range staff {
		seen := "never"
		if !m.SeenAt.IsZero() {
			seen = m.SeenAt.Format(time.RFC3339)
		}
		if !m.DisabledAt.IsZero() {
			seen += " (disabled)"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", m.Email, m.Name, m.Role, seen) //nolint:errcheck // Flush says
	}
	return w.Flush()
}

func (p *program) staffStore(ctx context.Context, all *commands) (*store.Store, error) {
	cfg, err := readStoreConfig(p.getenv, all.Config)
	if err != nil {
		return nil, err
	}
	return openStore(ctx, cfg.Database, cfg.KeysFile, time.Now)
}

// terminal is the actor of what is done here: whoever is signed in to the machine.
func terminal() store.Actor {
	name := "terminal"
	if u, err := user.Current(); err == nil {
		name = u.Username + " at a terminal"
	}
	return store.Actor{Kind: store.ActorStaff, Name: name}
}

// password is the first line of a file, of what is piped in, or of what a person types without seeing it.
func (p *program) password(file string) (secret.Text, error) {
	if file != "" {
		f, err := os.Open(file)
		if err != nil {
			return "", fmt.Errorf("reading the password: %w", err)
		}
		defer f.Close() //nolint:errcheck // only read
		return firstLine(f)
	}
	if f, ok := p.stdin.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprint(p.stderr, "Password: ") //nolint:errcheck // a prompt
		b, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(p.stderr) //nolint:errcheck // a prompt
		return secret.Text(b), err
	}
	return firstLine(p.stdin)
}

func firstLine(r io.Reader) (secret.Text, error) {
	line, err := bufio.NewReader(io.LimitReader(r, 4<<10)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("reading the password: %w", err)
	}
	return secret.Text(strings.TrimRight(line, "\r\n")), nil
}
