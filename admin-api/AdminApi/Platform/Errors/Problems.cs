namespace AdminApi.Platform;

/// <summary>The kinds of error that any operation may answer with.</summary>
public static class Problems
{
    public static readonly ProblemKind InvalidRequest = new(400, "invalid_request", "The request is not valid");
    public static readonly ProblemKind IdempotencyKeyRequired = new(400, "idempotency_key_required", "An Idempotency-Key is required");
    public static readonly ProblemKind Unauthorized = new(401, "unauthorized", "No valid key or token");
    public static readonly ProblemKind ForbiddenScope = new(403, "forbidden_scope", "The key or token lacks the scope");
    public static readonly ProblemKind NotFound = new(404, "not_found", "Not found");
    public static readonly ProblemKind MethodNotAllowed = new(405, "method_not_allowed", "Method not allowed");
    public static readonly ProblemKind IdempotencyKeyReused = new(
        409, "idempotency_key_reused", "This Idempotency-Key was used with another request");
    public static readonly ProblemKind RequestInProgress = new(409, "request_in_progress", "The same request is in progress");
    public static readonly ProblemKind StaleVersion = new(412, "stale_version", "It has changed since it was read");
    public static readonly ProblemKind TooLarge = new(413, "too_large", "The request is too large");
    public static readonly ProblemKind UriTooLong = new(414, "uri_too_long", "The address is too long");
    public static readonly ProblemKind UnsupportedMediaType = new(
        415, "unsupported_media_type", "The media type of the body is not accepted");
    public static readonly ProblemKind PreconditionRequired = new(428, "precondition_required", "If-Match is required");
    public static readonly ProblemKind RateLimited = new(429, "rate_limited", "Too many requests");
    public static readonly ProblemKind InternalError = new(500, "internal_error", "A defect of the gateway");
    public static readonly ProblemKind Unavailable = new(503, "unavailable", "A store is unavailable");

    public static readonly IReadOnlyList<ProblemKind> All =
    [
        InvalidRequest, IdempotencyKeyRequired, Unauthorized, ForbiddenScope, NotFound, MethodNotAllowed, IdempotencyKeyReused,
        RequestInProgress, StaleVersion, TooLarge, UriTooLong, UnsupportedMediaType, PreconditionRequired, RateLimited, InternalError,
        Unavailable,
    ];
}
