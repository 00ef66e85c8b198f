using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sandbox.Handsets;

namespace Sandbox.Phone;

/// <summary>
/// One open phone page: JSON over a WebSocket. Requests carry a number that the page repeats in its answer (<c>{"request":7,…}</c> or
/// <c>{"request":7,"error":"…"}</c>); every other message is an event for <see cref="PhoneEndpoint"/>.
/// </summary>
public sealed class PhoneConnection(WebSocket socket)
{
    /// <summary>A page that does not answer in this time has failed.</summary>
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonObject>> _waiting = new();
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly CancellationTokenSource _closed = new();
    private int _lastRequest;

    /// <summary>The handsets of this page's calls by their id.</summary>
    public ConcurrentDictionary<string, BrowserHandset> Handsets { get; } = new();

    public async Task SendAsync(JsonObject message, CancellationToken cancel)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(message);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, _closed.Token);
        try
        {
            await _sending.WaitAsync(either.Token);
            try
            {
                await socket.SendAsync(bytes, WebSocketMessageType.Text, endOfMessage: true, either.Token);
            }
            finally
            {
                _sending.Release();
            }
        }
        catch (Exception fault) when (fault is WebSocketException or ObjectDisposedException
            || (fault is OperationCanceledException && _closed.IsCancellationRequested))
        {
            throw new HandsetException("The phone page is closed.");
        }
    }

    public async Task<JsonObject> AskAsync(JsonObject message, CancellationToken cancel)
    {
        var number = Interlocked.Increment(ref _lastRequest);
        var answer = new TaskCompletionSource<JsonObject>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[number] = answer;
        try
        {
            message["request"] = number;
            await SendAsync(message, cancel);
            var found = await answer.Task.WaitAsync(AnswerWithin, cancel);
            return (string?)found["error"] is { } error ? throw new HandsetException(error) : found;
        }
        catch (TimeoutException)
        {
            throw new HandsetException("The phone page does not answer.");
        }
        finally
        {
            _waiting.TryRemove(number, out _);
        }
    }

    /// <summary>The page's answer to <see cref="AskAsync"/>.</summary>
    public void Complete(int request, JsonObject answer)
    {
        if (_waiting.TryGetValue(request, out var waiting))
            waiting.TrySetResult(answer);
    }

    public void Close()
    {
        _closed.Cancel();
        foreach (var waiting in _waiting.Values)
            waiting.TrySetException(new HandsetException("The phone page was closed."));
    }
}
