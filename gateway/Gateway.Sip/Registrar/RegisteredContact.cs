using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Registrar;

/// <summary>One binding of a user's address to a phone (RFC 3261 §10). Immutable: a refresh makes another one.</summary>
public sealed record RegisteredContact
{
    /// <summary>The user who proved that it is theirs.</summary>
    public required string User { get; init; }

    /// <summary>The Request-URI of what rings it. Whatever host it names, requests go by <see cref="Flow"/>.</summary>
    public required SipUri Uri { get; init; }

    /// <summary>The path that its last REGISTER came by.</summary>
    public required SipFlow Flow { get; init; }

    /// <summary>The Route of requests to it (RFC 3327).</summary>
    public IReadOnlyList<NameAddr> Path { get; init; } = [];

    /// <summary>Preference among the user's contacts, 0 to 1.</summary>
    public double Q { get; init; } = 1;

    /// <summary>It is gone then, unless it is refreshed.</summary>
    public required Instant ExpiresAt { get; init; }

    /// <summary>Since when it is there.</summary>
    public required Instant RegisteredAt { get; init; }

    /// <summary>The time of its last REGISTER.</summary>
    public required Instant RefreshedAt { get; init; }

    /// <summary>The other node of the cluster at which it is registered, and by whose edge it is reached; null: this one.</summary>
    public string? Node { get; init; }

    /// <summary>The phone's own name (RFC 5626 §4.1), such as <c>&lt;urn:uuid:…&gt;</c>; null when it gives none.</summary>
    public string? Instance { get; init; }

    /// <summary>Distinguishes the flows of one phone (RFC 5626 §4.2); null when it gives none.</summary>
    public uint? RegId { get; init; }

    /// <summary>The phone's User-Agent, for people.</summary>
    public string? Product { get; init; }

    /// <summary>Of the last REGISTER: a lower number with the same Call-ID comes too late.</summary>
    public required string CallId { get; init; }

    public required uint Sequence { get; init; }

    /// <summary>The same phone (RFC 5626 §6) or the same address (RFC 3261 §10.3 step 7).</summary>
    internal bool IsReplacedBy(RegisteredContact other) =>
        Instance is not null && other.Instance is not null
            ? Instance.Equals(other.Instance, StringComparison.OrdinalIgnoreCase) && RegId == other.RegId
            : Uri.IsEquivalentTo(other.Uri);

    /// <summary>
    /// The contacts of a user at all nodes: those of this one first. A phone that has gone from one node to another is there once, where it
    /// registered last.
    /// </summary>
    /// <param name="own">At this node.</param>
    /// <param name="others">At other nodes.</param>
    public static IReadOnlyList<RegisteredContact> Merge(
        IReadOnlyList<RegisteredContact> own, IReadOnlyList<RegisteredContact> others)
    {
        if (others.Count == 0)
            return own;
        RegisteredContact[] all = [.. own, .. others.OrderByDescending(one => one.Q).ThenByDescending(one => one.RefreshedAt)];
        return [.. all.Where((one, i) => !all.Where(
            (other, j) => other.Node != one.Node && one.IsSamePhoneAs(other)
                && (other.RefreshedAt > one.RefreshedAt || (other.RefreshedAt == one.RefreshedAt && j < i))).Any())];
    }

    /// <summary>Whatever flows it keeps (reg-id): it is to ring once.</summary>
    private bool IsSamePhoneAs(RegisteredContact other) =>
        Instance is not null && other.Instance is not null
            ? Instance.Equals(other.Instance, StringComparison.OrdinalIgnoreCase) : Uri.IsEquivalentTo(other.Uri);
}

/// <summary>A change of one user's contacts. A closed set.</summary>
public enum PhoneChangeKind
{
    /// <summary>A contact that was not there.</summary>
    Registered,

    /// <summary>A contact that stays, perhaps by another path.</summary>
    Refreshed,

    /// <summary>A contact unregistered, ran out, or lost its connection.</summary>
    Gone,
}

/// <summary>The news that a user's contacts changed.</summary>
/// <param name="User">Whose they are.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Contacts">How many there are now; 0: the user cannot be reached.</param>
public readonly record struct PhoneChange(string User, PhoneChangeKind Kind, int Contacts);
