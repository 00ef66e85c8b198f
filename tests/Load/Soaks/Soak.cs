using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;
using StackExchange.Redis;

namespace Load.Soaks;

/// <summary>
/// Places calls in both directions for the given time, and then checks what holds after any amount of work: every call left one
/// completed record, nothing is live, no port is taken, and memory and descriptors did not grow with the number of calls.
/// </summary>
internal sealed class Soak(LoadOptions options)
{
    private static readonly TimeSpan Report = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(60);

    private int _placed;
    private int _refused;

    /// <summary>0: all checks passed; 1: some failed, as reported; 130: interrupted.</summary>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        await using var bench = new LoadBench(options.Program);
        try
        {
            await bench.ReadyAsync(stop);
            return await RunAsync(bench, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 130;
        }
        catch (Exception e) // Reported with the logs; the programs started still have to be stopped.
        {
            Console.Error.WriteLine($"FAILED: {e.Message}\n{string.Join('\n', bench.Tails())}");
            return 1;
        }
    }

    private async Task<int> RunAsync(LoadBench bench, CancellationToken stop)
    {
        var each = (int)Math.Ceiling(options.Duration.TotalSeconds * options.CallsPerSecond / 2);
        Console.WriteLine(
            $"{2 * each} calls, half of them each way, {options.CallsPerSecond} a second, {options.Talk.TotalSeconds:0} s of talk each");
        var called = Enumerable.Range(1, each).Select(i => $"4478{i:00000000}").ToList();
        foreach (var user in called)
            await PermitAsync(bench, user, stop);

        var began = Stopwatch.GetTimestamp();
        var cpu = bench.GatewayProcess.CpuSeconds();
        bench.AgentsDial(called, options.CallsPerSecond / 2, options.Talk);
        var users = UsersCallAsync(bench, each, stop);
        var early = (Memory: 0.0, Descriptors: 0);
        await using var database = NpgsqlDataSource.Create(bench.Postgres);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(bench.Redis + ",allowAdmin=true");
        Usage? warm = null, last = null;
        while (!users.IsCompleted)
        {
            await Task.WhenAny(users, Task.Delay(Report, stop));
            stop.ThrowIfCancellationRequested();
            var elapsed = Stopwatch.GetElapsedTime(began);
            if (early.Memory == 0 && elapsed > options.Duration / 2)
                early = (bench.GatewayProcess.MemoryMb(), bench.GatewayProcess.Descriptors());
            if (elapsed > options.Duration / 2 && !users.IsCompleted)
            {
                last = await Usage.ReadAsync(bench.GatewayProcess, database, redis, stop);
                warm ??= last; // by now everything is compiled
            }
            Console.WriteLine(
                $"{elapsed.TotalSeconds,6:0} s  placed by users {_placed}, refused {_refused}, live {await LiveAsync(bench, stop)}, " +
                    $"gateway {bench.GatewayProcess.MemoryMb():0} MB, "
                + $"{bench.GatewayProcess.Descriptors()} descriptors, {bench.GatewayProcess.CpuSeconds() - cpu:0.0} s of CPU");
        }
        await users;
        var late = (Memory: bench.GatewayProcess.MemoryMb(), Descriptors: bench.GatewayProcess.Descriptors());
        if (warm is not null && last is not null)
            Console.WriteLine($"\nin the second half of the time:\n{last.Since(warm)}");
        return await ConcludeAsync(bench, 2 * each, bench.GatewayProcess.CpuSeconds() - cpu, early, late, stop);
    }

    private async Task<int> ConcludeAsync(
        LoadBench bench, int expected, double cpu, (double Memory, int Descriptors) early, (double Memory, int Descriptors) late,
        CancellationToken stop)
    {
        await using var database = NpgsqlDataSource.Create(bench.Postgres);
        var until = Stopwatch.GetTimestamp();
        var records = new Records(0, 0, 0, 0);
        while (Stopwatch.GetElapsedTime(until) < Settling)
        {
            records = await ReadAsync(database, stop);
            if (records.Completed == expected && await LiveAsync(bench, stop) == 0)
                break;
            await Task.Delay(500, stop);
        }
        var live = await LiveAsync(bench, stop);
        Console.WriteLine($"""

            records      {records.Completed} completed of {expected} placed; {records.Answered} answered; {records.Open} left open
            talk         {records.TalkSeconds / 60:0} call-minutes; gateway CPU {cpu / Math.Max(1,
            records.TalkSeconds) * 1000:0.0} ms per call-second, set-up included
            memory       {early.Memory:0} MB after half of the time, {late.Memory:0} MB at the end; descriptors {early.Descriptors},
            {late.Descriptors}
            left over    {live} live calls
            """);
        string?[] faults =
        [
            records.Completed == expected ? null : "a call has no completed record",
            records.Answered == expected ? null : "a call was not answered",
            records.Open == 0 ? null : "a record was left open",
            live == 0 ? null : "a call is still live",
            late.Memory < early.Memory * 1.5 + 50 ? null : "memory grew with the number of calls",
        ];
        if (records.Answered < records.Completed)
            Console.WriteLine($"not answered {await CausesAsync(database, stop)}");
        foreach (var fault in faults.OfType<string>())
            Console.WriteLine("FAULT        " + fault);
        return faults.All(fault => fault is null) ? 0 : 1;
    }

