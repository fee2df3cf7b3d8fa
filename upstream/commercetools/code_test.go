package commercetools_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"portico/upstream"
	"portico/upstream/commercetools"
)

// catalogue has each code of the API once, as an answer brings it.
var catalogue = []struct {
	status  int
	code    string
	message string
	more    string // further members
	kind    upstream.Kind
}{
	{400, "InvalidJsonInput", "Request body does not contain valid JSON.", `"detailedErrorMessage":"creator.email is missing"`, upstream.Invalid},
	{400, "InvalidQueryParam", "Request query param is not valid", `"detailedErrorMessage":"limit"`, upstream.Invalid},
	{400, "InvalidPathParam", "Request path param is not valid", "", upstream.Invalid},
	{400, "DuplicateField", "A duplicate value my-key exists for field key.", `"field":"key","duplicateValue":"my-key"`, upstream.Exists},
	{400, "FieldValueNotFound", "The value x for the y field was not found", `"field":"y","value":"x"`, upstream.Refused},
	{401, "AuthenticationError", "Bad credentials or Client ID is not defined", "", upstream.Unauthorized},
	{403, "AuthorizationError", "Access denied", "", upstream.Forbidden},
	{404, "ResourceNotFound", "Deployment with id=1 or key=k does not exist", "", upstream.NotFound},
	{409, "ConcurrentModification", "Version mismatch. Concurrent modification.", `"expectedVersion":1,"currentVersion":7`, upstream.Refused},
	{500, "General", "Something went wrong", "", upstream.Unavailable},
	{502, "BadGateway", "Scaling", "", upstream.Unavailable},
	{400, "ConnectorAlreadyCertified", "The ConnectorStaged is already certified", "", upstream.Refused},
	{400, "ConnectorStagedInCertification", "The ConnectorStaged is already in certification", "", upstream.Refused},
	{400, "ConnectorStagedNotPreviewable", "Connector id=1 or key=k with version 7 is not previewable", "", upstream.Refused},
	{400, "ConnectorStagedNotPrivate", "The operation is not valid because ConnectorStaged with id=1 or key=k is not private", "", upstream.Refused},
	{400, "ConnectorStagedPreviewRequestUnderProcess", "The ConnectorStaged preview request is already in progress", "", upstream.Refused},
	{400, "GitRepositoryNotReachable", "Repository with the tag is not reachable", "", upstream.Refused},
	{400, "ConnectorSpecificationFileNotFound", "The file connect.yaml at u with the tag t was not found", "", upstream.Refused},
	{400, "ConnectorSpecificationFileNotValid", "The file connect.yaml at u with the tag t is not valid", "", upstream.Refused},
	{400, "ConnectorReferenceNotFound", "Connector 'k' with version 7 not found", "", upstream.Refused},
	{400, "DeploymentUnsupportedRegion", "Deployment unsupported region r", "", upstream.Refused},
	{400, "DeploymentUnknownApplicationConfiguration", "Deployment does not require configuration for application named 'a'.", "", upstream.Refused},
	{400, "DeploymentUnknownApplicationConfigurationKey", "Deployment does not require standard configuration with key K for application named a.", "", upstream.Refused},
	{400, "DeploymentInvalidType", "The Connector id=1 or key=k cannot be deployed as a 'preview' type. Only 'sandbox' types are allowed.", "", upstream.Refused},
	{400, "DeploymentProductionDeactivated", "Deployments to production are disabled for this Project. Please contact support to enable production deployments.", "", upstream.Refused},
	{400, "DeploymentInvalidStatusTransition", "Invalid status change: Already deploying", "", upstream.Refused},
	{400, "DeploymentApplicationDoNotBelong", "Deployment with id=1 or key=k does not include application: a", "", upstream.Refused},
	{400, "DeploymentApplicationRequired", "A Deployment requires at least one application", "", upstream.Refused},
	{400, "DeploymentConnectorUpdateFailure", "Deployment with id=1 or key=k failed while trying to update Connector id=1 or key=k (cause: c)", "", upstream.Refused},
	{400, "DeploymentUnknownGlobalConfigurationKey", "Deployment global configuration does not require secret with key K.", "", upstream.Refused},
	{400, "DeploymentMissingGlobalConfigurationKey", "Deployment global configuration requires secret with key K.", "", upstream.Refused},
	{400, "DeploymentEmptyRequiredGlobalConfigurationKey", "Deployment requires a non empty value for secret global configuration with key K.", "", upstream.Refused},
	{400, "DeploymentApplicationDoesNotExist", "Deployment does not have an application named a.", "", upstream.Refused},
	{400, "DeploymentLogInvalidDate", "Invalid start/end date", "", upstream.Refused},
	{400, "DeploymentLogInvalidPageToken", "Invalid page token: p", "", upstream.Refused},
	{400, "DeploymentLogMissingApplicationName", "Missing application name when fetching deployment logs", "", upstream.Refused},
	{403, "insufficient_scope", "Insufficient scope. One of the following scopes is missing: manage_connectors.", "", upstream.Forbidden},
	{401, "invalid_token", "invalid_token", "", upstream.Unauthorized},
	{401, "invalid_client", "Please provide valid client credentials using HTTP Basic Authentication.", "", upstream.Unauthorized},
	{401, "unauthorized_client", "The client may not.", "", upstream.Unauthorized},
	{400, "invalid_scope", "The scope is unknown.", "", upstream.Forbidden},
	{400, "invalid_request", "Missing required parameter: grant_type.", "", upstream.Invalid},
	{400, "unsupported_grant_type", "Invalid parameter: grant_type: Invalid grant type: X", "", upstream.Invalid},
}

