using System.Net;
using Gateway.Calls.Permissions;

namespace AdminApi.Platform;

/// <summary>The configuration of the admin API, from the environment (`AdminApi__Postgres`) or appsettings.json.</summary>
public sealed record AdminApiOptions
{
    public const string Section = "AdminApi";

    /// <summary>The first key: has all rights until there is a key of scope admin in the database. At least 24 characters.</summary>
    public string Key { get; init; } = "";

    /// <summary>A file with the first key, as an alternative to the environment.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Npgsql connection string.</summary>
    public string Postgres { get; init; } = "";

    /// <summary>A file with PostgreSQL's password, in place of one in <see cref="Postgres"/>: read for every new connection.</summary>
    public string? PostgresPasswordFile { get; init; }

    /// <summary>StackExchange.Redis configuration.</summary>
    public string Redis { get; init; } = "";

    /// <summary>The same for Redis.</summary>
    public string? RedisPasswordFile { get; init; }

    /// <summary>A PEM file with the authority of Redis' certificate; null: one that the system trusts.</summary>
    public string? RedisAuthorityPath { get; init; }

    /// <summary>Addresses or networks (10.0.0.0/8), separated by commas, of the reverse proxies that may connect without TLS.</summary>
    public string TrustedProxies { get; init; } = "";

    /// <summary>The limit of one key or token.</summary>
    public int RequestsPerMinute { get; init; } = 1200;

    /// <summary>The limit of open connections, event streams included; further ones are closed.</summary>
    public int MaxConnections { get; init; } = 1000;

    /// <summary>The maximum length of a request body in bytes, unless an operation has its own.</summary>
    public long MaxBody { get; init; } = 256 * 1024;

    /// <summary>How long events are kept, at least a day; null: for ever.</summary>
    public TimeSpan? KeepEvents { get; init; }

    /// <summary>The issuer whose tokens are accepted as well as keys; none where the issuer is empty.</summary>
    public OidcOptions Oidc { get; init; } = new();

    /// <summary>The folder in which the nodes' recordings can be read, for downloads of voicemail; null: they cannot.</summary>
    public string? Recordings { get; init; }

    /// <summary>The nodes to which the phone in the browser is connected.</summary>
    public PhoneOptions Phone { get; init; } = new();

    /// <summary>The settings of outgoing webhooks.</summary>
    public WebhookOptions Webhooks { get; init; } = new();

    /// <summary>Must equal the nodes' configuration (`permissions`): determines the time at which a user may be asked again.</summary>
    public PermissionLimits Permissions { get; init; } = new();

    /// <summary><see cref="TrustedProxies"/> as networks.</summary>
    public IReadOnlyList<IPNetwork> Proxies { get; private init; } = [];

    /// <summary><see cref="PhoneOptions.Nodes"/> as addresses.</summary>
    public IReadOnlyList<Uri> PhoneNodes { get; private init; } = [];

    /// <summary>Makes the credentials of <see cref="PhoneOptions.Turn"/>; null: there is no such server.</summary>
    public TurnServers? Turn { get; private init; }

    /// <summary><see cref="WebhookOptions.AllowedNetworks"/> as networks.</summary>
    public IReadOnlyList<IPNetwork> WebhookNetworks { get; private init; } = [];

