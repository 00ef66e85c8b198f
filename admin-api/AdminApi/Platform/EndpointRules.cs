namespace AdminApi.Platform;

/// <summary>The rules that an endpoint declares. They are enforced from this metadata, and the OpenAPI document is written from it.</summary>
public static class EndpointRules
{
    /// <summary>The scope without which the answer is 403 forbidden_scope. Every endpoint under /v1 has one.</summary>
    public static TBuilder Requires<TBuilder>(this TBuilder builder, Scope scope) where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new RequiredScope(scope));

    /// <summary>
    /// The kinds of error that this endpoint answers with, beside those that follow from its other rules (400, 401, 403, 429, 503, and what
    /// bodies, If-Match and Idempotency-Key bring).
    /// </summary>
    public static TBuilder Problems<TBuilder>(this TBuilder builder, params ProblemKind[] kinds) where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new DeclaredProblems(kinds));

    /// <summary>A list that is read page by page: the handler takes an [AsParameters] <see cref="PageRequest"/>.</summary>
    public static RouteHandlerBuilder Paged(this RouteHandlerBuilder builder) =>
        builder.AddEndpointFilter(static (context, next) =>
            context.Arguments.OfType<PageRequest>().Any(page => page.Size is < 1 or > PageRequest.MaxSize)
                ? ValueTask.FromResult<object?>(Platform.Problems.InvalidRequest.Of(
                    $"limit: lies between 1 and {PageRequest.MaxSize}.", [new FieldError("limit", $"Lies between 1 and {PageRequest.MaxSize}.")]))
                : next(context));

    /// <summary>A change of something versioned: 428 without If-Match. The handler takes an <see cref="IfMatch"/>.</summary>
    public static RouteHandlerBuilder WithIfMatch(this RouteHandlerBuilder builder) =>
        builder.WithMetadata(new NeedsIfMatch()).AddEndpointFilter(IfMatch.FilterAsync);

    /// <summary>What spends or sends: Idempotency-Key is required, and a repetition gets the first answer.</summary>
    public static RouteHandlerBuilder Idempotent(this RouteHandlerBuilder builder) => builder.WithMetadata(new NeedsIdempotencyKey());

    /// <summary>More, or less, than the usual bytes of a body.</summary>
    public static RouteHandlerBuilder BodyLimit(this RouteHandlerBuilder builder, long bytes) =>
        builder.WithMetadata(new Microsoft.AspNetCore.Mvc.RequestSizeLimitAttribute(bytes));
}

internal sealed record RequiredScope(Scope Scope);

internal sealed record DeclaredProblems(IReadOnlyList<ProblemKind> Kinds);

internal sealed record NeedsIfMatch;

internal sealed record NeedsIdempotencyKey;
