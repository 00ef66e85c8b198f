using Gateway.Sip.Auth;
using Gateway.Sip.Messages;
using Gateway.Sip.Registrar;
using Gateway.Sip.Tests.Dialogs;
using Gateway.Sip.Transactions;

namespace Gateway.Sip.Tests.Registrar;

/// <summary>REGISTER as RFC 3261 §10.3, RFC 3327 and RFC 5626 have it.</summary>
public class RegistrationTests
{
    private readonly RegistrarBench _bench = new();

    [Theory]
    [InlineData("alice")]
    [InlineData("bob")]
    public void A_phone_that_proves_its_user_is_registered(string user)
    {
        var response = _bench.Phone("203.0.113.7:40000", user).Register();
        Assert.Equal(200, response.StatusCode);
        var contact = Assert.Single(response.Addresses("Contact"));
        Assert.Equal(($"sip:{user}@192.168.1.7:5062", "600"), (contact.Uri.ToString(), contact.Parameters["expires"]));
        Assert.Equal("203.0.113.7:40000", Assert.Single(_bench.Contacts.Of(user)).Flow.Remote.ToString());
        Assert.Equal([new PhoneChange(user, PhoneChangeKind.Registered, 1)], _bench.Changes());
        Assert.Equal(1, _bench.Registrar.CountOf(RegistrationResult.Registered));
    }

    [Fact]
    public void The_challenge_offers_both_algorithms_and_keeps_nothing()
    {
        var phone = _bench.Phone("203.0.113.7:40000");
        var response = phone.Send(phone.Request("REGISTER", ("Contact", phone.Contact)));
        Assert.Equal(401, response.StatusCode);
        var challenges = response.Headers.All("WWW-Authenticate");
        Assert.Equal(
            ["SHA-256", "MD5"], challenges.Select(text => DigestChallenge.TryParse(text, out var one) ? one.Algorithm.Name() : ""));
        Assert.Equal(0, _bench.Gateway.Agent.Layer.Servers.Count);
        Assert.Equal(1, _bench.Registrar.CountOf(RegistrationResult.Challenged));
    }

    [Fact]
    public void A_phone_with_md5_only_is_registered()
    {
        var phone = _bench.Phone("203.0.113.7:40000");
        var request = phone.Request("REGISTER", ("Contact", phone.Contact));
        var challenged = phone.Send(request);
        var weak = challenged.Headers.All("WWW-Authenticate").Last();
        challenged.Headers["WWW-Authenticate"] = weak;
        var again = phone.Request("REGISTER", ("Contact", phone.Contact));
        new DigestClient(new SipCredentials("alice", RegistrarBench.Password), new Testing.SeededEntropy(3)).Answer(challenged, again);
        Assert.Contains("MD5", again.Headers["Authorization"]);
        Assert.Equal(200, phone.Send(again).StatusCode);
    }

    [Fact]
    public void A_contact_that_is_not_refreshed_runs_out()
    {
        _bench.Phone("203.0.113.7:40000").Register(expires: 120);
        _bench.Changes();
        _bench.Wire.Run(118);
        Assert.Single(_bench.Contacts.Of("alice"));
        _bench.Wire.Run(3);
        Assert.Empty(_bench.Contacts.Of("alice"));
        Assert.Equal([new PhoneChange("alice", PhoneChangeKind.Gone, 0)], _bench.Changes());
        Assert.Equal((0, 0), (_bench.Contacts.Count, _bench.Contacts.Users.Count));
    }

    [Fact]
    public void A_refresh_keeps_the_contact_and_its_age()
    {
        var phone = _bench.Phone("203.0.113.7:40000");
        phone.Register(expires: 120);
        var since = _bench.Contacts.Of("alice")[0].RegisteredAt;
        _bench.Wire.Run(100);
        Assert.Equal(200, phone.Register(expires: 120).StatusCode);
        _bench.Wire.Run(100);
        Assert.Equal(since, Assert.Single(_bench.Contacts.Of("alice")).RegisteredAt);
        Assert.Equal([PhoneChangeKind.Registered, PhoneChangeKind.Refreshed], _bench.Changes().Select(change => change.Kind));
    }

    [Fact]
    public void A_user_has_several_phones_the_preferred_first_and_no_more_than_allowed()
    {
        for (var i = 0; i < 5; i++)
        {
            var phone = _bench.Phone($"203.0.113.7:4000{i}");
            phone.Contact = $"<sip:alice@192.168.1.{i}>;q=0.{i}";
            Assert.Equal(200, phone.Register().StatusCode);
        }
        var sixth = _bench.Phone("203.0.113.7:40009");
        sixth.Contact = "<sip:alice@192.168.1.9>";
        var refusal = sixth.Register();
        Assert.Equal((403, "Too many contacts of this user"), (refusal.StatusCode, refusal.ReasonPhrase));
        Assert.Equal([0.4, 0.3, 0.2, 0.1, 0], _bench.Contacts.Of("alice").Select(contact => contact.Q));
    }

