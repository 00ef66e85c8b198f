using System.Net.Http.Headers;
using System.Net.Http.Json;
using AdminApi.Platform;
using AdminApi.Tests.Kit;
using Dapper;
using Gateway.Storage;
using Gateway.Storage.Admin;
using Gateway.Storage.Events;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Testing;

namespace AdminApi.Tests;

/// <summary>The work behind the requests, while PostgreSQL refuses it: the program runs on, and the work goes on where it was.</summary>
public sealed class BackgroundWorkTests : IAsyncLifetime
{
    private readonly Stores _stores = new();
    private readonly KeptLogs _logs = new();
    private NpgsqlDataSource _database = null!;

    public async Task InitializeAsync()
    {
        _database = NpgsqlDataSource.Create(_stores.Postgres);
        await Migrator.MigrateAsync(_database, CancellationToken.None);
        await ExecuteAsync(
            """
            CREATE FUNCTION refuse_with() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'Refused by a test' USING ERRCODE = TG_ARGV[0]; END $$
            """);
    }

    public async Task DisposeAsync()
    {
        await _database.DisposeAsync();
        _stores.Dispose();
    }

    [Theory]
    [InlineData("25006", LogLevel.Warning)]
    [InlineData("XX000", LogLevel.Error)]
    public async Task Webhooks_that_PostgreSQL_refuses_are_delivered_once_it_takes_them(string state, LogLevel level)
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var app = AdminApiHost.Build(
        [
            "--urls=http://127.0.0.1:0", $"--AdminApi:Key={ApiFixture.ConfiguredKey}", $"--AdminApi:Postgres={_stores.Postgres}",
            $"--AdminApi:Redis={_stores.Redis}", "--AdminApi:Webhooks:AllowedNetworks=127.0.0.0/8", "--Logging:LogLevel:Default=Warning",
        ]);
        app.Services.GetRequiredService<ILoggerFactory>().AddProvider(_logs);
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ApiFixture.ConfiguredKey);
        using var made = await client.PostAsJsonAsync("/v1/webhooks", new { url = receiver.Url, kinds = Array.Empty<string>() });
        made.EnsureSuccessStatusCode();

        await RefuseAsync("webhook_endpoints", state);
        await using (var connection = await _database.OpenConnectionAsync())
            await EventOutbox.AppendAsync(connection, null, new(EventKind.CallEnded, DateTimeOffset.UtcNow), CancellationToken.None);
        int Reports() => _logs.Lines.Count(line => line.Level == level && line.Text.StartsWith("Webhooks", StringComparison.Ordinal));
        await Eventually.SeeAsync(() => Task.FromResult(Reports() >= 2), "it was refused, and tried again");
        Assert.InRange(Reports(), 2, 10); // and not as fast as it can
        Assert.False(app.Lifetime.ApplicationStopping.IsCancellationRequested);

        await TakeAsync("webhook_endpoints");
        Assert.Equal("call.ended", (await receiver.NextAsync()).Json.GetProperty("type").GetString());
    }

    [Fact]
    public async Task What_PostgreSQL_does_not_delete_it_deletes_the_next_hour()
    {
        await ExecuteAsync(
            "INSERT INTO idempotent_requests (actor, key, request_hash, created_at) VALUES ('a', 'k', '', now() - interval '2 days')");
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(_logs));
        var time = new HourByHand();
        using var housekeeping = new Housekeeping(
            new IdempotencyStore(_database), new WebhookOutbox(_database), new ConsoleSessionStore(_database),
            new EventRetention(_database), new AdminApiOptions(), time, loggers.CreateLogger<Housekeeping>());
        await housekeeping.StartAsync(CancellationToken.None);

        await RefuseAsync("idempotent_requests", "XX000");
        await time.StrikeAsync();
        await Eventually.SeeAsync(() => Task.FromResult(_logs.Lines.Any(line => line.Level == LogLevel.Error)), "it is said");
        await TakeAsync("idempotent_requests");
        await time.StrikeAsync();
        await using var connection = await _database.OpenConnectionAsync();
        await Eventually.SeeAsync(
            () => connection.QuerySingleAsync<bool>("SELECT NOT EXISTS (SELECT FROM idempotent_requests)"), "what had expired is gone");
        await housekeeping.StopAsync(CancellationToken.None);
    }

    /// <summary>From now on changes of a table end with this SQLSTATE.</summary>
    private Task RefuseAsync(string table, string state) => ExecuteAsync(
        $"CREATE TRIGGER refused BEFORE UPDATE OR DELETE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_with('{state}')");

    private Task TakeAsync(string table) => ExecuteAsync($"DROP TRIGGER refused ON {table}");

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = await _database.OpenConnectionAsync();
        await connection.ExecuteAsync(sql);
    }

    /// <summary>A clock whose one timer fires when a test says so.</summary>
    private sealed class HourByHand : TimeProvider
    {
        private readonly TaskCompletionSource<Action> _timer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task StrikeAsync() => (await _timer.Task)();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _timer.SetResult(() => callback(state));
            return base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
