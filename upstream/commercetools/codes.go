package commercetools

import (
	"maps"
	"net/http"
	"slices"

	"portico/upstream"
)

// Codes that the rest of the program asks for by name. The others are in the table.
const (
	CodeConcurrentModification   = "ConcurrentModification"
	CodeDuplicateField           = "DuplicateField"
	CodeInvalidJSONInput         = "InvalidJsonInput"
	CodeResourceNotFound         = "ResourceNotFound"
	CodeAuthorizationError       = "AuthorizationError"
	CodeAlreadyCertified         = "ConnectorAlreadyCertified"
	CodeInCertification          = "ConnectorStagedInCertification"
	CodeNotPreviewable           = "ConnectorStagedNotPreviewable"
	CodeNotPrivate               = "ConnectorStagedNotPrivate"
	CodePreviewUnderProcess      = "ConnectorStagedPreviewRequestUnderProcess"
	CodeReferenceNotFound        = "ConnectorReferenceNotFound"
	CodeUnsupportedRegion        = "DeploymentUnsupportedRegion"
	CodeUnknownApplication       = "DeploymentUnknownApplicationConfiguration"
	CodeUnknownApplicationKey    = "DeploymentUnknownApplicationConfigurationKey"
	CodeInvalidType              = "DeploymentInvalidType"
	CodeInvalidStatusTransition  = "DeploymentInvalidStatusTransition"
	CodeApplicationDoesNotBelong = "DeploymentApplicationDoNotBelong"
	CodeApplicationRequired      = "DeploymentApplicationRequired"
	CodeUnknownGlobalKey         = "DeploymentUnknownGlobalConfigurationKey"
	CodeMissingGlobalKey         = "DeploymentMissingGlobalConfigurationKey"
	CodeEmptyGlobalKey           = "DeploymentEmptyRequiredGlobalConfigurationKey"
	// CodeOtherProject is ours: the API client has no scope of the project.
	CodeOtherProject = "other_project"
)

// kinds has every code of the API's catalogue, those of its token endpoint in lower case, and ours. A code decides what
// an error is whatever HTTP status it comes with: only a few of them are documented.
var kinds = map[string]upstream.Kind{
	CodeInvalidJSONInput:       upstream.Invalid,
	"InvalidQueryParam":        upstream.Invalid,
	"InvalidPathParam":         upstream.Invalid,
	CodeDuplicateField:         upstream.Exists,
	"FieldValueNotFound":       upstream.Refused,
	"AuthenticationError":      upstream.Unauthorized,
	CodeAuthorizationError:     upstream.Forbidden,
	CodeResourceNotFound:       upstream.NotFound,
	CodeConcurrentModification: upstream.Refused,
	"General":                  upstream.Unavailable, // the action may have succeeded
	"BadGateway":               upstream.Unavailable,

	CodeAlreadyCertified:                 upstream.Refused,
	CodeInCertification:                  upstream.Refused,
	CodeNotPreviewable:                   upstream.Refused,
	CodeNotPrivate:                       upstream.Refused,
	CodePreviewUnderProcess:              upstream.Refused,
	"GitRepositoryNotReachable":          upstream.Refused,
	"ConnectorSpecificationFileNotFound": upstream.Refused,
	"ConnectorSpecificationFileNotValid": upstream.Refused,
	CodeReferenceNotFound:                upstream.Refused,

	CodeUnsupportedRegion:                 upstream.Refused,
	CodeUnknownApplication:                upstream.Refused,
	CodeUnknownApplicationKey:             upstream.Refused,
	CodeInvalidType:                       upstream.Refused,
	"DeploymentProductionDeactivated":     upstream.Refused,
	CodeInvalidStatusTransition:           upstream.Refused,
	CodeApplicationDoesNotBelong:          upstream.Refused,
	CodeApplicationRequired:               upstream.Refused,
	"DeploymentConnectorUpdateFailure":    upstream.Refused,
	CodeUnknownGlobalKey:                  upstream.Refused,
	CodeMissingGlobalKey:                  upstream.Refused,
	CodeEmptyGlobalKey:                    upstream.Refused,
	"DeploymentApplicationDoesNotExist":   upstream.Refused,
	"DeploymentLogInvalidDate":            upstream.Refused,
	"DeploymentLogInvalidPageToken":       upstream.Refused,
	"DeploymentLogMissingApplicationName": upstream.Refused,

	"invalid_token":          upstream.Unauthorized,
	"invalid_client":         upstream.Unauthorized,
	"unauthorized_client":    upstream.Unauthorized,
	"invalid_scope":          upstream.Forbidden,
	"insufficient_scope":     upstream.Forbidden,
	"invalid_request":        upstream.Invalid,
	"unsupported_grant_type": upstream.Invalid,
	CodeOtherProject:         upstream.Forbidden,
}

// Codes are all codes that an error of this package is known to carry, sorted; a service that answers with another keeps
// its own in Error.Code.
func Codes() []string { return slices.Sorted(maps.Keys(kinds)) }

func kindOf(status int, code string) upstream.Kind {
	kind, known := kinds[code]
	switch {
	case known:
		return kind
	case status == http.StatusBadRequest && code != "":
		return upstream.Refused // a code to come: the service has understood the call
	}
	return upstream.KindOf(status)
}
