using Gateway.Calls.Tracing;
using Gateway.Storage.Tracing;
using Gateway.Worker.Configuration;
using Gateway.Worker.Tests.Calls.Bench;
using Npgsql;
using Sandbox.Users;

namespace Gateway.Worker.Tests.Tracing;

/// <summary>Reads the traces of a bench's calls.</summary>
internal static class TraceBench
{
    /// <summary>Every call's trace is kept.</summary>
    public static GatewayOptions All(GatewayOptions options) => options with { Trace = new TraceOptions { Calls = TracedCalls.All } };

    /// <summary>The trace of the user's only call, once it is written.</summary>
    public static async Task<CallTrace> TraceAsync(this CallBench bench, SandboxUser user)
    {
        var id = await bench.IdAsync(user);
        var store = new CallTraceStore(bench.Gateway.Service<NpgsqlDataSource>());
        var trace = await Eventually.SeeAsync(
            () => store.FindAsync(id, CancellationToken.None), found => found is not null, $"the trace of call {id}");
        return trace!;
    }

    /// <summary>The gateway's id of the user's only call.</summary>
    public static async Task<string> IdAsync(this CallBench bench, SandboxUser user)
    {
        await using var command = bench.Gateway.Service<NpgsqlDataSource>().CreateCommand(
            "SELECT id FROM calls WHERE $1 IN (user_phone, user_id)");
        command.Parameters.Add(new NpgsqlParameter { Value = user.Phone });
        var id = await Eventually.SeeAsync(
            async () => (string?)await command.ExecuteScalarAsync(), found => found is not null, "a call of the user");
        return id!;
    }
}
