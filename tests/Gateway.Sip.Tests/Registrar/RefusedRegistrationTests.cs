using Gateway.Sip.Auth;
using Gateway.Sip.Messages;
using Gateway.Sip.Registrar;
using Gateway.Sip.Transactions;
using Gateway.Sip.Trunks;

namespace Gateway.Sip.Tests.Registrar;

/// <summary>REGISTERs that are answered with no, and what they leave behind: nothing.</summary>
public class RefusedRegistrationTests
{
    private readonly RegistrarBench _bench = new();

    [Fact]
    public void An_unknown_user_is_answered_as_a_wrong_password_is()
    {
        var wrong = _bench.Phone("203.0.113.7:40000", "alice", "guess").Register();
        var unknown = _bench.Phone("203.0.113.7:40001", "nobody", "guess").Register();
        Assert.Equal((403, 403), (wrong.StatusCode, unknown.StatusCode));
        Assert.Equal(Shape(wrong), Shape(unknown));
        Assert.Equal(2, _bench.Registrar.CountOf(RegistrationResult.WrongCredentials));
        Assert.Empty(_bench.Changes());
    }

    [Theory]
    [InlineData("<tel:+15551234>", 400)]
    [InlineData("<sip:alice@10.0.0.1:5060>", 403)]
    [InlineData("<sip:alice@10.0.0.1>", 403)]
    [InlineData("<sips:alice@192.168.1.7>", 403)]
    [InlineData("<http://example.com>", 400)]
    public void A_contact_that_no_phone_has_is_refused(string contact, int status)
    {
        var phone = _bench.Phone("203.0.113.7:40000");
        phone.Contact = contact;
        Assert.Equal(status, phone.Register().StatusCode);
        Assert.Equal(1, _bench.Registrar.CountOf(RegistrationResult.BadContact));
        Assert.Equal(0, _bench.Contacts.Count);
    }

    [Fact]
    public void More_values_than_a_phone_has_are_refused()
    {
        var phone = _bench.Phone("203.0.113.7:40000");
        phone.Contact = string.Join(", ", Enumerable.Range(1, 11).Select(i => $"<sip:alice@192.168.1.{i}>"));
        Assert.Equal(400, phone.Register().StatusCode);
        Assert.Equal(1, _bench.Registrar.CountOf(RegistrationResult.TooManyValues));
    }

    [Fact]
    public void Nobody_binds_the_address_of_another_user()
    {
        var phone = _bench.Phone("203.0.113.7:40000");
        Assert.Equal(403, phone.Register(600, ("To", "<sip:bob@phones.example>")).StatusCode);
        Assert.Equal(1, _bench.Registrar.CountOf(RegistrationResult.NotTheUser));
        Assert.Empty(_bench.Contacts.Of("bob"));
    }

    [Fact]
    public void An_extension_that_is_not_known_is_refused()
    {
        var refusal = _bench.Phone("203.0.113.7:40000").Register(600, ("Require", "gruu"));
        Assert.Equal((420, "gruu"), (refusal.StatusCode, refusal.Headers["Unsupported"]));
    }

    [Fact]
    public void Failures_lock_a_user_out_at_that_address_only_and_longer_each_time()
    {
        var guessing = _bench.Phone("203.0.113.7:40000", "alice", "guess");
        var right = _bench.Phone("203.0.113.7:40001");
        Fail(guessing, 10);
        Assert.Equal(403, right.Register().StatusCode);
        Assert.Equal(1, _bench.Registrar.CountOf(RegistrationResult.LockedOut));
        Assert.Equal(200, _bench.Phone("203.0.113.7:40002", "bob").Register().StatusCode);
        Assert.Equal(200, _bench.Phone("203.0.113.8:40000").Register().StatusCode);
        _bench.Wire.Run(TimeSpan.FromMinutes(5));
        Fail(guessing, 10);
        _bench.Wire.Run(TimeSpan.FromMinutes(6)); // twice five now
        Assert.Equal(403, right.Register().StatusCode);
        _bench.Wire.Run(TimeSpan.FromMinutes(4));
        Assert.Equal(200, right.Register().StatusCode);
    }

    [Fact]
    public void An_address_that_tries_many_users_is_locked_out_for_all()
    {
        for (var i = 0; i < 100; i++)
            Fail(_bench.Phone($"203.0.113.7:{41000 + i}", $"user{i}", "guess"), 1);
        Assert.Equal(403, _bench.Phone("203.0.113.7:40000").Register().StatusCode);
        Assert.Equal(200, _bench.Phone("203.0.113.8:40000").Register().StatusCode);
    }

    [Fact]
    public void A_nonce_that_is_too_old_is_replaced_and_does_not_count_as_a_failure()
    {
        var phone = _bench.Phone("203.0.113.7:40000");
        phone.Register();
        _bench.Wire.Run(TimeSpan.FromMinutes(5));
        var request = phone.Request("REGISTER", ("Contact", phone.Contact));
        request.Headers.Add("Authorization", _bench.Wire.LastRequest("REGISTER").Headers["Authorization"]!);
        var response = phone.Send(request);
        Assert.Equal(401, response.StatusCode);
        Assert.Contains("stale=true", response.Headers["WWW-Authenticate"]);
        Assert.Equal(1, _bench.Registrar.CountOf(RegistrationResult.Stale));
    }

