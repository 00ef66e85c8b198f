using Gateway.Storage;
using Npgsql;
using StackExchange.Redis;

namespace Gateway.Worker.Configuration;

/// <summary>Opens the stores as they are configured.</summary>
internal static class StoreConnections
{
    public static NpgsqlDataSource OpenPostgres(this StorageOptions storage) =>
        Database.Open(storage.Postgres.Reveal(), PasswordFile.Of(storage.PostgresPasswordFile));

    /// <inheritdoc cref="Database.OpenProbe"/>
    public static NpgsqlDataSource OpenPostgresProbe(this StorageOptions storage) =>
        Database.OpenProbe(storage.Postgres.Reveal(), PasswordFile.Of(storage.PostgresPasswordFile));

    public static ConfigurationOptions RedisOptions(this StorageOptions storage) =>
        RedisConnection.Options(storage.Redis.Reveal(), PasswordFile.Of(storage.RedisPasswordFile), storage.RedisAuthorityPath);
}
