using AdminApi.Platform;
using AdminApi.Tests.Kit;

namespace AdminApi.Tests.Operations;

/// <summary>
/// The cases of one resource's operations, beside that resource: every class of this kind is found by reflection. An operation needs a
/// success of each documented 2xx status, and a failure of each documented code except those that <see cref="EveryOperation"/> proves for
/// all: unauthorized, forbidden_scope, rate_limited, unavailable; with a body invalid_request, too_large, unsupported_media_type; with
/// If-Match precondition_required, stale_version; with Idempotency-Key idempotency_key_required, idempotency_key_reused,
/// request_in_progress.
/// </summary>
public interface IOperationCases
{
    void Describe(CaseTable cases);
}

/// <summary>Makes a request of an operation, after creating what it needs.</summary>
public delegate Task<HttpRequestMessage> Arrange(ApiFixture api);

/// <summary>All cases of all operations.</summary>
public sealed class CaseTable
{
    private readonly Dictionary<string, OperationCases> _operations = [];

    public IReadOnlyDictionary<string, OperationCases> Operations => _operations;

    public OperationCases For(string operationId) =>
        _operations.TryGetValue(operationId, out var cases) ? cases : _operations[operationId] = new OperationCases();

    public static CaseTable OfThisAssembly()
    {
        var table = new CaseTable();
        foreach (var type in typeof(CaseTable).Assembly.GetTypes().Where(t => t.IsClass && t.IsAssignableTo(typeof(IOperationCases))))
            ((IOperationCases)Activator.CreateInstance(type)!).Describe(table);
        return table;
    }
}

/// <summary>The cases of one operation.</summary>
public sealed class OperationCases
{
    private readonly List<(int Status, Arrange Arrange)> _successes = [];
    private readonly List<(ProblemKind Kind, Arrange Arrange)> _failures = [];

    public IReadOnlyList<(int Status, Arrange Arrange)> Successes => _successes;

    public IReadOnlyList<(ProblemKind Kind, Arrange Arrange)> Failures => _failures;

    /// <summary>The first success; of an operation that only refuses, the first failure.</summary>
    public Arrange Any => _successes.Count > 0 ? _successes[0].Arrange : _failures[0].Arrange;

    /// <summary>
    /// Adds a success. The cases of all operations derive from the first one, so it may be arranged and sent several times.
    /// </summary>
    public OperationCases Succeeds(int status, Arrange arrange)
    {
        _successes.Add((status, arrange));
        return this;
    }

    public OperationCases Fails(ProblemKind kind, Arrange arrange)
    {
        _failures.Add((kind, arrange));
        return this;
    }

    public OperationCases Succeeds(int status, Func<ApiFixture, HttpRequestMessage> request) =>
        Succeeds(status, api => Task.FromResult(request(api)));

    public OperationCases Fails(ProblemKind kind, Func<ApiFixture, HttpRequestMessage> request) =>
        Fails(kind, api => Task.FromResult(request(api)));
}