func TestEveryCodeOfTheAPI(t *testing.T) {
	met := []string{commercetools.CodeOtherProject} // TestScopes
	for _, tt := range catalogue {
		met = append(met, tt.code)
		more := tt.more
		if more != "" {
			more = "," + more
		}
		body := fmt.Sprintf(`{"statusCode":%d,"message":%q,"errors":[{"code":%q,"message":%q%s}]}`, tt.status, tt.message, tt.code, tt.message, more)
		_, c := serve(t, says(tt.status, body))
		_, err := c.UpdateDraft(t.Context(), draftID, 1, commercetools.Unlist())
		got := failure(t, err)
		if got.Kind != tt.kind || got.Code != tt.code || got.Status != tt.status || !strings.HasPrefix(got.Message, tt.message) {
			t.Errorf("%s: got %+v", tt.code, *got)
		}
		if want := tt.status >= 500; got.OutcomeUnknown() != want {
			t.Errorf("%s: the outcome is unknown: %v, want %v", tt.code, got.OutcomeUnknown(), want)
		}
		if !strings.HasPrefix(got.RequestID, "portico-") || got.Platform != commercetools.Platform || !strings.Contains(got.Operation, "unlist") {
			t.Errorf("%s: got platform %q, operation %q, request %q", tt.code, got.Platform, got.Operation, got.RequestID)
		}
	}
	slices.Sort(met)
	if got := commercetools.Codes(); !slices.Equal(got, met) {
		t.Errorf("the table has %v, and met were %v", got, met)
	}
}

func TestConflict(t *testing.T) {
	const long = `"message":"Object id=a or key=b has a different version than expected. Expected: 1 - Actual: 7)"`
	for name, tt := range map[string]struct {
		body              string
		expected, current int
		ok                bool
	}{
		"members":         {`{"errors":[{"code":"ConcurrentModification","message":"m","expectedVersion":1,"currentVersion":7}]}`, 1, 7, true},
		"texts":           {`{"errors":[{"code":"ConcurrentModification","message":"m","expectedVersion":"1","currentVersion":7.0}]}`, 1, 7, true},
		"in the sentence": {`{"errors":[{"code":"ConcurrentModification",` + long + `}]}`, 1, 7, true},
		"half":            {`{"errors":[{"code":"ConcurrentModification","message":"m","expectedVersion":1}]}`, 1, 0, true},
		"nothing":         {`{"statusCode":409,"message":"m","errors":[{"code":"ConcurrentModification","message":"m"}]}`, 0, 0, true},
		"no code":         {`{"statusCode":409,"message":"m"}`, 0, 0, true},
		"something else":  {`{"errors":[{"code":"DuplicateField","message":"m","expectedVersion":1,"currentVersion":7}]}`, 0, 0, false},
	} {
		_, c := serve(t, says(409, tt.body))
		_, err := c.UpdateDraft(t.Context(), draftID, 1, commercetools.Unlist())
		expected, current, ok := commercetools.Conflict(err)
		if expected != tt.expected || current != tt.current || ok != tt.ok || failure(t, err).OutcomeUnknown() {
			t.Errorf("%s: got %d, %d, %v of %v", name, expected, current, ok, err)
		}
	}
	if _, _, ok := commercetools.Conflict(nil); ok {
		t.Error("no error is a conflict")
	}
}

