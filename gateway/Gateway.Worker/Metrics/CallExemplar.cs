using Gateway.Calls;

namespace Gateway.Worker.Metrics;

/// <summary>
/// The call that a measurement is of, for the exemplar of its histogram (OpenMetrics): labels come from closed sets and never name a call,
/// an exemplar is one call of many and may.
/// </summary>
internal static class CallExemplar
{
    /// <summary>The exemplar's label.</summary>
    public const string Label = "call_id";

    [ThreadStatic]
    private static string? _current;

    /// <summary>The call's id; null: the measurement is of none.</summary>
    public static string? Current => _current;

    /// <summary>Records a measurement of a call.</summary>
    public static void Record(CallId call, Action record)
    {
        _current = call.Value;
        try
        {
            record();
        }
        finally
        {
            _current = null;
        }
    }
}
