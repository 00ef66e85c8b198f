using System.Net;
using Media.Protocols.Ice;
using Media.Protocols.Stun;
using Media.Protocols.Tests.Stun;
using Testing;
using static Media.Protocols.Tests.Ice.IceWorld;

namespace Media.Protocols.Tests.Ice;

public class IceLifetimeTests
{
    private static (IceWorld World, IcePeer Gateway, IcePeer Relay) Connected(bool liteRelay = true)
    {
        var world = new IceWorld();
        var gateway = world.Add(IceRole.Controlling, lite: false, "192.0.2.1:4000");
        var relay = world.Add(IceRole.Controlled, liteRelay, "198.51.100.1:3480");
        world.Introduce(gateway, relay);
        Assert.True(world.RunUntil(() => gateway.Saw(IceEventKind.Connected) && relay.Saw(IceEventKind.Connected)));
        return (world, gateway, relay);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Consent_is_asked_every_four_to_six_seconds_and_keeps_the_path_for_an_hour(bool liteRelay)
    {
        var (world, gateway, relay) = Connected(liteRelay);
        var times = new List<double>();
        var transactions = new HashSet<StunTransactionId>();
        world.OnSend = (peer, bytes) =>
        {
            if (peer != gateway || !StunReader.TryRead(bytes, out var message, out _) || message.Class != StunClass.Request)
                return;
            times.Add((world.Clock.Now - new VirtualClock().Now).TotalSeconds);
            Assert.True(transactions.Add(message.TransactionId), "Each consent check is a new transaction.");
        };

        world.RunFor(3600);

        Assert.InRange(times.Count, 680, 760);
        Assert.All(times.Zip(times.Skip(1), (a, b) => b - a), gap => Assert.InRange(gap, 3.999, 6.001));
        Assert.True(times.Zip(times.Skip(1), (a, b) => Math.Round(b - a, 2)).Distinct().Count() > 20, "The distance is randomised.");
        Assert.Single(gateway.Events);
        Assert.Single(relay.Events);
        Assert.NotNull(gateway.Agent.Selected);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Consent_ends_thirty_seconds_after_the_last_answer_and_with_it_all_sending(bool liteRelay)
    {
        var (world, gateway, relay) = Connected(liteRelay);
        world.RunFor(7);
        world.Wire.Passes = _ => false;
        var cut = world.Clock.Now;

        Assert.True(world.RunUntil(() => gateway.Saw(IceEventKind.ConsentLost), 31));

        Assert.InRange((world.Clock.Now - cut).TotalSeconds, 23.9, 30);
        Assert.Null(gateway.Agent.Selected);
        Assert.False(gateway.Agent.IsValidated(relay.Sockets[0]));
        Assert.True(world.RunUntil(() => relay.Saw(IceEventKind.ConsentLost), 31));
        var sent = gateway.Sent;
        world.Wire.Passes = _ => true;
        world.RunFor(60);
        Assert.Equal(sent, gateway.Sent);
    }

    [Fact]
    public void An_interruption_shorter_than_consent_goes_unnoticed()
    {
        var (world, gateway, relay) = Connected();
        for (var times = 0; times < 10; times++)
        {
            world.Wire.Passes = _ => false;
            world.RunFor(20);
            world.Wire.Passes = _ => true;
            world.RunFor(15);
        }
        Assert.Single(gateway.Events);
        Assert.Single(relay.Events);
    }

    [Theory]
    [InlineData(IceRole.Controlling)]
    [InlineData(IceRole.Controlled)]
    public void A_peer_that_its_NAT_gives_another_port_is_followed_within_seconds(IceRole role)
    {
        var world = new IceWorld();
        var nat = new WireNat(IPAddress.Parse("10.0.0.5"), IPAddress.Parse("203.0.113.9"));
        world.Wire.AddNat(nat);
        var gateway = world.Add(role, lite: false, "192.0.2.1:4000");
        var peer = world.Add(role == IceRole.Controlling ? IceRole.Controlled : IceRole.Controlling, lite: false, "10.0.0.5:3480");
        world.Introduce(gateway, peer);
        Assert.True(world.RunUntil(() => gateway.Saw(IceEventKind.Connected) && peer.Saw(IceEventKind.Connected)));
        for (var times = 1; times <= 3; times++)
        {
            world.RunFor(20);
            var before = gateway.Agent.Selected!.Value.Remote;
            nat.Rebind();
            Assert.True(world.RunUntil(() => gateway.Agent.Selected is { } path && path.Remote != before, 9));
            Assert.True(gateway.Agent.IsValidated(gateway.Agent.Selected!.Value.Remote));
            Assert.Equal(times, gateway.Events.Count(happened => happened.Kind == IceEventKind.PathChanged));
        }
        world.RunFor(120);
        Assert.False(gateway.Saw(IceEventKind.ConsentLost));
        Assert.False(peer.Saw(IceEventKind.ConsentLost));
    }

    [Fact]
    public void A_check_from_another_address_moves_nothing_while_the_path_answers()
    {
        var (world, gateway, relay) = Connected(liteRelay: false);
        var seen = gateway.Agent.Selected;
        var second = world.Add(relay.Options, "198.51.100.1:3999"); // the same peer on another port
        world.Tell(second, gateway);
        world.RunFor(60);
        Assert.Equal(seen, gateway.Agent.Selected);
        Assert.Single(gateway.Events);
    }

    [Fact]
    public void Consent_is_not_renewed_by_what_the_peer_asks_itself()
    {
        var (world, gateway, _) = Connected(liteRelay: false);
        world.Wire.Passes = datagram => datagram.From != Address("198.51.100.1:3480")
            || (StunReader.TryRead(datagram.Bytes, out var message, out _) && message.Class == StunClass.Request);
        Assert.True(world.RunUntil(() => gateway.Saw(IceEventKind.ConsentLost), 31));
    }

    [Fact]
    public void A_nominated_pair_stays_when_a_better_one_starts_to_work()
    {
        var world = new IceWorld();
        world.Wire.Passes = datagram => datagram.To.IsIPv4;
        var gateway = world.Add(IceRole.Controlling, lite: false, "[2001:db8::1]:4000", "192.0.2.1:4000");
        var relay = world.Add(IceRole.Controlled, lite: false, "[2001:db8::2]:3480", "198.51.100.1:3480");
        world.Introduce(gateway, relay);
        Assert.True(world.RunUntil(() => gateway.Saw(IceEventKind.Connected) && relay.Saw(IceEventKind.Connected)));

        world.Wire.Passes = _ => true;
        world.RunFor(120);

        Assert.Single(gateway.Events);
        Assert.Single(relay.Events);
        Assert.True(gateway.Agent.Selected!.Value.Remote.IsIPv4);
        Assert.Equal(gateway.Agent.Selected.Value.Local, relay.Agent.Selected!.Value.Remote);
    }

    [Fact]
    public void A_short_settle_lets_a_slow_but_better_path_win()
    {
        for (var seed = 1; seed <= 30; seed++)
        {
            var world = new IceWorld(seed);
            world.Wire.Jitter = TimeSpan.FromMilliseconds(60); // lets the second check overtake the first
            var gateway = world.Add(IceRole.Controlling, lite: false, "[2001:db8::1]:4000", "192.0.2.1:4000");
            var relay = world.Add(IceRole.Controlled, lite: true, "[2001:db8::2]:3480", "198.51.100.1:3480");
            world.Introduce(gateway, relay);

            Assert.True(world.RunUntil(() => gateway.Saw(IceEventKind.Connected)));
            Assert.False(gateway.Agent.Selected!.Value.Remote.IsIPv4, $"seed {seed}");
        }
    }

    [Fact]
    public void A_lite_agent_follows_an_aggressive_peer_upwards_only()
    {
        var world = new IceWorld();
        var agent = world.Add(IceRole.Controlled, lite: true, "192.0.2.1:4000");
        world.RunFor(0.1);
        foreach (var (source, priority) in new[] { ("198.51.100.1:1", 100u), ("198.51.100.1:2", 300u), ("198.51.100.1:3", 200u) })
            Assert.Equal(IceVerdict.Accepted, agent.Agent.HandleDatagram(
                StunMessages.Check(agent.Options.Local, useCandidate: true, priority), agent.Sockets[0], Address(source), world.Clock.Now));
        world.RunFor(0.1);

        Assert.Equal([IceEventKind.Connected, IceEventKind.PathChanged], agent.Events.Select(e => e.Kind));
        Assert.Equal(Address("198.51.100.1:2"), agent.Agent.Selected!.Value.Remote);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_wrong_password_ends_in_a_named_failure_and_validates_nobody(bool liteRelay)
    {
        var world = new IceWorld();
        var gateway = world.Add(IceRole.Controlling, lite: false, "192.0.2.1:4000");
        var relay = world.Add(IceRole.Controlled, liteRelay, "198.51.100.1:3480");
        var wrong = relay.Options.Local with { Password = "not the password at all".Replace(' ', '-') };
        Assert.True(gateway.Agent.SetRemote(wrong, liteRelay));
        Assert.True(gateway.Agent.AddRemoteCandidate(IceCandidate.Host(relay.Sockets[0], 1)));
        Assert.True(relay.Agent.SetRemote(gateway.Options.Local with { Password = wrong.Password }, lite: false));

        Assert.True(world.RunUntil(() => gateway.Saw(IceEventKind.Failed), 30));

        Assert.Equal(IceFailure.Refused, gateway.Events.Single().Failure);
        Assert.Contains(IceVerdict.Unauthorized, relay.Verdicts);
        Assert.Contains(IceVerdict.Unauthentic, gateway.Verdicts);
        Assert.False(gateway.Agent.IsValidated(relay.Sockets[0]));
        Assert.False(relay.Agent.IsValidated(gateway.Sockets[0]));
    }

    [Fact]
    public void An_agent_without_pairs_fails_at_its_deadline()
    {
        var world = new IceWorld();
        var gateway = world.Add(IceRole.Controlling, lite: false, "192.0.2.1:4000");
        Assert.True(gateway.Agent.SetRemote(new IceCredentials("peer", "0123456789012345678901=="), lite: true));
        Assert.True(gateway.Agent.AddRemoteCandidate(IceCandidate.Host(Address("[2001:db8::2]:3480"), 1)));

        Assert.True(world.RunUntil(() => gateway.Saw(IceEventKind.Failed), 21));
        Assert.Equal(IceFailure.NoPairs, gateway.Events.Single().Failure);
    }

    [Fact]
    public void A_lite_agent_that_is_never_nominated_to_fails_at_its_deadline()
    {
        var world = new IceWorld();
        var relay = world.Add(IceRole.Controlled, lite: true, "198.51.100.1:3480");
        Assert.True(relay.Agent.SetRemote(new IceCredentials("peer", "0123456789012345678901=="), lite: false));
        relay.Agent.HandleDatagram(StunMessages.Check(relay.Options.Local), relay.Sockets[0], Address("192.0.2.1:1"), world.Clock.Now);

        Assert.True(world.RunUntil(() => relay.Saw(IceEventKind.Failed), 21));
        Assert.Equal(IceFailure.NotNominated, relay.Events.Single().Failure);
    }

    [Fact]
    public void A_lite_agent_may_be_nominated_to_before_the_answer_came_and_still_watches_consent()
    {
        var world = new IceWorld();
        var gateway = world.Add(IceRole.Controlling, lite: false, "192.0.2.1:4000");
        var relay = world.Add(IceRole.Controlled, lite: true, "198.51.100.1:3480");
        world.Tell(gateway, relay);
        Assert.True(world.RunUntil(() => gateway.Saw(IceEventKind.Connected) && relay.Saw(IceEventKind.Connected)));

        world.Tell(relay, gateway);
        world.RunFor(60);
        Assert.Single(relay.Events);

        world.Wire.Passes = _ => false;
        Assert.True(world.RunUntil(() => relay.Saw(IceEventKind.ConsentLost), 31));
    }

    [Fact]
    public void Checking_and_consent_allocate_nothing()
    {
        var clock = new VirtualClock();
        var (local, remote) = (Address("192.0.2.1:4000"), Address("198.51.100.1:3480"));
        var gateway = new IceAgent(
            new() { Role = IceRole.Controlling, Local = IceCredentials.Generate(new SeededEntropy(1)) }, new SeededEntropy(2));
        var relayCredentials = IceCredentials.Generate(new SeededEntropy(3));
        var relay = new IceAgent(new() { Role = IceRole.Controlled, Lite = true, Local = relayCredentials }, new SeededEntropy(4));
        gateway.AddLocalCandidate(IceCandidate.Host(local, 1));
        relay.AddLocalCandidate(IceCandidate.Host(remote, 1));
        gateway.SetRemote(relayCredentials, lite: true);
        gateway.AddRemoteCandidate(IceCandidate.Host(remote, 1));
        var buffer = new byte[IceAgent.MaxTransmitLength];
        Turn(100);
        Assert.NotNull(gateway.Selected);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Turn(1000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.NotNull(gateway.Selected);

        void Turn(int times)
        {
            for (; times > 0; times--)
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                gateway.HandleDeadline(clock.Now);
                while (gateway.TryPollTransmit(buffer, clock.Now, out var request))
                {
                    relay.HandleDatagram(buffer.AsSpan(0, request.Length), remote, local, clock.Now);
                    while (relay.TryPollTransmit(buffer, clock.Now, out var response))
                        gateway.HandleDatagram(buffer.AsSpan(0, response.Length), local, remote, clock.Now);
                }
                while (gateway.TryPollEvent(out _) || relay.TryPollEvent(out _))
                    continue;
                _ = gateway.NextDeadline;
            }
        }
    }
}
