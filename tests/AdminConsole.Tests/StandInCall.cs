using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using Sandbox.Handsets;
using Testing.Peers;

namespace AdminConsole.Tests;

/// <summary>A call between the phone in the browser and a WebRTC peer, whose tone is to be heard, and that hears.</summary>
public sealed class StandInCall : IAsyncDisposable
{
    internal const string Contact = "Contact: <sip:node@node.invalid;transport=ws>\r\n";

    private readonly NativeHandset _handset = new(new NativeHandsetOptions { Hertz = 1200 });
    private readonly ConcurrentDictionary<WebSocket, string> _targets = new();
    private readonly TaskCompletionSource _answered = new(), _ended = new();
    private readonly ConcurrentQueue<int> _refusals = new();
    private string _description = "";
    private WebSocket? _phone;
    private string _from = "", _to = "";

    internal StandInCall(string? id = null) => Id = id ?? Guid.NewGuid().ToString("n");

    public string Id { get; }

    /// <summary>A phone has taken it.</summary>
    public Task Answered => _answered.Task;

    /// <summary>The phone has hung up.</summary>
    public Task Ended => _ended.Task;

    /// <summary>The statuses by which phones declined it.</summary>
    public IReadOnlyCollection<int> Refusals => _refusals;

    /// <summary>The offer of the last re-INVITE; empty: there was none.</summary>
    public string Renegotiated { get; private set; } = "";

    /// <summary>How many re-INVITEs there were.</summary>
    public int Renegotiations { get; private set; }

    /// <summary>What answers to re-INVITEs wait for.</summary>
    public Task AnswersAfter { get; set; } = Task.CompletedTask;

    public Task<HandsetReport> HearAsync() => _handset.ReportAsync(CancellationToken.None);

    public ValueTask DisposeAsync() => _handset.DisposeAsync();

    /// <summary>The other side hangs up.</summary>
    public Task HangUpAsync() => StandInNode.SendAsync(_phone!, Request("BYE", 7, _phone!, "b"));

    /// <summary>Nobody is to answer any more: CANCEL.</summary>
    /// <param name="isTaken">True: another place has.</param>
    public async Task CancelAsync(bool isTaken)
    {
        foreach (var phone in _targets.Keys)
            await CancelAsync(phone, isTaken);
    }

    internal async Task RingAsync(IEnumerable<(WebSocket Phone, string Contact)> phones, string user, string headers)
    {
        (_from, _to) = ($"<sip:+{user}@node.invalid>;tag=node", "<sip:phone@node.invalid>");
        _description = await _handset.CreateOfferAsync(CancellationToken.None);
        foreach (var (phone, contact) in phones)
            _targets[phone] = contact;
        foreach (var phone in _targets.Keys)
            await StandInNode.SendAsync(phone, Request("INVITE", 1, phone, "", Contact + headers, _description));
    }

    internal async Task AnswerAsync(WebSocket phone, SipMessageText invite)
    {
        _phone = phone;
        _targets[phone] = StandInNode.AddressOf(invite["Contact"]);
        (_from, _to) = ($"{invite["To"]};tag=node", invite["From"]);
        _description = await _handset.AcceptOfferAsync(invite.Body, CancellationToken.None);
        await StandInNode.SendAsync(phone, StandInNode.Response(invite, 180, "Ringing", Contact));
        await _handset.OpenAudioAsync(CancellationToken.None);
        await StandInNode.SendAsync(phone, StandInNode.Response(invite, 200, "OK", Contact, _description));
        _answered.TrySetResult();
    }

    internal async Task HandleResponseAsync(WebSocket phone, SipMessageText response)
    {
        if (response.Status < 200 || !response["CSeq"].EndsWith("INVITE", StringComparison.Ordinal))
            return;
        _to = response["To"];
        // That of a refusal is part of the INVITE's transaction (RFC 3261 §17.1.1.3).
        await StandInNode.SendAsync(phone, Request("ACK", 1, phone, response.Status >= 300 ? "" : "a"));
        if (response.Status >= 300)
        {
            if (response.Status != 487)
                _refusals.Enqueue(response.Status);
            return;
        }
        if (Interlocked.CompareExchange(ref _phone, phone, null) is not null)
            return;
        foreach (var other in _targets.Keys.Where(one => one != phone))
            await CancelAsync(other, isTaken: true);
        await _handset.ApplyAnswerAsync(response.Body, CancellationToken.None);
        await _handset.OpenAudioAsync(CancellationToken.None);
        _answered.TrySetResult();
    }

    internal void HandleBye() => _ended.TrySetResult();

    /// <summary>The answer to a re-INVITE: the peer as it was, with the mirrored direction.</summary>
    internal async Task<string> RenegotiateAsync(string offer)
    {
        Renegotiated = offer;
        Renegotiations++;
        var direction = offer.Contains("a=sendonly", StringComparison.Ordinal) ? "a=recvonly"
            : offer.Contains("a=inactive", StringComparison.Ordinal) ? "a=inactive" : "a=sendrecv";
        await AnswersAfter;
        return _description.Replace("a=setup:actpass", "a=setup:passive", StringComparison.Ordinal)
            .Replace("a=sendrecv", direction, StringComparison.Ordinal);
    }

    private Task CancelAsync(WebSocket phone, bool isTaken) => StandInNode.SendAsync(phone, Request(
        "CANCEL", 1, phone, "", isTaken ? "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n" : ""));

    private string Request(string method, int sequence, WebSocket phone, string branch, string headers = "", string body = "") =>
        $"{method} {_targets[phone]} SIP/2.0\r\n" +
        $"Via: SIP/2.0/WS node.invalid;branch=z9hG4bK{Id}{phone.GetHashCode()}{branch}\r\n" +
        $"Max-Forwards: 70\r\nFrom: {_from}\r\nTo: {(method is "INVITE" or "CANCEL" ? "<sip:phone@node.invalid>" : _to)}\r\n" +
        $"Call-ID: {Id}\r\nCSeq: {sequence} {method}\r\n{headers}{(body.Length > 0 ? "Content-Type: application/sdp\r\n" : "")}" +
        $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";
}
