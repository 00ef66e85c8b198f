using System.Collections.Concurrent;
using Gateway.Sip.Transactions;
using Gateway.Sip.Trunks;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Registrar;

/// <summary>
/// The contacts of all users. Written on the endpoint's loop; <see cref="Of"/> and <see cref="Users"/> may be read from any thread, since a
/// user's contacts are replaced whole. Each contact's path is in <see cref="RegisteredFlows"/> for as long as it is here.
/// </summary>
public sealed class Registrations(RegisteredFlows flows)
{
    private readonly ConcurrentDictionary<string, Entry> _byUser = [];
    private readonly Dictionary<long, HashSet<string>> _byConnection = [];
    private readonly DeadlineQueue<Entry> _deadlines = new();
    private readonly Queue<PhoneChange> _changes = new();
    private int _count;

    /// <summary>Contacts of all users. From any thread.</summary>
    public int Count => Volatile.Read(ref _count);

    public Instant NextDeadline => _deadlines.NextDeadline;

    /// <summary>Those with contacts, in no order. From any thread.</summary>
    public IReadOnlyList<string> Users =>
        [.. _byUser.Values.Where(entry => entry.Contacts.Count > 0).Select(entry => entry.User)];

    /// <summary>The user's contacts, the preferred first; of equals the newest. From any thread.</summary>
    public IReadOnlyList<RegisteredContact> Of(string user) => _byUser.TryGetValue(user, out var entry) ? entry.Contacts : [];

    /// <summary>Puts other contacts in the place of the user's.</summary>
    public void Replace(string user, IEnumerable<RegisteredContact> contacts, PhoneChangeKind change)
    {
        if (!_byUser.TryGetValue(user, out var entry))
            _byUser[user] = entry = new Entry(user);
        var old = entry.Contacts;
        entry.Contacts = [.. contacts.OrderByDescending(contact => contact.Q).ThenByDescending(contact => contact.RegisteredAt)];
        foreach (var contact in entry.Contacts)
            flows.Add(contact.Flow); // before the old ones go, so that a path that stays is never missing
        foreach (var contact in old)
            flows.Remove(contact.Flow);
        foreach (var contact in old.Where(contact => contact.Flow.Connection != 0))
            Unlink(contact.Flow.Connection, user);
        foreach (var contact in entry.Contacts.Where(contact => contact.Flow.Connection != 0))
            Link(contact.Flow.Connection, user);
        Volatile.Write(ref _count, _count + entry.Contacts.Count - old.Count);
        _deadlines.Schedule(entry);
        _changes.Enqueue(new PhoneChange(user, change, entry.Contacts.Count));
    }

    /// <summary>The connection is gone, and with it the only way to the phones behind it.</summary>
    public void HandleFlowClosed(SipFlow flow)
    {
        if (!_byConnection.TryGetValue(flow.Connection, out var users))
            return;
        foreach (var user in users.ToArray())
            Replace(user, Of(user).Where(contact => contact.Flow.Connection != flow.Connection), PhoneChangeKind.Gone);
    }

    public void HandleDeadline(Instant now)
    {
        while (_deadlines.TryTakeDue(now, out var entry))
        {
            if (entry.Contacts.Count > 0)
                Replace(entry.User, entry.Contacts.Where(contact => contact.ExpiresAt > now), PhoneChangeKind.Gone);
            if (entry.Contacts.Count == 0)
                _byUser.TryRemove(KeyValuePair.Create(entry.User, entry));
        }
    }

    public bool TryPollChange(out PhoneChange change) => _changes.TryDequeue(out change);

    private void Link(long connection, string user)
    {
        if (!_byConnection.TryGetValue(connection, out var users))
            _byConnection.Add(connection, users = []);
        users.Add(user);
    }

    private void Unlink(long connection, string user)
    {
        if (_byConnection.TryGetValue(connection, out var users) && users.Remove(user) && users.Count == 0)
            _byConnection.Remove(connection);
    }

    /// <summary>
    /// One user. Stays without contacts until its deadline comes, so that a phone that comes and goes leaves one entry in the queue.
    /// </summary>
    private sealed class Entry(string user) : IHasDeadline
    {
        private volatile IReadOnlyList<RegisteredContact> _contacts = [];
        private Instant _firstExpiry;

        public string User => user;

        public IReadOnlyList<RegisteredContact> Contacts
        {
            get => _contacts;
            set
            {
                _contacts = value;
                if (value.Count > 0)
                    _firstExpiry = value.Min(contact => contact.ExpiresAt);
            }
        }

        public Instant NextDeadline => _firstExpiry;

        Instant IHasDeadline.ScheduledAt { get; set; } = Instant.Never;
    }
}
