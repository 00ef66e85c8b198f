using System.Collections.Concurrent;
using System.Net;
using Benchmarks;
using Testing.Peers;

namespace Load.Servers;

/// <summary>All phones: each INVITE is answered at once, by the caller's number, and each BYE.</summary>
internal sealed class SipAnswerer : IDisposable
{
    private readonly ConcurrentDictionary<string, Phone> _phones = [];
    private readonly SipPort _port;

    public SipAnswerer() => _port = new SipPort("sip-phones", Handle);

    public int Port => _port.Number;

    /// <summary>The phone that rings when this user calls.</summary>
    public void Expect(string user, PhoneEnd phone) => _phones[user] = new Phone(phone);

    /// <summary>Completes when its call was ended.</summary>
    public Task EndedAsync(string user) => _phones.TryGetValue(user, out var phone) ? phone.Ended.Task : Task.CompletedTask;

    public void Forget(string user) => _phones.TryRemove(user, out _);

    public void Dispose() => _port.Dispose();

    private void Handle(SipMessageText message, IPEndPoint from)
    {
        var method = message.StartLine.Split(' ')[0];
        if (method is "ACK" or "SIP/2.0")
            return;
        var phone = method == "OPTIONS" ? null : _phones.GetValueOrDefault(message.Caller);
        if (phone is not null && method == "INVITE")
            phone.Answer = phone.End.Answer(message.Body); // a node that takes the call over has another address
        var isKnown = phone is not null || method != "INVITE";
        _port.Send(Answer(message, isKnown ? "200 OK" : "404 Not Found", method == "INVITE" ? phone?.Answer ?? "" : ""), from);
        if (method is "BYE" or "CANCEL")
            phone?.Ended.TrySetResult();
    }

    private string Answer(SipMessageText request, string status, string sdp)
    {
        var to = request["To"];
        string[] lines =
        [
            $"SIP/2.0 {status}", .. request.All("Via"), .. request.All("Record-Route"), $"From: {request["From"]}",
            $"To: {to}{(to.Contains(";tag=", StringComparison.Ordinal) ? "" : ";tag=phone")}", $"Call-ID: {request["Call-ID"]}",
            $"CSeq: {request["CSeq"]}", $"Contact: <sip:phone@127.0.0.1:{Port}>",
            .. sdp.Length > 0 ? ["Content-Type: application/sdp"] : Array.Empty<string>(), $"Content-Length: {sdp.Length}", "", sdp,
        ];
        return string.Join("\r\n", lines);
    }

    private sealed class Phone(PhoneEnd end)
    {
        public PhoneEnd End => end;

        public string? Answer { get; set; }

        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
