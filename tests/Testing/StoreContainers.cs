using DotNet.Testcontainers.Configurations;
using Testcontainers.PostgreSql;
using Testcontainers.Redis;

namespace Testing;

/// <summary>
/// A PostgreSQL and a Redis in containers, one pair for all of this process; they end with it. GATEWAY_TEST_CONTAINERS=1 wants them, 0 does
/// without, and otherwise they are taken where a Docker endpoint answers and gives them.
/// </summary>
internal sealed class StoreContainers
{
    private static readonly Lazy<StoreContainers?> Shared = new(Start);

    private readonly PostgreSqlContainer _postgres = new PostgreSqlBuilder(Image("POSTGRES", "postgres:17"))
        .WithUsername("gateway").WithDatabase("postgres").WithEnvironment("POSTGRES_HOST_AUTH_METHOD", "trust")
        .WithCommand("-c", "max_connections=200").Build();

    private readonly RedisContainer _redis = new RedisBuilder(Image("REDIS", "redis:7")).Build();

    public string Postgres =>
        $"Host={_postgres.Hostname};Port={_postgres.GetMappedPublicPort(PostgreSqlBuilder.PostgreSqlPort)};Username=gateway;"
        + "Database=postgres";

    public string Redis => _redis.GetConnectionString();

    /// <summary>Null where there are none.</summary>
    public static StoreContainers? TryGet() => Shared.Value;

    private static StoreContainers? Start()
    {
        var wanted = Environment.GetEnvironmentVariable("GATEWAY_TEST_CONTAINERS");
        if (wanted == "0" || (wanted != "1" && TestcontainersSettings.OS.DockerEndpointAuthConfig is null))
            return null;
        try
        {
            var containers = new StoreContainers();
            AppDomain.CurrentDomain.ProcessExit += (_, _) => containers.StopAsync().GetAwaiter().GetResult();
            Task.Run(containers.StartAsync).GetAwaiter().GetResult();
            return containers;
        }
        catch (Exception e) when (wanted != "1")
        {
            Console.Error.WriteLine($"The Docker endpoint gives no PostgreSQL and Redis, so private ones are started: {e.Message}");
            return null;
        }
    }

    private Task StartAsync() => Task.WhenAll(_postgres.StartAsync(), _redis.StartAsync());

    private async Task StopAsync()
    {
        await _postgres.DisposeAsync();
        await _redis.DisposeAsync();
    }

    private static string Image(string store, string usual) => Environment.GetEnvironmentVariable($"GATEWAY_TEST_{store}_IMAGE") ?? usual;
}
