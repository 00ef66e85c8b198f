namespace AdminApi.Platform;

/// <summary>
/// A kind of error that the API answers with: its stable code, its status and a title. Kinds of one resource are constants beside it, those
/// of all in <see cref="Problems"/>. An endpoint names the kinds it may answer with by `.Problems(…)`, which the OpenAPI document shows.
/// </summary>
public sealed record ProblemKind(int Status, string Code, string Title)
{
    /// <param name="detail">The error in this request, and the remedy.</param>
    /// <param name="errors">The errors by member, where there are several.</param>
    public ProblemResult Of(string detail, IReadOnlyList<FieldError>? errors = null) => new(this, detail, errors);
}

/// <summary>The error in one member of a request.</summary>
/// <param name="Field">The member's JSON path, parameter or header; for a line of a file `line 12`.</param>
/// <param name="Message">A sentence.</param>
public sealed record FieldError(string Field, string Message)
{
    /// <summary>An error of the form "member: sentence".</summary>
    public static FieldError Of(string problem) =>
        problem.Split(": ", 2) is [var field, var message] ? new FieldError(field, message) : new FieldError("$", problem);
}

/// <summary>The body of every error: RFC 9457, `application/problem+json`.</summary>
public sealed record Problem(int Status, string Code, string Title, string Detail, IReadOnlyList<FieldError>? Errors, string RequestId);

/// <summary>An error as a handler returns it.</summary>
public sealed class ProblemResult(ProblemKind kind, string detail, IReadOnlyList<FieldError>? errors) : IResult, IStatusCodeHttpResult
{
    public ProblemKind Kind => kind;

    public int? StatusCode => kind.Status;

    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = kind.Status;
        return httpContext.Response.WriteAsJsonAsync(
            new Problem(kind.Status, kind.Code, kind.Title, detail, errors, httpContext.TraceIdentifier),
            options: null, "application/problem+json", httpContext.RequestAborted);
    }
}
