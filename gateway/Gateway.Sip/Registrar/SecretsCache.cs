using Gateway.Sip.Auth;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Registrar;

/// <summary>
/// What the store said of users lately, unknown ones included, so that a flood does not become one of queries. Bounded; the oldest are
/// forgotten first.
/// </summary>
internal sealed class SecretsCache(TimeSpan lifetime)
{
    internal const int MaxEntries = 10_000;

    private readonly Dictionary<string, (DigestSecrets? Secrets, Instant Until)> _entries = [];
    private readonly Queue<(string User, Instant Until)> _order = new();

    /// <summary>False: the store has to be asked. True with null: there is no such user.</summary>
    public bool TryGet(string user, Instant now, out DigestSecrets? secrets)
    {
        var isKnown = _entries.TryGetValue(user, out var entry) && now < entry.Until;
        secrets = isKnown ? entry.Secrets : null;
        return isKnown;
    }

    public void Put(string user, DigestSecrets? secrets, Instant now)
    {
        while (_order.TryPeek(out var oldest) && (oldest.Until <= now || _order.Count >= MaxEntries))
        {
            _order.Dequeue();
            if (_entries.TryGetValue(oldest.User, out var entry) && entry.Until == oldest.Until)
                _entries.Remove(oldest.User);
        }
        _entries[user] = (secrets, now + lifetime);
        _order.Enqueue((user, now + lifetime));
    }
}