    [Fact]
    public void A_captured_request_cannot_be_replayed()
    {
        var phone = _bench.Phone("203.0.113.7:40000");
        phone.Register();
        var replayed = phone.Request("REGISTER", ("Contact", "<sip:alice@198.51.100.66>"));
        replayed.Headers.Add("Authorization", _bench.Wire.LastRequest("REGISTER").Headers["Authorization"]!);
        Assert.Equal(401, phone.Send(replayed).StatusCode);
        Assert.Single(_bench.Contacts.Of("alice"));
    }

    [Fact]
    public void A_request_waits_for_the_store_and_its_repetitions_ask_once()
    {
        _bench.Gateway.Secrets = null;
        var phone = _bench.Phone("203.0.113.7:40000");
        phone.Register();
        phone.Register();
        Assert.Equal(401, phone.Peer.LastResponse.StatusCode);
        var authenticator = _bench.Registrar.Authenticator;
        Assert.True(authenticator.TryPollLookup(out var user));
        Assert.Equal("alice", user);
        Assert.False(authenticator.TryPollLookup(out _));
        authenticator.HandleSecrets("alice", new DigestSecrets { Password = RegistrarBench.Password }, _bench.Wire.Now);
        _bench.Wire.Run();
        Assert.Equal(200, phone.Peer.LastResponse.StatusCode);
        Assert.Single(_bench.Contacts.Of("alice"));
    }

    [Fact]
    public void A_store_that_does_not_answer_makes_phones_try_again_later()
    {
        _bench.Gateway.Secrets = null;
        var phone = _bench.Phone("203.0.113.7:40000");
        phone.Register();
        _bench.Registrar.Authenticator.HandleLookupFailure("alice", _bench.Wire.Now);
        _bench.Wire.Run();
        Assert.Equal(503, phone.Peer.LastResponse.StatusCode);
        Assert.NotNull(phone.Peer.LastResponse.Headers["Retry-After"]);
        _bench.Gateway.Secrets = new() { ["alice"] = new DigestSecrets { Password = RegistrarBench.Password } };
        Assert.Equal(200, phone.Register().StatusCode);
    }

    [Fact]
    public void The_store_is_asked_for_so_many_users_at_one_time_and_no_more()
    {
        _bench.Gateway.Secrets = null;
        for (var i = 0; i < PhoneAuthenticator.MaxLookups; i++)
            _bench.Phone($"203.0.113.7:{41000 + i}", $"user{i}").Register();
        Assert.Equal(503, _bench.Phone("203.0.113.8:40000").Register().StatusCode);
        var asked = 0;
        while (_bench.Registrar.Authenticator.TryPollLookup(out _))
            asked++;
        Assert.Equal(PhoneAuthenticator.MaxLookups, asked);
    }

    [Fact]
    public void The_table_is_bounded()
    {
        var bench = new RegistrarBench(options => options with { MaxBindings = 1 });
        bench.Phone("203.0.113.7:40000").Register();
        Assert.Equal(503, bench.Phone("203.0.113.7:40001", "bob").Register().StatusCode);
        Assert.Equal(200, bench.Phone("203.0.113.7:40002").Register().StatusCode);
    }

    [Fact]
    public void Lock_outs_are_bounded()
    {
        var lockOuts = new LockOuts(new LockOutOptions());
        for (var i = 0; i < LockOuts.MaxEntries * 2; i++)
            lockOuts.AddFailure(Dialogs.SipBench.Address("203.0.113.7:1"), $"user{i}", _bench.Wire.Now);
        Assert.InRange(lockOuts.Count, 1, LockOuts.MaxEntries);
    }

    /// <summary>One valid account that slips now and then must not push out what others have earned.</summary>
    [Fact]
    public void Slips_that_are_forgotten_push_no_lock_out_away()
    {
        var (lockOuts, source) = (new LockOuts(new LockOutOptions()), Dialogs.SipBench.Address("203.0.113.7:1"));
        for (var i = 0; i < new LockOutOptions().Failures; i++)
            lockOuts.AddFailure(Dialogs.SipBench.Address("203.0.113.9:1"), "mallory", _bench.Wire.Now);
        for (var i = 0; i < LockOuts.MaxEntries * 2; i++)
        {
            lockOuts.AddFailure(source, "alice", _bench.Wire.Now);
            lockOuts.Forget(source, "alice");
        }
        Assert.True(lockOuts.IsLocked(Dialogs.SipBench.Address("203.0.113.9:1"), "mallory", _bench.Wire.Now));
    }

    [Fact]
    public void A_gateway_that_drains_sends_phones_elsewhere()
    {
        _bench.Gateway.Agent.IsDraining = true;
        Assert.Equal(503, _bench.Phone("203.0.113.7:40000").Register().StatusCode);
    }

    [Fact]
    public void Without_a_registrar_nobody_registers()
    {
        var wire = new Dialogs.SipBench();
        var gateway = wire.AddAgent("10.0.0.1:5060", Dialogs.SipBench.Trunk("10.0.0.2:5060"));
        var pbx = wire.AddPeer("10.0.0.2:5060");
        pbx.Request(gateway.Address, "REGISTER", "c1", 1, "peer", null);
        wire.Run();
        Assert.Equal(405, pbx.LastResponse.StatusCode);
    }

    private void Fail(BenchPhone phone, int count)
    {
        for (var i = 0; i < count; i++)
            Assert.Equal(403, phone.Register().StatusCode);
    }

    /// <summary>Everything of a response but what names its request.</summary>
    private static IEnumerable<string> Shape(SipResponse response)
    {
        yield return response.StartLine;
        foreach (var (name, value) in response.Headers)
            yield return name is "Via" or "From" or "To" or "Call-ID" or "CSeq" ? name : $"{name}: {value}";
    }
}
