using System.Net;
using Gateway.Sip.Auth;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Messages;
using Gateway.Sip.Profiles;
using Gateway.Sip.Subscriptions;
using Gateway.Sip.Transactions;
using Gateway.Sip.Trunks;
using Media.Protocols.Primitives;
using Testing;

namespace Gateway.Sip.Tests.Dialogs;

/// <summary>A message on the wire, with its time and sender.</summary>
public sealed record Sent(Instant At, TransportAddress From, TransportAddress To, SipMessage Message)
{
    public bool IsRequest(string method) => Message is SipRequest request && request.Method.Name == method;

    public bool IsResponse(int status, string method) =>
        Message is SipResponse response && response.StatusCode == status && response.CSeq.Method.Name == method;
}

/// <summary>
/// User agents and scripted peers joined by a wire in virtual time. The wire loses the messages that <see cref="Drop"/> selects, and a
/// share of everything else (<see cref="Loss"/>, by a seed).
/// </summary>
public sealed class SipBench(int seed = 1, SipTransport transport = SipTransport.Udp)
{
    private readonly PriorityQueue<(TransportAddress To, SipFlow Flow, byte[] Bytes), (long, long)> _wire = new();
    private readonly Dictionary<TransportAddress, Action<SipMessage, SipFlow, Instant>> _receivers = [];
    private readonly List<TestAgent> _agents = [];
    private readonly SeededEntropy _entropy = new(seed);
    private long _order;

    public VirtualClock Clock { get; } = new();

    public SipTransport Transport => transport;

    public TimeSpan Delay { get; set; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Percent.</summary>
    public int Loss { get; set; }

    /// <summary>Allows agents to send malformed messages, because they repeat what they received.</summary>
    public bool IsTolerant { get; set; }

    public Func<Sent, bool> Drop { get; set; } = _ => false;

    public List<Sent> Log { get; } = [];

    public Instant Now => Clock.Now;

    public TestAgent AddAgent(string address, params TrunkOptions[] trunks)
    {
        var agent = new TestAgent(this, Address(address), trunks, new SeededEntropy(seed * 31 + _agents.Count));
        _agents.Add(agent);
        _receivers.Add(agent.Address, agent.Handle);
        return agent;
    }

    public ScriptedPeer AddPeer(string address)
    {
        var peer = new ScriptedPeer(this, Address(address));
        _receivers.Add(peer.Address, (message, flow, _) => peer.Received(message, flow));
        return peer;
    }

    public void Send(TransportAddress from, TransportAddress to, byte[] bytes)
    {
        if (!SipParser.TryParse(bytes, out var message, out var error))
        {
            Assert.True(IsTolerant, $"{error}");
            return;
        }
        var sent = new Sent(Now, from, to, message);
        Log.Add(sent);
        if (Drop(sent) || (Loss > 0 && transport == SipTransport.Udp && _entropy.NextUInt32() % 100 < Loss))
            return;
        var flow = new SipFlow(transport, from, 0, transport == SipTransport.Udp ? 0 : 1);
        _wire.Enqueue((to, flow, bytes), ((Now + Delay).Ticks, ++_order));
    }

    /// <summary>Everything that happens within <paramref name="span"/>.</summary>
    public void Run(TimeSpan span)
    {
        var end = Now + span;
        Flush();
        for (var steps = 0; ; steps++)
        {
            Assert.True(steps < 100_000, "The bench does not settle.");
            var next = _agents.Aggregate(Instant.Never, (earliest, agent) => Instant.Min(earliest, agent.NextDeadline));
            if (_wire.TryPeek(out _, out var first))
                next = Instant.Min(next, new Instant(first.Item1));
            if (next > end)
                break;
            if (next > Now)
                Clock.AdvanceTo(next);
            while (_wire.TryPeek(out _, out var due) && due.Item1 <= Now.Ticks)
            {
                var (to, flow, bytes) = _wire.Dequeue();
                if (_receivers.TryGetValue(to, out var receive) && SipParser.TryParse(bytes, out var message, out _))
                    receive(message, flow, Now);
                Flush();
            }
            foreach (var agent in _agents)
                agent.HandleDeadline(Now);
            Flush();
        }
        Clock.AdvanceTo(end);
    }

    public void Run(double seconds = 0.1) => Run(TimeSpan.FromSeconds(seconds));

    public int CountOf(string method) => Log.Count(sent => sent.IsRequest(method));

    public int CountOf(int status, string method) => Log.Count(sent => sent.IsResponse(status, method));

    public SipRequest LastRequest(string method) => (SipRequest)Log.Last(sent => sent.IsRequest(method)).Message;

    public SipResponse LastResponse(int status, string method) => (SipResponse)Log.Last(sent => sent.IsResponse(status, method)).Message;

    public static TransportAddress Address(string text) => TransportAddress.From(IPEndPoint.Parse(text));

    /// <summary>A trunk to <paramref name="address"/> whose profile supports everything.</summary>
    public static TrunkOptions Trunk(string address, Func<SipProfile, SipProfile>? change = null)
    {
        var profile = new SipProfile
        {
            Name = "test",
            ReliableProvisional = ReliableProvisional.Supported,
            SessionTimer = true,
            SessionExpires = 1800,
            MinSe = 90,
            SessionRefreshMethod = RefreshMethod.Update,
            IdentityHeader = IdentityHeader.PAssertedIdentity,
            Refer = ReferPolicy.Refuse,
            ReferRefusal = 603,
            Replaces = true,
            SendReason = true,
            MaxForwards = 70,
            DigestChallenges = [DigestAlgorithm.Sha256, DigestAlgorithm.Md5],
        };
        return new TrunkOptions { Name = address, Server = address.Split(':')[0], Profile = change is null ? profile : change(profile) };
    }

    private void Flush()
    {
        foreach (var agent in _agents)
            agent.Flush();
    }
}

/// <summary>A user agent on the bench, with its events collected.</summary>
public sealed class TestAgent
{
    private readonly SipBench _bench;
    private readonly Dictionary<InviteSession, List<SipCallEvent>> _events = [];

