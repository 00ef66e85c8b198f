using Media.Protocols.Ice;
using Media.Protocols.Primitives;
using Testing;

namespace Media.Protocols.Tests.Ice;

/// <summary>An agent with its sockets, and what it reported.</summary>
internal sealed class IcePeer(IceAgent agent, IceAgentOptions options, TransportAddress[] sockets)
{
    public IceAgent Agent { get; } = agent;

    public IceAgentOptions Options { get; } = options;

    public TransportAddress[] Sockets { get; } = sockets;

    public List<IceEvent> Events { get; } = [];

    public List<IceVerdict> Verdicts { get; } = [];

    public int Sent { get; set; }

    public bool Saw(IceEventKind kind) => Events.Any(e => e.Kind == kind);
}

/// <summary>
/// Agents and the wire between them in virtual time, driven as a media loop drives them: every input is followed by a full drain.
/// </summary>
internal sealed class IceWorld
{
    private readonly byte[] _buffer = new byte[IceAgent.MaxTransmitLength];
    private readonly List<IcePeer> _peers = [];
    private readonly int _seed;

    public IceWorld(int seed = 1)
    {
        _seed = seed;
        Wire = new LossyWire(Clock, seed);
    }

    public VirtualClock Clock { get; } = new();

    public LossyWire Wire { get; }

    /// <summary>Called for everything that is sent, before the wire sees it.</summary>
    public Action<IcePeer, byte[]>? OnSend { get; set; }

    public static TransportAddress Address(string endPoint) => TransportAddress.From(System.Net.IPEndPoint.Parse(endPoint));

    public IcePeer Add(IceRole role, bool lite, params string[] sockets)
    {
        var credentials = IceCredentials.Generate(new SeededEntropy(_seed * 1000 + _peers.Count));
        return Add(new IceAgentOptions { Role = role, Lite = lite, Local = credentials }, sockets);
    }

    public IcePeer Add(IceAgentOptions options, params string[] sockets)
    {
        var agent = new IceAgent(options, new SeededEntropy(_seed * 100 + _peers.Count));
        var peer = new IcePeer(agent, options, [.. sockets.Select(Address)]);
        for (var i = 0; i < peer.Sockets.Length; i++)
            Assert.True(agent.AddLocalCandidate(IceCandidate.Host(peer.Sockets[i], (ushort)(65535 - i))));
        _peers.Add(peer);
        return peer;
    }

    /// <summary>Gives each the other's credentials and sockets as host candidates, as two SDPs would.</summary>
    public void Introduce(IcePeer a, IcePeer b, bool candidatesOfA = true, bool candidatesOfB = true)
    {
        Tell(a, b, candidatesOfB);
        Tell(b, a, candidatesOfA);
    }

    public void Tell(IcePeer to, IcePeer about, bool candidates = true)
    {
        Assert.True(to.Agent.SetRemote(about.Options.Local, about.Options.Lite));
        for (var i = 0; candidates && i < about.Sockets.Length; i++)
            Assert.True(to.Agent.AddRemoteCandidate(IceCandidate.Host(about.Sockets[i], (ushort)(65535 - i))));
    }

    public void RunFor(double seconds) => RunUntil(() => false, seconds);

    /// <summary>Runs virtual time until a condition holds; false when it did not within the time.</summary>
    public bool RunUntil(Func<bool> condition, double seconds = 20)
    {
        var end = Clock.Now + TimeSpan.FromSeconds(seconds);
        for (var steps = 0; ; steps++)
        {
            Assert.True(steps < 200_000, "The agents never settle.");
            foreach (var peer in _peers)
                Drain(peer);
            if (condition())
                return true;
            var next = _peers.Aggregate(Wire.NextArrival, (at, peer) => Instant.Min(at, peer.Agent.NextDeadline));
            if (next > end)
            {
                Clock.AdvanceTo(end);
                return condition();
            }
            if (next > Clock.Now)
                Clock.AdvanceTo(next);
            Deliver();
            foreach (var peer in _peers)
                if (peer.Agent.NextDeadline <= Clock.Now)
                    peer.Agent.HandleDeadline(Clock.Now);
        }
    }

    private void Deliver()
    {
        while (Wire.TryReceive(out var datagram))
        {
            foreach (var peer in _peers.Where(p => p.Sockets.Contains(datagram.To)))
            {
                peer.Verdicts.Add(peer.Agent.HandleDatagram(datagram.Bytes, datagram.To, datagram.From, Clock.Now));
                Drain(peer);
            }
        }
    }

    private void Drain(IcePeer peer)
    {
        while (peer.Agent.TryPollTransmit(_buffer, Clock.Now, out var transmit))
        {
            var bytes = _buffer[..transmit.Length];
            peer.Sent++;
            OnSend?.Invoke(peer, bytes);
            Assert.Contains(transmit.Local, peer.Sockets);
            Wire.Send(bytes, transmit.Local, transmit.Remote);
        }
        while (peer.Agent.TryPollEvent(out var next))
            peer.Events.Add(next);
    }
}