    private async Task UsersCallAsync(LoadBench bench, int count, CancellationToken stop)
    {
        var calls = new List<Task>(count);
        var period = TimeSpan.FromSeconds(2 / options.CallsPerSecond);
        var began = Stopwatch.GetTimestamp();
        for (var i = 1; i <= count; i++)
        {
            calls.Add(UserCallsAsync(bench, $"4477{i:00000000}", stop));
            var next = period * i - Stopwatch.GetElapsedTime(began);
            if (next > TimeSpan.Zero)
                await Task.Delay(next, stop);
        }
        await Task.WhenAll(calls);
    }

    private async Task UserCallsAsync(LoadBench bench, string user, CancellationToken stop)
    {
        using var placed = await bench.WhatsApp.PostAsJsonAsync("/sandbox/calls", new { user, handset = "native", toneHertz = 1000 }, stop);
        if (!placed.IsSuccessStatusCode)
        {
            Interlocked.Increment(ref _refused);
            return;
        }
        Interlocked.Increment(ref _placed);
        var id = (await placed.Content.ReadFromJsonAsync<JsonElement>(stop)).GetProperty("id").GetString()!;
        for (var looks = 0; looks < 200 && !await IsAnsweredAsync(bench, id, stop); looks++)
            await Task.Delay(50, stop);
        await Task.Delay(options.Talk, stop);
        using var ended = await bench.WhatsApp.PostAsJsonAsync($"/sandbox/calls/{Uri.EscapeDataString(id)}/hangup", new { }, stop);
    }

    private static async Task<bool> IsAnsweredAsync(LoadBench bench, string id, CancellationToken stop) =>
        (await bench.WhatsApp.GetFromJsonAsync<JsonElement>($"/sandbox/calls/{Uri.EscapeDataString(id)}", stop))
            .TryGetProperty("startedAt", out var at) && at.ValueKind != JsonValueKind.Null;

    private static async Task PermitAsync(LoadBench bench, string user, CancellationToken stop)
    {
        using var known = await bench.WhatsApp.PutAsJsonAsync($"/sandbox/users/{user}", new { auto = "Answer" }, stop);
        using var permitted = await bench.WhatsApp.PutAsJsonAsync(
            $"/sandbox/users/{user}/permission", new { accepted = true, permanent = true }, stop);
        permitted.EnsureSuccessStatusCode();
    }

    private static async Task<int> LiveAsync(LoadBench bench, CancellationToken stop) =>
        (await bench.Gateway.GetStringAsync("/metrics", stop)).Split('\n')
        .Where(line => line.StartsWith("gateway_calls_active", StringComparison.Ordinal))
        .Sum(line => (int)double.Parse(line.Split(' ')[^1]));

    private static async Task<string> CausesAsync(NpgsqlDataSource database, CancellationToken stop)
    {
        await using var command = database.CreateCommand("""
            SELECT coalesce(string_agg(n || ' ' || direction || ' ' || cause, ', '), '')
            FROM (SELECT direction, cause, count(*) AS n FROM calls WHERE answered_at IS NULL GROUP BY 1, 2) AS unanswered
            """);
        return (string)(await command.ExecuteScalarAsync(stop))!;
    }

    private static async Task<Records> ReadAsync(NpgsqlDataSource database, CancellationToken stop)
    {
        await using var command = database.CreateCommand("""
            SELECT count(*) FILTER (WHERE ended_at IS NOT NULL), count(answered_at), count(*) FILTER (WHERE ended_at IS NULL),
                   coalesce(sum(extract(epoch FROM ended_at - answered_at)), 0)::float8
            FROM calls
            """);
        await using var reader = await command.ExecuteReaderAsync(stop);
        await reader.ReadAsync(stop);
        return new Records(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetDouble(3));
    }

    private sealed record Records(long Completed, long Answered, long Open, double TalkSeconds);
}