    public TestAgent(SipBench bench, TransportAddress address, TrunkOptions[] trunks, IEntropy entropy)
    {
        _bench = bench;
        Address = address;
        var host = new HostPort(address.ToIPAddress().ToString(), address.Port);
        var local = new LocalAddresses([new LocalAddress(bench.Transport, address, host)]);
        Transactions = new TransactionContext(local, entropy, TransactionTimers.Default, 1300, 1000);
        Trunks = [.. trunks.Select(options => new Trunk(options, entropy))];
        foreach (var trunk in Trunks.Where(trunk => trunk.Phones is null))
            trunk.SetTargets([.. trunk.Options.BackupServers.Prepend(trunk.Options.Name)
                .Select(name => new SipFlow(bench.Transport, SipBench.Address(name), 0))]);
        Agent = new UserAgent(Transactions, new TrunkSet(Trunks), "test", 100, TimeSpan.FromSeconds(30));
        Subscriptions = new SubscriptionSet(Agent.Core, new TrunkSet(Trunks), most: 200, perSecond: 20);
    }

    public TransportAddress Address { get; }

    public TransactionContext Transactions { get; }

    public UserAgent Agent { get; }

    public SubscriptionSet Subscriptions { get; }

    public Instant NextDeadline => Instant.Min(Agent.NextDeadline, Subscriptions.NextDeadline);

    public Trunk[] Trunks { get; }

    /// <summary>What the store of credentials answers at once; null: it does not answer.</summary>
    public Dictionary<string, DigestSecrets>? Secrets { get; set; } = [];

    /// <summary>Calls that came in.</summary>
    public List<InviteSession> Incoming { get; } = [];

    public void Handle(SipMessage message, SipFlow flow, Instant now)
    {
        if (!Subscriptions.TryHandle(message, flow, now))
            Agent.HandleMessage(message, flow, now);
    }

    public void HandleDeadline(Instant now)
    {
        Agent.HandleDeadline(now);
        Subscriptions.HandleDeadline(now);
    }

    public InviteSession Invite(string? sdp = "offer", Func<SipInviteRequest, SipInviteRequest>? change = null)
    {
        var call = new SipInviteRequest { Trunk = "pbx", TargetUser = "100", Caller = new SipParty("+4930123", "Erika"), Sdp = sdp };
        var session = Agent.CreateCall(Trunks[0], change is null ? call : change(call));
        _events[session] = [];
        Agent.Begin(session, _bench.Now);
        Flush();
        return session;
    }

