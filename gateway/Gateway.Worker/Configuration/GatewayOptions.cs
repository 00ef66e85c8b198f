using Gateway.Calls.Dialling;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Permissions;
using Gateway.Calls.Quality;
using Gateway.Sip.Profiles;
using Gateway.Sip.Transactions;
using Gateway.Sip.Transport;
using Gateway.Sip.Trunks;
using Gateway.WhatsApp.Graph;
using Media.Engine;
using Media.Protocols.Primitives;
using Media.Protocols.Sdp;

namespace Gateway.Worker.Configuration;

/// <summary>The configuration of the gateway: one JSON file, read and validated whole by <see cref="GatewayOptionsReader"/>.</summary>
public sealed record GatewayOptions
{
    public NodeOptions Node { get; init; } = new();

    public HttpOptions Http { get; init; } = new();

    public required WhatsAppOptions WhatsApp { get; init; }

    public required SipOptions Sip { get; init; }

    /// <summary>The WhatsApp business numbers and the routes of their calls.</summary>
    public required IReadOnlyList<ChannelOptions> Channels { get; init; }

    public MediaEngineOptions Media { get; init; } = new();

    /// <summary>The limits beyond which a conversation's quality is an event.</summary>
    public QualityOptions Quality { get; init; } = new();

    public required StorageOptions Storage { get; init; }

    /// <summary>The timeouts of a call in each state.</summary>
    public CallOptions Calls { get; init; } = new();

    /// <summary>The limits of permission requests, and the validity of permissions.</summary>
    public PermissionLimits Permissions { get; init; } = new();

    /// <summary>Where messages of callers are recorded.</summary>
    public RecordingOptions Recording { get; init; } = new();

    /// <summary>What is kept of the course of calls.</summary>
    public TraceOptions Trace { get; init; } = new();

    /// <summary>Spans for a collector.</summary>
    public OtelOptions Otel { get; init; } = new();

    /// <summary>A copy of SIP and of calls' events for a capture server.</summary>
    public HepOptions Hep { get; init; } = new();

    /// <summary>Somebody wants to know the course of calls.</summary>
    internal bool IsTracing => Trace.Calls != TracedCalls.None || Otel.Endpoint is not null || Hep.Endpoint is not null;

    public LogOptions Log { get; init; } = new();

    /// <summary>The folder in which this node's records wait.</summary>
    public string SpoolFolder() => Path.GetFullPath(Path.Combine(
        Storage.Spool ?? Path.Combine(Environment.GetEnvironmentVariable("STATE_DIRECTORY")?.Split(':')[0] ?? "", "spool"), Node.Id));
}

/// <summary>The gateway's own log.</summary>
public sealed record LogOptions
{
    /// <summary>The least level that is written; null: that of the environment (GATEWAY_LOG_LEVEL), else Information.</summary>
    public LogLevel? Level { get; init; }
}

/// <summary>The messages that callers leave.</summary>
public sealed record RecordingOptions
{
    /// <summary>The folder for WAV files; null: nothing is recorded, and a flow passes over its voicemail.</summary>
    public string? Folder { get; init; }
}

/// <summary>This process in the cluster.</summary>
public sealed record NodeOptions
{
    /// <summary>Unique in the cluster; used in records, logs and Redis.</summary>
    public string Id { get; init; } = Environment.MachineName;

    /// <summary>Calls at one time, both directions; the next one is refused.</summary>
    public int MaxCalls { get; init; } = 1000;

