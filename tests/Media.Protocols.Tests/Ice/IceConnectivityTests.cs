using System.Net;
using Media.Protocols.Ice;
using Media.Protocols.Stun;
using Testing;
using static Media.Protocols.Tests.Ice.IceWorld;

namespace Media.Protocols.Tests.Ice;

public class IceConnectivityTests
{
    [Fact]
    public void A_full_agent_reaches_a_lite_one()
    {
        var world = new IceWorld();
        var gateway = world.Add(IceRole.Controlling, lite: false, "192.0.2.1:4000");
        var relay = world.Add(IceRole.Controlled, lite: true, "198.51.100.1:3480");
        world.Introduce(gateway, relay);

        Assert.True(world.RunUntil(() => gateway.Saw(IceEventKind.Connected)));

        Assert.Equal(relay.Sockets[0], gateway.Agent.Selected!.Value.Remote);
        Assert.Equal(gateway.Sockets[0], gateway.Agent.Selected.Value.Local);
        Assert.Equal(gateway.Sockets[0], gateway.Agent.Selected.Value.Mapped);
        Assert.Equal(gateway.Sockets[0], relay.Agent.Selected!.Value.Remote);
        Assert.True(world.Clock.Now - new VirtualClock().Now < TimeSpan.FromMilliseconds(150), "Two round trips of 40 ms and one pace.");
    }

    [Fact]
    public void A_full_agent_that_starts_controlled_takes_control_of_a_lite_one()
    {
        var world = new IceWorld();
        var gateway = world.Add(IceRole.Controlled, lite: false, "192.0.2.1:4000");
        var relay = world.Add(IceRole.Controlled, lite: true, "198.51.100.1:3480");
        world.Introduce(gateway, relay);

        Assert.True(world.RunUntil(() => gateway.Saw(IceEventKind.Connected)));
        Assert.Equal(IceRole.Controlling, gateway.Agent.Role);
    }

    [Fact]
    public void A_lite_agent_answers_487_to_a_peer_that_claims_to_be_controlled()
    {
        var world = new IceWorld();
        var gateway = world.Add(IceRole.Controlled, lite: false, "192.0.2.1:4000");
        var relay = world.Add(IceRole.Controlled, lite: true, "198.51.100.1:3480");
        // Its SDP lacks a=ice-lite.
        Assert.True(gateway.Agent.SetRemote(relay.Options.Local, lite: false));
        Assert.True(gateway.Agent.AddRemoteCandidate(IceCandidate.Host(relay.Sockets[0], 1)));
        world.Tell(relay, gateway);

        Assert.True(world.RunUntil(() => gateway.Saw(IceEventKind.Connected)));

        Assert.Contains(IceVerdict.RoleConflict, relay.Verdicts);
        Assert.Equal(IceRole.Controlling, gateway.Agent.Role);
    }

    [Theory]
    [InlineData(IceRole.Controlling, IceRole.Controlled)]
    [InlineData(IceRole.Controlling, IceRole.Controlling)]
    [InlineData(IceRole.Controlled, IceRole.Controlled)]
    public void Two_full_agents_agree_on_one_path_whatever_they_start_as(IceRole first, IceRole second)
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var world = new IceWorld(seed);
            var a = world.Add(first, lite: false, "192.0.2.1:4000");
            var b = world.Add(second, lite: false, "198.51.100.1:5000");
            world.Introduce(a, b);

            Assert.True(world.RunUntil(() => a.Saw(IceEventKind.Connected) && b.Saw(IceEventKind.Connected)), $"seed {seed}");

