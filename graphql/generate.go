package graphql

// generated.go is committed; a test proves it fresh.
//go:generate go tool genqlient