func TestShapesOfErrors(t *testing.T) {
	for name, tt := range map[string]struct {
		status  int
		body    string
		kind    upstream.Kind
		code    string
		message string
	}{
		"two errors": {400, `{"statusCode":400,"message":"First.","errors":[{"code":"InvalidJsonInput","message":"First.","detailedErrorMessage":""},{"code":"InvalidJsonInput","message":"Second.","detailedErrorMessage":"at 3"}]}`,
			upstream.Invalid, "InvalidJsonInput", "First. Second. at 3"},
		"no list":             {403, `{"statusCode":403,"message":"Access denied"}`, upstream.Forbidden, "", "Access denied"},
		"OAuth alone":         {403, `{"error":"insufficient_scope","error_description":"missing"}`, upstream.Forbidden, "insufficient_scope", "missing"},
		"numbers for texts":   {400, `{"message":7,"errors":[{"code":8,"message":null}]}`, upstream.Refused, "8", "7"},
		"errors is no list":   {404, `{"message":"gone","errors":"x"}`, upstream.NotFound, "", "gone"},
		"a code to come":      {400, `{"errors":[{"code":"InvalidOperation","message":"no"}]}`, upstream.Refused, "InvalidOperation", "no"},
		"an unknown code":     {418, `{"errors":[{"code":"TeapotError","message":"short"}]}`, upstream.Invalid, "TeapotError", "short"},
		"a refusal as a 500":  {500, `{"errors":[{"code":"DeploymentInvalidStatusTransition","message":"m"}]}`, upstream.Refused, "DeploymentInvalidStatusTransition", "m"},
		"too many":            {429, `{"message":"slow down"}`, upstream.Limited, "", "slow down"},
		"a page":              {502, `<html>bad gateway</html>`, upstream.Unavailable, "", ""},
		"a page that is away": {404, `<html>nothing here</html>`, upstream.Malformed, "", ""},
		"nothing is away":     {404, ``, upstream.NotFound, "", ""},
		"gone":                {410, `{}`, upstream.NotFound, "", ""},
		"another way":         {302, ``, upstream.Invalid, "", ""},
		"a page as success":   {200, `<html>Welcome</html>`, upstream.Malformed, "", ""},
		"a list as success":   {200, `[]`, upstream.Malformed, "", ""},
		"half a success":      {200, `{"id":"a`, upstream.Malformed, "", ""},
		"an empty success":    {204, ``, upstream.Malformed, "", ""},
		"no ID":               {200, `{"version":1}`, upstream.Malformed, "", ""},
		"a secret in words":   {400, `{"message":"not ` + secretCanary + ` nor canary-token-1"}`, upstream.Invalid, "", "not ••• nor •••"},
	} {
		_, c := serve(t, says(tt.status, tt.body))
		_, err := c.UpdateDraft(t.Context(), draftID, 1, commercetools.Unlist())
		if got := failure(t, err); got.Kind != tt.kind || got.Code != tt.code || got.Message != tt.message {
			t.Errorf("%s: got %+v", name, *got)
		}
	}
}

func TestLostAnswers(t *testing.T) {
	_, c := serve(t, dies)
	_, err := c.DeleteDeployment(t.Context(), deploymentID)
	if got := failure(t, err); got.Kind != upstream.Unavailable || !got.OutcomeUnknown() || !strings.HasPrefix(got.RequestID, "portico-") {
		t.Errorf("got %+v", *got)
	}
}
