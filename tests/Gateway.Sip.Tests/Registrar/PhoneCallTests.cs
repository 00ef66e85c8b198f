using Gateway.Sip.Auth;
using Gateway.Sip.Dialogs;
using Gateway.Sip.Messages;
using Gateway.Sip.Tests.Dialogs;
using Gateway.Sip.Transactions;

namespace Gateway.Sip.Tests.Registrar;

/// <summary>Calls from and to registered phones.</summary>
public class PhoneCallTests
{
    private const string Behind = "203.0.113.7:40000";

    private readonly RegistrarBench _bench = new();

    [Fact]
    public void A_phone_is_rung_where_it_registered_from_whatever_its_contact_says()
    {
        var phone = _bench.Phone(Behind);
        phone.Register(600, ("Path", "<sip:edge.example;lr>"), ("Supported", "path"));
        var call = Ring();
        var invite = phone.Peer.Last("INVITE");
        Assert.Equal("sip:alice@192.168.1.7:5062", invite.Uri.ToString());
        Assert.Equal("<sip:edge.example;lr>", invite.Headers["Route"]);
        Assert.Equal("sip:alice@phones.example", invite.To.Uri.ToString());
        Assert.Equal(("alice", phone.Peer.Address), (call.Info.Phone, call.PhoneAddress));
        phone.Peer.Respond(invite, 200, "t1", "answer");
        _bench.Wire.Run();
        Assert.NotNull(_bench.Gateway.Last<SipCallEvent.Answered>(call));
        Assert.Equal("ACK", phone.Peer.Inbox.OfType<SipRequest>().Last().Method.Name);
        _bench.Gateway.HangUp(call);
        _bench.Wire.Run();
        Assert.NotNull(phone.Peer.Last("BYE")); // although the 200's Contact names another address
    }

    [Fact]
    public void A_phones_call_is_challenged_and_arrives_with_the_user_it_proved()
    {
        var phone = _bench.Phone(Behind);
        phone.Register();
        phone.Ask(phone.Request("INVITE", ("Contact", phone.Contact), ("P-Asserted-Identity", "<sip:chief@phones.example>")));
        var call = Assert.Single(_bench.Gateway.Incoming);
        Assert.Equal(("phones", "alice"), (call.Info.Trunk, call.Info.Phone));
        Assert.Equal("alice", call.Info.AssertedIdentity?.User);
        Assert.Equal(phone.Peer.Address, call.PhoneAddress);
    }

    [Fact]
    public void A_wrong_password_places_no_call()
    {
        _bench.Phone(Behind).Register();
        var guessing = new BenchPhone(_bench, "203.0.113.7:40001", "bob", RegistrarBench.Password);
        guessing.Register();
        _bench.Gateway.Secrets!["bob"] = new DigestSecrets { Password = "changed" };
        _bench.Wire.Run(31); // what was known of bob is forgotten
        Assert.Equal(403, guessing.Ask(guessing.Request("INVITE", ("Contact", guessing.Contact))).StatusCode);
        Assert.Empty(_bench.Gateway.Incoming);
        Assert.Equal(1, _bench.Gateway.Transactions.CountOf(SipDrop.WrongCredentials));
    }

    [Fact]
    public void A_path_that_nobody_registered_by_places_no_call()
    {
        _bench.Phone(Behind).Register();
        var unexpected = _bench.Phone("203.0.113.7:40001");
        _bench.Wire.Send(unexpected.Peer.Address, _bench.Gateway.Address, SipWriter.Write(Unproved(unexpected)));
        _bench.Wire.Run();
        Assert.Equal(1, _bench.Wire.CountOf(403, "INVITE"));
        Assert.Equal(1, _bench.Gateway.Transactions.CountOf(SipDrop.UnknownSource));
    }

    [Fact]
    public void A_caller_may_give_up_while_its_credentials_are_looked_up()
    {
        var phone = _bench.Phone(Behind);
        phone.Register();
        _bench.Wire.Run(31);
        _bench.Gateway.Secrets = null;
        phone.Ask(phone.Request("INVITE", ("Contact", phone.Contact)));
        var invite = _bench.Wire.LastRequest("INVITE");
        var cancel = phone.Request("CANCEL", ("CSeq", $"{invite.CSeq.Number} CANCEL"), ("Call-ID", invite.CallId));
        cancel.Headers.Add("Via", invite.Headers["Via"]!);
        _bench.Wire.Send(phone.Peer.Address, _bench.Gateway.Address, SipWriter.Write(cancel));
        _bench.Wire.Run();
        Assert.Equal((1, 1), (_bench.Wire.CountOf(200, "CANCEL"), _bench.Wire.CountOf(487, "INVITE")));
        _bench.Registrar.Authenticator.HandleSecrets(
            "alice", new DigestSecrets { Password = RegistrarBench.Password }, _bench.Wire.Now);
        _bench.Wire.Run();
        Assert.Empty(_bench.Gateway.Incoming);
    }

    [Fact]
    public void A_registered_pbx_is_still_its_trunk()
    {
        _bench.Gateway.Secrets!["pbx"] = new DigestSecrets { Password = "p" };
        var pbx = _bench.Phone("10.0.0.9:5060", "pbx", "p");
        Assert.Equal(200, pbx.Register().StatusCode);
        pbx.Ask(pbx.Request("INVITE", ("Contact", pbx.Contact)));
        Assert.Equal("10.0.0.9:5060", Assert.Single(_bench.Gateway.Incoming).Info.Trunk);
    }

    private static SipRequest Unproved(BenchPhone phone)
    {
        var request = phone.Request("INVITE", ("Contact", phone.Contact));
        request.Headers.Prepend("Via", "SIP/2.0/UDP 192.168.1.7:5062;rport;branch=z9hG4bKunproved");
        return request;
    }

    private InviteSession Ring()
    {
        var contact = _bench.Contacts.Of("alice")[0];
        var gateway = _bench.Gateway;
        var session = gateway.Agent.CreateCall(gateway.Trunks[1], new SipInviteRequest
        {
            Trunk = "phones", TargetUser = "alice", Phone = contact, Caller = new SipParty("+4930123"), Sdp = "offer",
        });
        gateway.Agent.Begin(session, _bench.Wire.Now);
        gateway.Flush();
        _bench.Wire.Run();
        return session;
    }
}
