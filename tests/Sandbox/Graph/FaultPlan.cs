namespace Sandbox.Graph;

/// <summary>One planned misbehaviour of the Graph API.</summary>
public sealed record PlannedFault
{
    /// <summary>connect, pre_accept, accept, reject, terminate, settings, call_permissions, messages; null is any.</summary>
    public string? Action { get; init; }

    /// <summary>The number of requests it hits.</summary>
    public int Count { get; init; } = 1;

    public int DelayMilliseconds { get; init; }

    /// <summary>HTTP status of an error answer; 0 lets the request through (after the delay).</summary>
    public int Status { get; init; }

    public int Code { get; init; } = 2;

    public string Title { get; init; } = "Service temporarily unavailable";

    /// <summary>Retry-After header, in seconds.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>estimated_time_to_regain_access of the usage header, in minutes.</summary>
    public int? RegainMinutes { get; init; }

    /// <summary>The connection is cut without an answer.</summary>
    public bool Drop { get; init; }

    /// <summary>The request takes effect first: only the answer is late, lost or wrong, and webhooks overtake it.</summary>
    public bool AfterEffect { get; init; }

    /// <summary>The error answer is not JSON.</summary>
    public bool Garbage { get; init; }
}

/// <summary>The planned faults still to come, first planned first hit.</summary>
public sealed class FaultPlan
{
    private const int MaxPlanned = 1000;

    private readonly Lock _gate = new();
    private readonly List<(PlannedFault Fault, int Left)> _planned = [];

    public void Add(PlannedFault fault)
    {
        lock (_gate)
            if (_planned.Count < MaxPlanned)
                _planned.Add((fault, Math.Max(1, fault.Count)));
    }

    public void Clear()
    {
        lock (_gate)
            _planned.Clear();
    }

    public PlannedFault? Take(string action)
    {
        lock (_gate)
        {
            var at = _planned.FindIndex(planned => planned.Fault.Action is null || planned.Fault.Action == action);
            if (at < 0)
                return null;
            var (fault, left) = _planned[at];
            if (left == 1)
                _planned.RemoveAt(at);
            else
                _planned[at] = (fault, left - 1);
            return fault;
        }
    }
}
