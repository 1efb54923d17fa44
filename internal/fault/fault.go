// Package fault holds the errors that a client of the API can see. It knows
// nothing of requests or records; its one invariant is that the text of an
// Error was written for the client and can be sent to it as it is.
package fault

import (
	"errors"
	"fmt"
	"net/http"
)

// A Code is an errorCode of the REST API and the exceptionCode or statusCode of the SOAP API.
type Code string

// The codes that clients compare, or that people read.
const (
	AllOrNoneRolledBack      Code = "ALL_OR_NONE_OPERATION_ROLLED_BACK"
	APICurrentlyDisabled     Code = "API_CURRENTLY_DISABLED"
	CannotSave               Code = "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY" // something that runs on a save cannot go on
	CircularDependency       Code = "CIRCULAR_DEPENDENCY"
	DeleteFailed             Code = "DELETE_FAILED"
	DependencyExists         Code = "DEPENDENCY_EXISTS"
	DuplicateDeveloperName   Code = "DUPLICATE_DEVELOPER_NAME"
	DuplicateExternalID      Code = "DUPLICATE_EXTERNAL_ID"
	DuplicateValue           Code = "DUPLICATE_VALUE"
	EntityIsDeleted          Code = "ENTITY_IS_DELETED"
	ExceededIDLimit          Code = "EXCEEDED_ID_LIMIT"
	FieldIntegrity           Code = "FIELD_INTEGRITY_EXCEPTION"
	InactiveOwner            Code = "INACTIVE_OWNER_OR_USER"
	InsufficientAccess       Code = "INSUFFICIENT_ACCESS_OR_READONLY"
	InsufficientAccessOnRef  Code = "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"
	InvalidArgument          Code = "INVALID_ARGUMENT"
	InvalidCrossReferenceKey Code = "INVALID_CROSS_REFERENCE_KEY"
	InvalidEmail             Code = "INVALID_EMAIL_ADDRESS"
	InvalidField             Code = "INVALID_FIELD"
	InvalidFieldForWrite     Code = "INVALID_FIELD_FOR_INSERT_UPDATE"
	InvalidIDField           Code = "INVALID_ID_FIELD"
	InvalidFullName          Code = "INVALID_FULL_NAME"
	InvalidLogin             Code = "INVALID_LOGIN"
	InvalidOperation         Code = "INVALID_OPERATION"
	InvalidNewPassword       Code = "INVALID_NEW_PASSWORD"
	InvalidPicklistValue     Code = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
	InvalidQueryFilter       Code = "INVALID_QUERY_FILTER_OPERATOR"
	InvalidQueryLocator      Code = "INVALID_QUERY_LOCATOR"
	InvalidReplicationDate   Code = "INVALID_REPLICATION_DATE"
	InvalidSessionID         Code = "INVALID_SESSION_ID"
	InvalidType              Code = "INVALID_TYPE"
	JSONParserError          Code = "JSON_PARSER_ERROR"
	XMLParserError           Code = "XML_PARSER_ERROR"
	LimitExceeded            Code = "LIMIT_EXCEEDED"
	MalformedID              Code = "MALFORMED_ID"
	MalformedQuery           Code = "MALFORMED_QUERY"
	MalformedSearch          Code = "MALFORMED_SEARCH"
	MergeFailed              Code = "MERGE_FAILED"
	MethodNotAllowed         Code = "METHOD_NOT_ALLOWED"
	MissingArgument          Code = "MISSING_ARGUMENT"
	MultipleChoices          Code = "DUPLICATE_EXTERNAL_ID_MATCH" // travels as 300 with the urls of the matches
	NotFound                 Code = "NOT_FOUND"
	NumberOutsideValidRange  Code = "NUMBER_OUTSIDE_VALID_RANGE"
	PasswordExpired          Code = "INVALID_OPERATION_WITH_EXPIRED_PASSWORD"
	ProcessingHalted         Code = "PROCESSING_HALTED"
	PreconditionFailed       Code = "PRECONDITION_FAILED"
	PurposeRequired          Code = "PURPOSE_REQUIRED" // Stoa's own
	QueryTimeout             Code = "QUERY_TIMEOUT"
	QueryTooComplicated      Code = "QUERY_TOO_COMPLICATED"
	RequestBodyTooLarge      Code = "REQUEST_BODY_TOO_LARGE"
	RequestLimitExceeded     Code = "REQUEST_LIMIT_EXCEEDED"
	RequiredFieldMissing     Code = "REQUIRED_FIELD_MISSING"
	ServerUnavailable        Code = "SERVER_UNAVAILABLE"
	StorageLimitExceeded     Code = "STORAGE_LIMIT_EXCEEDED"
	StringTooLong            Code = "STRING_TOO_LONG"
	UnableToLockRow          Code = "UNABLE_TO_LOCK_ROW"
	UndeleteFailed           Code = "UNDELETE_FAILED"
	UnknownException         Code = "UNKNOWN_EXCEPTION"
	UnsupportedMediaType     Code = "UNSUPPORTED_MEDIA_TYPE"
	ValidationRule           Code = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
)

// Status returns the HTTP status that c travels with, 400 where none is set.
func (c Code) Status() int {
	switch c {
	case InvalidSessionID:
		return http.StatusUnauthorized
	case APICurrentlyDisabled, RequestLimitExceeded, PasswordExpired:
		return http.StatusForbidden
	case NotFound, EntityIsDeleted:
		return http.StatusNotFound
	case MethodNotAllowed:
		return http.StatusMethodNotAllowed
	case MultipleChoices:
		return http.StatusMultipleChoices
	case PreconditionFailed:
		return http.StatusPreconditionFailed
	case RequestBodyTooLarge:
		return http.StatusRequestEntityTooLarge
	case UnsupportedMediaType:
		return http.StatusUnsupportedMediaType
	case UnknownException:
		return http.StatusInternalServerError
	case ServerUnavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusBadRequest
	}
}

// An Error is an error whose text is written for the client.
type Error struct {
	Code    Code
	Message string
	Fields  []string // API names of the fields at fault
	cause   error    // for the log, never for the client
}

// New returns an Error with a formatted message.
func New(code Code, format string, args ...any) *Error {
	if len(args) == 0 {
		return &Error{Code: code, Message: format}
	}
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// On returns a copy of e that names the fields at fault.
func (e *Error) On(fields ...string) *Error {
	c := *e
	c.Fields = fields
	return &c
}

// Because returns a copy of e that keeps cause for the log.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// Unwrap returns the cause, which only the log may show.
func (e *Error) Unwrap() error { return e.cause }

// From returns the Error in err's chain, or one that says nothing of err but keeps it for the log.
func From(err error) *Error {
	if f, ok := errors.AsType[*Error](err); ok {
		return f
	}
	return &Error{Code: UnknownException, Message: "An unexpected error occurred.", cause: err}
}
