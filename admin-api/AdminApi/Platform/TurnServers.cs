using System.Security.Cryptography;
using System.Text;

namespace AdminApi.Platform;

/// <summary>TURN servers (RFC 8656) that share a secret with this program, as coturn's `use-auth-secret`.</summary>
public sealed record TurnOptions
{
    /// <summary>Their addresses, separated by commas: `turn:turn.example.com:3478?transport=udp`. None: audio goes directly.</summary>
    public string Urls { get; init; } = "";

    /// <summary>A file with the secret.</summary>
    public string? SecretFile { get; init; }

    /// <summary>The time for which credentials begin calls; one that has begun goes on.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromHours(12);
}

/// <summary>Servers of a browser's RTCPeerConnection, in its words.</summary>
/// <param name="Urls">Where they are.</param>
/// <param name="Username">Until when the credential is good, and for whom.</param>
/// <param name="Credential">Its proof.</param>
public sealed record IceServer(IReadOnlyList<string> Urls, string Username, string Credential);

/// <summary>
/// The TURN servers of the phone in the browser. They know no users: a username that says until when it is good, and the HMAC of it, prove
/// that whoever has the secret has made it (draft-uberti-behave-turn-rest-00 §2.2).
/// </summary>
public sealed class TurnServers
{
    private readonly string[] _urls;
    private readonly byte[] _secret;
    private readonly TimeSpan _lifetime;

    private TurnServers(string[] urls, byte[] secret, TimeSpan lifetime) => (_urls, _secret, _lifetime) = (urls, secret, lifetime);

    /// <summary>Null: none are configured, or they are in <paramref name="errors"/>.</summary>
    public static TurnServers? Read(TurnOptions options, List<string> errors)
    {
        const string section = "AdminApi:Phone:Turn";
        var urls = options.Urls.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (urls.Length == 0)
            return null;
        var known = errors.Count;
        foreach (var url in urls)
            if (!url.StartsWith("turn:", StringComparison.Ordinal) && !url.StartsWith("turns:", StringComparison.Ordinal))
                errors.Add($"{section}:Urls: {url} is not the address of a TURN server, such as turn:turn.example.com:3478.");
        var secret = options.SecretFile is { } file && File.Exists(file) ? File.ReadAllText(file).Trim() : "";
        if (secret.Length == 0)
            errors.Add($"{section}:SecretFile must be a file with the secret of the TURN servers.");
        if (options.Lifetime < TimeSpan.FromMinutes(1) || options.Lifetime > TimeSpan.FromDays(7))
            errors.Add($"{section}:Lifetime must be a minute to seven days.");
        return errors.Count > known ? null : new TurnServers(urls, Encoding.UTF8.GetBytes(secret), options.Lifetime);
    }

    /// <summary>What a browser needs to be relayed.</summary>
    /// <param name="user">Shown in the servers' logs.</param>
    /// <param name="now">The time.</param>
    public IceServer For(string user, DateTimeOffset now)
    {
        var username = $"{(now + _lifetime).ToUnixTimeSeconds()}:{user}";
#pragma warning disable CA5350 // the draft and the servers that follow it know no other
        return new IceServer(_urls, username, Convert.ToBase64String(HMACSHA1.HashData(_secret, Encoding.UTF8.GetBytes(username))));
#pragma warning restore CA5350
    }
}
