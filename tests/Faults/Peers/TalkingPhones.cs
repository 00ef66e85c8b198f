using System.Net;
using Faults.Facts;
using Sandbox.Handsets;
using Testing.Peers;

namespace Faults.Peers;

/// <summary>
/// The phones of a PBX on one socket, which share nothing with the gateway's SIP stack. Each takes every call, also a second one, so that
/// nothing but the gateways keeps an agent from being in two; each goes on with a call until it is told or the run tells it otherwise.
/// </summary>
internal sealed class TalkingPhones : IDisposable
{
    private const int LongestRingMs = 1200, ShortestRingMs = 100;

    /// <summary>A message that is not answered is sent again (RFC 3261 §17.1.1.1).</summary>
    private static readonly TimeSpan T1 = TimeSpan.FromMilliseconds(500), GivesUp = TimeSpan.FromSeconds(8);

    private readonly MachineWatch _machine;
    private readonly HistoryLog _history;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, PhoneLeg> _legs = [];
    private readonly Random _random;
    private readonly SipPort _port;

    public TalkingPhones(MachineWatch machine, HistoryLog history, int seed)
    {
        (_machine, _history, _random) = (machine, history, new Random(seed));
        _port = new SipPort("phones", Handle);
    }

    public int Port => _port.Number;

    /// <summary>The SIP ports of the nodes, and their ids.</summary>
    public Dictionary<int, string> Nodes { get; } = [];

    /// <summary>Legs that are not over.</summary>
    public IReadOnlyList<PhoneLeg> Live()
    {
        lock (_gate)
            return [.. _legs.Values.Where(leg => !leg.IsOver)];
    }

