package connectsim

import (
	"maps"
	"slices"
)

// The codes that rules of this service give; the catalogue has them all.
const (
	codeInvalidJSON       = "InvalidJsonInput"
	codeInvalidQuery      = "InvalidQueryParam"
	codeInvalidPath       = "InvalidPathParam"
	codeDuplicate         = "DuplicateField"
	codeValueNotFound     = "FieldValueNotFound"
	codeAuthentication    = "AuthenticationError"
	codeAuthorization     = "AuthorizationError"
	codeNotFound          = "ResourceNotFound"
	codeConflict          = "ConcurrentModification"
	codeGeneral           = "General"
	codeBadGateway        = "BadGateway"
	codeAlreadyCertified  = "ConnectorAlreadyCertified"
	codeInCertification   = "ConnectorStagedInCertification"
	codeNotPreviewable    = "ConnectorStagedNotPreviewable"
	codeNotPrivate        = "ConnectorStagedNotPrivate"
	codePreviewPending    = "ConnectorStagedPreviewRequestUnderProcess"
	codeNoRepository      = "GitRepositoryNotReachable"
	codeNoSpecification   = "ConnectorSpecificationFileNotFound"
	codeBadSpecification  = "ConnectorSpecificationFileNotValid"
	codeNoReference       = "ConnectorReferenceNotFound"
	codeUnsupportedRegion = "DeploymentUnsupportedRegion"
	codeUnknownApp        = "DeploymentUnknownApplicationConfiguration"
	codeUnknownKey        = "DeploymentUnknownApplicationConfigurationKey"
	codeInvalidType       = "DeploymentInvalidType"
	codeNoProduction      = "DeploymentProductionDeactivated"
	codeBadTransition     = "DeploymentInvalidStatusTransition"
	codeForeignApp        = "DeploymentApplicationDoNotBelong"
	codeNoApp             = "DeploymentApplicationRequired"
	codeUpdateFailure     = "DeploymentConnectorUpdateFailure"
	codeUnknownGlobal     = "DeploymentUnknownGlobalConfigurationKey"
	codeMissingGlobal     = "DeploymentMissingGlobalConfigurationKey"
	codeEmptyGlobal       = "DeploymentEmptyRequiredGlobalConfigurationKey"

	// codeNotAllowed is in no catalogue: it stands for what the API description refuses without saying how [?].
	codeNotAllowed = "InvalidOperation"
)

// kind is what the catalogue says of a code.
type kind struct {
	status  int
	pattern string
	fields  []string // that its errors have beside code and message
}

// catalogue is the error types of the API description with their messages. Most statuses of 400 are inferred: the
// description gives none for a type.
var catalogue = map[string]kind{
	codeInvalidJSON:       {400, "Request body does not contain valid JSON.", []string{"detailedErrorMessage"}},
	codeInvalidQuery:      {400, "Request query param is not valid", []string{"detailedErrorMessage"}},
	codeInvalidPath:       {400, "Request path param is not valid", []string{"detailedErrorMessage"}},
	codeDuplicate:         {400, "A duplicate value %v exists for field %s.", []string{"field", "duplicateValue"}},
	codeValueNotFound:     {400, "The value %v for the %s field was not found", []string{"field", "value"}},
	codeAuthentication:    {401, "Bad credentials or Client ID is not defined", nil},
	codeAuthorization:     {403, "Access denied", nil},
	codeNotFound:          {404, "%s with id=%s or key=%s does not exist", nil},
	codeConflict:          {409, "Object id=%s or key=%s has a different version than expected. Expected: %d - Actual: %d)", nil},
	codeGeneral:           {500, "%s", nil},
	codeBadGateway:        {502, "%s", nil},
	codeAlreadyCertified:  {400, "The ConnectorStaged is already certified", nil},
	codeInCertification:   {400, "The ConnectorStaged is already in certification", nil},
	codeNotPreviewable:    {400, "Connector id=%s or key=%s with version %d is not previewable", nil},
	codeNotPrivate:        {400, "The operation is not valid because ConnectorStaged with id=%s or key=%s is not private", nil},
	codePreviewPending:    {400, "The ConnectorStaged preview request is already in progress", nil},
	codeNoRepository:      {400, "Repository with the tag is not reachable", nil},
	codeNoSpecification:   {400, "The file connect.yaml at %s with the tag %s was not found", nil},
	codeBadSpecification:  {400, "The file connect.yaml at %s with the tag %s is not valid", nil},
	codeNoReference:       {400, "Connector '%s' with version %v not found", nil},
	codeUnsupportedRegion: {400, "Deployment unsupported region %s", nil},
	codeUnknownApp:        {400, "Deployment does not require configuration for application named '%s'.", nil},
	codeUnknownKey:        {400, "Deployment does not require %s configuration with key %s for application named %s.", nil},
	codeInvalidType: {400, "The Connector id=%s or key=%s cannot be deployed as a '%s' type. Only '%s' types are allowed.",
		nil},
	codeNoProduction: {400, "Deployments to production are disabled for this Project. Please contact support to enable " +
		"production deployments.", nil},
	codeBadTransition: {400, "Invalid status change: %s", nil},
	codeForeignApp:    {400, "Deployment with id=%s or key=%s does not include application: %s", nil},
	codeNoApp:         {400, "A Deployment requires at least one application", nil},
	codeUpdateFailure: {400, "Deployment with id=%s or key=%s failed while trying to update Connector id=%s or key=%s (cause: %s)",
		nil},
	codeUnknownGlobal: {400, "Deployment global configuration does not require %s with key %s.", nil},
	codeMissingGlobal: {400, "Deployment global configuration requires %s with key %s.", nil},
	codeEmptyGlobal:   {400, "Deployment requires a non empty value for %s global configuration with key %s.", nil},
	codeNotAllowed:    {400, "%s", nil},

	// The logs' own codes: the endpoints are gone, so that only a fault gives them.
	"DeploymentApplicationDoesNotExist":   {400, "Deployment does not have an application named %s.", nil},
	"DeploymentLogInvalidDate":            {400, "Invalid start/end date", nil},
	"DeploymentLogInvalidPageToken":       {400, "Invalid page token: %s", nil},
	"DeploymentLogMissingApplicationName": {400, "Missing application name when fetching deployment logs", nil},
}

// Codes are the error codes of the API description, in order, each of which a rule or a fault of kind "reject" gives.
func Codes() []string {
	all := slices.Sorted(maps.Keys(catalogue))
	return slices.DeleteFunc(all, func(code string) bool { return code == codeNotAllowed })
}
