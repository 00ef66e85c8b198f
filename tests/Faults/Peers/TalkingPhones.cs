using System.Net;
using Faults.Facts;
using Sandbox.Handsets;
using Testing.Peers;

namespace Faults.Peers;

/// <summary>
/// The phones of a PBX on one socket, which share nothing with the gateway's SIP stack. Those of agents take every call, also a second one,
/// so that nothing but the gateways keeps an agent from being in two; others dial. Each goes on with a call until it is told or the run
/// tells it otherwise.
/// </summary>
internal sealed class TalkingPhones : IDisposable
{
    private const int LongestRingMs = 1200, ShortestRingMs = 100;

    /// <summary>Extensions that no agent has: these phones dial.</summary>
    private const int FirstDialling = 20_000;

    /// <summary>A message that is not answered is sent again (RFC 3261 §17.1.1.1).</summary>
    private static readonly TimeSpan T1 = TimeSpan.FromMilliseconds(500), GivesUp = TimeSpan.FromSeconds(8);

    private readonly MachineWatch _machine;
    private readonly HistoryLog _history;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, PhoneLeg> _legs = [];
    private readonly Random _random;
    private readonly SipPort _port;
    private int _dialling = FirstDialling;

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
    public async Task HangUpAsync(PhoneLeg leg, string by = "phone")
    {
        string bye;
        lock (_gate)
        {
            if (!leg.IsTalking)
                return;
            bye = leg.Request("BYE", Port);
            End(leg, by);
        }
        await RepeatAsync(bye, leg, () => leg.ByeAnswered.IsCompleted, leg.ByeAnswered);
    }

    /// <summary>A phone dials a user at a node that the run draws.</summary>
    public PhoneLeg Dial(string user)
    {
        lock (_gate)
        {
            var (port, node) = Nodes.ElementAt(_random.Next(Nodes.Count));
            var audio = new PhoneAudio(PeerLoop.Shared, new HeardAudio(user, CallEnd.Phone, _machine, _history));
            var leg = PhoneLeg.Dialling($"{_dialling++}", user, new IPEndPoint(IPAddress.Loopback, port), audio);
            _legs[leg.Id] = leg;
            _history.Add(new Fact.Rang(DateTimeOffset.UtcNow, leg.Id, leg.Phone, user, node));
            _ = RepeatAsync(leg.Request("INVITE", Port), leg, () => leg.IsAnswered || leg.IsOver, Task.Delay(GivesUp));
            return leg;
        }
    }

    /// <summary>The one who has dialled gives up, where nobody has answered.</summary>
    public void GiveUp(PhoneLeg leg)
    {
        lock (_gate)
        {
            if (leg.IsOver || leg.IsPickedUp)
                return;
            _port.Send(leg.Request("CANCEL", Port, isOfInvite: true), leg.Peer);
            End(leg, "phone");
        }
    }

    /// <summary>Sends until it is answered, or to no avail.</summary>
    private async Task RepeatAsync(string message, PhoneLeg leg, Func<bool> isAnswered, Task answered)
    {
        var began = DateTimeOffset.UtcNow;
        for (var wait = T1; !isAnswered() && DateTimeOffset.UtcNow - began < GivesUp && !_stop.IsCancellationRequested; wait *= 2)
        {
            _port.Send(message, leg.Peer);
            await Task.WhenAny(answered, Task.Delay(wait));
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
                if (_legs.TryGetValue(message["Call-ID"], out var asking))
                    HandleResponse(asking, message, from);
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

    private void HandleResponse(PhoneLeg leg, SipMessageText message, IPEndPoint from)
    {
        if (message["CSeq"].EndsWith("BYE", StringComparison.Ordinal))
            leg.TakeByeAnswer();
        if (!message["CSeq"].EndsWith("INVITE", StringComparison.Ordinal))
            return;
        leg.IsAnswered = true;
        if (message.Status >= 300)
        {
            _port.Send(leg.Request("ACK", Port, message["To"], isOfInvite: true), from);
            End(leg, $"{message.Status}");
        }
        else if (message.Status >= 200 && leg is { IsPickedUp: false, IsOver: false })
        {
            leg.IsPickedUp = leg.IsAcknowledged = true;
            _history.Add(new Fact.PickedUp(DateTimeOffset.UtcNow, leg.Id));
            leg.TakeAnswer(message);
            leg.Audio.Talk(message.Body);
            _port.Send(leg.Last = leg.Request("ACK", Port), from);
        }
        else if (message.Status >= 200)
        {
            leg.TakeAnswer(message); // again; or it crossed our CANCEL, and is hung up
            _port.Send(leg.Request("ACK", Port), from);
            if (!leg.IsPickedUp)
                _ = RepeatAsync(leg.Request("BYE", Port), leg, () => leg.ByeAnswered.IsCompleted, leg.ByeAnswered);
        }
    }

    private void HandleInDialog(PhoneLeg leg, string method, SipMessageText message, IPEndPoint from)
    {
        var isAgain = leg.Invite is { } first && message.All("CSeq").SequenceEqual(first.All("CSeq"));
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
                    _port.Send(leg.Last = leg.Respond(leg.Invite!.Value, "487 Request Terminated", Port), from);
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
        var leg = PhoneLeg.Rung(invite, from, new PhoneAudio(PeerLoop.Shared, heard));
        _legs[leg.Id] = leg;
        _history.Add(new Fact.Rang(DateTimeOffset.UtcNow, leg.Id, leg.Phone, leg.User, NodeAt(from)));
        _port.Send(leg.Last = leg.Respond(invite, "180 Ringing", Port), from);
        _ = PickUpAsync(leg, invite, TimeSpan.FromMilliseconds(_random.Next(ShortestRingMs, LongestRingMs)));
    }

    private async Task PickUpAsync(PhoneLeg leg, SipMessageText invite, TimeSpan after)
    {
        await Task.Delay(after);
        lock (_gate)
        {
            if (leg.IsOver || _stop.IsCancellationRequested)
                return;
            leg.IsPickedUp = true;
            _history.Add(new Fact.PickedUp(DateTimeOffset.UtcNow, leg.Id));
            leg.Audio.Talk(invite.Body);
            leg.Last = leg.Respond(invite, "200 OK", Port, leg.Audio.Sdp);
        }
        // Until it is acknowledged (RFC 3261 §13.3.1.4): after 64 T1 a phone gives up and hangs up.
        var began = DateTimeOffset.UtcNow;
        for (var wait = T1; leg is { IsAcknowledged: false, IsOver: false } && !_stop.IsCancellationRequested; wait *= 2)
        {
            if (DateTimeOffset.UtcNow - began > 64 * T1)
            {
                await HangUpAsync(leg, Fact.Released.Unacknowledged);
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
