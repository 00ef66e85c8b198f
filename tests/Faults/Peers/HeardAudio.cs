using Faults.Facts;
using Media.Protocols.Primitives;

namespace Faults.Peers;

/// <summary>When packets of the gateway reach one end of a call: notes the gaps. For the loop's thread.</summary>
internal sealed class HeardAudio(string call, CallEnd end, MachineWatch machine, HistoryLog history)
{
    /// <summary>Three packets of 20 ms.</summary>
    private static readonly TimeSpan Noted = TimeSpan.FromMilliseconds(60);

    private Instant? _last;

    public void Hear(Instant now)
    {
        if (_last is { } last && now - last > Noted)
            history.Add(new Fact.Silent(
                now.ToDateTimeOffset(), call, end, now - last, machine.LateWithin(last, now), machine.RunnableWithin(last, now)));
        _last = now;
    }
}
