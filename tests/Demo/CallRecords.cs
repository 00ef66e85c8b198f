using System.Net.Http.Json;

namespace Demo;

/// <summary>One leg's quality in a call record; see the admin API.</summary>
internal sealed record LegQuality(long PacketsReceived, long PacketsLost, double JitterMs, double? RoundTripMs, double? Mos);

/// <summary>The part of a call record that the demonstration reads.</summary>
internal sealed record CallRecord(
    string Id, string? WhatsAppCallId, string Direction, string? Agent, DateTimeOffset StartedAt, DateTimeOffset? RingingAt,
    DateTimeOffset? AnsweredAt,
    string Cause, LegQuality? WhatsAppQuality, LegQuality? PbxQuality, Charge? Charge, string Node);

/// <summary>The cost of the call; money as the API writes it.</summary>
internal sealed record Charge(string Amount, string Currency, int Pulses, int PulseSeconds, string PricePerMinute);

/// <summary>The part of a live call that the demonstration reads.</summary>
internal sealed record LiveCall(string? WhatsAppCallId, string State, string Node);

/// <summary>The gateway's call records, read through the admin API as an operator would.</summary>
internal sealed class CallRecords(HttpClient http)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    /// <summary>The record of the call with this WhatsApp id; it is written when both legs are over.</summary>
    public async Task<CallRecord> WaitForAsync(string whatsAppCallId, CancellationToken cancellation) =>
        await Waiting.ForAsync("the call record", Timeout, async () =>
        {
            var page = await http.GetFromJsonAsync<Page>("/v1/calls?limit=20", cancellation);
            return page!.Items.FirstOrDefault(record => record.WhatsAppCallId == whatsAppCallId);
        }, cancellation);

    /// <summary>The node that has this call, which is live.</summary>
    /// <param name="whatsAppCallId">WhatsApp's id.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <param name="before">The node that had it, and has it no more.</param>
    public async Task<string> NodeOfAsync(string whatsAppCallId, CancellationToken cancellation, string? before = null) =>
        await Waiting.ForAsync("the live call", Timeout, async () =>
        {
            var live = await http.GetFromJsonAsync<Live>("/v1/calls/live", cancellation);
            return live!.Items
                .FirstOrDefault(call => call.WhatsAppCallId == whatsAppCallId && call.State == "live" && call.Node != before)?.Node;
        }, cancellation);

    private sealed record Live(IReadOnlyList<LiveCall> Items);

    private sealed record Page(IReadOnlyList<CallRecord> Items);
}
