namespace AdminApi.Platform;

/// <summary>The rules that an endpoint declares. They are enforced from this metadata,
/// and the OpenAPI document is written from it.</summary>
public static class EndpointRules
{
    /// <summary>The scope without which the answer is 403 forbidden_scope. Every endpoint under /v1 has one.</summary>
    public static TBuilder Requires<TBuilder>(this TBuilder builder, Scope scope) where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new RequiredScope(scope));

    /// <summary>
    /// The kinds of error of this endpoint, in addition to those that follow from its other rules (400, 401, 403, 429, 503, and those of
    /// bodies, If-Match and Idempotency-Key).
    /// </summary>
    public static TBuilder Problems<TBuilder>(this TBuilder builder, params ProblemKind[] kinds) where TBuilder
        : IEndpointConventionBuilder =>
        builder.WithMetadata(new DeclaredProblems(kinds));

    /// <summary>A list that is read page by page: the handler takes an [AsParameters] <see cref="PageRequest"/>.</summary>
    public static RouteHandlerBuilder Paged(this RouteHandlerBuilder builder) =>
        builder.AddEndpointFilter(static (context, next) =>
            context.Arguments.OfType<PageRequest>().Any(page => page.Size is < 1 or > PageRequest.MaxSize)
                ? ValueTask.FromResult<object?>(Platform.Problems.InvalidRequest.Of(
                    $"limit: must be between 1 and {PageRequest.MaxSize}.",
                    [new FieldError("limit", $"Must be between 1 and {PageRequest.MaxSize}.")]))
                : next(context));

    /// <summary>Marks the change of a versioned object: 428 without If-Match. The handler takes an <see cref="IfMatch"/>.</summary>
    public static RouteHandlerBuilder WithIfMatch(this RouteHandlerBuilder builder) =>
        builder.WithMetadata(new NeedsIfMatch()).AddEndpointFilter(IfMatch.FilterAsync);

    /// <summary>Marks an operation that spends or sends: Idempotency-Key is required, and a repetition gets the first answer.</summary>
    public static RouteHandlerBuilder Idempotent(this RouteHandlerBuilder builder) => builder.WithMetadata(new NeedsIdempotencyKey());

    /// <summary>Sets another limit of the body than the usual one, in bytes.</summary>
    public static RouteHandlerBuilder BodyLimit(this RouteHandlerBuilder builder, long bytes) =>
        builder.WithMetadata(new Microsoft.AspNetCore.Mvc.RequestSizeLimitAttribute(bytes));
}

internal sealed record RequiredScope(Scope Scope);

internal sealed record DeclaredProblems(IReadOnlyList<ProblemKind> Kinds);

internal sealed record NeedsIfMatch;

internal sealed record NeedsIdempotencyKey;