    [Fact]
    public void A_request_without_contact_is_told_what_is_there()
    {
        _bench.Phone("203.0.113.7:40000").Register();
        _bench.Wire.Run(50);
        var asking = _bench.Phone("203.0.113.8:40000");
        asking.Contact = "";
        var contact = Assert.Single(asking.Register(expires: null).Addresses("Contact"));
        Assert.InRange(int.Parse(contact.Parameters["expires"]!), 545, 550);
    }

    [Fact]
    public void An_asterisk_drops_every_contact()
    {
        var phone = _bench.Phone("203.0.113.7:40000");
        phone.Register();
        phone.Contact = "*";
        Assert.Equal(400, phone.Register(expires: 10).StatusCode);
        Assert.Single(_bench.Contacts.Of("alice"));
        var response = phone.Register(expires: 0);
        Assert.Equal((200, 0), (response.StatusCode, response.Addresses("Contact").Count));
        Assert.Empty(_bench.Contacts.Of("alice"));
        Assert.Equal(1, _bench.Registrar.CountOf(RegistrationResult.Unregistered));
    }

    [Fact]
    public void One_contact_is_dropped_by_its_own_expires()
    {
        var phone = _bench.Phone("203.0.113.7:40000");
        phone.Register();
        phone.Contact += ";expires=0";
        Assert.Equal(200, phone.Register().StatusCode);
        Assert.Empty(_bench.Contacts.Of("alice"));
    }

    [Fact]
    public void What_was_sent_earlier_and_comes_later_changes_nothing()
    {
        var phone = _bench.Phone("203.0.113.7:40000");
        phone.Register(600, ("CSeq", "9 REGISTER"));
        Assert.Equal(500, phone.Register(0, ("CSeq", "8 REGISTER")).StatusCode);
        Assert.Single(_bench.Contacts.Of("alice"));
        Assert.Equal(1, _bench.Registrar.CountOf(RegistrationResult.OutOfOrder));
    }

    [Fact]
    public void Too_short_a_time_is_refused_and_too_long_a_one_is_cut()
    {
        var phone = _bench.Phone("203.0.113.7:40000");
        var brief = phone.Register(expires: 5);
        Assert.Equal((423, "60"), (brief.StatusCode, brief.Headers["Min-Expires"]));
        Assert.Equal("3600", phone.Register(expires: 100_000).Contact!.Parameters["expires"]);
    }

    [Fact]
    public void A_phone_at_a_new_address_takes_the_place_of_its_old_contact()
    {
        var instance = ";+sip.instance=\"<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>\";reg-id=1";
        var before = _bench.Phone("203.0.113.7:40000");
        before.Contact = "<sip:alice@192.168.1.7:5062>" + instance;
        var response = before.Register(600, ("Supported", "path, outbound"));
        Assert.Equal(("outbound", "1"), (response.Headers["Require"], response.Contact!.Parameters["reg-id"]));
        var after = _bench.Phone("198.51.100.4:50000");
        after.Contact = "<sip:alice@10.9.9.9:5062>" + instance;
        after.Register(600, ("Supported", "path, outbound"));
        var contact = Assert.Single(_bench.Contacts.Of("alice"));
        Assert.Equal(("198.51.100.4:50000", "sip:alice@10.9.9.9:5062"), (contact.Flow.Remote.ToString(), contact.Uri.ToString()));
        Assert.False(_bench.Gateway.Trunks[1].Phones!.Contains(new SipFlow(SipTransport.Udp, SipBench.Address("203.0.113.7:40000"), 0)));
    }

    [Fact]
    public void A_path_is_kept_and_echoed_only_for_a_phone_that_knows_of_it()
    {
        var phone = _bench.Phone("203.0.113.7:40000");
        var refusal = phone.Register(600, ("Path", "<sip:edge.example;lr>"));
        Assert.Equal((420, "path"), (refusal.StatusCode, refusal.Headers["Unsupported"]));
        var response = phone.Register(600, ("Path", "<sip:edge.example;lr>"), ("Supported", "path"));
        Assert.Equal((200, "<sip:edge.example;lr>"), (response.StatusCode, response.Headers["Path"]));
        Assert.Equal("edge.example", Assert.Single(_bench.Contacts.Of("alice")[0].Path).Uri.Host);
    }

    [Fact]
    public void A_closed_connection_takes_its_contacts_with_it()
    {
        var bench = new RegistrarBench(transport: SipTransport.Tcp);
        bench.Phone("203.0.113.7:40000").Register();
        var flow = Assert.Single(bench.Contacts.Of("alice")).Flow;
        bench.Registrar.HandleFlowClosed(flow with { Connection = flow.Connection + 1 });
        Assert.Single(bench.Contacts.Of("alice"));
        bench.Registrar.HandleFlowClosed(flow);
        Assert.Empty(bench.Contacts.Of("alice"));
        Assert.Equal(new PhoneChange("alice", PhoneChangeKind.Gone, 0), bench.Changes()[^1]);
    }
}
