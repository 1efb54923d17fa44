package bulk

import "stoa/internal/fault"

// The codes of version 2, without underscores, and of a row that is none. Source: the API's own.
const (
	invalidJob        fault.Code = "INVALIDJOB"
	invalidJobState   fault.Code = "INVALIDJOBSTATE"
	invalidEntity     fault.Code = "INVALIDENTITY"
	featureNotEnabled fault.Code = "FEATURENOTENABLED"
	apiError          fault.Code = "API_ERROR"
	clientInput       fault.Code = "CLIENT_INPUT_ERROR"
)

func notFound() error { return fault.New(fault.NotFound, "The requested resource does not exist") }

func tooLarge() error {
	return fault.New(fault.RequestBodyTooLarge, "The request body is larger than %d bytes", maxUpload)
}

var errHardDelete = fault.New(featureNotEnabled, "hardDelete operation requires special user profile permission, please contact your system administrator")
