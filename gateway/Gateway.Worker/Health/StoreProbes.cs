using Gateway.Storage;
using Npgsql;

namespace Gateway.Worker.Health;

/// <summary>Checks for each health request whether PostgreSQL answers and Redis can be written.</summary>
internal sealed class StoreProbes(NpgsqlDataSource database, RedisCallRegistry registry)
{
    private readonly StoreProbe _postgres = new(async cancellation =>
    {
        await using var command = database.CreateCommand("SELECT 1");
        await command.ExecuteScalarAsync(cancellation);
    });

    private readonly StoreProbe _redis = new(_ => registry.CheckAsync());

    /// <summary>"ok", or the store's fault; within <see cref="StoreProbe.Deadline"/>.</summary>
    public Task<string> PostgresAsync() => _postgres.CheckAsync();

    /// <inheritdoc cref="PostgresAsync"/>
    public Task<string> RedisAsync() => _redis.CheckAsync();
}

/// <summary>One request to a store, with a deadline of its own: a driver may exceed its timeout by far.</summary>
internal sealed class StoreProbe(Func<CancellationToken, Task> ask)
{
    /// <summary>Less than the one second that orchestrators give a probe by default.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(800);

    private readonly Lock _gate = new();
    private Task _asking = Task.CompletedTask;

    /// <summary>"ok", or the fault. While a request is open no second one is sent, so
    /// that a frozen store does not gather connections.</summary>
    public async Task<string> CheckAsync()
    {
        try
        {
            await Ask().WaitAsync(Deadline);
            return "ok";
        }
        catch (TimeoutException)
        {
            return $"no answer within {Deadline.TotalSeconds:0.0} s";
        }
        catch (Exception e) // Whatever keeps a store from answering is reported to the operator.
        {
            return e.Message;
        }
    }

    private Task Ask()
    {
        lock (_gate)
            return _asking.IsCompleted ? _asking = Task.Run(AskAsync) : _asking;
    }

    private async Task AskAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        await ask(deadline.Token);
    }
}
