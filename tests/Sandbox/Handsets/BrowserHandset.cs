using System.Text.Json;
using System.Text.Json.Nodes;
using Sandbox.Phone;

namespace Sandbox.Handsets;

/// <summary>
/// A call in a browser's phone page: its RTCPeerConnection exchanges ICE, DTLS and RTP directly with the gateway. The page reports twice a
/// second what it hears. A browser shows neither received telephone-events nor RTCP, so digits stay unknown and only RTP counts as media.
/// </summary>
public sealed class BrowserHandset(PhoneConnection page, TimeProvider time) : IHandset
{
    private HandsetReport _report = new();

    /// <summary>The id of this call between page and sandbox.</summary>
    public string Id { get; } = Guid.NewGuid().ToString("N");

    public async Task<string> CreateOfferAsync(CancellationToken cancel) => Sdp(await page.AskAsync(Message("offer"), cancel));

    public Task ApplyAnswerAsync(string sdp, CancellationToken cancel) => page.SendAsync(Message("answer", ("sdp", sdp)), cancel);

    public async Task<string> AcceptOfferAsync(string sdp, CancellationToken cancel) =>
        Sdp(await page.AskAsync(Message("incoming", ("sdp", sdp)), cancel));

    public Task OpenAudioAsync(CancellationToken cancel) => page.SendAsync(Message("open"), cancel);

    public Task SendToneAsync(double hertz, CancellationToken cancel) => page.SendAsync(Message("tone", ("hertz", hertz)), cancel);

    public Task SendDigitsAsync(string digits, CancellationToken cancel) => page.AskAsync(Message("digits", ("digits", digits)), cancel);

    public Task<HandsetReport> ReportAsync(CancellationToken cancel) => Task.FromResult(Volatile.Read(ref _report));

    /// <summary>Takes the page's report of its media.</summary>
    public void Learn(JsonObject told)
    {
        var before = _report;
        var received = (long?)Number(told, "packetsReceived") ?? 0;
        Volatile.Write(ref _report, new HandsetReport
        {
            Connected = (told["connected"] as JsonValue)?.GetValueKind() == JsonValueKind.True,
            PacketsReceived = received,
            PacketsSent = (long?)Number(told, "packetsSent") ?? 0,
            PacketsLost = (long?)Number(told, "packetsLost") ?? 0,
            LastMediaAt = received > before.PacketsReceived ? time.GetUtcNow() : before.LastMediaAt,
            ToneHertz = Number(told, "toneHertz"),
            LevelDb = Number(told, "levelDb"),
            LongestSilenceMs = Number(told, "longestSilenceMs"),
            JitterMs = Number(told, "jitterMs"),
            RoundTripMs = Number(told, "roundTripMs"),
            Failure = (told["failure"] as JsonValue)?.GetValueKind() == JsonValueKind.String ? (string?)told["failure"] : null,
        });
    }

    public async ValueTask DisposeAsync()
    {
        page.Handsets.TryRemove(Id, out _);
        try
        {
            await page.SendAsync(Message("close"), CancellationToken.None);
        }
        catch (HandsetException)
        {
            // The page closed first.
        }
    }

    private JsonObject Message(string type, params ReadOnlySpan<(string Name, JsonNode Value)> members)
    {
        var message = new JsonObject { ["type"] = type, ["handset"] = Id };
        foreach (var (name, value) in members)
            message[name] = value;
        return message;
    }

    private static string Sdp(JsonObject answer) =>
        (answer["sdp"] as JsonValue)?.GetValueKind() == JsonValueKind.String
            ? (string)answer["sdp"]!
            : throw new HandsetException("The phone page gave no SDP.");

    private static double? Number(JsonObject told, string name) =>
        told[name] is JsonValue value && value.GetValueKind() == JsonValueKind.Number
            && double.IsFinite(value.GetValue<double>()) ? value.GetValue<double>() : null;
}
