using Media.Protocols.Ice;
using Media.Protocols.Primitives;
using Media.Protocols.Stun;
using Media.Protocols.Tests.Stun;
using Testing;
using static Media.Protocols.Tests.Ice.IceWorld;

namespace Media.Protocols.Tests.Ice;

/// <summary>Single messages against one agent.</summary>
public class IceInputTests
{
    private static readonly TransportAddress Socket = Address("192.0.2.1:4000");
    private static readonly TransportAddress Peer = Address("198.51.100.1:3480");
    private static readonly IceCredentials Local = new("gwufrag", "local-password-of-the-gateway");
    private static readonly IceCredentials Remote = new("metaufrag16chars", "Zm9vYmFyYmF6cXV4Zm9vYg==");

    private readonly VirtualClock _clock = new();
    private readonly byte[] _buffer = new byte[IceAgent.MaxTransmitLength];

    [Fact]
    public void Answers_an_authentic_check_with_the_address_it_came_from()
    {
        var agent = Agent(IceRole.Controlled);
        Assert.Equal(IceVerdict.Accepted, Handle(agent, StunMessages.Check(Local)));
        var response = Transmit(agent, out var transmit);
        Assert.Equal(Peer, transmit.Remote);
        Assert.Equal(Socket, transmit.Local);
        Assert.Equal(StunClass.Success, response.Class);
        Assert.Equal(Peer, response.XorMappedAddress);
        Assert.True(response.HasValidIntegrity("local-password-of-the-gateway"u8));
        Assert.True(response.HasFingerprint);
        Assert.True(agent.IsValidated(Peer));
        Assert.False(agent.IsValidated(Peer with { Port = 3481 }));
    }

    [Fact]
    public void Answers_400_without_integrity_to_a_request_without_any()
    {
        var agent = Agent(IceRole.Controlled);
        var writer = new StunWriter(_buffer, StunClass.Request, new StunTransactionId(1, 2));
        Assert.True(writer.TryFinish(out var length));
        Assert.Equal(IceVerdict.Incomplete, Handle(agent, _buffer[..length]));
        Expect(agent, StunErrorCode.BadRequest, signed: false);
        Assert.False(agent.IsValidated(Peer));
    }

    [Fact]
    public void Answers_401_without_integrity_to_a_wrong_password_or_a_foreign_username()
    {
        var agent = Agent(IceRole.Controlled);
        Assert.Equal(IceVerdict.Unauthorized, Handle(agent, StunMessages.Check(Local with { Password = "another-password-altogether" })));
        Expect(agent, StunErrorCode.Unauthorized, signed: false);
        Assert.Equal(IceVerdict.Unauthorized, Handle(agent, StunMessages.Check(Local with { Ufrag = "gwufrag2" })));
        Expect(agent, StunErrorCode.Unauthorized, signed: false);
        Assert.Equal(IceVerdict.Unauthorized, Handle(agent, StunMessages.Check(Local with { Ufrag = "gwufra" })));
        Expect(agent, StunErrorCode.Unauthorized, signed: false);
        Assert.False(agent.IsValidated(Peer));
    }

    [Fact]
    public void Answers_420_with_a_list_to_an_unknown_attribute_once_the_request_is_authentic()
    {
        var agent = Agent(IceRole.Controlled);
        Assert.Equal(IceVerdict.UnknownAttribute, Handle(agent, StunMessages.Check(Local, unknown: 0x7F01)));
        var response = Expect(agent, StunErrorCode.UnknownAttribute, signed: true);
        Span<ushort> types = stackalloc ushort[4];
        Assert.Equal([0x7F01], types[..response.ReadUnknownAttributes(types)].ToArray());
        Assert.False(agent.IsValidated(Peer));

        Assert.Equal(IceVerdict.Unauthorized, Handle(
            agent, StunMessages.Check(Local with { Password = "another-password-altogether" }, unknown: 0x7F01)));
        Assert.Equal(IceVerdict.Accepted, Handle(agent, StunMessages.Check(Local, unknown: 0xC057)));
    }

    [Theory]
    [InlineData(IceRole.Controlling, false, IceRole.Controlling)] // the greater tie-breaker keeps control
    [InlineData(IceRole.Controlling, true, IceRole.Controlled)]
    [InlineData(IceRole.Controlled, false, IceRole.Controlling)]
    [InlineData(IceRole.Controlled, true, IceRole.Controlled)]
    public void The_greater_tie_breaker_controls(IceRole ours, bool theirsIsGreater, IceRole after)
    {
        var agent = Agent(ours);
        var theirs = theirsIsGreater ? ulong.MaxValue : 0;
        var check = ours == IceRole.Controlling
            ? StunMessages.Check(Local, controlling: theirs)
            : StunMessages.Check(Local, controlling: null, controlled: theirs);

        var verdict = Handle(agent, check);

        Assert.Equal(after, agent.Role);
        Assert.Equal(ours == after ? IceVerdict.RoleConflict : IceVerdict.Accepted, verdict);
        if (ours == after)
            Expect(agent, StunErrorCode.RoleConflict, signed: true);
        Assert.Equal(ours != after, agent.IsValidated(Peer));
    }

