// Package graphql is Tray's language: the schema of its Embedded API and the operations that the portal sends.
package graphql

import _ "embed" // for the schema

// Schema is the text of Tray's GraphQL schema, against which the operations are generated and the simulated Tray
// checks every query.
//
//go:embed schema.graphql
var Schema string
