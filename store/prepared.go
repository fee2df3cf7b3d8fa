package store

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
)

// mostPrepared is how many statements are kept. The program has some dozens; only what is put together from a user's
// tags and search words can be more, and is asked without being kept then.
const mostPrepared = 256

// prepared asks SQLite with statements that it keeps: reading a query costs more than answering it. (pgx keeps its own.)
// A question is answered even when whoever asked has gone meanwhile: to wait for that takes two goroutines a question,
// which is a good part of what most answers cost.
type prepared struct {
	*sql.DB
	kept sync.Map // query to *sql.Stmt
	size atomic.Int32
}

// QueryContext implements queryer.
func (p *prepared) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx)
	if s := p.statement(ctx, query); s != nil {
		return s.QueryContext(ctx, args...)
	}
	return p.DB.QueryContext(ctx, query, args...)
}

// QueryRowContext implements queryer.
func (p *prepared) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if ctx.Err() == nil { // else database/sql says so
		ctx = context.WithoutCancel(ctx)
	}
	if s := p.statement(ctx, query); s != nil {
		return s.QueryRowContext(ctx, args...)
	}
	return p.DB.QueryRowContext(ctx, query, args...)
}

// atMost is a LIMIT for the questions that pages ask. It is written out: SQLite reads a kept statement again whenever its
// LIMIT is a parameter that was set anew, since the plan may depend on it.
func atMost(rows int) string { return " LIMIT " + strconv.Itoa(rows) }

// statement is the kept statement of a query; nil when there is none, and asking as ever tells why.
func (p *prepared) statement(ctx context.Context, query string) *sql.Stmt {
	if s, ok := p.kept.Load(query); ok {
		return s.(*sql.Stmt)
	}
	if p.size.Load() >= mostPrepared {
		return nil
	}
	s, err := p.DB.PrepareContext(ctx, query)
	if err != nil {
		return nil
	}
	first, late := p.kept.LoadOrStore(query, s)
	if late {
		s.Close() //nolint:errcheck // another request was quicker, and its statement is used
		return first.(*sql.Stmt)
	}
	p.size.Add(1)
	return s
}

// preparedTx is a transaction that runs the statements its database keeps. A new one is noted, to be prepared when the
// transaction is over: until then it has the writer's only connection.
type preparedTx struct {
	*sql.Tx
	p     *prepared
	fresh []string
}

// ExecContext implements queryer.
func (t *preparedTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if s := t.statement(ctx, query); s != nil {
		return s.ExecContext(ctx, args...)
	}
	return t.Tx.ExecContext(ctx, query, args...)
}

// QueryContext implements queryer.
func (t *preparedTx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if s := t.statement(ctx, query); s != nil {
		return s.QueryContext(ctx, args...)
	}
	return t.Tx.QueryContext(ctx, query, args...)
}

// QueryRowContext implements queryer.
func (t *preparedTx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if s := t.statement(ctx, query); s != nil {
		return s.QueryRowContext(ctx, args...)
	}
	return t.Tx.QueryRowContext(ctx, query, args...)
}

func (t *preparedTx) statement(ctx context.Context, query string) *sql.Stmt {
	if s, ok := t.p.kept.Load(query); ok {
		return t.StmtContext(ctx, s.(*sql.Stmt))
	}
	if int(t.p.size.Load())+len(t.fresh) < mostPrepared && !slices.Contains(t.fresh, query) {
		t.fresh = append(t.fresh, query)
	}
	return nil
}

// keep prepares what was new to the transaction, for the next ones.
func (t *preparedTx) keep(ctx context.Context) {
	for _, query := range t.fresh {
		t.p.statement(ctx, query)
	}
}
