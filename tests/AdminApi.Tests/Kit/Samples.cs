using Dapper;
using Gateway.Calls;
using Gateway.Calls.Lifecycle;
using Gateway.Calls.Records;
using Gateway.Calls.Tracing;
using Gateway.Storage.Calls;
using Gateway.Storage.Events;
using Gateway.Storage.Tracing;

namespace AdminApi.Tests.Kit;

/// <summary>Creates the rows that tests need.</summary>
public static class Samples
{
    /// <summary>A call attempt that a user had not permitted.</summary>
    public static async Task<string> CallAsync(ApiFixture api, Func<CallRecord, CallRecord>? change = null)
    {
        var start = DateTimeOffset.UnixEpoch.AddDays(20_000).AddSeconds(Random.Shared.Next(1_000_000));
        var record = new CallRecord
        {
            Id = new CallId(Guid.NewGuid().ToString("n")),
            Direction = CallDirection.Outbound,
            Channel = new ChannelId("100"),
            User = new WhatsAppUser("15550001"),
            StartedAt = start,
            EndedAt = start.AddSeconds(5),
            Cause = HangupCause.NotPermitted,
            WhatsAppError = new WhatsAppError(138006, "No approved call permission"),
            Node = "n1",
        };
        record = change?.Invoke(record) ?? record;
        await new PostgresCallStore(api.Database).CompleteAsync(record, CancellationToken.None);
        return record.Id.Value;
    }

    /// <summary>A past call with a trace.</summary>
    public static async Task<string> TraceAsync(ApiFixture api)
    {
        var id = await CallAsync(api);
        var at = DateTimeOffset.UnixEpoch.AddDays(20_000);
        var trace = new CallTrace(
            new CallId(id), 1, "n1", at, at.AddSeconds(5), HangupCause.NotPermitted, "Meta refused connect: 138006 No call permission",
            [
                new TraceEntry(at, TraceKind.Sip, "INVITE sip:{user}@gateway")
                {
                    Peer = TracePeer.Pbx, Direction = TraceDirection.In, Trunk = "main", Details = "INVITE sip:{user}@gateway SIP/2.0",
                    Codecs = "PCMA",
                },
                new TraceEntry(at.AddSeconds(1), TraceKind.Graph, "Meta refused connect: 138006 No call permission")
                {
                    Peer = TracePeer.WhatsApp, Direction = TraceDirection.Out, DurationMs = 87.5, IsFailure = true,
                },
            ])
        {
            Direction = CallDirection.Outbound,
            Channel = new ChannelId("100"),
        };
        await new CallTraceStore(api.Database).AddAsync([trace], CancellationToken.None);
        return id;
    }

    /// <summary>The address of a finished capture.</summary>
    public static async Task<string> CaptureAsync(ApiFixture api)
    {
        var capture = new StoredCapture(
            Guid.NewGuid().ToString("n"), new CallId("captured"), "n1", DateTimeOffset.UtcNow, 1, false, [1, 2, 3]);
        await new CallCaptureStore(api.Database).AddAsync(capture, CancellationToken.None);
        return $"/v1/calls/captured/captures/{capture.Id}";
    }

    /// <summary>A call in progress on a node.</summary>
    public static async Task<string> LiveCallAsync(ApiFixture api, string node, string channel = "100", LiveQuality? quality = null)
    {
        var answered = DateTimeOffset.UtcNow.AddSeconds(-10);
        var call = new LiveCall(
            new CallId(Guid.NewGuid().ToString("n")), new WhatsAppCallId("wacid.X"), CallDirection.Inbound, new ChannelId(channel), "…0001",
            "main", "21", CallState.RingingPbx, DateTimeOffset.UtcNow.AddSeconds(-30), answered, node)
        {
            AgentSince = answered, Quality = quality,
        };
        await api.Get<ICallRegistry>().PublishAsync(call, CancellationToken.None);
        return call.Id.Value;
    }

    /// <summary>An unanswered call.</summary>
    public static async Task<string> MissedCallAsync(ApiFixture api, string channel = "100", DateTimeOffset? at = null)
    {
        var id = Guid.NewGuid().ToString("n");
        await using var connection = await api.Database.OpenConnectionAsync();
        await connection.ExecuteAsync(
            "INSERT INTO missed_calls (call_id, channel, user_handle, user_name, missed_at, cause) VALUES (@id, @channel, '15550001', " +
                "'Bob', @at, 'no_answer')",
            new { id, channel, at = (at ?? DateTimeOffset.UtcNow).UtcDateTime });
        return id;
    }

    /// <summary>An event, stored in a transaction of its own.</summary>
    public static async Task EventAsync(ApiFixture api, NewEvent happened)
    {
        await using var connection = await api.Database.OpenConnectionAsync();
        await EventOutbox.AppendAsync(connection, null, happened, CancellationToken.None);
    }
}
