namespace AdminApi.Platform;

/// <summary>
/// Collects all errors of a request, so that they are reported at once:
/// `check.That(…, "name", "…"); if (check.Failed(out var problem)) return problem;`.
/// </summary>
public sealed class Check
{
    private readonly List<FieldError> _errors = [];

    public bool That(bool holds, string field, string message)
    {
        if (!holds)
            _errors.Add(new FieldError(field, message));
        return holds;
    }

    public bool Failed([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ProblemResult? problem)
    {
        problem = _errors.Count == 0
            ? null
            : Problems.InvalidRequest.Of(string.Join(" ", _errors.Select(e => $"{e.Field}: {e.Message}")), _errors);
        return problem is not null;
    }
}