    [Fact]
    public void Switches_on_an_authentic_487_once_and_tries_again_with_a_new_tie_breaker()
    {
        var agent = Agent(IceRole.Controlling, Remote);
        var check = Transmit(agent, out _);
        var (transaction, tieBreaker) = (check.TransactionId, check.Controlling);
        Assert.NotNull(tieBreaker);

        Assert.Equal(IceVerdict.Unauthentic, Handle(agent, StunMessages.Error(transaction, Local.Password, StunErrorCode.RoleConflict)));
        Assert.Equal(IceRole.Controlling, agent.Role);
        var conflict = StunMessages.Error(transaction, Remote.Password, StunErrorCode.RoleConflict);
        Assert.Equal(IceVerdict.Rejected, Handle(agent, conflict));
        Assert.Equal(IceRole.Controlled, agent.Role);
        Assert.Equal(IceVerdict.UnknownTransaction, Handle(agent, conflict));
        Assert.Equal(IceRole.Controlled, agent.Role);

        _clock.Advance(TimeSpan.FromMilliseconds(50));
        var again = Transmit(agent, out _);
        Assert.NotEqual(transaction, again.TransactionId);
        Assert.NotNull(again.Controlled);
        Assert.NotEqual(tieBreaker, again.Controlled);
    }

    [Fact]
    public void Nominates_only_after_a_check_succeeded_and_connects_only_after_the_nomination_did()
    {
        var agent = Agent(IceRole.Controlling, Remote);
        var check = Transmit(agent, out _);
        Assert.False(check.UseCandidate);
        Assert.Equal("metaufrag16chars:gwufrag"u8, check.Username);
        Assert.True(check.HasValidIntegrity("Zm9vYmFyYmF6cXV4Zm9vYg=="u8));
        Assert.Equal(110u, check.Priority >> 24);
        Assert.Equal(IceVerdict.Accepted, Handle(agent, StunMessages.Success(check.TransactionId, Remote.Password, Socket)));
        Assert.True(agent.IsValidated(Peer));
        Assert.Null(agent.Selected);

        _clock.Advance(TimeSpan.FromMilliseconds(50));
        var nomination = Transmit(agent, out _);
        Assert.True(nomination.UseCandidate);
        Assert.Null(agent.Selected);
        Assert.Equal(IceVerdict.Accepted, Handle(agent, StunMessages.Success(nomination.TransactionId, Remote.Password, Socket)));

        Assert.Equal(new IcePath(Socket, Peer, Socket), agent.Selected);
        Assert.True(agent.TryPollEvent(out var connected));
        Assert.Equal(new IceEvent(IceEventKind.Connected, agent.Selected!.Value, IceFailure.None), connected);
    }

    [Fact]
    public void Ignores_answers_from_another_address_and_gives_the_pair_up()
    {
        var agent = Agent(IceRole.Controlling, Remote);
        var success = StunMessages.Success(Transmit(agent, out _).TransactionId, Remote.Password, Socket);
        var unexpectedSource = Peer with { Port = 1 };
        Assert.Equal(IceVerdict.Asymmetric, agent.HandleDatagram(success, Socket, unexpectedSource, _clock.Now));
        Assert.False(agent.IsValidated(unexpectedSource));
        Assert.False(agent.IsValidated(Peer));
        Assert.Equal(IceVerdict.UnknownTransaction, Handle(agent, success));
    }

    [Fact]
    public void Discards_a_response_with_an_unknown_transaction_id()
    {
        var agent = Agent(IceRole.Controlling, Remote);
        var id = Transmit(agent, out _).TransactionId;
        Assert.True(agent.IsAwaiting(id));
        Assert.False(agent.IsAwaiting(id with { Low = id.Low ^ 1 }));
        var foreign = StunMessages.Success(id with { Low = id.Low ^ 1 }, Remote.Password, Socket);
        Assert.Equal(IceVerdict.UnknownTransaction, Handle(agent, foreign));
        Assert.False(agent.IsValidated(Peer));
    }

