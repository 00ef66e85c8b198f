using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sandbox.Calls;
using Sandbox.Numbers;

namespace Sandbox.Webhooks;

/// <summary>
/// Signs and delivers webhooks. First attempts of one call go out in order; a delivery that fails (anything but 200, or no answer in 20 s)
/// is repeated later without holding up the others, as Meta does, so duplicates and reordering occur naturally.
/// </summary>
public sealed partial class WebhookSender(
    HttpClient http, SandboxOptions options, KnobBox knobs, TimeProvider time, ILogger<WebhookSender> log) : IDisposable
{
    private sealed record Item(JsonObject Change, SandboxCall? Call, string Label);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Task> _tails = [];
    private readonly Dictionary<BusinessNumber, List<Item>> _batches = [];
    private readonly CancellationTokenSource _stop = new();
    private uint _turn;

    public void Send(BusinessNumber number, string orderKey, JsonObject change, SandboxCall? call, string label, TimeSpan delay = default)
    {
        var item = new Item(change, call, label);
        delay += TimeSpan.FromMilliseconds(knobs.Current.DelayAllMilliseconds);
        if (delay > TimeSpan.Zero)
            _ = DelayedAsync(number, orderKey, item, delay);
        else
            SendNow(number, orderKey, item);
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task DelayedAsync(BusinessNumber number, string orderKey, Item item, TimeSpan delay)
    {
        try
        {
            await Task.Delay(delay, time, _stop.Token);
            SendNow(number, orderKey, item);
        }
        catch (OperationCanceledException)
        {
            // The sandbox is stopping.
        }
    }

    private void SendNow(BusinessNumber number, string orderKey, Item item)
    {
        var window = knobs.Current.BatchMilliseconds;
        if (window <= 0)
        {
            Enqueue(orderKey, () => DeliverAsync(number, [item]));
            return;
        }
        lock (_gate)
        {
            if (_batches.TryGetValue(number, out var open))
            {
                open.Add(item);
                return;
            }
            _batches[number] = [item];
        }
        _ = CloseBatchAsync(number, TimeSpan.FromMilliseconds(window));
    }

    private async Task CloseBatchAsync(BusinessNumber number, TimeSpan after)
    {
        try
        {
            await Task.Delay(after, time, _stop.Token);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        List<Item> items;
        lock (_gate)
        {
            items = _batches[number];
            _batches.Remove(number);
        }
        Enqueue("batch " + number.PhoneNumberId, () => DeliverAsync(number, items));
    }

    private void Enqueue(string key, Func<Task> work)
    {
        lock (_gate)
        {
            var next = ChainAsync(_tails.GetValueOrDefault(key, Task.CompletedTask), work);
            _tails[key] = next;
            _ = next.ContinueWith(done =>
            {
                lock (_gate)
                    if (_tails.TryGetValue(key, out var last) && last == done)
                        _tails.Remove(key);
            }, TaskScheduler.Default);
        }

        async Task ChainAsync(Task before, Func<Task> then)
        {
            await before;
            await Task.Yield();
            await then();
        }
    }

    private async Task DeliverAsync(BusinessNumber number, List<Item> items)
    {
        var body = new JsonObject
        {
            ["object"] = "whatsapp_business_account",
            ["entry"] = new JsonArray(new JsonObject
            {
                ["id"] = number.AccountId,
                ["changes"] = new JsonArray([.. items.Select(item => (JsonNode)item.Change)]),
            }),
        };
        var bytes = Encoding.UTF8.GetBytes(body.ToJsonString());
        var copies = Math.Max(1, knobs.Current.Copies);
        for (var copy = 0; copy < copies; copy++)
            if (!await AttemptAsync(number, items, bytes, 1))
                _ = RetryAsync(number, items, bytes);
    }

    private async Task RetryAsync(BusinessNumber number, List<Item> items, byte[] bytes)
    {
        try
        {
            var wait = options.Timers.WebhookRetry;
            for (var attempt = 2; attempt <= options.Timers.WebhookAttempts; attempt++)
            {
                await Task.Delay(wait, time, _stop.Token);
                if (await AttemptAsync(number, items, bytes, attempt))
                    return;
                wait *= 2;
            }
        }
        catch (OperationCanceledException)
        {
            // The sandbox is stopping.
        }
    }

    private async Task<bool> AttemptAsync(BusinessNumber number, List<Item> items, byte[] bytes, int attempt)
    {
        var result = await PostAsync(number, bytes);
        foreach (var item in items)
            item.Call?.Note("webhook", item.Label, $"{result}, attempt {attempt}");
        if (result is not ("200" or "nowhere"))
            LogRefused(log, items[0].Label, result, attempt);
        return result is "200" or "nowhere" or "stopped";
    }

    private async Task<string> PostAsync(BusinessNumber number, byte[] bytes)
    {
        if (number.WebhookUrl is not { } url)
            return "nowhere";
        // Of several addresses each webhook goes to the next one, and on where nothing listens: what a load balancer does.
        var addresses = url.Split(',', StringSplitOptions.TrimEntries);
        var first = Interlocked.Increment(ref _turn);
        var result = "";
        for (var i = 0; i < addresses.Length; i++)
        {
            result = await PostAsync(number, addresses[(int)((first + i) % addresses.Length)], bytes);
            if (result != nameof(HttpRequestError.ConnectionError))
                break;
        }
        return result;
    }

    private async Task<string> PostAsync(BusinessNumber number, string url, byte[] bytes)
    {
        if (_stop.IsCancellationRequested)
            return "stopped";
        using var limit = new CancellationTokenSource(options.Timers.WebhookTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stop.Token);
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(bytes) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var secret = Encoding.UTF8.GetBytes(knobs.TakeBadSignature() ? "not the secret" : number.AppSecret);
        request.Headers.Add("X-Hub-Signature-256", "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(secret, bytes)));
        request.Headers.UserAgent.ParseAdd("facebookexternalua");
        try
        {
            using var response = await http.SendAsync(request, either.Token);
            return ((int)response.StatusCode).ToString();
        }
        catch (OperationCanceledException)
        {
            return _stop.IsCancellationRequested ? "stopped" : "timeout";
        }
        catch (HttpRequestException fault)
        {
            return fault.HttpRequestError.ToString();
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Webhook {Label} was answered with {Result} (attempt {Attempt})")]
    private static partial void LogRefused(ILogger logger, string label, string result, int attempt);
}
