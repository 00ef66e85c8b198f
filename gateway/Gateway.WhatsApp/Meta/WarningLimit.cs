using System.Collections.Concurrent;

namespace Gateway.WhatsApp.Meta;

/// <summary>Lets one warning a minute through for each subject, and counts those left out: what a
/// peer repeats must not fill the log. Thread-safe.</summary>
public sealed class WarningLimit(TimeProvider time)
{
    /// <summary>Between two warnings about one subject.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>A peer may invent subjects; beyond this number they share one.</summary>
    private const int MaxSubjects = 1000;

    private const string AllOthers = "";

    private readonly ConcurrentDictionary<string, Subject> _subjects = new();

    /// <summary>True where the warning may be written.</summary>
    /// <param name="subject">The subject.</param>
    /// <param name="leftOut">The number left out about this subject since the last one written.</param>
    public bool TryPass(string subject, out int leftOut)
    {
        var key = _subjects.Count < MaxSubjects || _subjects.ContainsKey(subject) ? subject : AllOthers;
        var state = _subjects.GetOrAdd(key, _ => new Subject());
        lock (state)
        {
            leftOut = state.LeftOut;
            if (state.LastAt is { } last && time.GetElapsedTime(last) < Interval)
            {
                state.LeftOut++;
                return false;
            }
            (state.LastAt, state.LeftOut) = (time.GetTimestamp(), 0);
            return true;
        }
    }

    private sealed class Subject
    {
        public long? LastAt { get; set; }

        public int LeftOut { get; set; }
    }
}
