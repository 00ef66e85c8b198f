using System.Collections.Concurrent;
using System.Net;
using Testing.Peers;

namespace Load.Servers;

/// <summary>All users of servers that speak SIP at both sides: INVITE, ACK and BYE over UDP, repeated until they are answered.</summary>
internal sealed class SipCaller : IDisposable
{
    private static readonly TimeSpan T1 = TimeSpan.FromMilliseconds(500); // RFC 3261 §17.1.1.1

    private readonly ConcurrentDictionary<string, Dialog> _dialogs = [];
    private readonly IPEndPoint _server;
    private readonly SipPort _port;

    /// <param name="server">The port that it listens at.</param>
    public SipCaller(int server)
    {
        _server = new IPEndPoint(IPAddress.Loopback, server);
        _port = new SipPort("sip-users", Handle);
    }

    /// <returns>The answer's SDP; null: refused, or not answered in time.</returns>
    public async Task<string?> InviteAsync(string user, string offer, CancellationToken stop)
    {
        var dialog = _dialogs[user] = new Dialog($"{user}-{Guid.NewGuid():n}");
        var invite = Request("INVITE", user, dialog, 1, offer);
        var final = await AnswerAsync(invite, dialog.Answered.Task, () => dialog.IsTrying, stop);
        return final?.Status is >= 200 and < 300 ? final.Value.Body : null;
    }

    /// <summary>Returns when the server has answered, or will not.</summary>
    public async Task ByeAsync(string user, CancellationToken stop)
    {
        if (!_dialogs.TryGetValue(user, out var dialog))
            return;
        await AnswerAsync(Request("BYE", user, dialog, 2, ""), dialog.Ended.Task, () => false, stop);
        _dialogs.TryRemove(user, out _);
    }

    public void Dispose() => _port.Dispose();

    private async Task<SipMessageText?> AnswerAsync(
        string request, Task<SipMessageText> answer, Func<bool> isTrying, CancellationToken stop)
    {
        var until = DateTime.UtcNow + ILoadedServer.Timeout;
        for (var wait = T1; DateTime.UtcNow < until && !answer.IsCompleted; wait *= 2)
        {
            if (!isTrying())
                _port.Send(request, _server);
            await Task.WhenAny(answer, Task.Delay(wait, stop));
            stop.ThrowIfCancellationRequested();
        }
        return answer.IsCompleted ? await answer : null;
    }

    private void Handle(SipMessageText message, IPEndPoint from)
    {
        if (message.Status == 0 || !_dialogs.TryGetValue(message.Caller, out var dialog)
            || !message["Call-ID"].Equals(dialog.Id, StringComparison.Ordinal))
            return;
        if (message["CSeq"].EndsWith("BYE", StringComparison.Ordinal))
        {
            dialog.Ended.TrySetResult(message);
            return;
        }
        dialog.IsTrying = true;
        if (message.Status < 200)
            return;
        dialog.TakeRoute(message);
        _port.Send(Request("ACK", message.Caller, dialog, 1, ""), _server); // of a repeated answer too
        dialog.Answered.TrySetResult(message);
    }

    private string Request(string method, string user, Dialog dialog, int sequence, string sdp)
    {
        var target = dialog.Target ?? $"sip:phone@127.0.0.1:{_server.Port}";
        // The ACK of a refusal belongs to the INVITE's own transaction (RFC 3261 §17.1.1.3).
        var branch = method == "ACK" && dialog.IsRefused ? "INVITE" : method;
        string[] lines =
        [
            $"{method} {target} SIP/2.0", $"Via: SIP/2.0/UDP 127.0.0.1:{_port.Number};branch=z9hG4bK{dialog.Id}{branch};rport",
            .. dialog.Routes.Select(route => $"Route: {route}"), $"From: <sip:{user}@127.0.0.1:{_port.Number}>;tag=user",
            $"To: {dialog.To ?? $"<sip:phone@127.0.0.1:{_server.Port}>"}", $"Call-ID: {dialog.Id}", $"CSeq: {sequence} {method}",
            "Max-Forwards: 70", $"Contact: <sip:{user}@127.0.0.1:{_port.Number}>",
            .. sdp.Length > 0 ? ["Content-Type: application/sdp"] : Array.Empty<string>(), $"Content-Length: {sdp.Length}", "", sdp,
        ];
        return string.Join("\r\n", lines);
    }

    private sealed class Dialog(string id)
    {
        public string Id => id;

        /// <summary>The server has the INVITE: it is not sent again.</summary>
        public volatile bool IsTrying;

        public TaskCompletionSource<SipMessageText> Answered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<SipMessageText> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsRefused { get; private set; }

        public string? To { get; private set; }

        public string? Target { get; private set; }

        public IReadOnlyList<string> Routes { get; private set; } = [];

        public void TakeRoute(SipMessageText answer)
        {
            To = answer["To"];
            IsRefused = answer.Status >= 300;
            if (IsRefused)
                return;
            Target = answer["Contact"].Split('<', '>')[1];
            Routes =
            [
                .. answer.All("Record-Route").SelectMany(line => line["Record-Route:".Length..].Split(',')).Select(one => one.Trim())
                    .Reverse(),
            ];
        }
    }
}
