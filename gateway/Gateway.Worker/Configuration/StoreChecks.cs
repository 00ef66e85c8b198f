using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Storage;
using Npgsql;

namespace Gateway.Worker.Configuration;

/// <summary>Checks how the stores are to be reached, without reaching for them. No sentence contains a secret.</summary>
internal static class StoreChecks
{
    public static IEnumerable<string> Check(StorageOptions storage) =>
    [
        .. Postgres(storage.Postgres.Reveal(), storage.PostgresPasswordFile),
        .. Redis(storage.Redis.Reveal(), storage.RedisPasswordFile),
        .. Readable("storage.postgresPasswordFile", storage.PostgresPasswordFile),
        .. Readable("storage.redisPasswordFile", storage.RedisPasswordFile),
        .. Authority(storage.RedisAuthorityPath),
    ];

    private static IEnumerable<string> Postgres(string text, string? passwordFile)
    {
        if (text.Contains("://", StringComparison.Ordinal))
            return ["storage.postgres: is a URI; Npgsql expects 'Host=…;Port=5432;Database=…;Username=…;Password=…'."];
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(text);
            return
            [
                .. settings.Host is { Length: > 0 } ? [] : new[] { "storage.postgres: has no Host." },
                .. passwordFile is null || (settings.Password ?? settings.Passfile) is null
                    ? [] : new[] { "storage.postgresPasswordFile: storage.postgres has a Password or Passfile too; one of them." },
                .. settings.TargetSessionAttributes?.ToLowerInvariant() is null or "read-write" or "primary"
                    ? [] : new[] { "storage.postgres: Target Session Attributes has to be read-write or primary: the gateway writes." },
            ];
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            // the exception's text may contain the password
            return [
                "storage.postgres: is not a connection string of Npgsql ('Host=…;Database=…;Username=…'): one of its keys or values is " +
                "unknown."];
        }
    }

    private static IEnumerable<string> Redis(string text, string? passwordFile)
    {
        if (!RedisConnection.TryParse(text, out var options, out var error))
            yield return $"storage.redis: {error} ('host:6379,user=…,password=…', 'rediss://user:password@host').";
        else if (passwordFile is not null && options.Password is { Length: > 0 })
            yield return "storage.redisPasswordFile: storage.redis has a password too; one of them.";
    }

    private static IEnumerable<string> Readable(string key, string? path)
    {
        if (path is null)
            return [];
        try
        {
            return File.ReadAllText(path).Trim().Length > 0 ? [] : [$"{key}: the file {path} is empty."];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return [$"{key}: {e.Message}"];
        }
    }

    private static IEnumerable<string> Authority(string? path)
    {
        if (path is null)
            return [];
        try
        {
            X509CertificateLoader.LoadCertificateFromFile(path).Dispose();
            return [];
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return [$"storage.redisAuthorityPath: {path}: {e.Message}"];
        }
    }
}
