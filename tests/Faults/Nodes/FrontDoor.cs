using System.Text.Json.Nodes;
using Faults.Facts;
using Microsoft.AspNetCore.Http;
using Testing.Peers;

namespace Faults.Nodes;

/// <summary>
/// What stands before the nodes' webhook addresses, as HAProxy does: each webhook goes to one node, to the next where that refuses the
/// connection, and is answered 504 where a node that has it does not answer, so that WhatsApp sends it again.
/// </summary>
internal sealed class FrontDoor : IAsyncDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    private readonly HistoryLog _history;
    private readonly Random _random;
    private readonly Lock _gate = new();
    private WebhookDoor _door = null!;

    private FrontDoor(HistoryLog history, int seed) => (_history, _random) = (history, new Random(seed));

    /// <summary>The nodes' ids and webhook addresses.</summary>
    public List<(string Node, string Url)> Targets { get; } = [];

    public string Url => _door.Url;

    public static async Task<FrontDoor> OpenAsync(HistoryLog history, int seed)
    {
        var door = new FrontDoor(history, seed);
        door._door = await WebhookDoor.OpenAsync(door.DeliverAsync, Timeout);
        return door;
    }

    public ValueTask DisposeAsync() => _door.DisposeAsync();

    private async Task<int> DeliverAsync(WebhookDoor door, SignedWebhook webhook)
    {
        foreach (var (node, url) in InTurn())
        {
            try
            {
                var status = await door.PassAsync(url, webhook);
                foreach (var (call, happened) in About(webhook.Body))
                    _history.Add(new Fact.Delivered(DateTimeOffset.UtcNow, call, happened, node, status));
                return status;
            }
            catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConnectionError)
            {
                // the next one
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                return StatusCodes.Status504GatewayTimeout;
            }
        }
        return StatusCodes.Status503ServiceUnavailable;
    }

    private (string Node, string Url)[] InTurn()
    {
        (string Node, string Url)[] order = [.. Targets];
        lock (_gate)
            _random.Shuffle(order);
        return order;
    }

    private static IEnumerable<(string Call, string Event)> About(byte[] body) =>
        from entry in JsonNode.Parse(body)!["entry"]!.AsArray()
        from change in entry!["changes"]!.AsArray()
        from call in change!["value"]!["calls"]?.AsArray() ?? []
        select ((string)call!["id"]!, (string?)call["event"] ?? "");
}
