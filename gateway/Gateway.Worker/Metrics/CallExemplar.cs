using Gateway.Calls;
using Prometheus;

namespace Gateway.Worker.Metrics;

/// <summary>
/// The call that a measurement is of, for the exemplar of its histogram (OpenMetrics): labels come from closed sets and never name a call,
/// an exemplar is one call of many and may.
/// </summary>
internal static class CallExemplar
{
    [ThreadStatic]
    private static Exemplar? _current;

    /// <summary>Its labels; null: the measurement is of no call.</summary>
    public static Exemplar? Current => _current?.Clone();

    /// <summary>Records a measurement of a call.</summary>
    /// <param name="call">The label `call_id`.</param>
    /// <param name="trace">The label `trace_id`: that of the call's spans; null: they are not exported.</param>
    /// <param name="record">Records it.</param>
    public static void Record(CallId call, string? trace, Action record)
    {
        var id = Exemplar.Pair("call_id", call.Value);
        _current = trace is null ? Exemplar.From(id) : Exemplar.From(id, Exemplar.Pair("trace_id", trace));
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