    public void Do(InviteSession session, Action<InviteSession, Instant> command)
    {
        UserAgent.Command(session, _bench.Now, command);
        Flush();
    }

    public void HangUp(InviteSession session) => Do(session, (s, now) => s.HangUp(SipReason.Q850(16), null, SipCallEnd.Local, now));

    public IReadOnlyList<SipCallEvent> Events(InviteSession session) => _events.GetValueOrDefault(session) ?? [];

    public T? Last<T>(InviteSession session) where T : SipCallEvent => Events(session).OfType<T>().LastOrDefault();

    public void Flush()
    {
        while (Secrets is not null && Agent.Registrar is { } registrar && registrar.Authenticator.TryPollLookup(out var user))
            registrar.Authenticator.HandleSecrets(user, Secrets.GetValueOrDefault(user), _bench.Now);
        while (Agent.TryPollTransmit(out var transmit))
            _bench.Send(Address, transmit.Flow.Remote, transmit.Bytes.ToArray());
        while (Agent.TryPollEvent(out var happened))
        {
            if (!_events.TryGetValue(happened.Session, out var list))
                _events[happened.Session] = list = [];
            if (happened.Event is { } callEvent)
                list.Add(callEvent);
            else if (!happened.IsSettled)
                Incoming.Add(happened.Session);
        }
    }
}

/// <summary>A peer whose every message a test writes, for behaviour that no well-behaved agent shows.</summary>
public sealed class ScriptedPeer(SipBench bench, TransportAddress address)
{
    public TransportAddress Address => address;

    public List<SipMessage> Inbox { get; } = [];

    public SipFlow Source { get; private set; }

    public SipRequest Last(string method) => Inbox.OfType<SipRequest>().Last(request => request.Method.Name == method);

    public SipResponse LastResponse => Inbox.OfType<SipResponse>().Last();

    public void Received(SipMessage message, SipFlow flow)
    {
        Inbox.Add(message);
        Source = flow;
    }

    /// <summary>A response to a request it received, from the fork that <paramref name="tag"/> names.</summary>
    public void Respond(
        SipRequest request, int status, string? tag = null, string? sdp = null, params (string Name, string Value)[] headers)
    {
        var response = SipResponse.CreateFor(request, status, tag);
        response.Headers.Add("Contact", $"<sip:peer@{address}>");
        foreach (var (name, value) in headers)
            response.Headers.Add(name, value);
        if (sdp is not null)
            response.SetBody(System.Text.Encoding.UTF8.GetBytes(sdp), MediaType.Sdp);
        bench.Send(address, Source.Remote, SipWriter.Write(response));
    }

    /// <summary>A response written entirely by the test.</summary>
    public void Send(SipResponse response) => bench.Send(address, Source.Remote, SipWriter.Write(response));

    /// <summary>A request outside or inside a dialog; Via and Max-Forwards are added.</summary>
    public SipRequest Request(
        TransportAddress to, string method, string callId, uint sequence, string fromTag, string? toTag, string? sdp = null,
        string? branch = null, params (string Name, string Value)[] headers)
    {
        var request = new SipRequest(new SipMethod(method), SipUri.Create("gw", new HostPort(to.ToIPAddress().ToString(), to.Port)));
        request.Headers.Add(
            "Via",
            $"SIP/2.0/{bench.Transport.ToString().ToUpperInvariant()} " +
            $"{address};rport;branch={branch ?? $"z9hG4bK{method}{sequence}{callId}"}");
        request.Headers.Add("From", $"<sip:peer@{address}>;tag={fromTag}");
        request.Headers.Add("To", toTag is null ? "<sip:gw@test>" : $"<sip:gw@test>;tag={toTag}");
        request.Headers.Add("Call-ID", callId);
        request.Headers.Add("CSeq", $"{sequence} {method}");
        request.Headers.Add("Contact", $"<sip:peer@{address}>");
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        if (sdp is not null)
            request.SetBody(System.Text.Encoding.UTF8.GetBytes(sdp), MediaType.Sdp);
        bench.Send(address, to, SipWriter.Write(request));
        return request;
    }
}