    /// <summary>The time without a heartbeat after which a node is lost and others close its calls. Longer than any pause.</summary>
    public TimeSpan LostAfter { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The interval at which the node renews its lease in Redis.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The time without a heartbeat after which others may take the node's calls, and it sends nothing for them.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>
    /// The keys with which nodes encrypt what they leave in Redis for each other to go on with live calls: "id:BASE64 of 32 bytes", the
    /// same at all nodes. The first writes, all read. Empty: calls of a lost node are ended.
    /// </summary>
    public IReadOnlyList<Secret> ClusterKeys { get; init; } = [];

    /// <summary>A node that stops hands its live calls to others; needs <see cref="ClusterKeys"/>.</summary>
    public bool MoveOnDrain { get; init; } = true;

    /// <summary>The time that calls in progress may go on after a stop was requested; the rest is ended on both legs.</summary>
    public TimeSpan DrainDeadline { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>The two HTTP listeners: one for webhooks, one for operations.</summary>
public sealed record HttpOptions
{
    /// <summary>An http:// address, `http://*:8080` for all of the host; it serves
    /// <see cref="WebhookPath"/> only. TLS is the reverse proxy's.</summary>
    public string Listen { get; init; } = "http://127.0.0.1:8080";

    /// <summary>The address of health and metrics, which are not for the public.</summary>
    public string Operations { get; init; } = "http://127.0.0.1:8082";

    public string WebhookPath { get; init; } = "/webhooks/whatsapp";

    /// <summary>Connections at one time; the next one is closed at once.</summary>
    public int MaxConnections { get; init; } = 1000;
}

/// <summary>The Meta app behind the business numbers.</summary>
public sealed record WhatsAppOptions
{
    /// <summary>Signs webhooks; the newest first, more than one while rotating.</summary>
    public required IReadOnlyList<Secret> AppSecrets { get; init; }

    /// <summary>The verify token entered in Meta's webhook form.</summary>
    public required Secret VerifyToken { get; init; }

    public GraphOptions Graph { get; init; } = new();

    /// <summary>An offer whose webhook is older than this is not rung: the caller has given up.</summary>
    public TimeSpan StaleOffer { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The interval at which each number's calling settings are read at Meta, in addition to every change.</summary>
    public TimeSpan SettingsInterval { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>One WhatsApp business number.</summary>
public sealed record ChannelOptions
{
    /// <summary>Meta's phone_number_id.</summary>
    public required string PhoneNumberId { get; init; }

    /// <summary>The number itself, digits with country code.</summary>
    public required string Number { get; init; }

    public required Secret AccessToken { get; init; }

    /// <summary>The trunks to which its calls are offered, in order; the next one is tried when one cannot.</summary>
    public required IReadOnlyList<string> Trunks { get; init; }

    /// <summary>The part of its calls without a failure that is sampled; null: trace.sampled.</summary>
    public double? TraceSampled { get; init; }

    /// <summary>The extension, queue or number dialled at the PBX. Null: the business number.</summary>
    public string? Target { get; init; }
}

/// <summary>The SIP side.</summary>
public sealed record SipOptions
{
    /// <summary>
    /// "udp:127.0.0.1:5060", "tcp:…", "tls:[::1]:5061", "ws:…", "wss:…"; with ";advertised=HOST" or ";advertised=HOST:PORT" where its
    /// peers reach us under another address.
    /// </summary>
    public required IReadOnlyList<string> Listen { get; init; }

    /// <summary>The host or address under which the PBX reaches us, where it is not
    /// the bound one and the listener names no other.</summary>
    public string? AdvertisedHost { get; init; }

    /// <summary>"10.0.0.0/8": a PBX there gets the bound address of the listener instead of the advertised one.</summary>
    public IReadOnlyList<string> LocalNetworks { get; init; } = [];

    /// <summary>
    /// Origins of the pages that may open WebSockets, "https://console.example.com"; "*": any; none: only pages of the host that they
    /// connect to.
    /// </summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    public SipTlsOptions? Tls { get; init; }

    /// <summary>Folder of PBX profiles; null: the ones that came with the gateway.</summary>
    public string? Profiles { get; init; }

    public required IReadOnlyList<TrunkConfiguration> Trunks { get; init; }

    public RegistrarConfiguration Registrar { get; init; } = new();

    /// <summary>The trunks, and that of the registered phones where there is one.</summary>
    internal IReadOnlyList<TrunkConfiguration> AllTrunks() => Registrar.Enabled ? [.. Trunks, PhonesTrunk()] : Trunks;

    private TrunkConfiguration PhonesTrunk() => new()
    {
        Name = Registrar.Trunk,
        Server = Registrar.Realm ?? "",
        Profile = Registrar.Profile,
        Channel = Registrar.Channel,
    };
}

/// <summary>One PBX.</summary>
public sealed record TrunkConfiguration
{
    public required string Name { get; init; }

    /// <summary>"pbx.example.com", "10.0.0.5:5070"; without a port the name is resolved by RFC 3263.</summary>
    public required string Server { get; init; }

    /// <summary>Udp, Tcp or Tls; null: by DNS, else UDP.</summary>
    public SipTransport? Transport { get; init; }

    public IReadOnlyList<string> BackupServers { get; init; } = [];

    /// <summary>The entry of sip.listen that the trunk uses, "udp:10.0.0.5:5060"; null: the one that this host's routes select.</summary>
    public string? Listen { get; init; }

    /// <summary>Controls whether the PBX's own statement of its address is trusted.</summary>
    public NatMode Nat { get; init; } = NatMode.Auto;

    /// <summary>The address in our SDP, one that media.pbx.bindings advertise; null: the first of the family.</summary>
    public string? MediaAddress { get; init; }

    public string? Domain { get; init; }

    /// <summary>A file of sip-profiles/ without its extension.</summary>
    public string Profile { get; init; } = "generic";

    /// <summary>"10.0.0.0/8": more networks whose calls belong to this trunk.</summary>
    public IReadOnlyList<string> AllowedSources { get; init; } = [];

    /// <summary>The credentials for the PBX's challenges.</summary>
    public string? User { get; init; }

    public Secret? Password { get; init; }

    /// <summary>Our certificate where the PBX requests one (PEM, with its chain); null: that of sip.tls.</summary>
    public string? CertificatePath { get; init; }

    public string? KeyPath { get; init; }

    /// <summary>New calls per second that the PBX may send, with bursts of twice as many;
    /// more are answered 503 before anything is stored.</summary>
    public int MaxCallRate { get; init; } = 100;

    /// <summary>
    /// Requests outside calls a second from one address of the PBX, and twice as many at once; messages that belong to calls ten times as
    /// many. What is beyond is dropped unread. Null: five times <see cref="MaxCallRate"/>, at least 100.
    /// </summary>
    public int? MaxRequestRate { get; init; }

    /// <summary>We challenge the PBX with these.</summary>
    public string? InboundUser { get; init; }

    public Secret? InboundPassword { get; init; }

    /// <summary>Register as this extension.</summary>
    public string? Register { get; init; }

    /// <summary>The business number (phone_number_id) of this trunk's calls; null: the only one there is.</summary>
    public string? Channel { get; init; }

    /// <summary>The format in which the PBX dials numbers; null: with country code.</summary>
    public DialRules? DialRules { get; init; }

    /// <summary>Overrides the profile.</summary>
    public SrtpPolicy? Srtp { get; init; }

    /// <summary>Overrides the profile: in order of preference.</summary>
    public IReadOnlyList<AudioCodec>? Codecs { get; init; }

    /// <summary>Offer media over IPv6; null: when <see cref="Server"/> is an IPv6
    /// address. An answer follows the offer in any case.</summary>
    public bool? MediaOverIPv6 { get; init; }

    /// <summary>Overrides the profile: Rfc4733, Info, Both, Inband.</summary>
    public DtmfMethod? Dtmf { get; init; }

    /// <summary>
    /// The timing of WhatsApp's audio to this PBX: at once with its own time (Faithful), or at a steady pace after a delay that follows the
    /// jitter (Adaptive), for a PBX that mixes or records without a jitter buffer; null: by the profile.
    /// </summary>
    public AudioPlayout? Playout { get; init; }

    /// <summary>The time of silence of this PBX's media after which another source may take its place: another port of its address or, with
    /// a profile for a PBX behind a NAT, another address.</summary>
    public TimeSpan LatchAfter { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The time without packets from a PBX that holds a call, after which the user hears the gateway's
    /// music; never once it has sent audio in that hold.</summary>
    public TimeSpan HoldMusicAfter { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>The trunk leads to the public telephone network, which Meta does not let WhatsApp calls reach: no call goes there, by a
    /// route or a transfer, and none comes from there.</summary>
    public bool Pstn { get; init; }

    /// <summary>Send INVITE without an offer and answer the PBX's.</summary>
    public bool? DelayedOffer { get; init; }

    /// <summary>Overrides the profile: interval of OPTIONS pings; zero sends none and the trunk counts as up.</summary>
    public TimeSpan? KeepAlive { get; init; }

    /// <summary>The timeout of a server before the next one, and then the next trunk, is tried.</summary>
    public TimeSpan? RequestTimeout { get; init; }

    /// <summary>The number of Contacts of 3xx answers that one call may try, only within this trunk's own hosts;
    /// zero: a redirected call goes to the next trunk.</summary>
    public int MaxRedirects { get; init; } = 5;

    /// <summary>The header of its INVITEs, the PBX's and ours, that carries the W3C trace context; null: that of otel.</summary>
    public string? TraceHeader { get; init; }
}

/// <summary>The two stores.</summary>
public sealed record StorageOptions
{
    /// <summary>Npgsql connection string.</summary>
    public required Secret Postgres { get; init; }

    /// <summary>A file with PostgreSQL's password, in place of one in <see cref="Postgres"/>: read for every new connection.</summary>
    public string? PostgresPasswordFile { get; init; }

    /// <summary>StackExchange.Redis configuration.</summary>
    public required Secret Redis { get; init; }

    /// <summary>The same for Redis.</summary>
    public string? RedisPasswordFile { get; init; }

    /// <summary>A PEM file with the authority of Redis' certificate; null: one that the system trusts.</summary>
    public string? RedisAuthorityPath { get; init; }

    /// <summary>The time within which Redis has to answer about agents; then they are given to calls by what the node knows.</summary>
    public TimeSpan AgentsTimeout { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Folder in which finished records wait until PostgreSQL has them, each node in a folder of its own below it. Null: `spool`
    /// in systemd's state directory ($STATE_DIRECTORY) where there is one, else in the working directory.</summary>
    public string? Spool { get; init; }

    /// <summary>The age of the last call at which months of call records are dropped; null: never. Ledger and events stay.</summary>
    public TimeSpan? KeepCalls { get; init; }

    /// <summary>The time for which the spool keeps records that PostgreSQL has stored, to settle them again in a
    /// database restored from a dump; zero keeps none.</summary>
    public TimeSpan KeepSettled { get; init; } = TimeSpan.FromDays(2);

    /// <summary>The number of records in the spool from which on new calls are refused.</summary>
    public int SpoolLimit { get; init; } = 100_000;
}
