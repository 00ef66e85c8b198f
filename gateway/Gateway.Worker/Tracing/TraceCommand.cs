using Gateway.Calls.Tracing;
using Gateway.Storage.Tracing;
using Gateway.Worker.Configuration;
using Npgsql;

namespace Gateway.Worker.Tracing;

/// <summary>Prints the trace of a call as a ladder.</summary>
internal static class TraceCommand
{
    /// <summary>The user of a trace, of whom the store of traces knows nothing.</summary>
    private const string User = "(user)";

    /// <param name="options">Where PostgreSQL is.</param>
    /// <param name="call">The gateway's id of the call, or WhatsApp's.</param>
    /// <param name="output">The writer of the result.</param>
    /// <returns>The exit code: 0 where there is one, 1 where there is none, 3 where PostgreSQL does not say.</returns>
    public static async Task<int> RunAsync(GatewayOptions options, string call, TextWriter output)
    {
        await using var database = options.Storage.OpenPostgres();
        try
        {
            if (await new CallTraceStore(database).FindAsync(call, CancellationToken.None) is not { } trace)
            {
                await output.WriteLineAsync($"There is no trace of a call '{call}': it is in progress, was none, is older than " +
                    "trace.keep, or is none that trace.calls keeps.");
                return 1;
            }
            await output.WriteAsync(TraceLadder.Write(trace, User, details: true));
            return 0;
        }
        catch (NpgsqlException e)
        {
            await output.WriteLineAsync($"PostgreSQL does not say: {e.Message}");
            return 3;
        }
    }
}