            Assert.NotEqual(a.Agent.Role, b.Agent.Role);
            Assert.Equal(a.Agent.Selected!.Value.Local, b.Agent.Selected!.Value.Remote);
            Assert.Equal(a.Agent.Selected.Value.Remote, b.Agent.Selected.Value.Local);
        }
    }

    [Fact]
    public void A_full_browser_whose_SDP_says_lite_may_win_the_role()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var world = new IceWorld(seed);
            var gateway = world.Add(IceRole.Controlling, lite: false, "192.0.2.1:4000");
            var browser = world.Add(IceRole.Controlling, lite: false, "198.51.100.1:5000");
            Assert.True(gateway.Agent.SetRemote(browser.Options.Local, lite: true));
            world.Tell(browser, gateway);

            Assert.True(world.RunUntil(() => gateway.Saw(IceEventKind.Connected) && browser.Saw(IceEventKind.Connected)), $"seed {seed}");
            Assert.NotEqual(gateway.Agent.Role, browser.Agent.Role);
        }
    }

    [Fact]
    public void A_peer_behind_a_NAT_is_met_as_peer_reflexive_on_both_sides()
    {
        var world = new IceWorld();
        world.Wire.AddNat(new WireNat(IPAddress.Parse("10.0.0.5"), IPAddress.Parse("203.0.113.9")));
        var inside = world.Add(IceRole.Controlling, lite: false, "10.0.0.5:4000");
        var outside = world.Add(IceRole.Controlled, lite: false, "198.51.100.1:5000");
        world.Introduce(inside, outside);

        Assert.True(world.RunUntil(() => inside.Saw(IceEventKind.Connected) && outside.Saw(IceEventKind.Connected)));

        var mapped = Address("203.0.113.9:61000");
        Assert.Equal(mapped, inside.Agent.Selected!.Value.Mapped);
        Assert.Equal(inside.Sockets[0], inside.Agent.Selected.Value.Local);
        Assert.Equal(mapped, outside.Agent.Selected!.Value.Remote);
        Assert.True(outside.Agent.IsValidated(mapped));
        Assert.False(outside.Agent.IsValidated(inside.Sockets[0]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_gateway_behind_a_NAT_reaches_a_relay_that_was_told_no_usable_candidate(bool symmetric)
    {
        var world = new IceWorld();
        world.Wire.AddNat(new WireNat(IPAddress.Parse("10.0.0.5"), IPAddress.Parse("203.0.113.9"), symmetric));
        var gateway = world.Add(IceRole.Controlling, lite: false, "10.0.0.5:4000");
        var relay = world.Add(IceRole.Controlled, lite: true, "198.51.100.1:3480");
        world.Introduce(gateway, relay, candidatesOfA: false);

        Assert.True(world.RunUntil(() => gateway.Saw(IceEventKind.Connected)));
        Assert.Equal("203.0.113.9", relay.Agent.Selected!.Value.Remote.ToIPAddress().ToString());
    }

    [Fact]
    public void Checks_that_arrive_before_the_peers_answer_are_answered_and_remembered()
    {
        var world = new IceWorld();
        var offerer = world.Add(IceRole.Controlling, lite: false, "192.0.2.1:4000");
        var answerer = world.Add(IceRole.Controlled, lite: false, "198.51.100.1:5000");
        world.Tell(answerer, offerer);
        world.RunFor(1);
        Assert.True(offerer.Agent.IsValidated(answerer.Sockets[0]));
        Assert.Null(offerer.Agent.Selected);

        world.Tell(offerer, answerer, candidates: false);

        Assert.True(world.RunUntil(() => offerer.Saw(IceEventKind.Connected) && answerer.Saw(IceEventKind.Connected), 1));
    }

    [Fact]
    public void IPv6_is_used_where_it_has_priority_and_works()
    {
        var world = new IceWorld();
        var gateway = world.Add(IceRole.Controlling, lite: false, "[2001:db8::1]:4000", "192.0.2.1:4000");
        var relay = world.Add(IceRole.Controlled, lite: true, "[2001:db8::2]:3480", "198.51.100.1:3480");
        world.Introduce(gateway, relay);

        Assert.True(world.RunUntil(() => gateway.Saw(IceEventKind.Connected)));
        Assert.False(gateway.Agent.Selected!.Value.Remote.IsIPv4);
    }

    [Fact]
    public void IPv4_is_used_soon_when_IPv6_does_not_work()
    {
        var world = new IceWorld();
        world.Wire.Passes = datagram => datagram.To.IsIPv4;
        var gateway = world.Add(IceRole.Controlling, lite: false, "[2001:db8::1]:4000", "192.0.2.1:4000");
        var relay = world.Add(IceRole.Controlled, lite: true, "[2001:db8::2]:3480", "198.51.100.1:3480");
        world.Introduce(gateway, relay);

        Assert.True(world.RunUntil(() => gateway.Saw(IceEventKind.Connected), 0.5));
        Assert.True(gateway.Agent.Selected!.Value.Remote.IsIPv4);
    }

    [Fact]
    public void A_1_to_1_NAT_is_bridged_by_an_advertised_address_over_the_same_socket()
    {
        var world = new IceWorld();
        var nat = new WireNat(IPAddress.Parse("10.0.0.5"), IPAddress.Parse("203.0.113.9"), open: true);
        nat.Forward(Address("203.0.113.9:4000"), Address("10.0.0.5:4000"));
        world.Wire.AddNat(nat);
        var gateway = world.Add(IceRole.Controlled, lite: false, "10.0.0.5:4000");
        var browser = world.Add(IceRole.Controlling, lite: false, "198.51.100.1:5000");
        var advertised = IceCandidate.Host(Address("203.0.113.9:4000"), 65535);
        Assert.True(gateway.Agent.AddLocalCandidate(advertised, gateway.Sockets[0]));
        world.Introduce(gateway, browser, candidatesOfA: false);
        Assert.True(browser.Agent.AddRemoteCandidate(advertised));

        Assert.True(world.RunUntil(() => gateway.Saw(IceEventKind.Connected) && browser.Saw(IceEventKind.Connected)));
        Assert.Equal(advertised.Address, browser.Agent.Selected!.Value.Remote);
    }

    [Fact]
    public void Loss_reordering_and_duplication_delay_but_do_not_prevent_a_connection()
    {
        for (var seed = 1; seed <= 60; seed++)
        {
            var world = new IceWorld(seed);
            world.Wire.Loss = 0.25;
            world.Wire.Duplication = 0.1;
            world.Wire.Jitter = TimeSpan.FromMilliseconds(120);
            var a = world.Add(IceRole.Controlling, lite: false, "[2001:db8::1]:4000", "192.0.2.1:4000");
            var b = world.Add(
                seed % 2 == 0 ? IceRole.Controlled : IceRole.Controlling, seed % 3 == 0, "[2001:db8::2]:3480", "198.51.100.1:3480");
            world.Introduce(a, b);

            Assert.True(world.RunUntil(() => a.Saw(IceEventKind.Connected) && b.Saw(IceEventKind.Connected)), $"seed {seed}");
            world.RunFor(5); // late nominations have arrived
            Assert.Equal(a.Agent.Selected!.Value.Remote, b.Agent.Selected!.Value.Local);
        }
    }

    [Fact]
    public void The_first_check_goes_out_at_once_and_the_others_are_paced()
    {
        var world = new IceWorld();
        var gateway = world.Add(IceRole.Controlling, lite: false, "192.0.2.1:4000");
        Assert.True(gateway.Agent.SetRemote(new IceCredentials("peer", "0123456789012345678901=="), lite: true));
        for (var port = 1; port <= 5; port++)
            Assert.True(gateway.Agent.AddRemoteCandidate(IceCandidate.Host(Address($"198.51.100.1:{port}"), (ushort)port)));
        var start = world.Clock.Now;
        var times = new List<double>();
        world.OnSend = (_, _) => times.Add((world.Clock.Now - start).TotalMilliseconds);

        world.RunFor(0.45);

        Assert.Equal([0, 50, 100, 150, 200], times);
    }

    [Fact]
    public void An_unanswered_check_is_repeated_as_RFC_5389_says()
    {
        var world = new IceWorld();
        var options = new IceAgentOptions
        {
            Role = IceRole.Controlling,
            Local = IceCredentials.Generate(new SeededEntropy(7)),
            FailAfter = TimeSpan.FromSeconds(60),
        };
        var gateway = world.Add(options, "192.0.2.1:4000");
        Assert.True(gateway.Agent.SetRemote(new IceCredentials("peer", "0123456789012345678901=="), lite: true));
        Assert.True(gateway.Agent.AddRemoteCandidate(IceCandidate.Host(Address("198.51.100.1:9999"), 1)));
        var start = world.Clock.Now;
        var times = new List<double>();
        var transactions = new HashSet<StunTransactionId>();
        world.OnSend = (_, bytes) =>
        {
            times.Add((world.Clock.Now - start).TotalMilliseconds);
            transactions.Add(StunTransactionId.Read(bytes.AsSpan(8)));
        };

        Assert.True(world.RunUntil(() => gateway.Saw(IceEventKind.Failed), 60));

        Assert.Equal([0, 500, 1500, 3500, 7500, 15500, 31500], times);
        Assert.Single(transactions);
        Assert.Equal(39.5, (world.Clock.Now - start).TotalSeconds, 3);
        Assert.Equal(IceFailure.NoAnswer, gateway.Events[^1].Failure);
    }
}
