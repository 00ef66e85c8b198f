using Gateway.Sip.Trunks;

namespace Gateway.Worker.Configuration;

/// <summary>The gateway's own registrar: agents' phones that register here instead of at a PBX.</summary>
public sealed record RegistrarConfiguration
{
    public bool Enabled { get; init; }

    /// <summary>The phones' domain, and what their passwords are for: "phones.example.com".</summary>
    public string? Realm { get; init; }

    /// <summary>The name of the trunk whose peers the registered phones are: in channels[].trunks, records and metrics.</summary>
    public string Trunk { get; init; } = "phones";

    /// <summary>A file of sip-profiles/ without its extension: how the phones behave.</summary>
    public string Profile { get; init; } = "phones";

    /// <summary>The business number (phone_number_id) of the phones' calls; null: the only one there is.</summary>
    public string? Channel { get; init; }

    /// <summary>The shortest registration that is granted; a shorter one is answered 423.</summary>
    public TimeSpan MinExpires { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The longest one.</summary>
    public TimeSpan MaxExpires { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Phones of one user at one time.</summary>
    public int MaxContacts { get; init; } = 5;

    /// <summary>When wrong credentials lock a source out.</summary>
    public LockOutOptions LockOut { get; init; } = new();

    /// <summary>The secret of the cluster, the same at all nodes: with it calls of any node ring the phones that are registered at
    /// another. Null: those of their own node only.</summary>
    public Secret? ClusterSecret { get; init; }

    /// <summary>"udp:10.0.0.5:5060": the listener by which other nodes reach this one; null: the first of sip.listen, as it is
    /// advertised.</summary>
    public string? ClusterAddress { get; init; }

    /// <summary>The users who may register.</summary>
    public IReadOnlyList<PhoneConfiguration> Phones { get; init; } = [];
}

/// <summary>One user of the registrar.</summary>
public sealed record PhoneConfiguration
{
    public required string User { get; init; }

    public required Secret Password { get; init; }
}
