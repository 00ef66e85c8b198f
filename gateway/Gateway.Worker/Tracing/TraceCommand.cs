using Gateway.Calls.Tracing;
using Gateway.Storage.Commands;
using Gateway.Storage.Tracing;
using Gateway.Worker.Configuration;
using Npgsql;
using StackExchange.Redis;

namespace Gateway.Worker.Tracing;

/// <summary>Prints the trace of a call as a ladder; of one in progress what its node has noted so far.</summary>
internal static class TraceCommand
{
    /// <summary>The user of a trace, of whom the store of traces knows nothing.</summary>
    private const string User = "(user)";

    /// <param name="options">Where PostgreSQL and Redis are.</param>
    /// <param name="call">The gateway's id of the call, or WhatsApp's.</param>
    /// <param name="output">The writer of the result.</param>
    /// <returns>The exit code: 0 where there is one, 1 where there is none, 3 where a store does not say.</returns>
    public static async Task<int> RunAsync(GatewayOptions options, string call, TextWriter output)
    {
        await using var database = options.Storage.OpenPostgres();
        try
        {
            // it may be away: only a call that has not ended is asked for there
            await using var redis = await ConnectionMultiplexer.ConnectAsync(options.Storage.RedisOptions());
            var (trace, reply) = await new CallTraceReader(new CallTraceStore(database), new NodeCommands(redis))
                .FindAsync(call, CancellationToken.None);
            if (trace is not null)
            {
                await output.WriteAsync(TraceLadder.Write(trace, User, details: true));
                return 0;
            }
            await output.WriteLineAsync($"There is no trace of a call '{call}': " + reply switch
            {
                { Text: { } text } => text + ".",
                { Outcome: CommandOutcome.NodeUnreachable } => "it is in progress, and its node does not answer.",
                _ => "it was none, is older than trace.keep, or is none that trace.calls keeps.",
            });
            return 1;
        }
        catch (NpgsqlException e)
        {
            await output.WriteLineAsync($"PostgreSQL does not say: {e.Message}");
            return 3;
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            await output.WriteLineAsync(
                $"PostgreSQL has no trace of an ended call '{call}', and Redis does not say where it is: {e.Message}");
            return 3;
        }
    }
}