    [Fact]
    public void An_unauthenticated_error_ends_no_check()
    {
        var agent = Agent(IceRole.Controlling, Remote);
        var id = Transmit(agent, out _).TransactionId;
        foreach (var code in Enum.GetValues<StunErrorCode>().Where(code => code != StunErrorCode.None))
            Assert.Equal(IceVerdict.Unauthentic, Handle(agent, StunMessages.Error(id, "not the password", code)));
        Assert.True(agent.IsAwaiting(id));
        Assert.Equal(IceVerdict.Accepted, Handle(agent, StunMessages.Success(id, Remote.Password, Socket)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void No_damaged_request_changes_anything(bool withFingerprint)
    {
        var check = StunMessages.Check(Local, useCandidate: true, controlling: ulong.MaxValue);
        var protectedLength = check.Length - 8;
        if (!withFingerprint)
            check = StunMessages.WithoutFingerprint(check);
        foreach (var lite in new[] { false, true })
        {
            var agent = Agent(IceRole.Controlling, new IceCredentials("peer", Remote.Password), lite);
            foreach (var damaged in StunMessages.Damage(check))
            {
                // Damage to FINGERPRINT alone may make it another attribute, which behind MESSAGE-INTEGRITY is no damage at all.
                if (damaged.Length == check.Length && damaged.AsSpan(0, protectedLength).SequenceEqual(check.AsSpan(0, protectedLength)))
                    continue;
                var verdict = Handle(agent, damaged);
                Assert.DoesNotContain(
                    verdict, new[] { IceVerdict.Accepted, IceVerdict.RoleConflict, IceVerdict.UnknownAttribute, IceVerdict.Rejected });
                while (agent.TryPollTransmit(_buffer, _clock.Now, out _))
                    continue;
            }
            Assert.False(agent.IsValidated(Peer));
            Assert.Null(agent.Selected);
            Assert.False(agent.TryPollEvent(out _));
            Assert.Equal(lite ? IceRole.Controlled : IceRole.Controlling, agent.Role);
            Assert.Equal(IceVerdict.Accepted, Handle(agent, check));
            Assert.Equal(IceRole.Controlled, agent.Role);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void No_damaged_response_changes_anything(bool withFingerprint)
    {
        var agent = Agent(IceRole.Controlling, Remote);
        var id = Transmit(agent, out _).TransactionId;
        foreach (var original in new[]
        {
            StunMessages.Error(id, Remote.Password, StunErrorCode.RoleConflict),
            StunMessages.Success(id, Remote.Password, Socket),
        })
        {
            var protectedLength = original.Length - 8;
            var response = withFingerprint ? original : StunMessages.WithoutFingerprint(original);
            foreach (var damaged in StunMessages.Damage(response))
            {
                if (damaged.Length == response.Length
                    && damaged.AsSpan(0, protectedLength).SequenceEqual(response.AsSpan(0, protectedLength)))
                    continue;
                Assert.DoesNotContain(Handle(agent, damaged), new[] { IceVerdict.Accepted, IceVerdict.Rejected, IceVerdict.Asymmetric });
            }
            Assert.True(agent.IsAwaiting(id));
            Assert.Equal(IceRole.Controlling, agent.Role);
            Assert.False(agent.IsValidated(Peer));
        }
        Assert.Equal(IceVerdict.Accepted, Handle(agent, StunMessages.Success(id, Remote.Password, Socket)));
    }

    [Fact]
    public void Learns_no_more_addresses_than_its_limit_and_never_validates_what_it_forgot()
    {
        var agent = Agent(IceRole.Controlled, Remote);
        var validated = 0;
        for (ushort port = 1; port <= 200; port++)
        {
            var from = Address($"203.0.113.5:{port}");
            var verdict = agent.HandleDatagram(StunMessages.Check(Local, seed: port), Socket, from, _clock.Now);
            Assert.Equal(verdict == IceVerdict.Accepted, agent.IsValidated(from));
            validated += agent.IsValidated(from) ? 1 : 0;
        }
        Assert.Equal(23, validated); // one of 24 places is the signalled candidate's
        Assert.False(agent.AddRemoteCandidate(IceCandidate.Host(Address("198.51.100.77:1"), 1)));
        var sent = 0;
        while (agent.TryPollTransmit(_buffer, _clock.Now, out _))
            sent++;
        Assert.Equal(17, sent); // a full queue of answers and one paced check
    }

    [Fact]
    public void Takes_sixteen_candidates_from_an_SDP_and_refuses_useless_ones()
    {
        var agent = Agent(IceRole.Controlled);
        Assert.False(agent.AddRemoteCandidate(IceCandidate.Host(Address("198.51.100.1:0"), 1)));
        Assert.False(agent.AddRemoteCandidate(IceCandidate.Host(Address("0.0.0.0:9"), 1)));
        Assert.False(agent.AddRemoteCandidate(IceCandidate.Host(Address("224.0.0.1:9"), 1)));
        Assert.False(agent.AddRemoteCandidate(IceCandidate.Host(Address("255.255.255.255:9"), 1)));
        Assert.False(agent.AddRemoteCandidate(IceCandidate.Host(Address("[::]:9"), 1)));
        Assert.False(agent.AddRemoteCandidate(IceCandidate.Host(Address("[ff02::1]:9"), 1)));
        Assert.False(agent.AddRemoteCandidate(IceCandidate.Host(Address("198.51.100.1:1"), 1) with { Component = 2 }));
        for (var port = 1; port <= 16; port++)
            Assert.True(agent.AddRemoteCandidate(IceCandidate.Host(Address($"198.51.100.1:{port}"), 1)));
        Assert.True(agent.AddRemoteCandidate(IceCandidate.Host(Address("198.51.100.1:16"), 2))); // listed twice
        Assert.False(agent.AddRemoteCandidate(IceCandidate.Host(Address("198.51.100.1:17"), 1)));
    }

    [Fact]
    public void Takes_long_credentials_and_refuses_unusable_or_second_ones()
    {
        var agent = Agent(IceRole.Controlling);
        Assert.False(agent.SetRemote(new IceCredentials("abc", new string('p', 22)), lite: true));
        Assert.False(agent.SetRemote(new IceCredentials("abcd", new string('p', 21)), lite: true));
        Assert.False(agent.SetRemote(new IceCredentials("ab:d", new string('p', 22)), lite: true));
        Assert.False(agent.SetRemote(new IceCredentials("abcd", new string('ü', 22)), lite: true));
        Assert.False(agent.SetRemote(new IceCredentials("abcd", new string('p', 257)), lite: true));
        var longest = new IceCredentials(new string('u', 256), new string('=', 256));
        Assert.True(agent.SetRemote(longest, lite: true));
        Assert.False(agent.SetRemote(longest, lite: true));
        Assert.True(agent.AddRemoteCandidate(IceCandidate.Host(Peer, 1)));

        var check = Transmit(agent, out _);
        Assert.Equal(256 + 1 + Local.Ufrag.Length, check.Username.Length);
        Assert.True(check.HasValidIntegrity(Enumerable.Repeat((byte)'=', 256).ToArray()));
    }

    /// <summary>One offer has rung two phones, and the other one has answered.</summary>
    [Fact]
    public void A_lite_agent_takes_checks_of_the_peer_alone_whose_description_it_has()
    {
        var agent = Agent(IceRole.Controlled, new IceCredentials("other", new string('p', 24)), lite: true);
        Assert.Equal(IceVerdict.Unauthorized, Handle(agent, StunMessages.Check(Local)));
        Assert.False(agent.IsValidated(Peer));
    }

    [Fact]
    public void Ignores_what_arrives_at_a_socket_it_was_not_given()
    {
        var agent = Agent(IceRole.Controlled);
        Assert.Equal(IceVerdict.Ignored, agent.HandleDatagram(StunMessages.Check(Local), Address("192.0.2.77:1"), Peer, _clock.Now));
        Assert.Equal(Instant.Never, agent.NextDeadline);
    }

    [Fact]
    public void An_indication_changes_nothing()
    {
        var agent = Agent(IceRole.Controlled);
        var writer = new StunWriter(_buffer, StunClass.Indication, new StunTransactionId(1, 2));
        Assert.True(writer.TryFinish(out var length));
        Assert.Equal(IceVerdict.Keepalive, Handle(agent, _buffer[..length]));
        Assert.False(agent.IsValidated(Peer));
        Assert.Equal(Instant.Never, agent.NextDeadline);
    }

    [Fact]
    public void Credentials_do_not_show_their_password() => Assert.DoesNotContain(Local.Password, Local.ToString());

    private static IceAgent Agent(IceRole role, IceCredentials? remote = null, bool lite = false)
    {
        var agent = new IceAgent(new IceAgentOptions { Role = role, Lite = lite, Local = Local }, new SeededEntropy(5));
        Assert.True(agent.AddLocalCandidate(IceCandidate.Host(Socket, 1)));
        if (remote is null)
            return agent;
        Assert.True(agent.SetRemote(remote, lite: false));
        Assert.True(agent.AddRemoteCandidate(IceCandidate.Host(Peer, 1)));
        return agent;
    }

    private IceVerdict Handle(IceAgent agent, byte[] datagram) => agent.HandleDatagram(datagram, Socket, Peer, _clock.Now);

    private StunReader Transmit(IceAgent agent, out IceTransmit transmit)
    {
        Assert.True(agent.TryPollTransmit(_buffer, _clock.Now, out transmit));
        Assert.True(StunReader.TryRead(_buffer.AsSpan(0, transmit.Length), out var message, out var error), error.ToString());
        return message;
    }

    private StunReader Expect(IceAgent agent, StunErrorCode code, bool signed)
    {
        var response = Transmit(agent, out var transmit);
        Assert.Equal(Peer, transmit.Remote);
        Assert.Equal((int)code, response.ErrorCode);
        Assert.Equal(signed, response.HasValidIntegrity(System.Text.Encoding.ASCII.GetBytes(Local.Password)));
        return response;
    }
}
