using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Interop.Asterisk;

/// <summary>One message of the manager interface: headers, and the text that a console command printed.</summary>
public sealed class ManagerMessage(IReadOnlyDictionary<string, string> headers, string text)
{
    /// <summary>Empty when the message has no such header.</summary>
    public string this[string header] => headers.GetValueOrDefault(header, "");

    public string Text => text;

    public override string ToString() => string.Join(", ", headers.Select(h => $"{h.Key}={h.Value}"));
}

/// <summary>Asterisk's manager interface (AMI): actions with answers, and all events since the connection began.</summary>
public sealed class ManagerConnection : IAsyncDisposable
{
    private readonly TcpClient _client;
    private readonly StreamReader _reader;
    private readonly ConcurrentDictionary<string, TaskCompletionSource<ManagerMessage>> _answers = new();
    private readonly List<ManagerMessage> _events = [];
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly Task _reading;
    private TaskCompletionSource _more = NewSignal();
    private int _lastAction;

    private ManagerConnection(TcpClient client)
    {
        _client = client;
        _reader = new StreamReader(client.GetStream(), Encoding.UTF8);
        _reading = ReadAsync();
    }

    /// <summary>Connects; null while nothing listens there.</summary>
    public static async Task<ManagerConnection?> TryConnectAsync(IPEndPoint address, CancellationToken cancellation)
    {
        var client = new TcpClient();
        try
        {
            await client.ConnectAsync(address, cancellation);
        }
        catch (SocketException)
        {
            client.Dispose();
            return null;
        }
        var connection = new ManagerConnection(client);
        var answer = await connection.SendAsync("Login", ("Username", "bench"), ("Secret", "bench")).WaitAsync(cancellation);
        return answer["Response"] == "Success" ? connection : throw new InvalidOperationException("Login: " + answer["Message"]);
    }

    /// <summary>The answer to one action.</summary>
    public async Task<ManagerMessage> SendAsync(string action, params (string Name, string Value)[] headers)
    {
        var id = Interlocked.Increment(ref _lastAction).ToString();
        var answer = _answers[id] = new TaskCompletionSource<ManagerMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        var text = new StringBuilder($"Action: {action}\r\nActionID: {id}\r\n");
        foreach (var (name, value) in headers)
            text.Append($"{name}: {value}\r\n");
        await _writing.WaitAsync();
        try
        {
            await _client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(text.Append("\r\n").ToString()));
        }
        finally
        {
            _writing.Release();
        }
        return await answer.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    /// <summary>The events that answer a list action.</summary>
    public async Task<IReadOnlyList<ManagerMessage>> ListAsync(string action, string lastEvent)
    {
        var answer = await SendAsync(action);
        var id = answer["ActionID"];
        await WaitForAsync(e => e["Event"] == lastEvent && e["ActionID"] == id, TimeSpan.FromSeconds(30));
        return Events(e => e["ActionID"] == id && e["Event"] != lastEvent);
    }

    /// <summary>The number of events so far.</summary>
    public int Count
    {
        get
        {
            lock (_events)
                return _events.Count;
        }
    }

    /// <summary>All matching events so far, from the one with that number on.</summary>
    public IReadOnlyList<ManagerMessage> Events(Func<ManagerMessage, bool> wanted, int from = 0)
    {
        lock (_events)
            return [.. _events.Skip(from).Where(wanted)];
    }

    /// <summary>The first matching event, past or future.</summary>
    public async Task<ManagerMessage> WaitForAsync(Func<ManagerMessage, bool> wanted, TimeSpan timeout)
    {
        using var limit = new CancellationTokenSource(timeout);
        for (var from = 0; ; )
        {
            Task more;
            lock (_events)
            {
                for (; from < _events.Count; from++)
                    if (wanted(_events[from]))
                        return _events[from];
                more = _more.Task;
            }
            await more.WaitAsync(limit.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _reading;
        _writing.Dispose();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task ReadAsync()
    {
        try
        {
            await _reader.ReadLineAsync(); // "Asterisk Call Manager/…"
            while (await ReadMessageAsync() is { } message)
                Take(message);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or SocketException)
        {
            // Closed, by either side.
        }
        foreach (var answer in _answers.Values)
            answer.TrySetException(new IOException("Asterisk closed the manager connection."));
    }

    private async Task<ManagerMessage?> ReadMessageAsync()
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var text = new StringBuilder();
        while (await _reader.ReadLineAsync() is { } line)
        {
            if (line.Length == 0 && headers.Count > 0)
                return new ManagerMessage(headers, text.ToString());
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0)
                continue;
            var (name, value) = (line[..colon], line[(colon + 1)..].TrimStart());
            if (name == "Output")
                text.AppendLine(value);
            else
                headers[name] = value;
        }
        return null;
    }

    private void Take(ManagerMessage message)
    {
        if (message["Event"].Length == 0)
        {
            if (_answers.TryRemove(message["ActionID"], out var answer))
                answer.TrySetResult(message);
            return;
        }
        TaskCompletionSource more;
        lock (_events)
        {
            _events.Add(message);
            (more, _more) = (_more, NewSignal());
        }
        more.TrySetResult();
    }
}