    /// <summary>These options with <see cref="KeyFile"/> read; throws one message with every error.</summary>
    public AdminApiOptions Validated()
    {
        var options = KeyFile is null ? this : this with { Key = File.ReadAllText(KeyFile).Trim() };
        List<string> errors = [];
        if (options.Key.Length is > 0 and < 24)
            errors.Add($"{Section}:Key (or the file of {Section}:KeyFile) needs at least 24 characters.");
        if (options.Postgres.Length == 0)
            errors.Add($"{Section}:Postgres is missing.");
        if (options.Redis.Length == 0)
            errors.Add($"{Section}:Redis is missing.");
        foreach (var file in new[] { PostgresPasswordFile, RedisPasswordFile, RedisAuthorityPath, Oidc.ClientSecretFile })
            if (file is not null && !File.Exists(file))
                errors.Add($"{Section}: there is no file {file}.");
        if (RequestsPerMinute < 1)
            errors.Add($"{Section}:RequestsPerMinute must be at least 1.");
        if (MaxConnections < 1)
            errors.Add($"{Section}:MaxConnections must be at least 1.");
        if (KeepEvents < TimeSpan.FromDays(1))
            errors.Add($"{Section}:KeepEvents must be at least a day (1.00:00:00).");
        if (MaxBody < 1024)
            errors.Add($"{Section}:MaxBody must be at least 1024.");
        if (Oidc.Issuer.Length > 0 && !(
            Uri.TryCreate(Oidc.Issuer, UriKind.Absolute, out var issuer) && (issuer.Scheme == Uri.UriSchemeHttps || issuer.IsLoopback)))
            errors.Add($"{Section}:Oidc:Issuer must be an https URL.");
        if (Oidc.Issuer.Length > 0 && Oidc.Audience.Length == 0)
            errors.Add($"{Section}:Oidc:Audience is missing: tokens made for another audience must be refused.");
        if (Webhooks.MaxAttempts is < 1 or > 30 || Webhooks.Timeout <= TimeSpan.Zero || Webhooks.Timeout > TimeSpan.FromSeconds(30)
            || Webhooks.FirstRetry <= TimeSpan.Zero)
            errors.Add($"{Section}:Webhooks: MaxAttempts must be 1 to 30, Timeout at most 30 seconds, FirstRetry positive.");
        options = options with
        {
            PhoneNodes = WebSockets(Phone.Nodes, errors),
            Turn = TurnServers.Read(Phone.Turn, errors),
            Proxies = Networks(TrustedProxies, "TrustedProxies", errors),
            WebhookNetworks = Networks(Webhooks.AllowedNetworks, "Webhooks:AllowedNetworks", errors),
        };
        return errors.Count == 0 ? options : throw new InvalidOperationException(string.Join(" ", errors));
    }

    private static List<IPNetwork> Networks(string list, string option, List<string> errors)
    {
        List<IPNetwork> networks = [];
        foreach (var text in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (IPNetwork.TryParse(text, out var network))
                networks.Add(network);
            else if (IPAddress.TryParse(text, out var address))
                networks.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
            else
                errors.Add($"{Section}:{option}: {text} is neither an address nor a network.");
        }
        return networks;
    }

    private static List<Uri> WebSockets(string list, List<string> errors)
    {
        List<Uri> addresses = [];
        foreach (var text in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "ws" or "wss" && address.Query.Length == 0)
                addresses.Add(address);
            else
                errors.Add($"{Section}:Phone:Nodes: {text} is not the address of a WebSocket, such as ws://10.0.0.5:5066.");
        }
        return addresses;
    }

    /// <summary>Secrets have no text form.</summary>
    public override string ToString() => nameof(AdminApiOptions);
}

/// <summary>An OpenID Connect issuer.</summary>
public sealed record OidcOptions
{
    /// <summary>Its URL, as in the tokens' `iss`; its discovery document is below it.</summary>
    public string Issuer { get; init; } = "";

    /// <summary>The audience that the tokens' `aud` must name.</summary>
    public string Audience { get; init; } = "";

    /// <summary>The claim that holds the scopes, as words in a text or as a list.</summary>
    public string ScopeClaim { get; init; } = "scope";

    /// <summary>The prefix of our scopes there: `gateway:read`.</summary>
    public string ScopePrefix { get; init; } = "gateway:";

    /// <summary>The claim that names the agent for whom a token stands; none: tokens stand for nobody.</summary>
    public string AgentClaim { get; init; } = "";

    /// <summary>The console's client at the issuer; none: nobody logs in at the console by it.</summary>
    public string ClientId { get; init; } = "";

    /// <summary>A file with that client's secret; null: a public client, which PKCE alone protects.</summary>
    public string? ClientSecretFile { get; init; }

    /// <summary>The scopes that the console asks for, separated by spaces: those by which its access token gets ours.</summary>
    public string RequestScopes { get; init; } = "openid";
}

/// <summary>The settings of the phone in the browser.</summary>
public sealed record PhoneOptions
{
    /// <summary>The nodes' listeners for SIP over WebSocket (`ws:` of their `sip.listen`) as addresses, separated by commas:
    /// `ws://10.0.0.5:5066`. None: the console has no phone.</summary>
    public string Nodes { get; init; } = "";

    /// <summary>The TURN servers by which its audio may go.</summary>
    public TurnOptions Turn { get; init; } = new();
}

/// <summary>The settings of outgoing webhooks.</summary>
public sealed record WebhookOptions
{
    /// <summary>Private addresses or networks, separated by commas, to which webhooks may be sent,
    /// also by plain http. Others that are not public are refused.</summary>
    public string AllowedNetworks { get; init; } = "";

    /// <summary>The timeout of one attempt.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The back-off after the first failure; three times as long after each further one, up to eight hours.</summary>
    public TimeSpan FirstRetry { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The number of attempts before a delivery is given up: with the defaults after about two days.</summary>
    public int MaxAttempts { get; init; } = 14;
}
