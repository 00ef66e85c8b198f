using Gateway.Sip.Trunks;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Registrar;

/// <summary>
/// Wrong credentials by source and user, and by source alone: too many within a while lock it out, the next time for twice as long. What a
/// phone with an old password does to itself touches no other phone behind the same address. Bounded; the oldest are forgotten first.
/// </summary>
internal sealed class LockOuts(LockOutOptions options)
{
    internal const int MaxEntries = 10_000;

    /// <summary>One address tries many users.</summary>
    private const int UsersFactor = 10;

    private readonly Dictionary<(AddressBits Source, string? User), Entry> _entries = [];
    private readonly Queue<(AddressBits Source, string? User)> _order = new();

    public int Count => _entries.Count;

    public bool IsLocked(TransportAddress source, string user, Instant now) =>
        IsLocked((AddressScope.HostOf(source), user), now) || IsLocked((AddressScope.HostOf(source), null), now);

    public void AddFailure(TransportAddress source, string user, Instant now)
    {
        Add((AddressScope.HostOf(source), user), options.Failures, now);
        Add((AddressScope.HostOf(source), null), options.Failures * UsersFactor, now);
    }

    /// <summary>The user proved itself from there: its failures were slips.</summary>
    public void Forget(TransportAddress source, string user)
    {
        if (_entries.TryGetValue((AddressScope.HostOf(source), user), out var entry)) // stays, since its key is in the order
            (entry.Failures, entry.Locks) = (0, 0);
    }

    private bool IsLocked((AddressBits, string?) key, Instant now) => _entries.TryGetValue(key, out var entry) && now < entry.LockedUntil;

    private void Add((AddressBits, string?) key, int most, Instant now)
    {
        if (!_entries.TryGetValue(key, out var entry))
        {
            MakeRoom();
            _entries.Add(key, entry = new Entry { WindowEnd = now + options.Window });
            _order.Enqueue(key);
        }
        if (now >= entry.WindowEnd)
            (entry.Failures, entry.WindowEnd) = (0, now + options.Window);
        if (now >= entry.LockedUntil + options.MaxDuration)
            entry.Locks = 0;
        if (++entry.Failures < most)
            return;
        var duration = options.Duration * Math.Pow(2, Math.Min(entry.Locks++, 16));
        entry.LockedUntil = now + (duration < options.MaxDuration ? duration : options.MaxDuration);
        entry.Failures = 0;
    }

    private void MakeRoom()
    {
        while (_order.Count >= MaxEntries)
            _entries.Remove(_order.Dequeue());
    }

    private sealed class Entry
    {
        public int Failures { get; set; }

        public int Locks { get; set; }

        public Instant WindowEnd { get; set; }

        /// <summary>In the past: not locked.</summary>
        public Instant LockedUntil { get; set; }
    }
}