    /// <summary>The agent hangs up. The BYE is sent until it is answered, or to no avail.</summary>
    public async Task HangUpAsync(PhoneLeg leg)
    {
        string bye;
        lock (_gate)
        {
            if (!leg.IsTalking)
                return;
            bye = leg.Bye(Port);
            End(leg, "phone");
        }
        var began = DateTimeOffset.UtcNow;
        for (var wait = T1; !leg.ByeAnswered.IsCompleted && DateTimeOffset.UtcNow - began < GivesUp; wait *= 2)
        {
            _port.Send(bye, leg.Peer);
            await Task.WhenAny(leg.ByeAnswered, Task.Delay(wait, _stop.Token));
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _port.Dispose();
        foreach (var leg in _legs.Values)
            leg.Dispose();
    }

    private void Handle(SipMessageText message, IPEndPoint from)
    {
        lock (_gate)
        {
            if (_stop.IsCancellationRequested)
                return;
            if (message.Status > 0)
            {
                if (message["CSeq"].EndsWith("BYE", StringComparison.Ordinal))
                    _legs.GetValueOrDefault(message["Call-ID"])?.TakeByeAnswer();
                return;
            }
            var method = message.StartLine.Split(' ')[0];
            if (_legs.TryGetValue(message["Call-ID"], out var leg))
                HandleInDialog(leg, method, message, from);
            else if (method == "INVITE" && message.All("X-WhatsApp-User-Phone").Any())
                Ring(message, from);
            else if (method != "ACK")
                _port.Send(Refuse(message, method == "OPTIONS" ? "200 OK" : "481 Call/Transaction Does Not Exist"), from);
        }
    }

    private void HandleInDialog(PhoneLeg leg, string method, SipMessageText message, IPEndPoint from)
    {
        var isAgain = message.All("CSeq").SequenceEqual(leg.Invite.All("CSeq"));
        switch (method)
        {
            case "INVITE" when isAgain:
                _port.Send(leg.Last, from);
                break;
            case "INVITE" or "UPDATE" when leg.IsTalking:
                Renegotiate(leg, message, from);
                break;
            case "ACK":
                leg.IsAcknowledged = true;
                break;
            case "CANCEL":
                _port.Send(leg.Respond(message, "200 OK", Port), from);
                if (leg is { IsPickedUp: false, IsOver: false })
                {
                    End(leg, "CANCEL");
                    _port.Send(leg.Last = leg.Respond(leg.Invite, "487 Request Terminated", Port), from);
                }
                break;
            case "BYE":
                _port.Send(leg.Respond(message, "200 OK", Port), from);
                End(leg, "BYE");
                break;
            default:
                _port.Send(leg.Respond(message, "481 Call/Transaction Does Not Exist", Port), from);
                break;
        }
    }

    private void Ring(SipMessageText invite, IPEndPoint from)
    {
        var heard = new HeardAudio(invite["X-WhatsApp-User-Phone"].TrimStart('+'), CallEnd.Phone, _machine, _history);
        var leg = new PhoneLeg(invite, from, new PhoneAudio(PeerLoop.Shared, heard));
        _legs[leg.Id] = leg;
        _history.Add(new Fact.Rang(DateTimeOffset.UtcNow, leg.Id, leg.Phone, leg.User, NodeAt(from)));
        _port.Send(leg.Last = leg.Respond(invite, "180 Ringing", Port), from);
        _ = PickUpAsync(leg, TimeSpan.FromMilliseconds(_random.Next(ShortestRingMs, LongestRingMs)));
    }

    private async Task PickUpAsync(PhoneLeg leg, TimeSpan after)
    {
        await Task.Delay(after);
        lock (_gate)
        {
            if (leg.IsOver || _stop.IsCancellationRequested)
                return;
            leg.IsPickedUp = true;
            _history.Add(new Fact.PickedUp(DateTimeOffset.UtcNow, leg.Id));
            leg.Audio.Talk(leg.Invite.Body);
            leg.Last = leg.Respond(leg.Invite, "200 OK", Port, leg.Audio.Sdp);
        }
        // Until it is acknowledged (RFC 3261 §13.3.1.4): after 64 T1 a phone gives up and hangs up.
        var began = DateTimeOffset.UtcNow;
        for (var wait = T1; leg is { IsAcknowledged: false, IsOver: false } && !_stop.IsCancellationRequested; wait *= 2)
        {
            if (DateTimeOffset.UtcNow - began > 64 * T1)
            {
                await HangUpAsync(leg);
                return;
            }
            _port.Send(leg.Last, leg.Peer);
            await Task.Delay(wait < 8 * T1 ? wait : 8 * T1);
        }
    }

    /// <summary>A re-INVITE or UPDATE: of the same node, or of the one that goes on with the call.</summary>
    private void Renegotiate(PhoneLeg leg, SipMessageText request, IPEndPoint from)
    {
        if (!leg.Peer.Equals(from))
            _history.Add(new Fact.Moved(DateTimeOffset.UtcNow, leg.Id, NodeAt(from)));
        leg.Peer = from;
        if (request.All("Contact").Any())
            leg.Target = request["Contact"].Split('<', '>')[1];
        var hasOffer = request.Body.Length > 0;
        if (hasOffer)
            leg.Audio.Talk(request.Body);
        _port.Send(leg.Respond(request, "200 OK", Port, hasOffer ? leg.Audio.Sdp : null), from);
    }

    private void End(PhoneLeg leg, string by)
    {
        if (leg.IsOver)
            return;
        leg.IsOver = true;
        _history.Add(new Fact.Released(DateTimeOffset.UtcNow, leg.Id, by));
        leg.Dispose();
    }

    private string NodeAt(IPEndPoint from) => Nodes.GetValueOrDefault(from.Port, from.ToString());

    private static string Refuse(SipMessageText request, string status) => string.Join("\r\n",
    [
        $"SIP/2.0 {status}", .. request.All("Via"), $"From: {request["From"]}", $"To: {request["To"]};tag=none",
        $"Call-ID: {request["Call-ID"]}", $"CSeq: {request["CSeq"]}", "Content-Length: 0", "", "",
    ]);
}
