using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Gateway.Worker.Tests;

/// <summary>PostgreSQL that ends while the gateway starts.</summary>
public sealed class NodeStoresTests
{
    [Fact]
    public async Task A_step_of_the_start_in_which_postgresql_ends_is_done_again()
    {
        var tries = 0;
        await StepAsync(() => ++tries == 1 ? throw new NpgsqlException("it ended", new IOException()) : Task.CompletedTask);
        Assert.Equal(2, tries);
    }

    [Fact]
    public async Task A_step_that_postgresql_refuses_ends_the_start()
    {
        await Assert.ThrowsAsync<PostgresException>(() => StepAsync(
            () => throw new PostgresException("no such table", "ERROR", "ERROR", PostgresErrorCodes.UndefinedTable)));
    }

    private static async Task StepAsync(Func<Task> step)
    {
        using var stores = new NodeStores(null!, null!, null!, null!, null!, TimeProvider.System, NullLogger<NodeStores>.Instance);
        await stores.DoAsync(step, CancellationToken.None);
    }
}
