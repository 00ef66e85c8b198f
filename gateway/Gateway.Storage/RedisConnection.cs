using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography.X509Certificates;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace Gateway.Storage;

/// <summary>
/// Parses an operator's Redis setting, and connects: a configuration of StackExchange.Redis (`host:6379,user=…,password=…,ssl=true`;
/// several hosts are a Cluster's, or with `serviceName=…` Sentinels), or a URI (`rediss://user:password@host:6380/0`; no TLS with
/// `redis:`).
/// </summary>
public static class RedisConnection
{
    private const int DefaultPort = 6379;

    /// <summary>
    /// How often a lost connection is tried again, and how finely a command's timeout is watched: a Redis that was restarted empty is
    /// shown this node's calls and agents before another node misses them. By itself the driver waits half of its
    /// connect timeout, 2.5 s, and longer each time.
    /// </summary>
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(250);

    /// <summary>False with a sentence that contains no secret.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ConfigurationOptions? options, [NotNullWhen(false)] out string? error)
    {
        (options, error) = (null, null);
        var scheme = text.Contains("://", StringComparison.Ordinal) ? text.Split("://")[0] : null;
        if (scheme is not (null or "redis" or "rediss"))
        {
            error = $"{scheme}: is not a Redis scheme; use redis: or rediss:";
            return false;
        }
        try
        {
            options = scheme is null ? ConfigurationOptions.Parse(text) : FromUri(new Uri(text));
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException)
        {
            error = "it is neither a StackExchange.Redis configuration nor a redis: or rediss: URI";
            return false;
        }
        if (options.EndPoints.Count == 0)
            error = "it names no server";
        options.AbortOnConnectFail = false;
        options.HeartbeatInterval = Retry;
        options.ReconnectRetryPolicy = new LinearRetry((int)Retry.TotalMilliseconds);
        return error is null;
    }

    /// <summary>Connects, and keeps trying where no server answers yet. Sentinels must be able to name their primary now.</summary>
    /// <param name="text">The setting.</param>
    /// <param name="password">The file with the password, where the setting has none.</param>
    /// <param name="authority">A PEM file with the authority of the servers' certificate; null: one that the system trusts.</param>
    /// <exception cref="ArgumentException">The text cannot be read.</exception>
    /// <exception cref="RedisConnectionException">No Sentinel knows the service.</exception>
    public static IConnectionMultiplexer Open(string text, PasswordFile? password = null, string? authority = null) =>
        ConnectionMultiplexer.Connect(Options(text, password, authority));

    /// <summary>The same settings for a connection of the caller's own.</summary>
    /// <inheritdoc cref="Open"/>
    public static ConfigurationOptions Options(string text, PasswordFile? password, string? authority)
    {
        if (!TryParse(text, out var options, out var error))
            throw new ArgumentException("The Redis connection cannot be used: " + error);
        if (password is not null)
            options.Defaults = new FromFile(password);
        if (authority is not null)
            options.TrustIssuer(X509CertificateLoader.LoadCertificateFromFile(authority));
        return options;
    }

    /// <summary>https://www.iana.org/assignments/uri-schemes/prov/redis</summary>
    private static ConfigurationOptions FromUri(Uri uri)
    {
        var user = uri.UserInfo.Split(':', 2);
        var database = uri.AbsolutePath.Trim('/');
        return new ConfigurationOptions
        {
            EndPoints = { { uri.Host.Trim('[', ']'), uri.IsDefaultPort || uri.Port < 0 ? DefaultPort : uri.Port } },
            Ssl = uri.Scheme == "rediss",
            SslHost = uri.Scheme == "rediss" ? uri.Host : null,
            User = user is [{ Length: > 0 } name, ..] ? Uri.UnescapeDataString(name) : null,
            Password = user is [_, { Length: > 0 } password] ? Uri.UnescapeDataString(password) : null,
            DefaultDatabase = database.Length == 0 ? null : int.Parse(database, System.Globalization.CultureInfo.InvariantCulture),
        };
    }

    /// <summary>The driver asks for the password whenever it connects.</summary>
    private sealed class FromFile(PasswordFile file) : DefaultOptionsProvider
    {
        public override string? Password => file.Read();
    }
}
