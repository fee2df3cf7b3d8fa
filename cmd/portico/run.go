package main

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// program is what a command is given of the world.
type program struct {
	getenv func(string) string
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	now    func() time.Time // the clock of commands that wait for platforms
}

// commands are all that there are; kong reads their flags and arguments, one dash or two.
type commands struct {
	Config string `help:"Configuration file (YAML); variables win over it." placeholder:"FILE"`

	Serve   serveCommand   `cmd:"" help:"Serve the portal."`
	Sandbox sandboxCommand `cmd:"" help:"Practise: the portal, a sample host application and simulated platforms, with demo data."`
	Check   checkCommand   `cmd:"" help:"Test the configuration against the real services."`
	User    userCommand    `cmd:"" help:"Staff, who sign in at /admin."`
	Secrets secretsCommand `cmd:"" help:"The keys that seal secrets at rest."`
	Deploy  deployCommand  `cmd:"" help:"Deploy a connector from a terminal or a pipeline, without a portal that runs."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

// usageError is a command line that makes no sense.
type usageError struct{ error }

// run does what the arguments say until it is done or ctx ends.
func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) error {
	return (&program{getenv, stdin, stdout, stderr, time.Now}).run(ctx, args)
}

func (p *program) run(ctx context.Context, args []string) error {
	var c commands
	helped := false
	k, err := kong.New(&c, kong.Name("portico"), kong.Writers(p.stdout, p.stderr), kong.UsageOnError(),
		kong.Description("Portico is a portal in which your customers connect integrations, inside your product."),
		kong.Exit(func(int) { helped = true }),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(p, &c))
	if err != nil {
		return err
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := k.Parse(twoDashes(args))
	if helped {
		return nil
	}
	if err != nil {
		return usageError{err}
	}
	return parsed.Run()
}

// twoDashes turns -long into --long: kong takes one dash for a row of short flags, of which there are none.
func twoDashes(args []string) []string {
	long := make([]string, 0, len(args))
	for i, a := range args {
		if a == "--" {
			return append(long, args[i:]...)
		}
		if len(a) > 2 && a[0] == '-' && a[1] != '-' && !strings.ContainsAny(a[1:2], "0123456789.") {
			a = "-" + a
		}
		long = append(long, a)
	}
	return long
}
